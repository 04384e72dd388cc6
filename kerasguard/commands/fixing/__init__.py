"""``kerasguard fix``: run a script, apply the fix of its diagnosis to a copy, run again, until it runs."""
