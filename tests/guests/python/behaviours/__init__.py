"""A function that does what its event says."""
