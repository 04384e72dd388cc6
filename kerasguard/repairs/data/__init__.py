"""What to change in data: arrays, structures, datasets and generators against what the model wants."""
