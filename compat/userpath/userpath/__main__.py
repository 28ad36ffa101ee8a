"""`python -m userpath`."""

from __future__ import annotations

from .cli import userpath

if __name__ == "__main__":
    userpath(prog_name="userpath")
