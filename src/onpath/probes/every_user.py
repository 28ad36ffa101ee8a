"""Ask as `unix` does, but as a user without any rights: what root can do proves nothing for others.

Root puts the proof programs into the directories, and starts a process that gives up all rights for
good: groups, user, capabilities, and every open file but one pipe. It alone makes the private folder, a
new user's home in it, and starts shells. What it says comes back as text, and is taken as no more.
"""

from __future__ import annotations

import os
import sys
import time

from onpath.errors import OnpathError
from onpath.host import every_user
from onpath.host.installed import recognize
from onpath.model import EFFECTIVE, MISSING, SHADOWED, UNKNOWN, Bench, Probe
from onpath.shells.startup import SKELETON
from onpath.values import TYPE_CHECKING, replace

from . import bench as benches
from . import orphans, spawn, unix
from .bench import close_bench, new_nonce, private_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from onpath.model import Ask, Context, Host, Installed

# What every prober has: `protocols.Prober`.
__all__ = (
    "ask_ahead",
    "ask_all",
    "close_bench",
    "end",
    "new_nonce",
    "open_bench",
    "private_folders",
    "sweep",
)

VERDICTS = (EFFECTIVE, SHADOWED, MISSING, UNKNOWN)
FIELDS = ("verdict", "reason", "cure", "said")
LISTS = ("path", "found")
PAIRS = ("told_folders", "exported")
SET_PARENT_DEATH_SIGNAL = 1  # of prctl(2)
# What the process without rights imports as it goes: Python, or this, may lie where only root can read.
LATER = (
    *("_ctypes", "_socket", "fcntl", "grp", "pwd", "re", "resource", "shutil", "subprocess", "termios"),
    *("onpath.host.running", "onpath.probes.agents", "onpath.probes.exports", "onpath.probes.readers"),
    *("onpath.probes.histories", "onpath.probes.meanings", "onpath.probes.multiplexers"),
    "onpath.probes.successors",
    *("onpath.shells.powershell", "onpath.shells.startup"),
)
FIRST_FILE = 3  # after standard input, output and error
MAX_DESCRIPTORS = 1 << 16
END_S = 20.0  # in which a process that is stopped ends its shells and removes its folder
MAX_FILES, MAX_BYTES, MAX_DEPTH = 200, 1 << 20, 5  # of what is copied into a new home
NO_ANSWER = "the process that asks as another user has ended without an answer"


def open_bench(
    host: Host,
    directories: tuple[str, ...],
    *,
    timeout_s: float,
    has_proofs: bool,
    session: Mapping[str, str],
    order: str | None = None,
    nonce: str = "",
) -> Bench:
    """Put the proof programs into the directories; see `bench.open_bench`. The folder is made later."""
    nonce = nonce or new_nonce()
    proofs = tuple(d for d in directories if os.access(d, os.W_OK)) if has_proofs else ()
    bench = Bench(host, directories, "", nonce, proofs, timeout_s, session, order)
    try:
        benches.put_proofs(host, proofs, nonce)
    except BaseException:
        close_bench(bench)
        raise
    return bench


def sweep(host: Host, nonce: str, directories: Iterable[str], private: Iterable[str] = ()) -> None:
    """Remove what dead runs have left; see `bench.sweep`. Their folders belong to the other user."""
    left = [folder for directory in directories for folder in benches.remove_proofs(directory)]
    there = (*private, *left, *private_folders(host, nonce))
    user = every_user.unprivileged()
    if any(map(os.path.isdir, there)):
        as_other(user, lambda: benches.sweep(replace(host, uid=user.uid), nonce, (), there))


def ask_all(
    bench: Bench,
    asks: Iterable[tuple[Context, Installed | None, Ask]],
    *,
    inside: Mapping[str, str] | None = None,
    on_answer: Callable[[Probe], None] | None = None,
    meanwhile: Iterable[object] = (),
    on_left: Callable[[str, int], None] | None = None,
    ahead: None = None,
) -> tuple[Probe, ...]:
    """Ask for each context in a process without rights; see `unix.ask_all`."""
    del ahead
    asks = tuple(asks)
    user = every_user.unprivileged()
    found = as_other(user, lambda: _ask(bench, user, asks, inside), meanwhile)
    contexts = [context for context, _, _ in asks]
    probes = tuple(read_probe(contexts[number], fields) for number, fields in found["probes"])
    for probe in probes:
        if on_answer:
            on_answer(probe)
    for name, pid in found["left"]:
        if on_left:
            on_left(str(name), int(pid))
    return probes


