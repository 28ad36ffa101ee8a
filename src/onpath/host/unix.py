"""What is special about Unix; `windows` has the same names. Imports on every system."""

from __future__ import annotations

import os
import stat
import sys

from onpath import pathlist
from onpath.errors import NoHomeError, NoShellError, UsageError
from onpath.model import APPEND, ASKED_FOR, PREPEND, UNIX, Installed
from onpath.shells import POSIX, UNIX_ROWS, quote, startup
from onpath.values import TYPE_CHECKING, replace

from . import ways
from .installed import (
    find_shell,
    folders,
    is_program,
    name_of,
    named_shell,
    own_folders,
    which,
    why_useless,
)
from .running import running_shell as running_shell  # noqa: PLC0414  (one of the names that both have)
from .session import new_session as new_session  # noqa: PLC0414  (as above)
from .session import note_session as note_session  # noqa: PLC0414  (as above)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from onpath.model import Host

    from . import lock

FAMILY = UNIX
HOME_VARIABLE = "HOME"
STATE_FOLDER = ""  # the user's own
SEPARATOR = ":"  # of the entries of PATH
LETS_OURS_RUN = "ensure-path --prepend lets yours run in place of the system's"
SETS_PATH_LATER = (
    "something that runs later sets PATH again; find it in the shell's startup files, or in what they "
    "have run at each prompt, remove it, and run this again"
)
TIMEOUT_S = 30.0  # that one shell may take, if it works and does not merely wait
OWNER = "another user"
TOOL = "ensure-path"
LIMITS = ("PC_PATH_MAX", "PC_NAME_MAX")  # of a path, and of each name in it (pathconf(3))
# Of a relative name: what a shell fills in where it begins so, if it is not in quotes.
UNFILLED = {
    "~": "begins with ~ and a user's name, and only ~ and ~/ are filled in here",
    "$": "begins with a variable that no shell has filled in",
}
USUAL_SHELL = "/bin/sh"  # which login(1) starts where passwd(5) names none
MOST_SHOWN = 60  # characters of a name that is too long


def Lock(  # noqa: N802  (a class elsewhere)
    home: str, kind: str = "", directories: tuple[str, ...] = ()
) -> lock.Lock:
    """Return what keeps two runs for one home from working at the same time, for `with`."""
    from . import lock  # noqa: PLC0415  (a look needs none)

    return lock.Lock(home, kind, directories)


def own_entry() -> tuple[str, str, str] | None:
    """Return name, home directory and login shell of the user who runs this, or None."""
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    return entry.pw_name, entry.pw_dir, entry.pw_shell or USUAL_SHELL


def user_name(uid: int) -> str | None:
    """Return the name of user `uid`, or None."""
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def user_word(uid: int) -> str:
    """Return user `uid` as one word of a command line: a name of a Windows domain has a backslash."""
    return quote.word(user_name(uid) or str(uid))


def group_name(gid: int) -> str | None:
    """Return the name of group `gid`, or None."""
    return _group(gid)[0]


def _group(gid: int) -> tuple[str | None, list[str]]:
    """Return the name of group `gid`, or None, and the names of the users who were added to it."""
    if sys.platform == "win32":
        return None, []
    import grp  # noqa: PLC0415

    try:
        entry = grp.getgrgid(gid)
    except KeyError:
        return None, []
    return entry.gr_name, entry.gr_mem


