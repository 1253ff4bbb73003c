"""Owns janitor as a service: what keeps it running between sweeps, and what it shows of itself."""
