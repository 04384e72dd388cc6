"""What the command line does: run a script, mend it, show the examples, explain a code."""
