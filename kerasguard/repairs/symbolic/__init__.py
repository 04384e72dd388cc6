"""What to change where a symbolic tensor, an Input or a removed function is used in a way that Keras does not know."""
