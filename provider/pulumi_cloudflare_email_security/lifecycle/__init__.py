"""check, diff, plan, apply and read of an entry and of a collection, written once.

Where to begin: `base` has the steps that the engine leads a resource through, and `resource` what each of them asks of
the deployment: who has which entry, and what may be taken of what exists.

- One entry: `entry_preview` is its check and diff, `entry` the other steps, `entry_writes` what they send.
- A collection: `declared` checks its entries, `collection_preview` makes a `plan` of them for check and diff;
  `collection` has the other steps. They hand what is to be done to `apply`, which goes on until it is done: it keeps
  the `ledger` that knows what became of each entry, and `sending` tells it. `drift` is what a collection finds live.
- Both: `compare` tells what differs, `lines` how it is shown. `lookup` is for what is not managed.
"""
