"""Say what was found: one document built from a Diagnosis, shown as a note, on a terminal or as JSON."""
