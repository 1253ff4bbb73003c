"""The command line: one small file a command; what it prints is made by render.py."""
