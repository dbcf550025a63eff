"""The store: what the core asks to be kept, in SQLite."""
