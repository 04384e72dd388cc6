"""What to change where a layer refused its input: each change is tried on a rebuilt part of the graph."""
