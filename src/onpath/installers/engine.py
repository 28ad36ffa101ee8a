"""What an install script of a tool does: install, upgrade, uninstall. All, or nothing.

The environment is built beside the one in use, and shows that it starts; then one rename puts it in its
place. Until that rename the old version runs, whatever happens, and after it the new one.
"""

from __future__ import annotations

import os
import sys
import time

from onpath import probes
from onpath.errors import OnpathError, UsageError, is_interrupt
from onpath.host import detect, folders
from onpath.probes import spawn
from onpath.values import TYPE_CHECKING, dataclass, replace

from . import configuration, environments, steps
from .about import BASE
from .jobs import Job
from .place import Place, Receipt, remove
from .settings import OPERATORS, is_specifier, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from onpath.model import Host

    from . import commands, proof
    from .settings import Settings

LOCK = "tools"  # one script for all tools at a time: two tools may have a command of the same name
INTERRUPTED = 130
NO_MODIFY = "ONPATH_NO_MODIFY_PATH"
NOT_EVERYWHERE = 3  # it is installed, and some shell does not find it
BEGUN = "what was begun is taken back"  # of a run that was interrupted
WRITABLE_BITS = 0o022  # of a mode: those by which others write
# Of the cures that ensure-path tells: what it takes, and a script does not.
INSISTING = (
    *(", or insist with --force", ", or add --force", "add --force, or "),
    ", or name one with --home",
)

USAGE = """\
usage: {script} [OPTION ...]

Installs {name} for this user, or upgrades it.

  --version VERSION  install this version; may be older
  --from DIR         install from the wheels in this folder, without the index
  --no-modify-path   edit no startup file, now and in later runs (ONPATH_NO_MODIFY_PATH=1)
  --modify-path      edit them again (ONPATH_NO_MODIFY_PATH=0)
  --shell NAME       serve this shell, not those in use; may be repeated
  --dry-run          print every step, do nothing
  --quiet            print errors only
  --uninstall        remove everything that this script has installed and edited
  --unpack DIR       write the program that this script carries to DIR, to be read; do nothing else

ONPATH_PYTHON is the Python to try first; ONPATH_UV=0: do not use uv; ONPATH_TIMEOUT_S: how many seconds
to wait for the index; PIP_INDEX_URL: another index.
"""


@dataclass(frozen=True)
class Options:
    """What the script was asked for."""

    action: str = "install"
    version: str = ""
    wheels: str = ""
    consent: str = ""  # the value for ONPATH_NO_MODIFY_PATH
    shells: tuple[str, ...] = ()
    is_dry: bool = False
    is_quiet: bool = False


FLAGS: dict[str, dict[str, Any]] = {
    "--dry-run": {"is_dry": True},
    "--quiet": {"is_quiet": True},
    "-q": {"is_quiet": True},
    "--uninstall": {"action": "uninstall"},
    "--no-modify-path": {"consent": "1"},
    "--modify-path": {"consent": "0"},
    "-h": {"action": "help"},
    "--help": {"action": "help"},
}
TAKES = ("--version", "--from", "--shell")
HELP = {"-h", "--help"}
CONSENTS = {"--no-modify-path", "--modify-path"}


def main(values: Mapping[str, Any], words: Sequence[str]) -> int:
    """Run the script with its settings and its arguments, and return the exit code."""
    spawn.own_process()
    settings = read(values)
    run: Run | None = None
    # Whatever the user's umask is: commands that others can write are on nobody's PATH.
    os.umask(os.umask(WRITABLE_BITS) | WRITABLE_BITS)
    try:
        options = parse(words)
        if options.action == "help":
            from onpath.cli import show  # noqa: PLC0415  (as in `_complain`)

            show.document(USAGE.format(script=settings.script, name=settings.requirement))
            return 0
        run = Run(settings, options, dict(os.environ))
        return run.run()
    except OnpathError as error:
        _complain(f"{settings.script}: {_told(error)}")
        return error.exit_code
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_interrupt(error):
            raise
        _complain(f"{settings.script}: interrupted; {run.done if run else BEGUN}")
        return NOT_EVERYWHERE if run and run.done != BEGUN else INTERRUPTED
    except OSError as error:
        _complain(f"{settings.script}: {_failed(error)}")
        return 1


