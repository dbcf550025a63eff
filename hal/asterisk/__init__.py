"""Asterisk as the driver of telephone cards."""
