"""Fixtures of these tests."""

from support.accounts import account

__all__ = ["account"]
