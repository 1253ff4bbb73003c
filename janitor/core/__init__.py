"""The words of janitor as plain values: no I/O, no clock, no third party."""
