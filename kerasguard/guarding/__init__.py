"""What stands in the user's program: patches, the one wrapper around guarded calls, and what a run writes at its end."""
