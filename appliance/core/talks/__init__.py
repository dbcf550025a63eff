"""Who talks with whom: rooms, dialling, control by seat and keys, supervision, and what is recorded of it."""
