"""One complete pass over one target: collect, decide, plan, look again, intend, delete, confirm, report."""
