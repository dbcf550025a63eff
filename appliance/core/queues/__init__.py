"""Who waits, who is offered to whom, and what is said meanwhile: see README.md beside this."""
