"""janitor deletes expired machine-learning training jobs by policy, and can prove what it did."""

__version__ = "0.1.0"
