"""The API client: HTTP, authentication, pace, pages and errors; it knows nothing of Pulumi or of any one setting.

From below: `transport` sends a request (`credentials`, `wire`), in time (`clock`, `limiter`), again where that is safe
(`attempts`), and makes of what comes back an answer (`envelope`) or an error (`errors`). `endpoint` has the operations
of one collection; whole lists are read by `pages`, and what became of many writes at once is in `batches`; `habits` is
what the account's API turned out to be like. `listing` shares what was read between all who ask: a list is a hint, an
id is the truth (`by_id`), and what was written lately shows late (`recent`).
"""
