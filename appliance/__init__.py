"""The appliance: pure core, thin shell, store, site model, and the command line that composes them."""
