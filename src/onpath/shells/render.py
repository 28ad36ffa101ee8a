"""A snippet of `shells/` as it stands in a startup file, or as one line for this session."""

from __future__ import annotations

import os

from onpath import pathlist, snippets  # type: ignore[attr-defined]  # shells/, mapped by setuptools
from onpath.errors import UnspellableError
from onpath.model import APPEND, PREPEND, WINDOWS
from onpath.values import TYPE_CHECKING

from . import ROWS

if TYPE_CHECKING:
    from onpath.model import Host

    from . import Startup

DIRECTORY = "__DIR__"
NOW = "# now: "  # begins the two lines of a snippet that serve a running session


def body(shell: str, directory: str, home: str, position: str, startup: Startup | None = None) -> str:
    """Return the lines that put `directory` on PATH in `shell`, each ended by a newline.

    Raises `UnspellableError`.
    """
    row = ROWS[shell]
    word = row.quote(directory, home)
    other = {PREPEND: APPEND, APPEND: PREPEND}[position]
    lines = []
    for line in _template((startup and startup.snippet) or row.snippet).splitlines():
        code, _, tag = line.rpartition(" # ")
        if line.lstrip().startswith("#") or (code and tag == other):
            continue
        lines.append((code if tag == position else line).replace(DIRECTORY, word))
    return "".join(f"{line}\n" for line in lines)


def now(shell: str, directory: str, home: str, position: str = PREPEND) -> str:
    """Return the line that puts `directory` on PATH in a running `shell`. Raises `UnspellableError`."""
    row = ROWS[shell]
    lines = (line.rpartition(" # ") for line in _template(row.snippet).splitlines())
    line = next(code[len(NOW) :] for code, _, tag in lines if code.startswith(NOW) and tag == position)
    # "$HOME/.local/bin":"$PATH" reads better in one pair of quotes.
    return line.replace(DIRECTORY, row.quote(directory, home)).replace('":"', ":")


def activation(host: Host, directories: tuple[str, ...], order: str | None = None) -> str:
    """Return the line that makes it true in the running shell, or nothing if it is already.

    `order` is PREPEND, APPEND or None, as in the plan; on Windows it is always the first.
    """
    if host.system == WINDOWS:
        from onpath.probes import windows  # noqa: PLC0415

        return windows.activation(host, directories)
    shell = host.running or host.login
    path = pathlist.entries(host.environ.get("PATH", ""))
    missing = [d for d in directories if not pathlist.places(path, d, os.path.realpath)]
    if not shell or not missing:
        return ""
    try:
        each = missing if order == APPEND else reversed(missing)
        return "; ".join(now(shell.name, d, host.home, order or PREPEND) for d in each)
    except UnspellableError:
        return ""


def _template(name: str) -> str:
    # Not `importlib.resources`, which costs 1.8 bare Python starts; a loader reads from a zip as well.
    path = os.path.join(snippets.__path__[0], name)
    loader = snippets.__loader__
    raw: bytes = loader.get_data(path)
    return raw.decode()
