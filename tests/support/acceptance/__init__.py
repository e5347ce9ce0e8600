"""The acceptance tests' tools: a paced client of a real account, probes of its habits, and the report about them.

Nothing here knows the package's own client, so that the two cannot share a mistake.
"""
