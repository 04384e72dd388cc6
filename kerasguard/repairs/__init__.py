"""Repairs: transformations that know how to change a shape, a value and the source, and where to write them."""
