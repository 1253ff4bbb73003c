"""Runs the command line: `python -m janitor`."""

from janitor.cli.main import main

if __name__ == "__main__":
    main()