def parse(words: Sequence[str]) -> Options:
    """Return what the arguments ask for: help, if that is among it. Raises `UsageError`."""
    options, told = Options(), []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, is_joined, value = word.partition("=")
        told.append(name)
        if name in TAKES:
            if not is_joined:
                value = rest.pop(0) if rest else ""
            if not value:
                raise UsageError(f"{name} needs a value; give one, or see --help")
            options = _with_value(options, name, value)
        elif word in FLAGS:
            options = replace(options, **FLAGS[word])
        elif name == "--unpack":  # alone, it has not come so far
            raise UsageError("--unpack DIR goes with no other option; leave those out")
        else:
            raise UsageError(f"{word} is no option of this script; see --help")
    if not HELP.isdisjoint(told):
        return Options(action="help")
    if set(told) >= CONSENTS:
        raise UsageError(f"{' and '.join(sorted(CONSENTS))} exclude each other; give one of them")
    ignored = [name for name in told if name in {*TAKES, *CONSENTS}]
    if options.action == "uninstall" and ignored:
        raise UsageError(f"{ignored[0]} does nothing with --uninstall; leave it out")
    return options


def _with_value(options: Options, name: str, value: str) -> Options:
    if name == "--shell":
        return replace(options, shells=(*options.shells, value))
    if name == "--version":
        return replace(options, version=value)
    if not os.path.isdir(value):
        raise UsageError(f"there is no folder {value}; name the one that has the wheels")
    return replace(options, wheels=os.path.abspath(value))


def _told(error: OnpathError) -> str:
    """Return what an error says, without cures that a script does not take."""
    text = str(error)
    for words in INSISTING:
        text = text.replace(words, "")
    return text


def _failed(error: OSError) -> str:
    what = f"{error.filename}: " if error.filename else ""
    return f"{what}{error.strerror or error}; repair that, then run this again"


def _complain(text: str) -> None:
    from onpath.cli import show  # noqa: PLC0415  (what is carried is compiled each time: not in haste)

    show.complain(text)


