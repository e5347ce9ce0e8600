"""What lives as long as a deployment: clients, shared lists, ownership, notes, clock and voice.

Whoever starts a deployment makes one session and hands it to every lifecycle of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import uuid4

from ..client.clock import Clock
from ..client.credentials import Connection
from ..client.endpoint import Endpoint
from ..client.listing import Listing
from ..client.transport import Client
from ..model.setting import Setting
from .configuration import Configuration
from .custody import Custody
from .voice import Voice, to_stderr


class Session:
    """One deployment. Thread-safe.

    Attributes:
        clock: time for clients and lists.
        voice: where messages go.
        today: the day by which entries expire, in UTC.
        run: a name unlike that of any other deployment.
        before_write: called before each write; raises where nothing may be sent any more.

    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        voice: Voice = to_stderr,
        before_write: Callable[[], None] = lambda: None,
        make_client: Callable[..., Client] = Client,
        today: Callable[[], date] = lambda: datetime.now(tz=UTC).date(),
    ) -> None:
        self.clock = clock or Clock()
        self.voice = voice
        self.today = today
        self.run = uuid4().hex
        self.before_write = before_write
        self._make_client = make_client
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Client] = {}
        self._listings: dict[tuple[str, str, str, str], Listing] = {}
        self._custodies: dict[tuple[str, str], Custody] = {}

    def say(self, message: str) -> None:
        """Tell something that is about no resource."""
        self.voice(message)

    def client(self, connection: Connection) -> Client:
        """The client for a connection."""
        key = (connection.base_url, connection.credentials.fingerprint)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(
                    connection, clock=self.clock, tell=self.say, before_write=self.before_write
                )
            return self._clients[key]

    def listing(self, setting: Setting, account_id: str, configuration: Configuration) -> Listing:
        """The entries of a setting in an account, read no more often than needed.

        Raises:
            ConfigurationError: the credentials or the base URL are missing or cannot be used.

        """
        connection = configuration.connection()
        client = self.client(connection)
        key = (connection.base_url, connection.credentials.fingerprint, account_id, setting.collection)
        with self._lock:
            if key not in self._listings:
                endpoint = Endpoint(client, account_id, setting.collection, order=setting.order)
                self._listings[key] = Listing(endpoint, setting.key_of, self.clock)
            return self._listings[key]

    def custody(self, account_id: str, collection: str) -> Custody:
        """Who has which entry of a collection."""
        with self._lock:
            return self._custodies.setdefault((account_id, collection), Custody())

    def drop(self, collection: str) -> None:
        """Forget what was read of a collection."""
        with self._lock:
            listings = [listing for key, listing in self._listings.items() if key[-1] == collection]
            clients = [*self._clients.values()]
        for client in clients:
            client.begin()
        for listing in listings:
            listing.drop()
