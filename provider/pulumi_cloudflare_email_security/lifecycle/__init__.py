"""Check, diff, plan, apply and read of an entry and of a collection, written once."""
