"""The fixtures that these tests share."""

from support.accounts import account
from support.collections import small_chunks

__all__ = ["account", "small_chunks"]
