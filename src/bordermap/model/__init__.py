"""The record model: what a record is, in words that every other room shares."""
