"""A selection as a printed map: one sheet, drawn with matplotlib."""
