"""The hardware layer: one interface (`hal.api`) and the backends that speak it to real and simulated lines."""
