"""Notices: what people are told of a sweep, in the form of their channel, delivered through Apprise."""
