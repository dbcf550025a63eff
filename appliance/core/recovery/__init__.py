"""What the core does about what went wrong: calls found again after a restart, invariants watched, broken ones healed."""