def find_shells(
    host: Host,
    names: Iterable[str],
    *,
    is_all: bool,
    variables: Callable[[], Mapping[str, str]],
    directories: tuple[str, ...] = (),
) -> tuple[Installed, ...]:
    """Return the shells to serve: those of `names`, all, or those in use. Raises `NoShellError`.

    In a sandbox there are also those of the host that are in use. They have no program here.
    """
    del variables  # Windows alone needs them
    more = own_folders(host, directories)
    found: dict[str, Installed] = {}
    for name in names:
        shell = named_shell(name, host, more)
        found.setdefault(shell.name, replace(shell, reason=ASKED_FOR))
    if found:
        return _in_order(found)
    for known, reason in ((host.running, "running"), (host.login, "login shell")):
        if known:
            found.setdefault(known.name, replace(known, reason=reason))
    others = {name: startup.is_used(row, host) for name, row in UNIX_ROWS.items() if name not in found}
    if found or any(others.values()):  # else the user is told which program is gone
        gone = (program for _, program in host.told_shells if why_useless(program))
        told = set(map(name_of, map(os.path.basename, gone)))  # it may be here by another path
        others = {name: is_used or name in told for name, is_used in others.items()}
    for name, is_used in others.items():
        installed = find_shell(name, host.environ, more) if is_used or is_all else None
        if installed:
            found[name] = replace(installed, reason="in use" if is_used else "installed")
    if "sandbox" in host.surroundings:
        found.update(
            {name: Installed(name, "", "outside") for name in _absent_shells(host, found, more)}
        )
    if not found:
        raise NoShellError(_why_no_shell(host, directories))
    return _in_order(found)


def note_absent_shells(
    host: Host, found: tuple[Installed, ...], directories: tuple[str, ...]
) -> tuple[str, ...]:
    """Return a note on the shells that seem to be used and have no program here, if there are any.

    In a sandbox it says how to reach those of the host.
    """
    if "sandbox" in host.surroundings:
        own = [path for path in (f"{folder}/{TOOL}" for folder in directories) if is_program(path)]
        note = (
            "this is a sandbox, and the shells in it were asked; for those of the host run: "
            f"flatpak-spawn --host {quote.word(own[0]) if own else TOOL}"
        )
        return (note,)
    names = [shell.name for shell in found if shell.reason != ASKED_FOR]
    absent = _absent_shells(host, names, own_folders(host, directories)) if names else {}
    signs = " and ".join(f"{name} ({sign})" for name, sign in absent.items())
    note = (
        f"no program was found for {signs}; if there is one, "
        f"name its path: {TOOL} --shell /path/to/{next(iter(absent), '')}"
    )
    return (note,) if absent else ()


def _absent_shells(host: Host, found: Iterable[str], more: tuple[str, ...]) -> dict[str, str]:
    """Return the shells that seem to be used and are not here, each with the sign of that."""
    gone = {
        name_of(os.path.basename(program)): who + program
        for who, program in host.told_shells
        if why_useless(program) and not which(os.path.basename(program), folders(host.environ, more))
    }
    absent: dict[str, str] = {}
    for name, row in UNIX_ROWS.items():
        sign = "" if name in found else startup.sign_of_use(row, host) or gone.get(name, "")
        if sign and not find_shell(name, host.environ, more):
            absent[name] = "~" + sign[len(host.home) :] if sign.startswith(f"{host.home}/") else sign
    return absent


def _why_no_shell(host: Host, directories: tuple[str, ...]) -> str:
    """Return why there is no shell to serve: what was told of one, and a cure."""
    reasons = [f"{who}{program} {why_useless(program)}" for who, program in host.told_shells]
    more = own_folders(host, directories)
    here = [name for name in UNIX_ROWS if find_shell(name, host.environ, more)]
    words = {name_of(w) for _, told in host.told_shells for w in os.path.basename(told).split()}
    meant = [name for name in here if name in words]
    cure = "name one with --shell"
    if here:
        cure = f"name one with --shell: ensure-path --shell {(meant or here)[0]}"
    if "container" in host.surroundings:
        cure += f"; in an image put the line {startup.image_line(directories)}"
    told = f" ({'; '.join(reasons)})" if reasons else ""
    return f"no shell could be found for this user{told}; {cure}"


def shell_called(host: Host, name: str, directories: tuple[str, ...]) -> Installed:
    """Return the shell that the user calls `name`; it may lie in one of `directories`."""
    return named_shell(name, host, own_folders(host, directories))


