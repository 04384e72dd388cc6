"""What to change in models of the user's own classes: how they are made, and what their code does."""
