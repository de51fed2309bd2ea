"""Cartography: one style table, the constant base map and the layer of events."""
