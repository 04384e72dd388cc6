"""One file per mistake; the file's docstring is its page in the manual, its name the central list."""
