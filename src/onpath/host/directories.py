"""Find directories: the user scripts directory of a Python, and our state folder.

The only user of platformdirs. What `pip install --user` uses is never rebuilt from rules: the Python
that is asked says it itself (`user_scheme`).
"""

from __future__ import annotations

import os
import stat
import sys

from onpath.errors import NoScriptsDirectoryError, RefusedError, UsageError
from onpath.model import USER
from onpath.shells.startup import fill
from onpath.values import TYPE_CHECKING

from . import folders, plain, user_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onpath.model import Host

ASK_TIMEOUT_S = 20.0  # a Python on a cold network drive takes seconds


def directory(host: Host, scheme: str, python: str | None = None) -> str:
    """Return the directory of `scheme`: that of a Python, or the one that no version is part of."""
    if scheme == USER:
        return scripts_directory(host, python)
    return host.system.unversioned_directory(host)


def _cure(host: Host) -> str:
    """Return what gives a Python that has no user site one: the variable goes for every Python."""
    if host.environ.get("PYTHONNOUSERSITE"):
        return "unset PYTHONNOUSERSITE, or name the directory itself"
    return "name another with --python"


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
            f"{sys.executable} has no user scripts directory: {error}; {_cure(host)}"
        ) from None
    own = plain(os.path.expanduser("~"))
    if host.home != own and directory.startswith(own + "/"):  # --home
        directory = host.home + directory[len(own) :]
    return directory


def system_directory(host: Host, python: str | None = None) -> str:
    """Return where `pip install` of this Python, or of `python`, puts commands for every user.

    In a virtual environment it is the base Python's: the environment is this program's own.
    """
    if python is None and sys.prefix != sys.base_prefix:
        python = getattr(sys, "_base_executable", None)
    return _ask(host, python, "--system") if python else user_scheme.system_directory()


def state_folder(host: Host) -> str:
    """Return the folder in which the receipt lies, whether it exists or not."""
    if host.system.STATE_FOLDER:
        return host.system.STATE_FOLDER
    if _is_xdg(host):
        return f"{fill('{state}', host, {})}/onpath"
    import platformdirs  # noqa: PLC0415  (it costs one and a half bare Python starts)

    return platformdirs.user_state_dir("onpath", appauthor=False)


def data_folder(host: Host) -> str:
    """Return the folder for the user's data, in which the environments of installed tools lie."""
    if _is_xdg(host):
        return f"{fill('{data}', host, {})}/onpath"
    import platformdirs  # noqa: PLC0415  (as above)

    return platformdirs.user_data_dir("onpath", appauthor=False)


def _is_xdg(host: Host) -> bool:
    """Say whether our folders are where plain XDG has them, as the shells' own folders are."""
    is_own = host.home == plain(os.path.expanduser("~"))
    # With --home nothing of this user's is touched.
    return not is_own or (sys.platform == "linux" and "termux" not in host.surroundings)


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the program that PATH has by this name, and never one of the current folder.

    `shutil.which` looks there first on Windows, whatever PATH has.
    """
    kinds = environ.get("PATHEXT", ".EXE").split(";") if os.pathsep == ";" else [""]
    if os.path.splitext(name)[1].upper() in map(str.upper, kinds):
        kinds = [""]
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        # An absolute one of Windows may lack its drive. The current folder may be gone.
        if not os.path.isabs(folder) or os.path.abspath(folder) != os.path.normpath(folder):
            continue
        for kind in kinds:
            program = os.path.join(folder, name + kind)
            if os.path.isfile(program) and os.access(program, os.X_OK):
                return program
    return None


def check_directory(directory: str) -> None:
    """Raise if `directory` is something else, or a link on the way to it leads nowhere."""
    if os.path.isdir(directory):
        return
    there = folders.nearest(directory)
    if folders.is_dangling(there):
        raise RefusedError(f"{folders.dangling(there)}; {folders.MAKE_IT}")
    if os.path.dirname(there) == there and not os.path.lexists(there):
        raise RefusedError(f"there is no drive {there}; name a directory on one that is there")
    if there == directory and _is_something_else(directory):
        raise RefusedError(f"{directory} is not a directory; move it away, or name another directory")


def _is_something_else(path: str) -> bool:
    """Say whether `path` is there and no folder, by one look: other runs make and remove folders."""
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return False
    except OSError:  # a link that leads to itself
        return True


def danger(host: Host, directories: tuple[str, ...]) -> str:
    """Return who else could put programs before those of the user, with the cure; or an empty text."""
    others = host.system.other_writers
    found = [pair for each in directories for pair in others(each, host.uid, host.home)]
    places: dict[str, list[str]] = {}
    for who, folder in dict.fromkeys(found):
        places.setdefault(_owner(folder) if who == folders.OWNER else who, []).append(folder)
    if not places:
        return ""
    theirs = tuple(dict.fromkeys(folder for who, folder in found if who == folders.OWNER))
    facts = [
        f"{_listed(where)} {'belong' if len(where) > 1 else 'belongs'} to {who}"
        if where[0] in theirs
        else f"{who} can write to {_listed(where)}"
        for who, where in places.items()
    ]
    writable = tuple(dict.fromkeys(folder for who, folder in found if who != folders.OWNER))
    cures = [host.system.shut_out(writable, host.uid)] if writable else []
    cures += [_given_back(folder, host.uid) for folder in theirs]
    cure = _listed(list(dict.fromkeys(cures)))
    return f"{_listed(facts)}, so others could put programs before yours; {cure}"


def _owner(folder: str) -> str:
    """Return who owns a folder or a link, in words."""
    try:
        return folders.user_name(os.lstat(folder).st_uid) or folders.OWNER
    except OSError:
        return folders.OWNER


def _given_back(folder: str, uid: int) -> str:
    """Return how a folder or a link of another user comes to be this one's."""
    is_plain = os.path.isdir(folder) and not os.path.islink(folder)
    cure = folders.ownership_cure(folder, uid) if is_plain and hasattr(os, "geteuid") else ""
    return f"run {cure}" if cure else "name another directory"


def _listed(words: list[str]) -> str:
    """Return `words` as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _without_relative_modules(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with which a Python imports nothing from the folder that it happens to run in.

    Not `-I`: whether there is a user site, and where, is just what is asked.
    """
    path = [each for each in environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(each)]
    ours = {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1", "PYTHONINSPECT": ""}
    return {**environ, **ours}


def _ask(host: Host, python: str, *words: str) -> str:
    import pkgutil  # noqa: PLC0415  (only --python needs these)
    import subprocess  # noqa: PLC0415

    is_path = os.sep in python or bool(os.altsep and os.altsep in python)
    program = python if is_path else find_program(python, host.environ)
    if not program or not os.access(program, os.X_OK) or os.path.isdir(program):
        raise UsageError(f"there is no Python {python!r}; name one by its path or its name on PATH")
    source = pkgutil.get_data(__package__ or "onpath.host", "user_scheme.py") or b""
    try:
        run = subprocess.run(
            [program, "-c", f"{source.decode()}\nanswer()", *words],
            env={**_without_relative_modules(host.environ), "HOME": host.home},
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
        raise UsageError(
            f"{program} is not a Python that can be asked: {last}; name another with --python"
        )
    if word == "no":
        raise NoScriptsDirectoryError(
            f"{program} has no user scripts directory: {answer}; {_cure(host)}"
        )
    return answer