def export(host: Host, directories: tuple[str, ...]) -> str:
    """Return the line by which what the same shell runs after it has `directories`."""
    words = (quote.posix(directory, host.environ.get("HOME", "")) for directory in directories)
    return f'export PATH={":".join(words)}:"$PATH"'


def image_lines(host: Host, directories: tuple[str, ...]) -> str:
    """Return the lines by which all that is started in an image has `directories`."""
    del host
    return startup.image_lines(directories)


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will be on PATH: absolute, without `.`, `..` or doubled slashes.

    `..` after a link is resolved, since the text alone would lead elsewhere.
    """
    for sign, name in (("\0", "a NUL"), ("\n", "a newline"), (os.pathsep, f"a {os.pathsep!r}")):
        if sign in directory:
            raise UsageError(f"{directory!r} cannot be on PATH: there is {name} in its name; rename it")
    ways.check_encoding(directory, host.home)
    if directory == "~" or directory.startswith("~/"):
        directory = host.home + directory[1:]
    if not os.path.isabs(directory):
        ways.check_meant(directory, UNFILLED)
        directory = os.path.join(_current_folder(directory), directory)
    if ".." in directory.split("/"):
        directory = os.path.realpath(directory)
    directory = os.path.normpath(directory)
    directory = "/" + directory.lstrip("/")  # POSIX lets normpath keep two leading slashes
    if directory == host.home:
        raise UsageError("a home directory cannot be the scripts directory; name one below it")
    _check_length(directory)
    return directory


def _check_length(directory: str) -> None:
    """Raise if no file of the system can have that name."""
    limits: Any = getattr(os, "pathconf", None)  # Windows has none
    most, most_of_a_step = (limits("/", name) for name in LIMITS) if limits else (0, 0)
    raw = os.fsencode(directory)
    longest = max(map(len, raw.split(b"/")))
    cure = "name a shorter one"
    if most_of_a_step and longest > most_of_a_step:
        raise UsageError(
            f"{_start(directory)} has a name of {longest} bytes in it, and the system allows "
            f"{most_of_a_step}; {cure}"
        )
    if most and len(raw) >= most:  # which counts the NUL at its end
        raise UsageError(
            f"{_start(directory)} has {len(raw)} bytes, and the system allows {most - 1}; {cure}"
        )


def _start(name: str) -> str:
    return repr(f"{name[:MOST_SHOWN]}...")


def unversioned_directory(host: Host) -> str:
    """Return the scripts directory that no version of Python is part of."""
    return os.path.join(host.home, ".local", "bin")


def stale_directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return nothing: an entry of a Python that is gone is in a file of the user's own."""
    del directories
    return ()


def other_writers(directory: str, uid: int, home: str = "") -> tuple[tuple[str, str], ...]:
    """Return who else could put commands into `directory`, or another in its place: who, and where.

    Every folder and link on the way to it counts, also one that a link leads through. Who can write to
    a folder above can move away what is in it, unless the folder is sticky, as /tmp is: then only what
    belongs to somebody else. A directory that does not exist will be the user's own. The owner of
    `home` is as good as the user if the system has no name for that number.
    """
    return _others(directory, uid, home, is_last_sticky=False)


def _others(path: str, uid: int, home: str, *, is_last_sticky: bool) -> tuple[tuple[str, str], ...]:
    """Return who else can write on the way to `path`; where it is sticky itself, that may be enough."""
    found: list[tuple[str, str]] = []
    real = os.path.realpath(path)
    for each, info in ways.walk(path):
        is_link = stat.S_ISLNK(info.st_mode)
        is_ours = ways.is_trusted(info.st_uid, uid) or (uid and _is_given_to_root_group(info))
        if not is_ours and not _is_nameless_owner(home, info.st_uid):
            found.append((OWNER, each))
        is_sticky = info.st_mode & stat.S_ISVTX and (each != real or is_last_sticky)
        if not is_link and not is_sticky:
            found += [(who, each) for who in _who_writes(each, info, uid)]
    return tuple(dict.fromkeys(found))


