"""What is computed from records, the ledger and claims; pure functions, no I/O."""
