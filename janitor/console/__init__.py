"""Owns the web console: pages that show what the ledger knows, and change nothing."""
