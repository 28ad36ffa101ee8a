"""A snippet of `shells/` as it is put into a startup file, or as one line for this session."""

from __future__ import annotations

import os

from onpath import snippets  # shells/, mapped by setuptools
from onpath.model import APPEND, PREPEND
from onpath.values import TYPE_CHECKING

from . import ROWS

if TYPE_CHECKING:
    from typing import Any

    from . import Startup

DIRECTORY = "__DIR__"
NOW = "now: "  # in a comment: begins the two lines of a snippet that serve a running session


def body(
    shell: str,
    directory: str,
    home: str,
    order: str,
    startup: Startup | None = None,
    *,
    is_moved: bool = False,
) -> str:
    """Return the lines that put `directory` on PATH in `shell`, each ended by a newline.

    `order` is PREPEND or APPEND. If it `is_moved`, it is taken from where it is on PATH already. Raises
    `UnspellableError`.
    """
    row = ROWS[shell]
    snippet = (startup and startup.snippet) or row.snippet
    if is_moved:
        stem, _, ending = row.snippet.rpartition(".")
        snippet = f"{stem}-ordered.{ending}"
    return lines(snippet, row.quote(directory, home), order)


def lines(snippet: str, word: str, order: str) -> str:
    """Return the lines of the file `snippet` for `order`, with `word` in the place of the directory."""
    other = {PREPEND: APPEND, APPEND: PREPEND}[order]
    found = []
    for line in _template(snippet).splitlines():
        code, _, tag = line.rpartition(" # ")
        if line.lstrip().startswith("#") or (code and tag == other):
            continue
        found.append((code if tag == order else line).replace(DIRECTORY, word))
    return "".join(f"{line}\n" for line in found)


def now(shell: str, directory: str, home: str, order: str = PREPEND, snippet: str = "") -> str:
    """Return the line that puts `directory` on PATH in a running `shell`. Raises `UnspellableError`.

    `snippet` stands in for the row's own.
    """
    row = ROWS[shell]
    pieces = (line.rpartition(" # ") for line in _template(snippet or row.snippet).splitlines())
    line = next(code.partition(NOW)[2] for code, _, tag in pieces if NOW in code and tag == order)
    # "$HOME/.local/bin":"$PATH" reads better in one pair of quotes.
    return line.replace(DIRECTORY, row.quote(directory, home)).replace('":"', ":")


def _template(name: str) -> str:
    # Not `importlib.resources`, which costs 1.8 bare Python starts; a loader reads from a zip as well.
    package: Any = snippets
    path = os.path.join(package.__path__[0], name)
    loader = package.__loader__
    raw: bytes = loader.get_data(path)
    return raw.decode()
