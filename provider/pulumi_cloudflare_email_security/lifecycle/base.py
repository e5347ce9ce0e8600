"""What the providers of entries and of collections have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from pulumi.dynamic import CheckFailure, ConfigureRequest, ResourceProvider

from .. import state_reference
from ..client.clock import announce
from ..client.errors import ConfigurationError, EmailSecurityError
from ..client.listing import Listing
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..session.access import client_for, custody_of, drop, listing_for, this_process
from ..session.configuration import Configuration
from ..session.custody import Custody
from ..session.engine import print_next_error_without_frames
from ..session.journal import Journal

PROVIDER_KEY: Final = "__provider"
#: Outputs that this package adds to what the API answers.
ACCOUNT_ID: Final = "account_id"
ADOPT: Final = "adopt"
DECLARED_BY: Final = "declared_by"

P = ParamSpec("P")
R = TypeVar("R")
Self_ = TypeVar("Self_")


def short_errors(method: Callable[Concatenate[Self_, P], R]) -> Callable[Concatenate[Self_, P], R]:
    """Raise this package's errors anew, without the frames below.

    The engine prints the whole traceback of an exception. The text of these errors stands alone; the frames
    in which a request was refused help nobody.
    """

    @functools.wraps(method)
    def wrapper(self: Self_, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except EmailSecurityError as error:
            failure = error
        print_next_error_without_frames()
        raise failure.with_traceback(None) from None

    return wrapper


class SettingProvider(ResourceProvider):
    """A dynamic provider of one setting."""

    # Nothing secret is captured, and encrypting the reference in every checkpoint costs much (see the
    # engine's behaviour in the documentation).
    serialize_as_secret_always = False

    #: The kind under which state refers to this provider.
    kind: str

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self.configuration = Configuration.from_environment()
        self.tell: Callable[[str], None] = announce

    def __reduce__(self) -> tuple[Callable[[str], ResourceProvider], tuple[str]]:
        """State refers to providers by name, so that their code can change freely."""
        return state_reference.provider, (self.kind,)

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration at the start of a deployment; nothing is sent."""
        drop(self.setting.collection)
        self.configuration = Configuration(req.config.get, self.configuration.environ)

    def listing(self, account_id: str) -> Listing:
        """The entries of the account, read no more often than needed."""
        return listing_for(self.setting, account_id, self.configuration)

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
        return custody_of(self._account(props), self.setting.collection)

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
            run=this_process(),
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
            client_for(self.configuration.connection())
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


NO_ACCOUNT: Final = (
    "no account: pass account_id=…, set `pulumi config set cloudflare-email-security:accountId …`, "
    "or set CLOUDFLARE_ACCOUNT_ID"
)


def check_failures(failures: list[Failure]) -> list[CheckFailure]:
    """Failures as the engine takes them."""
    return [CheckFailure(failure.path, failure.reason) for failure in failures]
