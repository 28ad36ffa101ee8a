"""Run a script that was just written, in a home of its own: install, and back."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What leads out of the home.
NOT_PASSED = ("XDG_", "PYTHON", "VIRTUAL_ENV", "ZDOTDIR", "BASH_ENV", "ENV", "GITHUB_", "ONPATH_NO")


def run(file: str, arguments: Sequence[str] = ()) -> int:
    """Run `file` and its --uninstall in a new home, and say what is left. Return the exit code."""
    with tempfile.TemporaryDirectory(prefix="onpath-check-") as home:
        environ = {n: v for n, v in os.environ.items() if not n.startswith(NOT_PASSED)}
        environ.update(HOME=home)
        before = _tree(home)
        program = os.path.abspath(file)
        code = _call([program, *arguments], environ)
        _say(f"install.sh ended with {code}")
        back = _call([program, "--uninstall"], environ)
        left = sorted(_tree(home) - before)
        _say(f"--uninstall ended with {back}, and left {', '.join(left) or 'nothing'}")
    return code or back or (1 if left else 0)


def _call(command: list[str], environ: dict[str, str]) -> int:
    return subprocess.call(command, env=environ, cwd=environ["HOME"], stdin=subprocess.DEVNULL)


def _tree(top: str) -> set[str]:
    return {os.path.relpath(path, top) for path in _below(top)}


def _below(top: str) -> Iterable[str]:
    for folder, folders, names in os.walk(top):
        yield from (os.path.join(folder, name) for name in (*folders, *names))


def _say(text: str) -> None:
    sys.stdout.write(f"onpath installer: {text}\n")
    sys.stdout.flush()