def _is_nameless_owner(home: str, owner: int) -> bool:
    """Say whether `home` belongs to `owner`, for whom the system has no name: so it is in containers."""
    return bool(home) and os.stat(home).st_uid == owner and user_name(owner) is None


def shut_out(folders: tuple[str, ...], uid: int) -> str:
    """Return what to do so that nobody but their owner can write to `folders`.

    One that the system has for everybody, as /tmp is, keeps its mode: programs would fail without it.
    """
    if any(map(_is_for_everybody, folders)):
        return "name another directory"
    return f"run {ways.mode_cure(folders, uid)}"


def _is_for_everybody(folder: str) -> bool:
    info = os.stat(folder)
    return info.st_uid == 0 and bool(info.st_mode & stat.S_ISVTX and info.st_mode & stat.S_IWOTH)


def why_closed(directories: Iterable[str]) -> str:
    """Return nothing: they are for one user."""
    del directories
    return ""


def check_home(host: Host, directories: tuple[str, ...] = ()) -> None:
    """Raise if the home is another user's: a root shell that kept HOME would leave its files there.

    One of root's, or of nobody whom the system knows, is as good as one's own where this user may write
    and not everybody may replace what is there: in a container many are. Else its message has the line
    of an image that puts `directories` on PATH.
    """
    info = os.stat(host.home)
    if info.st_uid != host.uid:
        _check_foreign_home(host, info, directories)
    others = _others(host.home, host.uid, host.home, is_last_sticky=True)
    writable = tuple(dict.fromkeys(folder for who, folder in others if who != OWNER))
    if writable:
        who = next(who for who, _ in others if who != OWNER)
        raise NoHomeError(
            f"{who} can write to {writable[0]}, and could put other startup files there; "
            f"run {ways.mode_cure(writable, host.uid)}, or add --force"
        )
    if others:
        raise NoHomeError(
            f"{others[0][1]} belongs to another user, who could put other startup files there; "
            "add --force, or " + _cure_for_home(host, directories)
        )


def _check_foreign_home(host: Host, info: os.stat_result, directories: tuple[str, ...]) -> None:
    owner = user_name(info.st_uid)
    if info.st_uid and owner is not None and not (host.uid and _is_given_to_root_group(info)):
        if host.uid:
            other = _cure_for_home(host, directories)
            raise NoHomeError(f"{host.home} belongs to {owner}; run this as {owner}, or {other}")
        raise NoHomeError(
            f"{host.home} belongs to {owner}; run this as {owner}, without sudo, or add --force"
        )
    if host.uid and not _has_writable_files(host):
        raise NoHomeError(
            f"{host.home} belongs to {owner or info.st_uid}, and you may write nothing there; "
            + _cure_for_home(host, directories)
        )
    if host.uid and info.st_mode & stat.S_IWOTH and not info.st_mode & stat.S_ISVTX:
        raise NoHomeError(
            f"everybody can write to {host.home}, and could put other startup files there; "
            "add --force, or " + _cure_for_home(host, directories)
        )


def _cure_for_home(host: Host, directories: tuple[str, ...]) -> str:
    """Return what to do about a home in which this user should edit nothing."""
    entry, cures = own_entry(), []
    if directories and "container" in host.surroundings:
        cures.append(f"put the line {startup.image_line(directories)} into the image")
    if entry and entry[1] not in {host.home, "/"} and os.path.isdir(entry[1]):
        cures.append(f"run HOME={quote.word(entry[1])} {TOOL}")  # last: what is repeated is added to it
    return ", or ".join(cures) or "set HOME to a folder of your own"


def _has_writable_files(host: Host) -> bool:
    """Say whether this user may write or make any of the files in which a block could be put."""
    return any(os.access(_nearest(path), os.W_OK) for path in startup.candidates(host, ()))


