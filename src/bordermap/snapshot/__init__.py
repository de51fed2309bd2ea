"""A selection as a document: a printed map, a page that stands alone, a table."""
