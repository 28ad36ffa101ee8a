"""Whether a shell looks for a program at all when it is given a command's name.

An alias or a function of that name comes before every directory on PATH. One that runs the program
itself, with options of its own, hides nothing.
"""

from __future__ import annotations

import re

from onpath.shells import ALIAS, MEANINGS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onpath.shells import Shell

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # names that mean themselves in every language
MOST = 20  # commands that are asked about: a line that is typed may have no more than 4,096 bytes
# What runs the program that is named after it, and no alias or function of that name.
RUNNERS = "builtin|command|env|exec|nice|nocorrect|noglob|sudo|time"
ASSIGNMENT = r"[A-Za-z_]\w*=\S*\s+"


def question(row: Shell, commands: Iterable[str], out: str) -> str:
    """Return what has a shell of `row` tell what the names of `commands` mean to it."""
    return "".join(row.meaning.format(name=name, file=_file(out, name)) for name in _plain(commands))


def read(commands: Iterable[str], directories: Iterable[str], out: str) -> tuple[tuple[str, str], ...]:
    """Return those of `commands` that mean something else than a program, each with what that is."""
    found = []
    for name in _plain(commands):
        try:
            with open(_file(out, name), encoding="utf-8-sig", errors="replace") as file:
                text = file.read().strip()
        except OSError:
            continue
        kind, _, definition = text.partition("\n")
        if kind not in MEANINGS:  # tcsh prints the alias alone
            kind, definition = ALIAS, text
        if text and not runs_it(kind, definition, name, directories):
            found.append((name, kind))
    return tuple(found)


def runs_it(kind: str, definition: str, name: str, directories: Iterable[str]) -> bool:
    """Say whether an alias or a function of that `name` runs the program of that name."""
    start, end, own = r"(?<![\w./-])", r"(?![\w./-])", re.escape(name)
    word = rf"{own}(?:\.exe)?{end}"
    by_runner = rf"{start}(?:\b(?:{RUNNERS})\s+(?:-\S+\s+)*(?:{ASSIGNMENT})*|[\\^]){word}"
    by_file_name = rf"{start}{own}\.exe{end}"  # which no function has
    # The home before it may be spelled in many ways.
    folders = (re.split(r"[/\\]", each)[-2:] for each in directories)
    by_path = [r"[/\\]".join(("", *map(re.escape, folder), word)) for folder in folders]
    if re.search("|".join((by_runner, by_file_name, *by_path)), definition):
        return True
    # An alias is not looked for again in its own text.
    text = re.sub(rf"\A(?:alias\s+)?(?:-\w+\s+)*{own}=", "", definition)
    return kind == ALIAS and bool(re.match(rf"\W*(?:{ASSIGNMENT})*{word}", text))


def _plain(commands: Iterable[str]) -> list[str]:
    return [name for name in commands if PLAIN.fullmatch(name)][:MOST]


def _file(out: str, name: str) -> str:
    return f"{out}.as-{name}"
