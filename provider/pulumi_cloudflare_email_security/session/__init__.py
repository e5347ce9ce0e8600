"""What lives as long as a deployment: clients, shared lists, ownership, notes of an interrupted run, clock, voice.

`session` makes and shares all of it. `ownership` is the one place that knows who has which entry in this run, `notes`
what earlier runs left behind on this machine, `stack` what the stack's state says of resources that a run leaves out.
"""