class Run:
    """One run of a script."""

    def __init__(self, settings: Settings, options: Options, environ: dict[str, str]) -> None:
        if options.consent:
            environ[NO_MODIFY] = options.consent
        self.settings, self.options, self.environ = settings, options, environ
        self.host: Host = detect(environ)
        self.place = Place(self.host, settings.name)
        self.look: proof.Look | None = None
        self.done = BEGUN  # what to know if it is interrupted now
        self.spent: list[tuple[str, float]] = []
        self.at = time.monotonic()

    def run(self) -> int:
        """Do what is asked for, and return the exit code."""
        if self.options.version and self.settings.lock:
            raise UsageError(
                "this script installs the files that its author has locked; leave --version out, "
                "or take the script of another version"
            )
        if self.options.action == "uninstall":
            return self.uninstall()
        self._check_request()
        if self.options.is_dry:
            return self.rehearse()
        self.host.system.check_home(self.host)
        steps.check_files()
        with self.host.system.Lock(self.host.home, LOCK):
            try:
                return self.configure(self.install())
            finally:
                if self.look:
                    self.look.end()

    def _check_request(self) -> None:
        """Raise what the proof would raise of the names of shells and folders, before all is built."""
        host, directory = self.host, self.place.scripts
        host.system.absolute(host, directory)
        try:
            self.place.folder.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{self.place.folder!a} has a name that is not in UTF-8, in which Python writes the "
                "names of environments; let XDG_DATA_HOME be a folder with another name, then run this "
                "again"
            ) from None
        if self.options.version:
            self._check_version()
        if self.options.shells:
            host.system.find_shells(
                host,
                self.options.shells,
                is_all=False,
                variables=lambda: self.environ,
                directories=(directory,),
            )

    def _check_version(self) -> None:
        told = self.options.version
        if not is_specifier(told if told.startswith(OPERATORS) else f"=={told}"):
            raise UsageError(
                f"{told!r} is not a version; give one as 1.2 or '>=1,<2', or leave --version out for "
                "the newest"
            )

    # Install

    def rehearse(self) -> int:
        """Say every step."""
        uv = environments.find_uv(self.environ)
        source = configuration.source_of(self.settings, self.environ, self.options.wheels)
        upgrades = bool(self.place.in_use())
        steps = [
            f"make an environment in {self.place.folder} with {uv or BASE}",
            f"install {' '.join(self._requirements())} from {source}, and see that it starts",
            f"put it in the place of the version that is there, in {self.place.folder}"
            if upgrades
            else "",
            f"link its commands in {self.place.scripts}",
            f"put {self.place.scripts} on PATH, and prove it in fresh shells",
        ]
        for step in filter(None, steps):
            self.say(f"(not done) {step}")
        return 0

    def install(self) -> commands.Tool:
        """Build the new environment, switch to it, and remove the old one."""
        place, is_first, folder = self.place, not self.place.in_use(), ""
        try:
            folder = self._claim()
            job = self._job(folder)
            means = environments.build(job)
            self._spend(means)
            from . import commands  # noqa: PLC0415  (it was imported meanwhile)

            tool = commands.find(job)
            commands.wrap(job, tool)
            place.check(tool.commands)
            tool = commands.check(job, tool, place.commands(), meanwhile=lambda: remove(job.scratch))
            self._spend("its start")
            place.link(tool.commands, self._launcher())
            place.switch(job.folder)
        except BaseException:
            if not folder or place.in_use() != folder:
                place.sweep()
                if is_first:
                    place.take_back()
            raise
        self.done = f"{self.settings.name} is installed, but PATH was not put right; run this again"
        place.unlink(kept=tool.commands)
        place.sweep(spares_running=True)
        self.say(f"{self.settings.name} {tool.version} is in {job.folder}, made by {means}")
        for command, why in tool.left_out:
            self.say(f"leaving out {command}, which {why}")
        return tool

    def _launcher(self) -> Callable[[str], bytes] | None:
        """Return what makes a program for Windows of a command, if there is what that takes."""
        if not self.place.is_windows:
            return None
        from . import launchers  # noqa: PLC0415  (only Windows needs it)

        stub, place = launchers.stub(), self.place
        if not stub:
            return None
        return lambda name: launchers.make(stub, BASE, place.folder, name, place.mark())

    def _claim(self) -> str:
        """Return the folder for a new environment."""
        place = self.place
        try:
            place.claim()
            if not os.access(place.scripts, os.W_OK):
                raise PermissionError(13, os.strerror(13), place.scripts)
            place.sweep(spares_running=True)
            return place.new_folder()
        except OSError as error:
            if not place.in_use():
                place.take_back()
            named = error.filename or place.folder  # may be a temporary name, which is not there
            for folder in (named, place.folder, place.scripts):
                found = folders.hindrance(folder, self.host.uid)
                if found:
                    raise OnpathError(f"{found[0]}; {found[1]}, then run this again") from None
            raise OnpathError(
                f"cannot write to {folders.nearest(named)} ({error.strerror or error}); let yourself "
                "write there, or make room on the disk, then run this again"
            ) from None

    def _job(self, folder: str) -> Job:
        return Job(
            self.settings,
            self._requirements(),
            folder,
            self.environ,
            self.place.is_windows,
            self.options.wheels,
            self.say,
            meanwhile=self._prepare,
            shows_progress=sys.stderr.isatty() and not self.options.is_quiet,
        )

    def _prepare(self) -> None:
        """Import the rest and look at PATH, while the index is waited for."""
        from . import proof  # noqa: PLC0415

        # Where PATH was edited before, it mostly has the directory: then one question will do.
        if hasattr(os, "fork") and not self.look and not proof.has_edited(self.host):
            probes.of(self.host)  # imported here, it need not be in both processes
            self.look = proof.Look(self.place.scripts, self.options.shells, self.environ)
        from importlib import metadata  # noqa: F401, PLC0415

        from onpath import changes, listing, prove, recovery, stores  # noqa: F401, PLC0415
        from onpath.host import desktop  # noqa: F401, PLC0415
        from onpath.places import blocks, lines, managers, startup_files  # noqa: F401, PLC0415
        from onpath.shells import render  # noqa: F401, PLC0415

        from . import commands  # noqa: F401, PLC0415

        stores.import_ahead()

    def _requirements(self) -> tuple[str, ...]:
        return self.settings.requirements(self.options.version)

    def configure(self, tool: commands.Tool) -> int:
        """Put the scripts directory on PATH, and prove the commands. Return the exit code."""
        place, receipt = self.place, self.place.receipt()
        from . import proof  # noqa: PLC0415  (as above)

        seen = self.look.report() if self.look else None
        if not proof.has_edited(self.host):
            place.record(replace(receipt, has_edits=True))  # before the first edit
        was_refused, may_edit = proof.is_refused(self.host), proof.may_edit(self.environ)
        try:
            found = proof.prove(
                tool.commands,
                place.scripts,
                self.options.shells,
                self.environ,
                is_quiet=self.options.is_quiet,
                seen=seen,
            )
        except (OnpathError, OSError) as error:
            why = _told(error) if isinstance(error, OnpathError) else _failed(error)
            told = f"{self.settings.name} is installed, but PATH could not be put right: {why}"
            _complain(f"{self.settings.script}: {told}")
            return NOT_EVERYWHERE
        place.record(
            replace(
                receipt,
                edits=tuple(dict.fromkeys((*receipt.edits, *found.edits(self.host)))),
                has_refused=not may_edit and (receipt.has_refused or not was_refused),
            )
        )
        self.done = "what it had to do was done before"
        proven = found.commands
        names = " and ".join(filter(None, (", ".join(proven[:-1]), *proven[-1:])))
        if found.contexts and proven:
            runs = "runs by its name" if len(proven) == 1 else "run by their names"
            rest = len(tool.commands) - len(proven)
            more = f"; of {rest} more no shell was asked" if rest else ""
            self.say(f"proven: {names} {runs} in {', '.join(found.contexts)}{more}")
        for note in found.notes:
            self.say(note)
        for complaint in found.complaints:
            _complain(f"{self.settings.script}: {complaint}")
        if found.names_tool:
            self._tell_where_it_is(is_needed=bool(found.report.exit_code))
        self._spend("PATH and its proof")
        told = ", ".join(f"{what} {spent_s:.2f}" for what, spent_s in self.spent)
        self.say(f"done in {sum(spent_s for _, spent_s in self.spent):.2f} s ({told})")
        if found.complaints:
            return NOT_EVERYWHERE
        code = found.report.exit_code
        # Where it may edit nothing, it is no failure that PATH is as it was.
        return 0 if code == 1 and not may_edit else NOT_EVERYWHERE if code else 0

    # Uninstall

    def uninstall(self) -> int:
        """Take back all that was made for the tool."""
        place, name = self.place, self.settings.name
        if self.options.is_dry:
            self.say(
                f"(not done) take back {name}: {place.folder}, its commands, and what PATH has for them"
            )
            return 0
        with self.host.system.Lock(self.host.home, LOCK):
            self.done = "run this again to take back the rest"
            if place.is_of_another():
                self._leave()
                return 0
            links = place.commands()
            place.sweep()
            if not links and not os.path.isdir(place.folder):
                self.say(f"nothing to take back: {name} is not installed by this script")
                return 0
            running = place.in_the_way()
            if running:
                self.done = "nothing was changed"
                raise OnpathError(f"{running} is in use; end {name}, then run this again")
            receipt = place.receipt()
            if not place.others():
                from onpath import request  # noqa: PLC0415  (as above)

                from . import proof  # noqa: PLC0415  (as above)

                if receipt.has_refused:
                    proof.may_edit({**self.environ, NO_MODIFY: "0"})
                if place.has(request.TOOL):
                    proof.hand_over(self.host, receipt.folders)
                    self.say(f"{place.scripts} stays on PATH for {request.TOOL}, which is in it")
                else:
                    self._take_back(receipt)
            place.take_back()
            left = place.left()
            if left:
                raise OnpathError(
                    f"{left} could not be removed; end {name} where it runs, or let yourself write "
                    "there, then run this again"
                )
        self.say(f"took back {name}")
        return 0

    def _leave(self) -> None:
        """Take away what a copy of the home has of a tool whose folder is the original's."""
        place = self.place
        place.unlink(folders=[place.scripts])
        self.say(f"took back the commands here; {place.folder} stays, for {place.receipt().home}")

    def _take_back(self, receipt: Receipt) -> None:
        """Take back what was edited for the tool, and tell what stays, which others may have put."""
        from onpath import request  # noqa: PLC0415  (as above)

        from . import proof  # noqa: PLC0415  (as above)

        place, was_edited = self.place, receipt.has_edits or bool(receipt.edits)
        if was_edited:
            targets = () if receipt.has_edits else receipt.edits
            proof.take_back(receipt.scripts, self.environ, targets)
        if proof.has_block(place.scripts, self.environ):
            # By the user's own ensure-path, or before the tool's receipt was lost or damaged.
            why = f"as nothing tells that all of it was put there for {self.settings.name}"
            cure = f"{request.TOOL} --undo {folders.spelled(place.scripts)} takes it back"
            self.say(f"{place.scripts} stays on PATH, {why}; {cure}")
            self._tell_where_it_is(is_needed=False)
            return
        others = place.programs() if was_edited else []
        if others:  # whose owner may have been told that the directory is on PATH
            cure = f"if they are no longer found: {request.TOOL} {folders.spelled(place.scripts)}"
            self.say(f"{place.scripts} has other commands ({', '.join(others)}); {cure}")
            self._tell_where_it_is(is_needed=False)

    def _tell_where_it_is(self, *, is_needed: bool) -> None:
        """Tell how `ensure-path` is run, which a script carries and does not install."""
        script = self.settings.script
        text = (
            f"ensure-path, which is named here, is in {script}: after {script} --unpack DIR it is "
            f"{BASE} -m onpath, with PYTHONPATH=DIR"
        )
        if is_needed:
            _complain(f"{script}: {text}")
        else:
            self.say(text)

    def say(self, text: str) -> None:
        """Tell a step, unless it shall be quiet."""
        if not self.options.is_quiet:
            _complain(f"{self.settings.script}: {text}")

    def _spend(self, what: str) -> None:
        now = time.monotonic()
        self.spent.append((what, now - self.at))
        self.at = now
