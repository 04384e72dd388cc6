"""What to change where labels, outputs, weights and losses do not go together."""
