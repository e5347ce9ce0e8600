"""Test your own Pulumi programs in-process: no CLI, no engine, the real dynamic providers.

```python
from pulumi_cloudflare_email_security.testing import InProcessStack

stack = InProcessStack(config={"cloudflare-email-security:accountId": "..."})
assert stack.preview(program).summary == {"create": 2}
assert stack.up(program).summary == {"create": 2}
assert stack.up(program).summary == {"same": 2}
```

A program is a callable or the path of a program folder. What the in-process runner answers is held against the real
engine by the tests of this package.

`_stack` makes runs of a program: `_program` runs it against the engine's two services, `_deployment` decides and does
what the engine would, `_host` calls the providers as their process would. `_resources` are what state holds and a
program asks for, `_results` what is told of a run.
"""

from ._account import EmulatedAccount
from ._program import Program
from ._results import Change, Diagnostic, Failure, StackError, StackResult
from ._review import review
from ._stack import InProcessStack

__all__ = [
    "Change",
    "Diagnostic",
    "EmulatedAccount",
    "Failure",
    "InProcessStack",
    "Program",
    "StackError",
    "StackResult",
    "review",
]
