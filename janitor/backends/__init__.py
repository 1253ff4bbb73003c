"""The port through which janitor sees a platform, and one adapter a platform."""
