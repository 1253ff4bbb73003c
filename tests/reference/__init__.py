"""Owns the second opinion: docs/policies.md written down once more, plainly and slowly, sharing nothing with janitor.

Everything here is plain: a job, a policy, a hold and a case are dictionaries, times and durations are whole milliseconds,
an answer is True, False, or None for "cannot tell". Read `decide.py` first; it follows the seven lines of the decision.
"""
