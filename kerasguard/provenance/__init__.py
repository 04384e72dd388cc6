"""Where things came from: lines recorded while a model is built, and the walk back after a crash."""
