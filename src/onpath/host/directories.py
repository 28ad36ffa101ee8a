"""Find directories: the user scripts directory of a Python, and our state folder.

The only user of platformdirs. What `pip install --user` uses is never rebuilt from rules: the Python
that is asked says it itself (`user_scheme`).
"""

from __future__ import annotations

import os
import sys

from onpath.errors import NoScriptsDirectoryError, RefusedError, UsageError
from onpath.model import USER, WINDOWS
from onpath.shells.startup import fill
from onpath.values import TYPE_CHECKING

from . import user_scheme, users

if TYPE_CHECKING:
    from onpath.model import Host

ASK_TIMEOUT_S = 20.0  # a Python on a cold network drive takes seconds
MAX_MINOR = 30  # of the versions of Python that are looked for
LAUNCHER_TAIL = 1 << 17  # bytes at the end of a launcher's file in which its Python is named


def directory(host: Host, scheme: str, python: str | None = None) -> str:
    """Return the directory of `scheme`: that of a Python, or the one that no version is part of."""
    if scheme == USER:
        return scripts_directory(host, python)
    if host.system != WINDOWS:
        return os.path.join(host.home, ".local", "bin")
    base = host.environ.get("APPDATA") or os.path.join(host.home, "AppData", "Roaming")
    return os.path.join(base, "Python", "Scripts")


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
    if host.system == WINDOWS:
        return absolute_windows(directory, host.home, os.getcwd())
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


def absolute_windows(directory: str, home: str, here: str) -> str:
    r"""Return `directory` as it will stand on Windows' PATH: with its drive, `\`, without `..`. Pure."""
    import ntpath  # noqa: PLC0415  (no other system has it loaded)

    bad = sorted(set(directory) & set('\0\r\n;"<>|?*'))
    if bad:
        raise UsageError(f"{directory!r} cannot be on PATH: there is {bad[0]!r} in its name; rename it")
    if directory.strip() in {"", "~"}:
        raise UsageError("an empty name or a home directory is no scripts directory; name one below it")
    if directory.startswith(("~\\", "~/")):
        directory = home + directory[1:]
    found = ntpath.normpath(ntpath.join(here, directory))
    drive, rest = ntpath.splitdrive(found)
    if not drive or not rest.startswith("\\") or rest == "\\":
        raise UsageError(f"{directory!r} is no full path of a directory; name it with its drive")
    return found


def stale_directories(host: Host, directories: tuple[str, ...]) -> tuple[str, ...]:
    r"""Return the user scripts directories of Pythons that are gone (`...\Python310\Scripts`).

    Those of other versions beside `directories` in which no command's Python is there any more; they
    need not exist themselves.
    """
    if host.system != WINDOWS:
        return ()
    found: list[str] = []
    for directory in directories:
        base, version = os.path.split(os.path.dirname(directory))
        if os.path.basename(directory).lower() != "scripts" or not is_version(version):
            continue
        for minor in range(MAX_MINOR):
            for suffix in ("", "-32", "-arm64"):
                name = f"Python3{minor}{suffix}"
                other = os.path.join(base, name, "Scripts")
                if name.lower() != version.lower() and _is_gone(other):
                    found.append(other)
    return tuple(found)


def is_version(name: str) -> bool:
    """Say whether a folder is named like one of a version of Python: `Python311`, `Python311-32`."""
    digits = name.lower().removeprefix("python").removesuffix("-32").removesuffix("-arm64")
    return name.lower().startswith("python3") and digits.isdigit()


def launched_python(raw: bytes) -> str | None:
    """Return the Python that a launcher (`pip.exe`), of which `raw` is the end, starts; else None."""
    start = raw.rfind(b"#!")
    line = raw[start + 2 :].partition(b"\n")[0].strip() if start >= 0 else b""
    name = line.decode("utf-8", "replace").strip('"')
    return name if name.lower().endswith((".exe", ".exe -e")) else None


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
    if sys.platform == "win32":
        return None  # the modes that Windows tells are made up; who may write stands in ACLs
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


def _is_gone(scripts: str) -> bool:
    """Say whether `scripts` does not exist, or has launchers and none of their Pythons is there."""
    try:
        names = os.listdir(scripts)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    pythons: list[str] = []
    for name in names:
        if not name.lower().endswith(".exe"):
            continue
        try:
            with open(os.path.join(scripts, name), "rb") as file:
                file.seek(-min(LAUNCHER_TAIL, os.path.getsize(file.fileno())), os.SEEK_END)
                python = launched_python(file.read())
        except OSError:
            return False
        if python is None:
            return False
        pythons.append(python)
    return bool(pythons) and not any(map(os.path.exists, pythons))


def _ask(host: Host, python: str) -> str:
    import pkgutil  # noqa: PLC0415  (only --python needs these)
    import shutil  # noqa: PLC0415
    import subprocess  # noqa: PLC0415

    is_path = os.sep in python or bool(os.altsep and os.altsep in python)
    program = python if is_path else shutil.which(python, path=host.environ.get("PATH"))
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
