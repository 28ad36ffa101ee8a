"""`python -m onpath`."""

from .cli import command

command()
