"""What to change in the graph: tensors that are not connected, layers never called, models built on data."""
