"""Where an installed tool lies, and how one version takes the place of another.

In a folder of its own below the user's data folder:

    tools/NAME/receipt.json   what was made for it, so that it can be taken back
    tools/NAME/1, 2, ...      an environment; one is in use, and another only while it is built
    tools/NAME/current        which one: a link to it (Unix), or a batch file that names it (Windows)

A command in the scripts directory is a link through `current`, or a program that asks it (`launchers`; a
batch file where there is none). So the one rename of `current` puts a whole version in the place of
another, and a command whose version is not there does not run. Each step leaves what the next run can go
on from, or take away.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from contextlib import suppress

from onpath import receipts
from onpath.errors import OnpathError
from onpath.host import detect, directories, proc
from onpath.host.folders import read_cure
from onpath.host.installed import is_program
from onpath.model import WINDOWS
from onpath.stores import trees
from onpath.stores.folder import missing_folders
from onpath.values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from onpath.model import Host

RECEIPT, RECEIPT_VERSION = "receipt.json", 1
BASE = os.path.join("onpath", "tools")  # in the data folder: a folder for each tool
CURRENT = {"unix": "current", "windows": "current.cmd"}
MARK = "@rem of the tool {name}, put here by its install script, which takes it away with --uninstall"
# What is needed to make an environment, and to see that it starts, is in folders beside it.
SCRATCH, HOME = ".scratch", ".home"
BESIDE = ("", SCRATCH, HOME)
VARIABLE = "ONPATH_ENVIRONMENT"  # in the batch files
EXTENSIONS = (".com", ".exe", ".bat", ".cmd")  # by which Windows finds a command, in this order
PROGRAM, BATCH = ".exe", ".cmd"  # of which a command of a tool is one
LAUNCHER = "launcher.new"  # until it is in its place
ENDS = 1 << 12  # bytes of a file, at its start and at its end, in which its mark is


@dataclass(frozen=True)
class Receipt:
    """What was made for a tool and is to be taken back with it."""

    folders: tuple[str, ...] = ()  # that did not exist before
    scripts: tuple[str, ...] = ()  # the directories that have its commands
    environments: tuple[str, ...] = ()  # those that there may be: no user's folder is ours
    # Whether all that has put the scripts directory on PATH is its installer's, as far as is known; else
    # the targets that are, by their names in the home.
    has_edits: bool = False
    has_refused: bool = False  # its installer was told to leave PATH alone, and keeps that in mind
    edits: tuple[str, ...] = ()
    home: str = ""  # as it was called when this was recorded


class Place:
    """The folder of one tool, and its commands in the scripts directory."""

    def __init__(self, host: Host, name: str) -> None:
        self.name, self.host = name, host
        self.is_windows = host.system.FAMILY == WINDOWS
        self.home = host.home
        self.scripts = host.system.unversioned_directory(host)
        self.base = os.path.join(directories.data_folder(host), "tools")
        for base, tool in _served(self.scripts, self.home):
            # Another session may lack the XDG_DATA_HOME by which it was installed.
            if tool == name and not is_same(base, self.base):
                self.base = base
        self.folder = os.path.join(self.base, name)
        self.file = os.path.join(self.folder, RECEIPT)
        self.current = os.path.join(self.folder, CURRENT[host.system.FAMILY])

    # The receipt

    def receipt(self) -> Receipt:
        """Return what is recorded; nothing where there is no receipt, or one that cannot be read.

        In a home that was moved or copied since, that is what is there now.
        """
        found = _read(self.file)
        if not found.home or self._is_elsewhere(found.home):
            return found
        folders, scripts = (
            tuple(_moved(each, found.home, self.home) for each in paths)
            for paths in (found.folders, found.scripts)
        )
        return replace(found, folders=folders, scripts=scripts, home=self.home)

    def is_of_another(self) -> bool:
        """Say whether the tool was installed by another home that is there, for all that lead here."""
        return self._is_elsewhere(_read(self.file).home)

    def _is_elsewhere(self, former: str) -> bool:
        is_inside = self.file.startswith(os.path.join(self.home, ""))
        return not is_inside and os.path.isdir(former) and not is_same(former, self.home)

    def claim(self) -> None:
        """Have the folder of the tool, with a receipt that says what else is about to be made."""
        trees.sweep(self.file, self.home)
        self._adopt()
        new = () if os.path.isdir(self.folder) else missing_folders(self.folder)
        # What ensure-path has made stays while a command is in it, and is forgotten by an --undo.
        more = (*missing_folders(self.scripts), *receipts.made_for(self.host, self.scripts))
        new += tuple(each for each in more if each not in new)
        if new and not os.path.isdir(self.folder):
            trees.put(self.file, _text(Receipt(new, (self.scripts,), home=self.home)))
        receipt = self.receipt()
        is_known = any(is_same(each, self.scripts) for each in receipt.scripts)
        scripts = receipt.scripts if is_known else (*receipt.scripts, self.scripts)
        folders = tuple(dict.fromkeys((*receipt.folders, *new)))
        self.record(replace(receipt, folders=folders, scripts=scripts))
        os.makedirs(self.scripts, exist_ok=True)

    def _adopt(self) -> None:
        """Have the commands of a home that was moved or copied since lead to what is there now.

        To its present name, also where the former one still leads there. Nothing may be recorded before.
        """
        for file in () if self.is_windows else self._own(self.scripts):
            if _linked(file)[0] != self.base:
                remove(file)
                os.symlink(self._target(os.path.basename(file)), file)

    def record(self, receipt: Receipt) -> None:
        """Put `receipt` into the place of the one that is there, if it differs."""
        receipt = replace(receipt, home=self.home)
        if receipt != self.receipt() or not os.path.exists(self.file):
            _write(self.file, _text(receipt))

    # Environments

    def in_use(self) -> str:
        """Return the folder of the environment that is in use, or an empty text."""
        try:
            if self.is_windows:
                with open(self.current, encoding="ascii") as file:
                    number = file.read().rpartition("%~dp0")[2].strip().strip('"')
            else:
                number = os.readlink(self.current)
        except (OSError, ValueError):
            return ""
        folder = os.path.join(self.folder, number)
        return folder if number.isdecimal() and os.path.isdir(folder) else ""

    def new_folder(self) -> str:
        """Return the folder of an environment that is not there yet; the receipt names it by now."""
        numbers = (int(name) for name in _names(self.folder) if name.isdecimal())
        number = str(max(numbers, default=0) + 1)
        receipt = self.receipt()
        known = filter(None, (*receipt.environments, os.path.basename(self.in_use()), number))
        self.record(replace(receipt, environments=tuple(dict.fromkeys(known))))
        return os.path.join(self.folder, number)

    def sweep(self, *, spares_running: bool = False) -> None:
        """Remove what no run needs: environments that are not in use, and commands that lead nowhere.

        With `spares_running` one stays whose programs still run: they may have more to import.
        """
        trees.sweep(self.file, self.home)
        self._adopt()
        used = os.path.basename(self.in_use())
        current = os.path.basename(self.current)
        kept = {used, current if used else ""}
        receipt = self.receipt()
        own = {current, f"{current}.new", f"{RECEIPT}.new", LAUNCHER}
        own.update(each + end for each in receipt.environments for end in BESIDE)
        for name in _names(self.folder):
            path = os.path.join(self.folder, name)
            if name in own and name not in kept and not (spares_running and is_running(path)):
                remove(path)
        there = {*_names(self.folder)}
        left = tuple(e for e in receipt.environments if not there.isdisjoint(e + end for end in BESIDE))
        if left != receipt.environments:
            with suppress(OSError):  # on a full disk it may name what is gone
                self.record(replace(receipt, environments=left))
        for folder in receipt.scripts:
            for file in self._own(folder):
                if not self._leads_somewhere(file):
                    remove(file)

    def switch(self, folder: str) -> None:
        """Have the environment `folder` be the one in use, by one rename."""
        number = os.path.basename(folder)
        new = f"{self.current}.new"
        remove(new)
        if self.is_windows:
            _write_new(new, f'@set "{VARIABLE}=%~dp0{number}"\n')
        else:
            os.symlink(number, new)
        os.replace(new, self.current)

    # Commands

    def file_of(self, command: str) -> str:
        """Return the file by which `command` is found in the scripts directory."""
        if not self.is_windows:
            return os.path.join(self.scripts, command)
        program, batch = (os.path.join(self.scripts, command + end) for end in (PROGRAM, BATCH))
        return program if self._is_own(program) else batch

    def commands(self) -> tuple[str, ...]:
        """Return the names of the tool's commands that are in the scripts directory."""
        return tuple(dict.fromkeys(filter(None, map(self._command_of, self._own(self.scripts)))))

    def _command_of(self, file: str) -> str:
        """Return the command that `file` of the tool is, or an empty text."""
        name = os.path.basename(file)
        if not self.is_windows:
            return name
        stem, end = os.path.splitext(name)
        return stem if end.lower() in {PROGRAM, BATCH} else ""

    def check(self, commands: Iterable[str]) -> None:
        """Raise `OnpathError` if there is something in the place of one of the commands."""
        others: list[str] = []
        for command in commands:
            for file in self._rivals(command):
                if not os.path.lexists(file) or self._is_own(file) or _is_left(file):
                    continue
                owner = self._owner(file)
                if owner:
                    raise OnpathError(
                        f"the tool {owner} has a command {command} too, in {file}; "
                        f"uninstall {owner} first (its install script, with --uninstall)"
                    )
                others.append(file)
        if others:
            from . import rivals  # noqa: PLC0415  (only where something is in the way)

            raise OnpathError(rivals.not_ours(others))

    def link(self, commands: Iterable[str], program: Callable[[str], bytes] | None = None) -> None:
        """Make the commands; one that is there stays as it is. Before the switch they lead nowhere.

        `program` makes that of a command for Windows, where it can be made.
        """
        for command in commands:
            if self.is_windows and program:
                self._put(command, program(command))
                continue
            file = self.file_of(command)
            if self._is_own(file):
                continue
            if _is_left(file):
                remove(file)
            if self.is_windows:
                _write(file, self._batch(command))
            else:
                os.symlink(self._target(command), file)

    def mark(self) -> str:
        """Return the line that says whose a command for Windows is."""
        return MARK.format(name=self.name)

    def unlink(self, kept: Iterable[str] = (), folders: Iterable[str] = ()) -> None:
        """Remove the tool's commands but those that are `kept`, from `folders` or all that it has."""
        names = {*kept}
        for folder in folders or self.receipt().scripts or (self.scripts,):
            is_here = is_same(folder, self.scripts)
            for file in self._own(folder):
                if not is_here or self._command_of(file) not in names:
                    remove(file)

    def in_the_way(self) -> str:
        """Return a program of the tool that cannot be removed: on Windows, one that runs. Or nothing."""
        if not self.is_windows:
            return ""
        used = self.in_use()
        scripts = os.path.join(used, "Scripts") if used else ""
        inside = (os.path.join(scripts, name) for name in (_names(scripts) if used else ()))
        files = (*self._own(self.scripts), *inside)
        programs = (file for file in files if file.lower().endswith(PROGRAM))
        return next((file for file in programs if not _can_replace(file)), "")

    def left(self) -> str:
        """Return a file or folder of the tool's that could not be removed, or an empty text."""
        receipt = self.receipt()
        ends = (each + end for each in receipt.environments for end in BESIDE)
        environments = (os.path.join(self.folder, name) for name in ends)
        commands = (file for folder in receipt.scripts for file in self._own(folder))
        return next(filter(os.path.lexists, (*environments, *commands)), "")

    def take_back(self) -> None:
        """Remove all that is the tool's but what PATH says; folders as long as they are empty.

        While something is left, the receipt stays, by which a later run finds it.
        """
        self.unlink()
        used = self.in_use()
        remove(self.current)
        if used:  # also where there is no receipt any more
            remove(used)
        self.sweep()
        if self.left():
            return
        receipt = self.receipt()
        kept = receipts.made_for(self.host, self.scripts)  # for who has it on PATH still
        receipt = replace(receipt, folders=tuple(each for each in receipt.folders if each not in kept))
        for folder in sorted(receipt.folders, key=len, reverse=True):
            _remove_if_empty(folder)  # its own is not, as long as the receipt is there
        still = [each for each in receipt.folders if each != self.folder and os.path.isdir(each)]
        for other in self.others()[:1]:
            _pass_on(replace(receipt, folders=tuple(still)), other)
        if os.path.exists(self.file):
            trees.take(self.file, receipt.folders)
        for folder in sorted({*receipt.folders, self.folder}, key=len, reverse=True):
            _remove_if_empty(folder)

    def others(self) -> tuple[str, ...]:
        """Return the receipts of the other tools that are installed in this way."""
        tools = {(self.base, name): "" for name in _names(self.base)}
        tools.update(dict.fromkeys(_served(self.scripts, self.home), ""))
        files = (os.path.join(*tool, RECEIPT) for tool in tools if tool[1] != self.name)
        return tuple(filter(os.path.exists, files))

    def has(self, command: str) -> bool:
        """Say whether a command that is not the tool's own is in the scripts directory."""
        return any(os.path.lexists(file) and not self._is_own(file) for file in self._rivals(command))

    def programs(self) -> list[str]:
        """Return what others have in the scripts directory that can be run."""
        files = (os.path.join(self.scripts, name) for name in _names(self.scripts))
        others = (file for file in files if not self._is_own(file))
        return [os.path.basename(file) for file in others if is_program(file)]

    def _target(self, command: str) -> str:
        return os.path.join(self.folder, "current", "bin", command)

    def _put(self, command: str, raw: bytes) -> None:
        """Have a program be the command; a batch file of the tool's goes then."""
        file = os.path.join(self.scripts, command + PROGRAM)
        if _raw(file) != raw:
            new = os.path.join(self.folder, LAUNCHER)
            remove(new)
            _write_new(new, raw)
            if os.path.exists(file) and not _can_replace(file):
                os.replace(file, f"{file}.{os.getpid()}.old")  # it runs; a later run takes it away
            _move(new, file, raw)
        batch = os.path.join(self.scripts, command + BATCH)
        if self._is_own(batch):
            remove(batch)

    def _batch(self, command: str) -> str:
        folder = self.folder
        for variable in ("LOCALAPPDATA", "USERPROFILE"):  # plain letters, whatever the user is called
            value = os.environ.get(variable)
            if value and folder.startswith(value + os.sep):
                folder = f"%{variable}%{folder[len(value) :]}"
                break
        lines = (
            "@setlocal",
            f'@call "{folder}\\current.cmd"',
            self.mark(),
            f'@"%{VARIABLE}%\\Scripts\\{command}.exe" %*',
        )
        return "".join(f"{line}\n" for line in lines)

    def _rivals(self, command: str) -> Iterator[str]:
        for extension in EXTENSIONS if self.is_windows else ("",):
            yield os.path.join(self.scripts, command + extension)

    def _own(self, folder: str) -> Iterator[str]:
        files = (os.path.join(folder, name) for name in _names(folder))
        return (file for file in files if self._is_own(file))

    def _is_own(self, file: str) -> bool:
        return self._owner(file) == self.name

    def _owner(self, file: str) -> str:
        """Return the name of the tool whose command `file` is, or an empty text."""
        if not self.is_windows:
            base, name = _linked(file)
            is_ours = base and (
                is_same(base, self.base) or (base, name) in _served(self.scripts, self.home)
            )
            return name if is_ours or self._is_of_former(base, name) else ""
        before, _, after = MARK.partition("{name}")
        for line in _lines(file):
            if line.startswith(before) and line.endswith(after):
                return line[len(before) : len(line) - len(after)]
        return ""

    def _is_of_former(self, base: str, name: str) -> bool:
        """Say whether a link leads to where our folder of tools was before its home was moved."""
        former = _read(os.path.join(self.base, name, RECEIPT)).home if name else ""
        return bool(former) and is_same(_moved(base, former, self.home), self.base)

    def _leads_somewhere(self, file: str) -> bool:
        if not self.is_windows:
            return os.path.exists(file)
        command, used = self._command_of(file), self.in_use()
        return bool(command and used) and os.path.exists(os.path.join(used, "Scripts", f"{command}.exe"))


