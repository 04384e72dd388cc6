"""Repairs: what could be changed, for a shape, a value and the source; the kinds of mistakes are the folders."""
