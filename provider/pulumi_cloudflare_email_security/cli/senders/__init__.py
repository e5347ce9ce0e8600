"""Senders to be blocked: what people and feeds write, checked, into the file of a list."""
