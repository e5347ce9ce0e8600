"""Entries from CSV, JSON and YAML files, and back to files."""
