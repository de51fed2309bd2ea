"""Files of events that others made, read into events of ours."""
