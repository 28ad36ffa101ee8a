"""Made-up names in real shells: each reads a block of its language, and then tells its PATH."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import terminals
from onpath.errors import UnspellableError
from onpath.model import APPEND, PREPEND
from onpath.shells import ALIASES, render
from targets import TARGETS, decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

# They take a second and more to start.
SLOW = ("xonsh", "xonsh-0.14", "pwsh", "nu", "nu-0.98")
# How a shell reads a file of its language without any of the user's.
STARTS: dict[str, Sequence[str]] = {
    "bash": ("--norc", "--noprofile"),
    "zsh": ("-f",),
    "tcsh": ("-f",),
    "csh": ("-f",),
    "fish": ("--no-config",),
    "nu": ("--no-config-file",),
    "nu-0.98": ("--no-config-file",),
    "xonsh": ("--no-rc",),
    "xonsh-0.14": ("--no-rc",),
    "elvish": ("-norc",),
    "pwsh": ("-NoProfile", "-File"),
}
ENDINGS = {"pwsh": ".ps1", "fish": ".fish", "elvish": ".elv", "nu": ".nu"}
REPORT = """printf '%s' "$PATH" >"$1"\n"""
PATH = "/usr/bin:/bin"
TIMEOUT_S = 60.0
CANARY = "CANARY"


@dataclass
class Figures:
    """What came of the names: how many were on PATH as they are, how many refused, what was wrong."""

    served: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def names() -> list[str]:
    """Return the shells that are installed here."""
    return [name for name in terminals.PROGRAMS if terminals.find(name)]


def is_quick(name: str) -> bool:
    """Tell whether the shell `name` starts in no time."""
    return name not in SLOW


def attack(name: str, number: int, *, seed: int, figures: Figures) -> None:
    """Have the shell `name` read blocks for `number` made-up names."""
    chance = random.Random(f"{name} {seed}")  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        root = Path(folder)
        (root / "home").mkdir()
        (root / "report").write_text(REPORT)
        for _ in range(number):
            directory = made_up(chance)
            try:
                order = chance.choice((PREPEND, APPEND))
                body = render.body(row(name), directory, str(root / "home"), order)
            except UnspellableError:
                figures.refused += 1
                continue
            fault = read_by(name, body, directory, root)
            if fault:
                figures.wrong.append(f"{name} {os.fsencode(directory)!r}: {fault}")
            else:
                figures.served += 1


def row(name: str) -> str:
    """Return what `onpath` calls the shell `name`."""
    return ALIASES.get(name) or terminals.PROGRAMS[name].row or name


def made_up(chance: random.Random) -> str:
    """Return a full path of odd signs that a PATH can hold."""
    raw = TARGETS["quote"].make_up(chance).translate(None, b"\0\n:")
    raw = raw.replace(b"touch", b"touch CANARY;")[:200]
    return os.path.normpath("/" + decoded(raw).lstrip("/"))


def read_by(name: str, body: str, directory: str, root: Path) -> str:
    """Have the shell read `body`, and return what is wrong with the PATH that its children get."""
    file = root / f"block{ENDINGS.get(name, '')}"
    out, home = root / "out", root / "home"
    out.unlink(missing_ok=True)
    file.write_bytes(os.fsencode(f"{body}/bin/sh {root}/report {out}\n"))
    program = terminals.find(name)
    done = subprocess.run(
        [str(program), *STARTS.get(name, ()), str(file)],
        env={"HOME": str(home), "PATH": PATH, "LC_ALL": "C.UTF-8", "TMPDIR": str(root)},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if list(home.glob(f"*{CANARY}*")):
        return "a part of the name was run"
    if not out.exists():
        return f"the shell gave no answer, exit {done.returncode}: {os.fsdecode(done.stderr)[-300:]}"
    found = os.fsdecode(out.read_bytes())
    is_there = directory in PATH.split(":")
    if found not in ({PATH} if is_there else {f"{directory}:{PATH}", f"{PATH}:{directory}"}):
        return f"PATH is {found!r}"
    return ""
