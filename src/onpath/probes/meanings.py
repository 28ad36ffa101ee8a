"""Whether a shell looks for a program at all when it is given a command's name.

An alias or a function of that name comes before every directory on PATH. What one does in the end cannot
be told from its text: one that does not even name the command hides it, any other may run it.
"""

from __future__ import annotations

import re

from onpath.shells import ALIAS, BUILTIN, MEANINGS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onpath.shells import Shell

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")  # names that mean themselves in every language
MOST = 20  # commands that are asked about: a line that is typed may have no more than 4,096 bytes


def question(row: Shell, commands: Iterable[str], out: str) -> str:
    """Return what has a shell of `row` tell what the names of `commands` mean to it."""
    return "".join(row.meaning.format(name=name, file=_file(out, name)) for name in asked(commands))


def read(commands: Iterable[str], out: str) -> tuple[tuple[str, str, bool], ...]:
    """Return those of `commands` that mean something else than a program.

    Each with what that is, and whether that may run the program.
    """
    found = []
    for name in asked(commands):
        try:
            with open(_file(out, name), encoding="utf-8-sig", errors="replace") as file:
                text = file.read().strip()
        except OSError:
            continue
        kind, _, definition = text.partition("\n")
        if kind not in MEANINGS:  # tcsh prints the alias alone
            kind, definition = ALIAS, text
        if text:
            found.append((name, kind, kind != BUILTIN and may_run(definition, name)))
    return tuple(found)


def may_run(definition: str, name: str) -> bool:
    """Say whether what has that `definition` may run the program `name`: it names it once more.

    Not every shell can show a function.
    """
    own, flags = re.escape(name), r"(?:-\S+\s+)*"
    heads = (
        *(rf"(?:alias\s+)?{flags}{own}=", rf"{own}\s*\(\)", rf"(?:function|def|fn)\s+{flags}{own}"),
        rf"abbr\s.*?\s{own}(?=\s)",
    )
    text = re.sub(r"(?m)^\s*#.*\n?", "", definition)  # fish says where a function is from
    text = re.sub(rf"\A\s*(?:{'|'.join(heads)})", "", text)
    return not definition or bool(re.search(rf"(?<![\w-]){own}(?![\w-])", text))


def asked(commands: Iterable[str]) -> list[str]:
    """Return those of `commands` that shells are asked about."""
    return [name for name in commands if PLAIN.fullmatch(name)][:MOST]


def _file(out: str, name: str) -> str:
    return f"{out}.as-{name}"
