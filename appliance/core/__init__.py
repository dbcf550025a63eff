"""The pure core: it decides everything, and has no clock, no I/O, no thread and no randomness of its own."""
