"""The agents: the table of their states, and everything that moves one from state to state."""
