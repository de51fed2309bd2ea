"""Records as tables and geodata."""
