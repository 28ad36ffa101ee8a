"""Do something in a process of its own: as another user, and away from what Ansible has set up."""

from __future__ import annotations

import gc
import json
import os
import pwd
import signal
import sys
import traceback

TYPE_CHECKING = False  # `typing` costs time
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn, Union

    Value = Union[None, bool, int, str, "list[str]", "list[dict[str, Value]]", "dict[str, Value]"]

KEPT = ("PATH", "LANG", "TZ")
KEPT_STARTS = ("LC_", "ONPATH_")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class UserError(Exception):
    """The user cannot be served. The message has the fact and the cure."""


def entry_of(user: str | None) -> pwd.struct_passwd | None:
    """Return the entry of `user`, or of the one who runs this, who may have none. Raises `UserError`."""
    try:
        entry = pwd.getpwnam(user) if user is not None else pwd.getpwuid(os.geteuid())
    except KeyError:
        if user is None:
            return None
        raise UserError(f"there is no user {user} on this host; create it, or name another") from None
    if os.geteuid() not in {0, entry.pw_uid}:
        raise UserError(
            f"only root can act for {entry.pw_name}, and the task runs as user {os.geteuid()}; "
            "add become: true to the task"
        )
    return entry


def environment(entry: pwd.struct_passwd | None, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return what a login of the user has, whatever way Ansible has come. Pure.

    Its own connection is no place where anybody works: SSH_CONNECTION, a terminal and the variables of
    sudo would lead astray.
    """
    found = {
        name: value for name, value in inherited.items() if name in KEPT or name.startswith(KEPT_STARTS)
    }
    found.setdefault("PATH", DEFAULT_PATH)
    if entry is None:  # a number without a name, as a container may run with
        found["HOME"] = inherited.get("HOME", "")
        return found
    return {
        **found,
        "HOME": entry.pw_dir,
        "USER": entry.pw_name,
        "LOGNAME": entry.pw_name,
        "SHELL": entry.pw_shell or "/bin/sh",
    }


def become(entry: pwd.struct_passwd) -> None:
    """Be the user of `entry` for good, with all groups of the user and no right of root's."""
    if os.geteuid() == entry.pw_uid:
        return
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def run(
    entry: pwd.struct_passwd | None,
    work: Callable[[], dict[str, Value]],
    prepare: Callable[[], None] | None = None,
) -> dict[str, Value]:
    """Return what `work` returns, done by a child as the user of `entry`, in its home.

    The child does `prepare` before, with the rights of this process. What goes wrong there is in the
    answer too: `msg`, and `failed`.
    """
    outlet, inlet = os.pipe()
    pid = os.fork()
    if pid == 0:
        # Without a parent: the shells above are those that Ansible has started, and nobody's.
        if os.fork():
            os._exit(0)
        os.close(outlet)
        _answer(inlet, entry, work, prepare)
    os.close(inlet)
    os.waitpid(pid, 0)
    with os.fdopen(outlet, "rb") as stream:
        raw = stream.read()
    if not raw:
        return {
            "failed": True,
            "msg": "the run was ended before it could answer; run the task again, which first puts back "
            "what was left half done",
        }
    answer: dict[str, Value] = json.loads(raw)
    return answer


def _answer(
    inlet: int,
    entry: pwd.struct_passwd | None,
    work: Callable[[], dict[str, Value]],
    prepare: Callable[[], None] | None,
) -> NoReturn:
    """Be the child: write the answer, and leave without any of the ways out that Ansible has set up."""
    try:
        gc.disable()  # a run is too short for garbage
        # A plain kill and a closed connection put everything back.
        for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(each, signal.default_int_handler)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):  # what shells of the user say is no answer of a module
            os.dup2(nothing, number)
        environ = environment(entry, os.environ)
        if prepare:
            prepare()
        if entry:
            become(entry)
        os.environ.clear()
        os.environ.update(environ)
        _go_to(environ["HOME"])
        answer = work()
    except KeyboardInterrupt:
        answer = {"failed": True, "msg": "interrupted, and nothing was changed; run the task again"}
    except Exception as error:  # noqa: BLE001  (no traceback reaches a user, but it is there for us)
        answer = {
            "failed": True,
            "msg": f"this is a bug of onpath: {type(error).__name__}: {error}; please report it",
            "exception": traceback.format_exc(),
        }
    with os.fdopen(inlet, "w", encoding="ascii") as stream:
        json.dump(answer, stream)
    os._exit(0)


def expanded(names: list[str]) -> list[str]:
    """Return `names` with `~` as the user who is served has it. As that user."""
    return [os.path.expanduser(each) for each in names]


def _go_to(home: str) -> None:
    """Have relative names begin at `home`, and hold on to no folder that the user may not enter."""
    try:
        os.chdir(home)
    except OSError:
        os.chdir("/")


def is_too_old() -> str:
    """Return why this Python cannot run onpath, or an empty text."""
    if sys.version_info >= (3, 9):
        return ""
    return (
        f"onpath needs Python 3.9 or later on the host, and this is {sys.version.split()[0]}; "
        "set ansible_python_interpreter to a newer one"
    )
