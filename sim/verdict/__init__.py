"""What is measured in a run, what was promised of it, and whether that was kept."""
