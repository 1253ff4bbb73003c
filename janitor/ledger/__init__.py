"""The append-only record of what janitor did, and the tables derived from it."""
