"""What lives as long as a deployment: clients, shared lists, ownership of entries, notes of an interrupted run."""
