"""Which messages of a run name a fact without its cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A row of the report: a shell and its mode, or a mode without a shell; then what became of it.
ROW = re.compile(r"^  \S+ +(?:\S+ +)?(?P<verdict>missing|unknown)(?:: (?P<words>.*))?$")
# What ends in a cure: "fact; cure", where a clause after a semicolon is told to the reader.
CURE = re.compile(r"; \S+ \S")
SPEAKER = "ensure-path: "
# Said of an edit; the cure stands in the row of the context that it would have served.
OF_AN_EDIT = " was put back as it was: "
# Said of what is merely missing, in a look: below the report stands the command that puts it there.
LOOKED_ONLY = ": looked only, changed nothing"
COMMAND = "To put it there:  ensure-path"


def uncured(code: int, output: str, errors: str, *, is_look: bool) -> list[str]:
    """Return the lines of what a run said that name what is wrong, and no cure."""
    return [*_rows(output, is_look=is_look), *_complaints(errors)] if code else []


def _rows(output: str, *, is_look: bool) -> Iterator[str]:
    for line in output.splitlines():
        if LOOKED_ONLY in output:
            return  # the note says why, and what overrules it
        row = ROW.match(line)
        if not row or CURE.search(row["words"] or ""):
            continue
        if row["verdict"] == "missing" and is_look and COMMAND in output:
            continue
        yield line


def _complaints(errors: str) -> Iterator[str]:
    for line in errors.splitlines():
        if line.startswith(SPEAKER) and OF_AN_EDIT not in line and not CURE.search(line):
            yield line
