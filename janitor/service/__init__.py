"""The daemon: when to sweep, how to stop and reload, and what can be seen of it from outside."""
