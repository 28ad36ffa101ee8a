"""A view of the file systems in which a run is tried for real, and which is gone with its process.

Everything that is kept on a disk has a layer over it (overlayfs) that takes what is written. So a run
finds, starts, edits and proves what it would, and the host is as it was, whatever links lead where.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys

TYPE_CHECKING = False  # `typing` costs time
if TYPE_CHECKING:
    from collections.abc import Iterator

NEW_MOUNTS = 0x20000  # CLONE_NEWNS of unshare(2)
READ_ONLY, REMOUNT, BIND, ALL_BELOW, PRIVATE = 1, 32, 4096, 16384, 1 << 18  # of mount(2)
DETACH = 2  # of umount2(2)
# As they are: there the kernel is spoken with, and nothing is kept.
LIVE = ("/proc", "/sys", "/dev")
# Read-only: there the services are spoken with, by sockets, which are none in a layer.
SPOKEN_WITH = ("/run",)
# What can have a layer over it. All else can be read.
KINDS = frozenset(
    (
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "f2fs",
        "bcachefs",
        "zfs",
        "tmpfs",
        "overlay",
        "nfs",
        "nfs4",
    )
)
# Where the layers are made: any folder, since the host's own is seen beneath.
PLACES = ("/mnt", "/media", "/srv", "/opt", "/var", "/tmp")  # noqa: S108  (nothing is written there)
ESCAPED = re.compile(r"\\([0-7]{3})")


class Stage:
    """The view; `is_set` once this process has it."""

    def __init__(self, home: str, directories: list[str]) -> None:
        own = (os.path.join(home, each.removeprefix("~/")) for each in directories)
        self.places = [os.path.realpath(each) for each in (home, *own)]
        self.is_set = False

    def set(self) -> None:
        """Give the view to this process, if it can be had. Linux, as root."""
        if sys.platform != "linux" or os.geteuid() != 0:
            return
        try:
            _enter(self.places)
        except OSError:
            return  # a container without the right to mount, a kernel without overlayfs
        self.is_set = True


def _enter(needed: list[str]) -> None:
    """Make this process see layers over what is there: over what holds the paths `needed`, or none.

    Raises OSError, and then this process sees what it saw.
    """
    points = dict(mounts())  # before there is anything of ours
    holders = {"/", *(_holder(path, points) for path in needed)}
    if any(points[each] not in KINDS for each in holders) or any(map(_is_as_it_is, needed)):
        raise OSError("a folder that is needed cannot have a layer over it")
    free = (p for p in PLACES if os.path.isdir(p) and not any(_is_below(m, (p,)) for m in points))
    place = next((p for p in free if not any(_is_below(path, (p,)) for path in needed)), "")
    if not place:
        raise OSError("there is no folder for the layers")
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(NEW_MOUNTS), "unshare")
    _mount("", "/", flags=ALL_BELOW | PRIVATE)
    _mount("tmpfs", place, kind="tmpfs", data="mode=0755")
    try:
        root = f"{place}/root"
        os.mkdir(root)
        for number, point in enumerate(sorted(points)):  # the outer ones first
            if not _is_below(point, LIVE):
                kind = "" if _is_below(point, SPOKEN_WITH) else points[point]
                _lay_over(point, root, f"{place}/{number}", kind, is_needed=point in holders)
        for each in LIVE:
            if os.path.isdir(each):
                _mount(each, root + each, flags=BIND | ALL_BELOW)
        os.chroot(root)
    except OSError:
        libc.umount2(os.fsencode(place), DETACH)
        raise
    os.chdir("/")


def _is_as_it_is(path: str) -> bool:
    return _is_below(path, (*LIVE, *SPOKEN_WITH))


def _lay_over(point: str, root: str, folder: str, kind: str, *, is_needed: bool) -> None:
    """Show below `root` what is mounted at `point`, with a layer over it, or else read-only."""
    there = root + point.rstrip("/")
    if kind == "autofs" or not os.path.exists(there):
        return  # looking there would mount something; and what is hidden stays so
    if kind in KINDS and os.path.isdir(point):
        try:
            _overlay(point, there, folder)
        except OSError:
            if is_needed:
                raise
        else:
            return
    _mount(point, there, flags=BIND)
    _mount("", there, flags=REMOUNT | BIND | READ_ONLY)


def _overlay(point: str, there: str, folder: str) -> None:
    upper, work = f"{folder}/upper", f"{folder}/work"
    os.makedirs(upper)
    os.mkdir(work)
    owner = os.stat(point)  # the folder itself is that of the layer
    os.chown(upper, owner.st_uid, owner.st_gid)
    shutil.copystat(point, upper)
    lower = os.open(point, os.O_RDONLY | os.O_DIRECTORY)  # a name may have what mount(8) takes apart
    try:
        data = f"lowerdir=/proc/self/fd/{lower},upperdir={upper},workdir={work}"
        _mount("overlay", there, kind="overlay", data=data)
    finally:
        os.close(lower)


def mounts(file: str = "/proc/self/mountinfo") -> Iterator[tuple[str, str]]:
    """Yield where something is mounted, and of what kind it is (proc_pid_mountinfo(5))."""
    with open(file, "rb") as stream:
        for line in stream:
            words = os.fsdecode(line).split()
            yield ESCAPED.sub(lambda found: chr(int(found[1], 8)), words[4]), words[words.index("-") + 1]


def _holder(path: str, points: dict[str, str]) -> str:
    """Return the mount point that holds `path`."""
    while path not in points and path != "/":
        path = os.path.dirname(path)
    return path


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _mount(source: str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    words = (os.fsencode(word) for word in (source, target, kind))
    done = ctypes.CDLL(None, use_errno=True).mount(*words, ctypes.c_ulong(flags), os.fsencode(data))
    _check(done, target)


def _check(done: int, what: str) -> None:
    """Raise OSError if a function of libc has failed."""
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
