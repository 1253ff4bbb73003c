"""Decides which jobs have expired, with pure functions of jobs, policies and one reading of the clock."""
