"""Clients and listings, shared by all the providers and look-ups of a process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from uuid import uuid4

from ..client.credentials import Connection
from ..client.endpoint import Endpoint
from ..client.listing import Listing
from ..client.transport import Client
from ..model.setting import Setting
from .configuration import Configuration
from .custody import Custody
from .engine import refuse_without_engine


@dataclass(slots=True)
class _Shared:
    """One client a connection, one listing a collection of an account."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)
    listings: dict[tuple[str, str, str, str], Listing] = field(default_factory=dict)
    custodies: dict[tuple[str, str], Custody] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid4().hex)


_shared = _Shared()


def reset() -> None:
    """Forget every client and listing (for tests)."""
    with _shared.lock:
        _shared.clients.clear()
        _shared.listings.clear()
        _shared.custodies.clear()
        _shared.run = uuid4().hex


def this_process() -> str:
    """A name for this process, unlike that of any other."""
    return _shared.run


def drop(collection: str) -> None:
    """Forget what was read of a collection: another deployment has begun."""
    with _shared.lock:
        listings = [listing for key, listing in _shared.listings.items() if key[-1] == collection]
    for listing in listings:
        listing.drop()


def custody_of(account_id: str, collection: str) -> Custody:
    """Who has which entry of a collection in this process."""
    with _shared.lock:
        return _shared.custodies.setdefault((account_id, collection), Custody())


def client_for(connection: Connection) -> Client:
    """The process's client for a connection."""
    key = (connection.base_url, connection.credentials.fingerprint)
    with _shared.lock:
        if key not in _shared.clients:
            _shared.clients[key] = Client(connection, before_write=refuse_without_engine)
        return _shared.clients[key]


def listing_for(setting: Setting, account_id: str, configuration: Configuration) -> Listing:
    """The process's listing of a setting's entries in an account.

    Raises:
        ConfigurationError: the credentials or the base URL are missing or cannot be used.

    """
    connection = configuration.connection()
    client = client_for(connection)
    key = (connection.base_url, connection.credentials.fingerprint, account_id, setting.collection)
    with _shared.lock:
        if key not in _shared.listings:
            endpoint = Endpoint(client, account_id, setting.collection, order=setting.order)
            _shared.listings[key] = Listing(endpoint, setting.key_of)
        return _shared.listings[key]
