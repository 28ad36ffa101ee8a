"""Find directories: the user scripts directory of a Python, and our state folder.

The only user of platformdirs. What `pip install --user` uses is never rebuilt from rules: the Python
that is asked says it itself (`user_scheme`).
"""

from __future__ import annotations

import os
import sys

from . import user_scheme, users
from .errors import NoScriptsDirectoryError, RefusedError, UsageError
from .startup import fill
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Host

ASK_TIMEOUT_S = 20.0  # a Python on a cold network drive takes seconds


def scripts_directory(host: Host, python: str | None = None) -> str:
    """Return the user scripts directory of this Python, or of `python` (a path or a name).

    In a virtual environment it is the base Python's: there is no other.
    """
    if python is not None:
        return _ask(host, python)
    try:
        directory = user_scheme.scripts_directory()
    except LookupError as error:
        raise NoScriptsDirectoryError(
            f"{sys.executable} has no user scripts directory: {error}; name another with --python"
        ) from None
    own = os.path.expanduser("~")
    if host.home != own and directory.startswith(own + "/"):  # --home
        directory = host.home + directory[len(own) :]
    return directory


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will stand on PATH: absolute, without `.`, `..` or doubled slashes.

    `..` behind a symlink is resolved, since the text alone would lead elsewhere.
    """
    for sign, name in (("\0", "a NUL"), ("\n", "a newline"), (os.pathsep, f"a {os.pathsep!r}")):
        if sign in directory:
            raise UsageError(f"{directory!r} cannot be on PATH: there is {name} in its name; rename it")
    if directory == "~" or directory.startswith("~/"):
        directory = host.home + directory[1:]
    if not os.path.isabs(directory):
        directory = os.path.join(_current_folder(directory), directory)
    if ".." in directory.split("/"):
        directory = os.path.realpath(directory)
    directory = os.path.normpath(directory)
    directory = "/" + directory.lstrip("/")  # POSIX lets normpath keep two leading slashes
    if directory == host.home:
        raise UsageError("a home directory is no scripts directory; name one below it")
    return directory


def _current_folder(directory: str) -> str:
    if not directory:
        raise UsageError("an empty name is no scripts directory; name one")
    try:
        return os.getcwd()
    except OSError:
        raise UsageError(
            f"{directory} means nothing, since the current folder is gone; name the whole path"
        ) from None


def state_folder(host: Host) -> str:
    """Return the folder in which the receipt lies, whether it exists or not."""
    is_own = host.home == os.path.expanduser("~")
    if not is_own or (host.system == "linux" and "termux" not in host.surroundings):
        # Plain XDG, as for the shells' own folders; and with --home nothing of this user's is touched.
        return f"{fill('{state}', host, {})}/onpath"
    import platformdirs  # noqa: PLC0415  (it costs one and a half bare Python starts)

    return platformdirs.user_state_dir("onpath", appauthor=False)


def unsafe_reason(directory: str, uid: int) -> str | None:
    """Return why putting `directory` on PATH would let somebody else's commands run, or None."""
    try:
        info = os.stat(directory)
    except OSError:
        return None
    if info.st_uid not in {uid, 0}:
        return "it belongs to another user"
    if info.st_mode & 0o002:
        return "everybody can write to it"
    if info.st_mode & 0o020 and not _is_private(info.st_gid, info.st_uid):
        return "its group can write to it"
    above = os.path.realpath(directory)
    while above != "/":
        above = os.path.dirname(above)
        mode = os.stat(above).st_mode
        if mode & 0o002 and not mode & 0o1000:
            return f"everybody can write to {above} above it"
    return None


def check_directory(directory: str, uid: int, *, force: bool) -> None:
    """Raise if `directory` is no directory, or one in which others can put programs."""
    if os.path.lexists(directory) and not os.path.isdir(directory):
        raise RefusedError(f"{directory} is not a directory; move it away, or name another directory")
    reason = None if force else unsafe_reason(directory, uid)
    if reason:
        raise RefusedError(
            f"{directory}: {reason}, so others could put programs before yours; "
            f"run chmod go-w on it, or insist with --force"
        )


def _is_private(gid: int, uid: int) -> bool:
    """Say whether the group is the user's own (Debian's and Fedora's user private groups)."""
    name = users.group_name(gid)
    return name is not None and name == users.user_name(uid)


def _ask(host: Host, python: str) -> str:
    import pkgutil  # noqa: PLC0415  (only --python needs these)
    import shutil  # noqa: PLC0415
    import subprocess  # noqa: PLC0415

    program = python if os.sep in python else shutil.which(python, path=host.environ.get("PATH"))
    if not program or not os.access(program, os.X_OK) or os.path.isdir(program):
        raise UsageError(f"there is no Python {python!r}; name one by its path or its name on PATH")
    source = pkgutil.get_data(__package__ or "onpath", "user_scheme.py") or b""
    try:
        run = subprocess.run(
            [program, "-c", source.decode()],
            env={**host.environ, "HOME": host.home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{program} did not answer: {error}; name another with --python") from None
    word, _, answer = os.fsdecode(run.stdout).partition(" ")
    if run.returncode or word not in {"ok", "no"}:
        last = os.fsdecode(run.stderr).strip().rpartition("\n")[2] or f"it ended with {run.returncode}"
        raise UsageError(f"{program} is no Python that can be asked: {last}; name another with --python")
    if word == "no":
        raise NoScriptsDirectoryError(
            f"{program} has no user scripts directory: {answer}; name another with --python"
        )
    return answer
