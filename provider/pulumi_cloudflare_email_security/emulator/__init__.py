"""Cloudflare Email Security settings, emulated: the API of ``api.md`` in memory, strict, with three doors.

- in this process: :class:`EmulatorAdapter`, mounted on a ``requests`` session (:data:`EMULATOR_BASE_URL`)
- in unit tests: :func:`respond`, for the ``responses`` library
- over HTTP: ``python -m pulumi_cloudflare_email_security.emulator --port N``, or :class:`EmulatorServer`

It is written from the API's documentation and knows nothing of the clients that ask it.

A request comes in by one of the ``doors``. The ``core`` finds its route and lets it pass, or a fault happens to it
(``faults``). One of the ``operations`` answers it: entries are read from the ``store`` and changed by ``writes``, by
the tables of the ``catalogue``, which are made of what is in ``contracts``. At each step ``habits`` may have their say.
"""

from .catalogue import CONTRACTS
from .core import Emulator
from .doors import EMULATOR_BASE_URL, EMULATOR_PREFIX, EmulatorAdapter, EmulatorServer, respond
from .faults import Fault
from .habits import HABITS, Habit
from .messages import EmulatorError, Request, Response

__all__ = [
    "CONTRACTS",
    "EMULATOR_BASE_URL",
    "EMULATOR_PREFIX",
    "HABITS",
    "Emulator",
    "EmulatorAdapter",
    "EmulatorError",
    "EmulatorServer",
    "Fault",
    "Habit",
    "Request",
    "Response",
    "respond",
]
