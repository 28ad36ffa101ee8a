"""One start of one shell, and the private folder through which it answers. Starts processes."""

from __future__ import annotations

import os
import random
import shutil
import string
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import leftovers
from programs import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LAUNCH = Path(__file__).with_name("launch.py")
NO_TERMINAL = "-"

# Both run in every shell; what they write is there at once or not at all. The shell is told apart from
# one in which it was started, or which was started in it, by the file that ends in `.asker`.
REPORT = (
    """printf '%s' "$PPID" >"$1.asker"; printf '%s' "${PATH-}" >"$1.new" && /bin/mv -f "$1.new" "$1"\n"""
)
# The kernel gives a script the name of its file as `$0`.
PROOF = """#!/bin/sh\nprintf '%s' "$0" >"$1.new" && /bin/mv -f "$1.new" "$1"\n"""


@dataclass(frozen=True)
class Question:
    """What a shell is asked, and the folder for all files of that."""

    folder: Path
    line: str | None  # entered first, as it is
    command: str | None  # run at the end by its bare name
    deadline: float

    @property
    def mark(self) -> str:
        """What all that the shell starts has in its environment, see `leftovers`."""
        return f"TMPDIR={self.folder}"

    def report(self, name: str) -> str:
        """Return the words by which any shell writes its PATH to the file `name`."""
        return f"/bin/sh {self.folder}/report {self.folder}/{name}"

    def prove(self) -> str:
        """Return the words that run the command; it writes its own place to the file `ran`."""
        return f"{self.command} {self.folder}/ran" if self.command else ""

    def read(self, name: str) -> str | None:
        """Return the text of the file `name`, or None while it is missing."""
        try:
            return os.fsdecode((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None

    def waits(self, name: str, shell: subprocess.Popen[bytes]) -> bool:
        """Tell whether the file `name` is missing and can still come."""
        if self.read(name) is not None or time.monotonic() > self.deadline:
            return False
        return shell.poll() is None


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that holds the file `report`; remove it afterwards."""
    # Only letters that zsh's new-user menu does not know: it may read what is typed too early.
    letters = string.ascii_lowercase.replace("q", "")
    word = "".join(random.SystemRandom().choices(letters, k=12))
    folder = Path(tempfile.gettempdir()) / f"ask-{word}"
    folder.mkdir(mode=0o700)
    try:
        (folder / "report").write_text(REPORT)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(
    question: Question, argv: tuple[str, ...], terminal: str, lines: str, environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the shell in a session of its own on `terminal`; kill all of it afterwards.

    Without a terminal `lines` are its argument or its input, and what it shows goes to a file.
    """
    source, sink = question.folder / "input", question.folder / "shown"
    source.write_text("" if LINE in argv else f"{lines}\n")
    words = [lines if word == LINE else word for word in argv]
    with source.open("rb") as stdin, sink.open("wb") as stdout:
        shell = subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCH, terminal, environ["SHELL"], *words],
            stdin=stdin,
            stdout=stdout,
            stderr=stdout,
            cwd=environ["HOME"],
            env=environ,
            start_new_session=True,
        )
    try:
        yield shell
    finally:
        leftovers.kill(shell.pid, question.mark)
        shell.wait()
