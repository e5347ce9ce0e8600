"""The fixture that these tests share."""

from support.accounts import account

__all__ = ["account"]
