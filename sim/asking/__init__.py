"""The questions an integrator asks: how many agents, where does it break, and what would have been."""