def ask_ahead(bench: Bench, context: Context, shell: Installed, ask: Ask) -> None:
    """Start nothing: all is asked by one process, which ends with its answers."""
    del bench, context, shell, ask


def end(ahead: None) -> tuple[tuple[str, int], ...]:
    """Return nothing: nothing was started."""
    del ahead
    return ()


def _ask(
    bench: Bench,
    user: every_user.User,
    asks: tuple[tuple[Context, Installed | None, Ask], ...],
    inside: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Ask with a bench of this process's own, and return the answers as they are sent."""
    left: list[tuple[str, int]] = []
    own = benches.open_bench(
        replace(bench.host, uid=user.uid),
        bench.directories,
        timeout_s=bench.timeout_s,
        has_proofs=False,
        session=bench.session,
        order=bench.order,
        nonce=bench.nonce,
    )
    try:
        home = f"{own.folder}/home"
        os.mkdir(home, 0o755)
        copy_skeleton(SKELETON, home)
        asking = replace(
            own,
            host=replace(own.host, home=home),
            session={**own.session, "HOME": home},
            proofs=bench.proofs,
        )
        probes = unix.ask_all(
            asking,
            asks,
            inside=inside and {**inside, "HOME": home},
            on_left=lambda name, pid: left.append((name, pid)),
        )
    finally:
        benches.close_bench(own)
    numbers = {context: number for number, (context, _, _) in enumerate(asks)}
    return {"probes": [(numbers[probe.context], fields_of(probe)) for probe in probes], "left": left}


def copy_skeleton(skeleton: str, home: str) -> None:
    """Copy what a new home has, as useradd(8) does: files and folders, as far as they can be read."""
    room, files = MAX_BYTES, MAX_FILES
    folders = [(skeleton, home, 0)]
    while folders:
        source, target, depth = folders.pop()
        try:
            names = os.listdir(source)
        except OSError:
            continue
        for name in names:
            path, copy = f"{source}/{name}", f"{target}/{name}"
            try:
                if os.path.isdir(path) and not os.path.islink(path) and depth < MAX_DEPTH:
                    os.mkdir(copy)
                    folders.append((path, copy, depth + 1))
                elif os.path.isfile(path) and os.stat(path).st_size <= room and files:
                    with open(path, "rb") as old, open(copy, "xb") as new:
                        room -= new.write(old.read(room))
                    files -= 1
            except OSError:
                continue


def as_other(
    user: every_user.User,
    work: Callable[[], Any],
    meanwhile: Iterable[object] = (),
) -> Any:
    """Return what `work` returns in a process of `user`, as JSON has it. Raises what it raises.

    That process has ended when this returns or raises, and so has all that it started.
    """
    import json  # noqa: PLC0415  (only a run for every user)

    reader, writer = os.pipe()
    _import_all()
    pid = _start(user, work, writer)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as file:
            for _ in meanwhile:
                pass
            text = file.read()
    except BaseException:
        stop(pid)
        raise
    _wait(pid)
    try:
        answer = json.loads(text)
    except ValueError:
        raise OnpathError(f"{NO_ANSWER}; run this again") from None
    if answer.get("is_bug"):
        raise RuntimeError(answer["error"])
    error = answer["error"]
    if error:
        raise OnpathError(str(error))
    return answer["result"]


def _start(user: every_user.User, work: Callable[[], Any], writer: int) -> int:
    """Fork a process that becomes `user`, does `work`, writes what came of it, and is gone."""
    if sys.platform == "win32":
        raise NotImplementedError
    import json  # noqa: PLC0415  (as above)

    parent = os.getpid()

    def answer() -> None:
        spawn.interrupt_once()
        _close_files(writer)
        try:
            become(user)
            orphans.prctl(SET_PARENT_DEATH_SIGNAL, spawn.TERMINATE)
            is_orphan = os.getppid() != parent
            sent = {"result": None if is_orphan else work(), "error": ""}
        except OnpathError as error:
            sent = {"result": None, "error": str(error)}
        except Exception as error:  # noqa: BLE001  (it would be lost; the parent tells it as the bug that it is)
            sent = {"result": None, "error": f"{type(error).__name__}: {error}", "is_bug": True}
        text = json.dumps(sent).encode()
        while text:
            text = text[os.write(writer, text) :]

    return spawn.fork(answer)


def _import_all() -> None:
    for name in LATER:
        try:
            __import__(name)
        except ImportError:
            continue  # another system, which has no use for it


def become(user: every_user.User) -> None:
    """Give up all rights of root, for good. Raises `OnpathError` where that cannot be.

    setuid(2) takes the capabilities too, when the real, the effective and the saved user all change.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        os.setgroups(user.groups)
        os.setgid(user.gid)
        os.setuid(user.uid)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise OnpathError(_cannot_become(user, words)) from None
    for regain in (os.setuid, os.seteuid, os.setgid):
        try:
            regain(0)
        except OSError:
            continue
        raise OnpathError(_cannot_become(user, "rights of root stay"))
    if {os.getuid(), os.geteuid()} != {user.uid} or not set(os.getgroups()) <= {*user.groups, user.gid}:
        raise OnpathError(_cannot_become(user, "rights of others stay"))


def _cannot_become(user: every_user.User, why: str) -> str:
    return (
        f"this process cannot become {user.name}, as whom it would prove it ({why}); "
        "run it where root may become other users (CAP_SETUID, CAP_SETGID)"
    )


def _close_files(kept: int) -> None:
    """Close every file of root's that is open but `kept`: shells would inherit some of them."""
    try:
        found = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:  # not up to the limit, which may be 2^30
        found = list(range(FIRST_FILE, MAX_DESCRIPTORS))
    for descriptor in found:
        if descriptor >= FIRST_FILE and descriptor != kept:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the one by which they were listed


def stop(pid: int) -> None:
    """Ask the process to end, and wait until it has put away what is its own."""
    spawn.kill(pid, spawn.TERMINATE)
    deadline = time.monotonic() + END_S
    while spawn.reap(pid) is None:
        if time.monotonic() > deadline:
            spawn.kill(pid)
            _wait(pid)
            return
        time.sleep(spawn.TICK_S)


def _wait(pid: int) -> None:
    while spawn.reap(pid) is None:
        time.sleep(spawn.TICK_S)


def fields_of(probe: Probe) -> dict[str, Any]:
    """Return what is sent of an answer."""
    names = (*FIELDS, *LISTS, *PAIRS, "duration_ms")
    became = probe.became.program if probe.became else ""
    return {**{name: getattr(probe, name) for name in names}, "became": became}


def read_probe(context: Context, sent: Mapping[str, Any]) -> Probe:
    """Return the answer that was sent; what is no verdict is no answer."""
    words = {name: str(sent[name]) for name in FIELDS}
    if words["verdict"] not in VERDICTS:
        words["verdict"] = UNKNOWN
    path = sent["path"]
    return Probe(
        context,
        words["verdict"],
        words["reason"],
        words["cure"],
        said=words["said"],
        path=None if path is None else tuple(map(str, path)),
        found=tuple(map(str, sent["found"])),
        told_folders=tuple(_pairs(sent["told_folders"])),
        exported=tuple(_pairs(sent["exported"])),
        duration_ms=float(sent["duration_ms"]),
        became=_read_shell(str(sent["became"])),
    )


def _read_shell(program: str) -> Installed | None:
    """Return the shell that was told of, if all may run it and none but root can change it.

    Root asks it for its version.
    """
    is_told = os.path.isabs(program) and every_user.is_for_all(program)
    return None if not is_told or every_user.other_writers(program, 0) else recognize(program)


def _pairs(sent: Iterable[Iterable[str]]) -> Iterator[tuple[str, str]]:
    for name, value in sent:
        yield str(name), str(value)
