"""What lives as long as a deployment: clients, shared lists, ownership, notes, clock and voice.

Whoever starts a deployment makes one session and hands it to every lifecycle of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from ..client.clock import Clock, today
from ..client.credentials import EMULATOR_SCHEME, Connection
from ..client.listing import Listing
from ..client.recent import SETTLING
from ..model.setting import Setting
from .configuration import Configuration
from .notes import NotedWrites, NoteFile, Notes
from .ownership import Ownership
from .stack import Holder
from .voice import Severity, Voice, to_stderr

if TYPE_CHECKING:
    from ..client.transport import Client

T = TypeVar("T")


class Session:
    """One deployment. Thread-safe.

    Attributes:
        clock: time for clients and lists.
        voice: where messages go.
        today: the day by which entries expire, in UTC.
        run: a name unlike that of any other deployment.
        before_write: called before each write; raises where nothing may be sent any more.
        holders: tells under which resources the stack's state has an entry: its setting, account and id, and who asks.
        deployment: the name of the deployment where it may have other sessions, in processes of their own.

    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        voice: Voice = to_stderr,
        before_write: Callable[[], None] = lambda: None,
        holders: Callable[[Setting, str, str, str], Sequence[Holder]] = lambda *_: (),
        deployment: str = "",
        make_client: Callable[..., Client] | None = None,
        today: Callable[[], date] = today,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock or Clock()
        self.voice = voice
        self.today = today
        self.run = uuid4().hex
        self.before_write = before_write
        self.holders = holders
        self.deployment = deployment
        self._make_client = make_client
        self._now = now
        self._lock = threading.RLock()
        self._shared: dict[tuple[str, ...], Any] = {}
        self._told: set[tuple[str, str]] = set()
        self._refreshed: set[str] = set()
        self._read_after: set[object] = set()

    # Speaking ---------------------------------------------------------------------------------------------

    def tell(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        """Say something of a resource, or of the stack, unless it was said in this deployment before."""
        with self._lock:
            if (urn, message) in self._told:
                return
            self._told.add((urn, message))
        self.voice(message, urn, severity)

    def refreshed(self, urn: str) -> None:
        """A resource was read: until it is checked, a diff of it only repeats what the read said."""
        with self._lock:
            self._refreshed.add(urn)

    def checked(self, urn: str) -> None:
        """A resource was checked: what a diff of it says now is what this run will do."""
        with self._lock:
            self._refreshed.discard(urn)

    def is_refreshing(self, urn: str) -> bool:
        """Whether a resource was read and not checked since."""
        with self._lock:
            return urn in self._refreshed

    # What is shared ---------------------------------------------------------------------------------------

    def shared(self, make: Callable[[], T], *name: str) -> T:
        """What the parts of a deployment share under a name; made when it is first asked for."""
        with self._lock:
            if name not in self._shared:
                self._shared[name] = make()
            found: T = self._shared[name]
            return found

    def client(self, connection: Connection) -> Client:
        """The client for a connection. Raises ConfigurationError where requests cannot be sent there."""

        def make() -> Client:
            from ..client.transport import Client  # noqa: PLC0415  (where something is to be sent)

            make_client = self._make_client or Client
            return make_client(connection, clock=self.clock, tell=self.voice, before_write=self.before_write)

        return self.shared(make, "client", connection.base_url, connection.credentials.fingerprint)

    def listing(self, setting: Setting, account_id: str, configuration: Configuration) -> Listing:
        """The entries of a setting in an account, read no more often than needed.

        Raises:
            ConfigurationError: the credentials or the base URL are missing or cannot be used.

        """
        connection = configuration.connection()
        base_url = connection.base_url

        def make() -> Listing:
            endpoint = setting.endpoint(self.client(connection), account_id)
            place = ("writes", base_url, account_id, setting.collection)
            # An emulator in this process has no replicas that could lag behind.
            settling = 0.0 if base_url.startswith(EMULATOR_SCHEME) else SETTLING
            recent = NotedWrites(NoteFile(place, self.run, self._now), settling)
            return Listing(endpoint, self.clock, recent)

        whose = connection.credentials.fingerprint
        return self.shared(make, "listing", base_url, whose, account_id, setting.collection)

    def ownership(self, base_url: str, account_id: str, collection: str) -> Ownership:
        """Who has which entry of a collection."""
        return self.shared(Ownership, "ownership", base_url, account_id, collection)

    def notes(self, stack: str, base_url: str, account_id: str, collection: str) -> Notes:
        """The notes of a stack about a collection."""
        place = (stack, base_url, account_id, collection)
        return self.shared(lambda: Notes(place, self.run, self._now, self.deployment), "notes", *place)

    def read_after(self, made: Iterable[object]) -> None:
        """Read lists anew once these are made, which other processes do: what was read before does not show them."""
        with self._lock:
            new = {*made} - self._read_after
            self._read_after |= new
            listings = [one for one in self._shared.values() if isinstance(one, Listing)] if new else []
        for listing in listings:
            listing.drop()

    @property
    def reads_after_others(self) -> bool:
        """Whether something was to be read anew because other processes made it: it may show late."""
        with self._lock:
            return bool(self._read_after)
