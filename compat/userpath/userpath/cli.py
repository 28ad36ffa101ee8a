"""The command: `userpath append|prepend|verify`, with the original's options, words and exit codes.

0: done, or on PATH; 1: not, with the reasons on stderr; 2: on PATH already, or in fresh shells alone.
"""

from __future__ import annotations

import sys

import click

import userpath as up
from onpath import OnpathError

from .shells import SHELLS
from .utils import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}
THERE = (
    "The directory `{}` is already in PATH{}! If you are sure you want to proceed, try again with the "
    "-f/--force flag."
)


def asks(function: Callable[..., None]) -> Callable[..., None]:
    """Return `function` with the arguments that all three commands take."""
    options = (
        click.argument("locations", required=True, nargs=-1),
        click.option(
            *("-s", "--shell", "shells"),
            multiple=True,
            type=click.Choice(sorted(SHELLS)),
            help="The shell in which PATH will be modified or looked at. This can be selected multiple "
            "times and has no effect on Windows. The default shells are those in use.",
        ),
        click.option(
            *("-a", "--all-shells"),
            is_flag=True,
            help="All shells that are installed. This has no effect on Windows: one PATH serves all.",
        ),
        click.option("--home", help="Explicitly set the home directory."),
        click.option("-q", "--quiet", is_flag=True, help="Suppress output for successful invocations."),
    )
    for option in reversed(options):
        function = option(function)
    return function


force_option = click.option(
    *("-f", "--force"), is_flag=True, help="Update PATH even if it appears to be correct."
)


@click.group(context_settings=CONTEXT_SETTINGS)
@click.version_option(up.__version__, prog_name="userpath")
def userpath() -> None:
    """Put directories on the user's PATH, proven in fresh shells, or untouched."""


@userpath.command(context_settings=CONTEXT_SETTINGS, short_help="Prepends to the user PATH")
@asks
@force_option
def prepend(locations: tuple[str, ...], *, force: bool, quiet: bool, **whom: Any) -> None:
    """Prepends to the user PATH. The shell must be restarted for the update to take effect."""
    put(up.prepend, locations, force=force, quiet=quiet, whom=whom)


@userpath.command(context_settings=CONTEXT_SETTINGS, short_help="Appends to the user PATH")
@asks
@force_option
def append(locations: tuple[str, ...], *, force: bool, quiet: bool, **whom: Any) -> None:
    """Appends to the user PATH. The shell must be restarted for the update to take effect."""
    put(up.append, locations, force=force, quiet=quiet, whom=whom)


@userpath.command(
    context_settings=CONTEXT_SETTINGS, short_help="Checks if locations are in the user PATH"
)
@asks
def verify(locations: tuple[str, ...], *, quiet: bool, **whom: Any) -> None:
    """Checks if locations are in the user PATH."""
    for location in locations:
        if up.in_current_path(location):
            if not quiet:
                say(f"The directory `{location}` is in PATH!", "cyan")
        elif up.in_new_path(location, **whom):
            say(f"The directory `{location}` is in PATH, pending a shell restart!", "yellow")
            sys.exit(2)
        else:
            say(f"The directory `{location}` is not in PATH!", "red", is_error=True)
            sys.exit(1)


def put(
    verb: Callable[..., bool],
    locations: tuple[str, ...],
    *,
    force: bool,
    quiet: bool,
    whom: dict[str, Any],
) -> None:
    """Run `verb`, unless a location is there already and nobody insists."""
    for location in locations if not force else ():
        is_here = up.in_current_path(location)
        if is_here or up.in_new_path(location, **whom):
            say(THERE.format(location, "" if is_here else ", pending a shell restart"), "yellow")
            sys.exit(2)
    try:
        verb(locations, check=True, **whom)
    except OnpathError as error:
        say(str(error), "red", is_error=True)
        sys.exit(1)
    if not quiet:
        say("Success!", "cyan")


def say(text: str, colour: str, *, is_error: bool = False) -> None:
    """Print `text`, with colours on a terminal."""
    click.secho(text, fg=colour, bold=True, err=is_error)