def _linked(file: str) -> tuple[str, str]:
    """Return the folder of tools and the name of the one to whose command of that name a link leads."""
    target = os.readlink(file) if os.path.islink(file) else ""
    folder, _, command = target.rpartition(os.path.join(os.sep, "current", "bin", ""))
    # A link of another name is the user's own.
    return os.path.split(folder) if command and command == os.path.basename(file) else ("", "")


def _is_left(file: str) -> bool:
    """Say whether that is the command of a tool whose folder is gone, as after a move of all data."""
    base, name = _linked(file)
    return base.endswith(BASE) and not os.path.lexists(os.path.join(base, name))


def _served(scripts: str, home: str) -> Iterator[tuple[str, str]]:
    """Yield the folder of tools, and the name, of each whose link and receipt say it serves `scripts`.

    Both: the links of a copied home still lead into the original one. A home that is no more where the
    receipt says was moved to `home`.
    """
    for file in _names(scripts):
        base, name = _linked(os.path.join(scripts, file))
        found = _read(os.path.join(base, name, RECEIPT)) if base.endswith(BASE) else Receipt()
        gone = (_moved(each, found.home, home) for each in found.scripts if not os.path.lexists(each))
        if any(is_same(each, scripts) for each in (*found.scripts, *gone)):
            yield base, name


