"""The grid of mistakes and ways to run a model."""
