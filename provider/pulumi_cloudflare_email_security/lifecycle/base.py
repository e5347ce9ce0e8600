"""What the lifecycles of entries and of collections have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from ..client.errors import ConfigurationError
from ..client.listing import Listing
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..session.configuration import Configuration
from ..session.custody import Custody
from ..session.journal import Journal
from ..session.session import Session
from .results import Checked, Created, Diff, Read, Updated

PROVIDER_KEY: Final = "__provider"
#: Outputs that this package adds to what the API answers.
ACCOUNT_ID: Final = "account_id"
ADOPT: Final = "adopt"
DECLARED_BY: Final = "declared_by"

NO_ACCOUNT: Final = (
    "no account: pass account_id=…, set `pulumi config set cloudflare-email-security:accountId …`, "
    "or set CLOUDFLARE_ACCOUNT_ID"
)


class Lifecycle(ABC):
    """The steps that the engine leads a resource of one setting through; knows neither of the ways in.

    Args:
        setting: what it is about.
        kind: the name under which state refers to it.
        session: the deployment.
        configuration: the stack's configuration.

    """

    def __init__(self, setting: Setting, kind: str, session: Session, configuration: Configuration) -> None:
        self.setting = setting
        self.kind = kind
        self.session = session
        self.configuration = configuration

    @abstractmethod
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate the inputs; `olds` are those recorded. Nothing is sent."""

    @abstractmethod
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare the checked inputs with the recorded outputs."""

    @abstractmethod
    def create(self, props: dict[str, Any]) -> Created:
        """Create what is declared, or adopt it where that is allowed. If it raises, nothing is recorded."""

    @abstractmethod
    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read what is live; `props` are the recorded outputs, or only inputs for a resource that is not managed."""

    @abstractmethod
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""

    @abstractmethod
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete what is managed; what is gone already is as good as deleted."""

    def tell(self, message: str) -> None:
        """Tell the person who runs the deployment something."""
        self.session.voice(message)

    def listing(self, account_id: str) -> Listing:
        """The entries of the account, read no more often than needed."""
        return self.session.listing(self.setting, account_id, self.configuration)

    def account_of(self, props: Mapping[str, Any]) -> str:
        """The account a resource belongs to."""
        account_id = self._account(props)
        if not account_id:
            raise ConfigurationError(NO_ACCOUNT)
        return account_id

    def _account(self, props: Mapping[str, Any]) -> str:
        return str(props.get(ACCOUNT_ID) or self.configuration.account_id or "")

    def custody(self, props: Mapping[str, Any]) -> Custody:
        """Who has which entry, among the resources of this deployment."""
        return self.session.custody(self._account(props), self.setting.collection)

    def owner(self, props: Mapping[str, Any]) -> str:
        """The resource among those of a deployment."""
        return f"{self.kind} {props.get(DECLARED_BY, '')}"

    def journal(self, props: Mapping[str, Any]) -> Journal:
        """The stack's notes about the collection."""
        stack = "/".join(str(props.get(DECLARED_BY, "")).split("/")[:2])
        return Journal.of(
            stack,
            self.configuration.base_url,
            self._account(props),
            self.setting.collection,
            resource=self.owner(props),
            run=self.session.run,
        )

    def adopts(self, props: Mapping[str, Any]) -> bool:
        """Whether existing entries are taken over."""
        adopt = props.get(ADOPT)
        return self.configuration.adopt if adopt is None else bool(adopt)

    def check_common(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Check what every resource has: account, adopt, and that there are credentials."""
        checked = {name: news[name] for name in (ACCOUNT_ID, ADOPT, DECLARED_BY) if news.get(name) is not None}
        failures: list[Failure] = []
        if not has_unknown(checked.get(ADOPT)) and not isinstance(checked.get(ADOPT, False), bool):
            failures.append(Failure(ADOPT, "must be True or False"))
        try:
            self.session.client(self.configuration.connection())
            checked.setdefault(ACCOUNT_ID, self.configuration.account_id)
        except ConfigurationError as error:
            failures.append(Failure("", str(error)))
            return checked, failures
        account_id = checked[ACCOUNT_ID]
        if account_id is None:
            failures.append(Failure(ACCOUNT_ID, NO_ACCOUNT))
        elif not has_unknown(account_id) and not (
            isinstance(account_id, str) and account_id.replace("-", "").replace("_", "").isalnum()
        ):
            failures.append(Failure(ACCOUNT_ID, "is not an account id (32 hexadecimal digits)"))
        return checked, failures