def _moved(path: str, former: str, home: str) -> str:
    """Return where a path of the home that was called `former` is in that which is called `home`."""
    inside = os.path.join(former, "")
    is_inside = bool(former) and path.startswith(inside)
    return os.path.join(home, path[len(inside) :]) if is_inside else path


def remove(path: str) -> None:
    """Remove `path`, whatever it is. What is in use (Windows) stays for the next run."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        os.unlink(path)
    except OSError:
        return


def is_running(folder: str) -> bool:
    """Say whether a process was started with a file of `folder`, where `/proc` tells."""
    start = os.fsencode(os.path.join(folder, ""))
    for pid in proc.pids():
        try:
            words = proc.words(pid)
        except OSError:  # it is gone
            continue
        if any(word.startswith(start) for word in words):
            return True
    return False


def hand_over(scripts: str, environ: Mapping[str, str], folders: Iterable[str]) -> str:
    """Have a tool that is installed keep the `scripts` directory on PATH; return its name, or nothing.

    For onpath's own script: what it has put there, and the `folders` that it has made, go with the tool.
    """
    place = Place(detect(environ), "")
    heirs = place.others() if is_same(place.scripts, scripts) else ()
    for heir in heirs[:1]:
        _pass_on(Receipt(tuple(folders), has_edits=True), heir)
        return os.path.basename(os.path.dirname(heir))
    return ""


def is_same(one: str, other: str) -> bool:
    """Say whether two names lead to one file or folder: a home has several names, as by a link."""
    try:
        return one == other or os.path.samefile(one, other)
    except OSError:
        return False


def _read(file: str) -> Receipt:
    try:
        with open(file, encoding="utf-8") as opened:
            found = json.load(opened)
        return Receipt(
            tuple(map(str, found["folders"])),
            tuple(map(str, found["scripts"])),
            tuple(map(str, found.get("environments", ()))),  # not in the first receipts
            bool(found["has_edits"]),
            bool(found["has_refused"]),
            tuple(map(str, found.get("edits", ()))),  # as above
            str(found.get("home", "")),  # as above
        )
    except (OSError, ValueError, LookupError, TypeError):
        return Receipt()


def _text(receipt: Receipt) -> str:
    return json.dumps({"version": RECEIPT_VERSION, **vars(receipt)}, indent=2) + "\n"


def _write(file: str, content: str | bytes) -> None:
    new = f"{file}.new"
    remove(new)
    try:
        _write_new(new, content)
        os.replace(new, file)
    except OSError:
        remove(new)
        raise


def _write_new(file: str, content: str | bytes) -> None:
    with open(file, "xb") as opened:
        opened.write(content.encode() if isinstance(content, str) else content)
        opened.flush()
        os.fsync(opened.fileno())


def _move(new: str, file: str, raw: bytes) -> None:
    """Have `new`, in which `raw` is, be `file`; it may be on another disk."""
    try:
        os.replace(new, file)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _write(file, raw)
        remove(new)


def _pass_on(receipt: Receipt, file: str) -> None:
    """Let another tool, whose receipt is `file`, take back what is still needed, when its turn comes."""
    known = _read(file)
    merged = replace(
        known,
        folders=tuple(dict.fromkeys((*known.folders, *receipt.folders))),
        has_edits=known.has_edits or receipt.has_edits,
        has_refused=known.has_refused or receipt.has_refused,
        edits=tuple(dict.fromkeys((*known.edits, *receipt.edits))),
    )
    if merged != known:
        _write(file, _text(merged))


def _remove_if_empty(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        return


def _names(folder: str) -> list[str]:
    """Return what is in a folder, if it is there. Raises `OnpathError` if that may not be seen."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        cure = read_cure(folder)
        raise OnpathError(f"{folder} cannot be listed ({words}); {cure}, then run this again") from None


def _lines(file: str) -> list[str]:
    """Return the lines at the start and at the end of a file."""
    try:
        with open(file, "rb") as opened:
            raw = opened.read(ENDS)
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(ENDS, size - ENDS))
            raw += opened.read()
    except OSError:
        return []
    return raw.decode("utf-8", "replace").splitlines()


def _raw(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None


def _can_replace(file: str) -> bool:
    """Say whether a program of Windows can be written to: not while it runs."""
    try:
        with open(file, "ab"):
            return True
    except OSError:
        return False
