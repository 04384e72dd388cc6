"""What to change where an operation of the user's own gets tensors that do not go together."""
