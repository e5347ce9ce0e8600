"""The generic providers: the lifecycle of an entry and of a collection, written once."""