def _nearest(path: str) -> str:
    """Return `path`, or the nearest folder above it that exists."""
    while not os.path.lexists(path) and path != "/":
        path = os.path.dirname(path)
    return path


def activation(
    host: Host, directories: tuple[str, ...], order: str | None = None, shell: Installed | None = None
) -> str:
    """Return the line that makes it true in the running shell, or nothing if it is already.

    `order` is PREPEND, APPEND or None, as in the plan; `shell` stands in for the running one. Where no
    shell is known, it is the line of the POSIX family. Raises `UnspellableError`.
    """
    shell = shell or host.running or host.login or Installed(POSIX.name, "")
    path = pathlist.entries(host.environ.get("PATH", ""))
    found = {d: pathlist.indices_of(path, d, ways.identity) for d in directories}
    own = {index for indices in found.values() for index in indices}
    # The line only adds. So it puts in front what stands behind others; the other way it would not help.
    first_other = min({*range(len(path))} - own, default=len(path)) if order == PREPEND else len(path)
    missing = [d for d, indices in found.items() if not indices or indices[0] > first_other]
    if not missing:
        return ""
    from onpath.shells import render  # noqa: PLC0415  (a look needs none of it)

    each = missing if order == APPEND else reversed(missing)
    home = host.environ.get("HOME", "")  # as the session has it; another home may be served
    return "; ".join(render.now(shell.name, d, home, order or PREPEND) for d in each)


def _current_folder(directory: str) -> str:
    if not directory:
        raise UsageError("an empty name cannot be the scripts directory; name one")
    try:
        return os.getcwd()
    except OSError:
        raise UsageError(
            f"{directory} means nothing, since the current folder is gone; name the whole path"
        ) from None


def _who_writes(folder: str, info: os.stat_result, uid: int) -> tuple[str, ...]:
    """Return who can write to a folder besides its owner and root, by its mode and its access list."""
    if info.st_mode & stat.S_IWOTH:
        return ("everybody",)
    if not info.st_mode & stat.S_IWGRP:
        return ()  # with an access list these bits are the most that it can give
    found = [rights for rights in ways.access_list(folder) if rights[1] & ways.WRITE]
    users = [who for tag, _, who in found if tag == ways.USER and not ways.is_trusted(who, uid)]
    groups = [who for tag, _, who in found if tag == ways.GROUP]
    if not found or any(tag == ways.OWNING_GROUP for tag, _, _ in found):
        groups.insert(0, info.st_gid)
    shared = [gid for gid in groups if not is_private(gid, {info.st_uid, uid, 0})]
    return (
        *(user_name(who) or f"user {who}" for who in users),
        *(f"the group {group_name(gid) or gid}" for gid in shared),
    )


def is_private(gid: int, uids: set[int]) -> bool:
    """Say whether nobody but `uids` is in the group: it is a user's own (Debian, Fedora), or root's.

    A user can be added to either.
    """
    name = group_name(gid)
    is_own = gid in uids if name is None else name in map(user_name, uids)
    trusted = map(user_name, (*uids, 0))
    return (is_own or _is_root_group(gid)) and {*trusted}.issuperset(_group(gid)[1])


def _is_root_group(gid: int) -> bool:
    """Say whether it is the group 0 of Linux. In the BSDs' wheel there are users."""
    return gid == 0 and group_name(gid) in {"root", None}


def _is_given_to_root_group(info: os.stat_result) -> bool:
    """Say whether the group of root may write: images are made so for OpenShift's made-up users.

    They run with a number that nobody has, in the group 0.
    """
    return _is_root_group(info.st_gid) and info.st_mode & 0o022 == stat.S_IWGRP


def _in_order(found: dict[str, Installed]) -> tuple[Installed, ...]:
    return tuple(found[name] for name in UNIX_ROWS if name in found)
