"""What our own install.sh and install.ps1 do: put onpath, in one file, into the user scripts directory.

Both have this text in them, below those of `about`, `download` and others, with a last line that calls
`main`. So it needs nothing but the standard library, can be read by every Python 3, and has no
apostrophe. In a checkout the file is built; else it is copied or downloaded, and checked by its SHA-256.
Then it is placed, and run with the arguments that are left.

What is made lies in a private folder in the scripts directory, a rename away from its place. The folders
that had to be made for that are noted there, so that the next run can remove what a killed one left.
"""

import contextlib
import errno
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

from onpath.host.given import without_coerced
from onpath.host.user_scheme import user_directory

from .about import BASE, answer_if_asked
from .download import WHOLE, WINDOWS, ask, download, schemes_of

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import NoReturn

TOOL = "onpath"  # its file is TOOL.pyz
NAME = "ensure-path"  # what runs it; TOOL is another name for that
PYTHONS = [[[3, 9, 0], [4, 0, 0]]]  # that it runs on
BUILD = os.path.join("tools", "build_pyz.py")  # of a checkout
OLD_S = 3600.0  # how old a private folder is that was left, where its process cannot be asked for
NO_MODIFY = "ONPATH_NO_MODIFY_PATH"
CONSENT = {"--no-modify-path": "1", "--modify-path": "0"}  # the option: its value there
# Has the file say, by its exit code and its last line, whether it will refuse at once; one of another
# version may be unable to. What is in the current folder has no say.
REFUSE = (
    "import sys; sys.path[0] = sys.argv[1]; import os; from onpath import cli; "
    "told = cli.refusal(sys.argv[2:], os.environ); print(told[1]); sys.exit(told[0])"
)
REFUSED = {11: 1, 12: 2}
USAGE_ERROR = 2  # the exit code of a command line that makes no sense
PRIVATE = f".{NAME}."  # and the number of the process
MARK = f"{TOOL}, put here by its install."  # in the second line of each file of ours
MADE = "# made: "  # and a folder, as `in_home` spells it, in the lines below that
ENDS = [getattr(signal, name) for name in ("SIGHUP", "SIGINT", "SIGTERM") if hasattr(signal, name)]
ENDS = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]  # as nohup has it

USAGE = f"""\
usage: {{}} [OPTION ...] [ARGUMENT OF {NAME} ...]

  --from PATH        install this {TOOL}.pyz, or that of this folder or checkout
  --no-modify-path   edit no startup file, now and in later runs ({NO_MODIFY}=1)
  --modify-path      edit them again ({NO_MODIFY}=0)
  --dry-run          print every step, do nothing
  --uninstall        remove everything that this script has installed and edited

ONPATH_BASE_URL: where to download from; ONPATH_PYTHON: the Python to try first; ONPATH_TIMEOUT_S: give
up after so many seconds without a byte, or {WHOLE} times as many in all.
"""
# What comes before the zip file: it runs that with this Python, or with another where that is gone.
START = """\
#!/bin/sh
# {mark}
{made}for python in {python} python3 python; do
    command -v "$python" >/dev/null 2>&1 && exec "$python" "$0" "$@"
done
echo "{name}: its Python is gone, and there is no other; install one, then run {script} again" >&2
exit 127
"""
START_ON_WINDOWS = "#!/usr/bin/env python3\n# {mark}\n{made}"
BATCH = """\
@"{python}" "%~dp0{tool}.pyz" %*
@rem {mark}
"""


class Stop(BaseException):
    """The end of the run, with what is to be said, and an exit code; no handler of errors keeps it."""

    def __init__(self, text: str = "", code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def main(script: str, sha256: str, size: str, url: str) -> "NoReturn":
    """Run the script of that name, for the file with that SHA-256 and size (bytes) at that address.

    The first argument is what the script was started as.
    """
    answer_if_asked(PYTHONS)
    if sys.argv[1:] == ["--scripts"]:  # in plain letters, whatever the user is called
        base, told = os.environ.get("APPDATA") or os.path.expanduser("~"), user_directory()
        sys.stdout.write(told[len(base) + 1 :] if told.startswith(base + os.sep) else told)
        sys.exit()
    try:
        for number in ENDS:
            signal.signal(number, end)
        code, text = Run(script, (sha256, int(size or 0), url), sys.argv[1:]).run(), ""
    except Stop as stop:
        code, text = stop.code, str(stop)
    except LookupError as error:
        code, text = 1, str(error)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        code, text = 1, f"{what}; repair that, then run this again"
    if text:
        say(script, text)
    os._exit(code)  # a download may still wait for its server


def say(script: str, text: str) -> None:
    """Say something to the user, who may have closed the window."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{script}: {text}\n")
        sys.stderr.flush()


def shown(address: str) -> str:
    """Return an address, or a file, without a user and a password: logs of a CI are public."""
    scheme, mark, rest = address.rpartition("://")
    place, slash, path = rest.partition("/")
    host = place.rpartition("@")[2]
    return f"{scheme}{mark}{host}{slash}{path}" if mark else address


def end(number: int, _frame: object) -> "NoReturn":
    """End the run, as a signal wants it."""
    raise Stop(code=128 + number)


class Run:
    """One run of the script, for a file with a SHA-256, a size and an address."""

    def __init__(self, script: str, release: "tuple[str, int, str]", words: list[str]) -> None:
        self.script, (self.sha256, self.size, self.url) = script, release
        self.invoked, self.environ = words[0], without_coerced(dict(os.environ))
        self.source, self.action, self.is_dry = "", "--install", False
        self.words: list[str] = []  # that are for ensure-path
        self.parse(words[1:])
        self.scripts = os.path.abspath(user_directory())  # PYTHONUSERBASE may be a relative one
        self.file = ""  # in the private folder
        self.work = ""  # that folder
        self.made: list[str] = []  # the folders that this run has made, the inner ones first
        self.inherited: list[str] = []  # those that earlier runs have made, as far as it was there
        names = [NAME, TOOL]
        if WINDOWS:
            names = [f"{TOOL}.pyz", *(name + end for end in (".exe", ".cmd") for name in names)]
        self.placed, *self.beside = (os.path.join(self.scripts, name) for name in names)

    def parse(self, words: list[str]) -> None:
        """Take in the arguments."""
        rest, told = list(words), []
        while rest:
            word, joined, value = rest.pop(0).partition("=")
            told.append(word)
            if word == "--from":
                if not joined and not rest:
                    raise Stop("--from needs a PATH: the file to install, its folder, or a checkout")
                self.source = value if joined else rest.pop(0)
            elif joined:
                self.words.append(word + joined + value)
            elif word in CONSENT:
                self.environ[NO_MODIFY] = CONSENT[word]
            elif word == "--dry-run":
                self.is_dry = True
            elif word in ("--uninstall", "--help", "-h"):
                self.action = word
            else:
                self.words.append(word)
        self.settle(told)

    def settle(self, told: list[str]) -> None:
        """Give help if that is among the words that were told; end at those that exclude each other."""
        if not {"--help", "-h"}.isdisjoint(told):
            self.action = "--help"
            return
        if set(told) >= set(CONSENT):
            both = " and ".join(CONSENT)
            raise Stop(f"{both} exclude each other; give one of them", USAGE_ERROR)
        ignored = [word for word in told if word in ("--from", *CONSENT)]
        if self.action == "--uninstall" and ignored:
            raise Stop(f"{ignored[0]} does nothing with --uninstall; leave it out", USAGE_ERROR)

    def run(self) -> int:
        """Do what is asked for, and return the exit code."""
        if self.action == "--help":
            if sys.stdout:  # it may be closed
                sys.stdout.write(USAGE.format(self.script))
                sys.stdout.flush()
            return 0
        try:
            return self.uninstall() if self.action == "--uninstall" else self.install()
        finally:
            self.clean_up()

    def step(self, text: str) -> bool:
        """Say a step, and return whether to take it."""
        say(self.script, ("(not done) " if self.is_dry else "") + text)
        return not self.is_dry

    def install(self) -> int:
        """Get the file, place it, and run it. Return its exit code."""
        kind, source = self.choose_source()
        for path in [self.placed, *self.beside]:
            if not is_free(path):
                raise Stop(
                    f"{path} was not put there by {self.script}; remove it (pip uninstall {TOOL}), "
                    "then run this again"
                )
        if self.step(f"using {BASE}, working in {self.scripts}"):
            self.begin_work()
        raw = self.build(source) if kind == "building" else self.get(kind, source)
        is_real = self.step(f"placing {self.placed}, and what runs it by its names")
        running = " ".join(("running", NAME, *self.words))
        if not is_real:
            self.step(running)
            return 0
        self.unpack(raw, source)
        with self.alone(self.file):
            may_edit = self.keep_consent(self.file)  # before anything is placed: it may find an obstacle
            self.place(raw)
            self.step(running)
            return self.serve(may_edit=may_edit)

    def serve(self, *, may_edit: bool) -> int:
        """Put the scripts directory on PATH; return the exit code."""
        # By the file in the private folder: another run may replace what was placed.
        try:
            code = self.call(self.file, self.words)
        except Stop as stop:
            told = f"{self.placed} is in its place, but PATH was not put right; run this again"
            raise Stop(told, stop.code) from None
        # Where it may edit nothing, it is no failure that PATH is as it was.
        return 0 if code == 1 and not may_edit else code

    def choose_source(self) -> "tuple[str, str]":
        """Return how to get the file, and from where: a checkout, a file, or an address."""
        folder, name = os.path.split(self.invoked)
        source, here = self.source, folder or "."
        # One that is piped does not know whose folder it runs in.
        if not source and name == self.script and os.path.isfile(os.path.join(here, BUILD)):
            source = here
        if source and os.path.isfile(os.path.join(source, BUILD)):
            return "building", source
        if not self.sha256:
            raise Stop(
                f"this is the {self.script} of no release, and checks no file; run it as a file of a "
                "checkout, without --from, or take that of a release"
            )
        if not source:
            address = (self.environ.get("ONPATH_BASE_URL") or self.url) + f"/{TOOL}.pyz"
            if not schemes_of(address):
                raise Stop(f"{shown(address)} is not https; set ONPATH_BASE_URL to an https address")
            return "downloading", address
        file = os.path.join(source, f"{TOOL}.pyz") if os.path.isdir(source) else source
        if not os.path.isfile(file):
            raise Stop(f"there is no file {file}; name the {TOOL}.pyz to install, or its folder")
        return "copying", file

    def build(self, checkout: str) -> bytes:
        """Return the file, built from a checkout."""
        if not self.step(f"building {TOOL}.pyz from the checkout {checkout}"):
            return b""
        if not os.path.isdir(os.path.join(checkout, ".cache", "wheels")):
            self.bring_pip()
        words = ["-I", "-B", os.path.join(checkout, BUILD), "--output", self.work, "--bytecode", BASE]
        code, told = ask([BASE, *words], dict(self.environ, TMPDIR=self.work))
        if code:
            raise Stop(f"cannot build it: {told}; repair that, then run this again")
        return read(self.file)

    def bring_pip(self) -> None:
        """Have root get pip on a bare Debian: a checkout needs it once, for what the file carries."""
        # What the current folder has does not count.
        lines = [f"import sys; del sys.path[0]; import {module}" for module in ("pip", "ensurepip")]
        has_pip = any(ask([BASE, "-c", line])[0] == 0 for line in lines)
        get = shutil.which("apt-get")
        if not has_pip and get and sys.platform != "win32" and os.getuid() == 0:
            say(self.script, "installing python3-venv, since building from a checkout needs pip")
            for line in ("update", "install -y --no-install-recommends python3-venv"):
                words = [get, "-qq", *line.split()]
                subprocess.call(words, stdin=subprocess.DEVNULL, stdout=sys.stderr)

    def get(self, kind: str, source: str) -> bytes:
        """Return the file of the release, copied or downloaded: that, or none."""
        import hashlib  # noqa: PLC0415  (only here)

        raw, reason = b"", ""
        if self.step(f"{kind} {shown(source)}"):
            raw, reason = (read(source), "") if kind == "copying" else download(source, self.size)
        if reason:
            raise Stop(
                f"cannot download {shown(source)} ({reason}); try again, or download it another way "
                "and add --from FILE"
            )
        if self.step(f"checking that its SHA-256 is {self.sha256}"):
            found = hashlib.sha256(raw).hexdigest()
            if found != self.sha256:
                raise Stop(
                    f"{shown(source)} has the SHA-256 {found}: it is damaged, or not the real one; "
                    "nothing was installed; try again, and if it stays so, report it"
                )
        return raw

    @contextlib.contextmanager
    def alone(self, file: str) -> "Iterator[None]":
        """Keep other runs of install scripts for this home waiting meanwhile, by what is in the file.

        One that installs would place its file into folders that one which uninstalls is removing.
        """
        sys.path.insert(0, file)
        try:
            from onpath import host  # noqa: PLC0415  (it is that of the file)

            here = host.detect(self.environ)
            lock: AbstractContextManager[object] = here.system.Lock(here.home, "tools")
        except Exception:  # noqa: BLE001  (of another version)
            lock = contextlib.nullcontext()
        try:
            with lock:
                yield
        except Exception as error:
            if type(error).__name__ != "OnpathError":
                raise
            raise Stop(str(error)) from None

    def begin_work(self) -> None:
        """Make the private folder, and the scripts directory."""
        sweep(self.scripts)
        self.inherited = made_for(self.placed)
        folder, mask = self.scripts, os.umask(0o022)
        try:
            while not os.path.isdir(folder):
                self.made.append(folder)
                folder = os.path.dirname(folder)
            self.take_work(folder)
            os.makedirs(self.scripts, exist_ok=True)
        except OSError as error:
            raise Stop(why_not_written(self.scripts, error)) from None
        finally:
            os.umask(mask)

    def take_work(self, folder: str) -> None:
        """Make the private folder in one that stays. What is in `made` is noted there first."""
        work = os.path.join(folder, f"{PRIVATE}{os.getpid()}")
        os.mkdir(work, 0o700)
        self.work, self.file = work, os.path.join(work, f"{TOOL}.pyz")
        with open(os.path.join(self.work, "made"), "wb") as note:
            note.write(os.fsencode("".join(f"{each}\n" for each in self.made)))

    def clean_up(self) -> None:
        """At the end, however it comes: leave nothing but what was placed. The note goes last."""
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        remove_folders(self.made)
        if self.work:
            shutil.rmtree(self.work, ignore_errors=True)

    def unpack(self, raw: bytes, source: str) -> None:
        """Write the file into the private folder, and see that it starts."""
        try:
            write(self.file, raw)
        except OSError as error:
            raise Stop(why_not_written(self.scripts, error)) from None
        code, told = ask([BASE, self.file, "--version", *self.words])
        if code == USAGE_ERROR and told.startswith(f"{NAME}: "):
            raise Stop(f"{told[len(NAME) + 2 :]}; nothing was installed", code)
        if code:
            raise Stop(f"{source} does not start with {BASE}; nothing was installed; report it")
        self.check()

    def place(self, raw: bytes) -> None:
        """Put the file into its place by one rename, and what runs it beside it."""
        folders = dict.fromkeys((*self.inherited, *made_for(self.placed), *self.made))
        made = "".join(f"{MADE}{in_home(each)}\n" for each in folders)
        mark = MARK + self.script.rpartition(".")[2] + ", which takes it away with --uninstall"
        fields = {"mark": mark, "made": made, "python": shlex.quote(BASE), "name": NAME}
        start = (START_ON_WINDOWS if WINDOWS else START).format(script=self.script, **fields)
        new: dict[str, str] = {}
        try:
            write(f"{self.file}.new", os.fsencode(start) + raw)
            programs = self.programs(mark)
            for path, program in programs.items():
                if WINDOWS and os.path.exists(path) and read(path) == program:
                    continue  # it may run, and nobody can replace it then
                new[path] = os.path.join(self.work, f"new{len(new)}")
                if WINDOWS:
                    write(new[path], program)
                else:
                    os.symlink(NAME, new[path])
        except OSError as error:
            raise Stop(why_not_written(self.scripts, error)) from None
        os.replace(f"{self.file}.new", self.placed)
        for path, file in new.items():
            os.replace(file, path)
        for path in self.beside:
            if path not in programs and os.path.lexists(path):  # of another form
                os.unlink(path)
        self.made = []

    def check(self) -> None:
        """End where the file would refuse, once it is placed, to edit anything for this home."""
        code, told = ask([BASE, "-c", REFUSE, self.file, *self.words], self.environ)
        if code in REFUSED:
            raise Stop(f"{told}; nothing was installed", REFUSED[code])

    def programs(self, mark: str) -> "dict[str, bytes]":
        """Return what runs the file by each of its names: links; on Windows programs, or batch files."""
        if not WINDOWS:
            return dict.fromkeys(self.beside, b"")
        sys.path.insert(0, self.file)
        from onpath.installers import launchers  # noqa: PLC0415  (of the file)

        stub, half = launchers.stub(), len(self.beside) // 2
        if stub:
            program = launchers.beside(stub, BASE, f"{TOOL}.pyz", mark)
            return dict.fromkeys(self.beside[:half], program)
        batch = BATCH.format(python=short(BASE), tool=TOOL, mark=mark)
        return dict.fromkeys(self.beside[half:], as_cmd_reads(batch))

    def keep_consent(self, file: str) -> bool:
        """Keep for later runs what was said about editing, if anything; return whether to edit."""
        sys.path.insert(0, file)
        try:
            from onpath import consent  # noqa: PLC0415  (it is that of the file)

            return consent.resolve_and_remember(self.environ)
        except Exception as error:  # noqa: BLE001  (whatever it is: the file has been there for long)
            told = str(error).replace(", or name one with --home", "")  # which this script does not take
            raise Stop(f"cannot remember whether to edit startup files: {told}") from None

    def hand_over(self, file: str) -> str:
        """Return which tool, installed by a script of `onpath installer`, keeps PATH, if one does."""
        sys.path.insert(0, file)
        try:
            from onpath.installers import place  # noqa: PLC0415  (it is that of the file)

            return place.hand_over(self.scripts, self.environ, made_for(file))
        except Exception:  # noqa: BLE001  (of another version, which has none)
            return ""

    def edited(self, file: str) -> list[str]:
        """Return the folders that were made for the scripts directory by what edited PATH."""
        sys.path.insert(0, file)
        try:
            from onpath import host, receipts  # noqa: PLC0415  (they are those of the file)

            return list(receipts.made_for(host.detect(self.environ), self.scripts))
        except Exception:  # noqa: BLE001  (as above)
            return []

    def call(self, file: str, words: list[str]) -> int:
        """Run the file to its end; that is told to end with this run, as the children of a shell are."""
        told: list[int] = []
        for number in ENDS:
            signal.signal(number, lambda number, _: told.append(number))
        with subprocess.Popen([BASE, file, *words], env=self.environ, stdin=subprocess.DEVNULL) as child:
            code = child.wait()
        for number in ENDS:
            signal.signal(number, end)
        if told:
            raise Stop(code=128 + told[0])
        return code if code >= 0 else 128 - code

    def uninstall(self) -> int:
        """Take everything back, and return the exit code."""
        if not self.is_dry:
            sweep(self.scripts)
        if not self.is_there():
            say(self.script, f"nothing to take back: there is no {self.placed} of {self.script}")
        elif self.step(f"taking back what {NAME} edited, and {self.placed}"):
            before = os.lstat(self.placed)
            with self.alone(self.placed):
                if not self.is_there():  # another run has been faster
                    return 0
                if not os.path.samestat(before, os.lstat(self.placed)):  # of which modules are loaded
                    raise Stop(f"{self.placed} was replaced meanwhile; run this again")
                self.take_back()
        return 0

    def is_there(self) -> bool:
        """Say whether something of ours has been placed."""
        return os.path.lexists(self.placed) and is_free(self.placed)

    def take_back(self) -> None:
        """Take back what was edited and placed."""
        self.environ[NO_MODIFY] = "0"
        self.keep_consent(self.placed)
        heir, edited = self.hand_over(self.placed), self.edited(self.placed)
        if heir:
            told = f"{self.scripts} stays on PATH, for {heir}, whose uninstall takes it off"
            say(self.script, told)
        elif self.call(self.placed, ["--undo", *self.words]):
            raise Stop(f"{self.placed} stays until that is repaired; then run this again")
        made = made_for(self.placed) + ([] if heir else edited)
        self.made = sorted(set(made), key=len, reverse=True)
        if self.made:
            with contextlib.suppress(OSError):  # a full disk is no reason to keep it
                self.take_work(os.path.dirname(self.made[-1]))
        for path in (*self.beside, self.placed):
            if os.path.lexists(path) and is_free(path):
                os.unlink(path)


def is_free(path: str) -> bool:
    """Say whether nothing is there, or what one of our scripts has put there."""
    if os.path.islink(path):
        return os.readlink(path) == NAME
    if not os.path.isfile(path):
        return not os.path.lexists(path)
    with open(path, "rb") as file:
        lines = file.read().splitlines() if path.endswith(".exe") else [file.readline(), file.readline()]
        return any(MARK.encode() in line for line in lines[-1:])


def made_for(path: str) -> list[str]:
    """Return the folders that earlier runs have made for the file of ours, the inner ones first."""
    if not os.path.isfile(path):
        return []
    with open(path, "rb") as file:
        head = itertools.takewhile(lambda line: line.startswith(b"#"), file)
        made = [os.fsdecode(line[len(MADE) : -1]) for line in head if line.startswith(MADE.encode())]
        return [os.path.normpath(os.path.expanduser(each)) for each in made]


def in_home(path: str) -> str:
    """Return how a folder is recorded: one of the home by its place there, as a home may be moved."""
    home = os.path.join(os.path.expanduser("~"), "")
    return os.path.join("~", path[len(home) :]) if path.startswith(home) else path


def short(path: str) -> str:
    """Return how a batch file spells a path: in plain letters, whatever the user is called."""
    for variable in ("LOCALAPPDATA", "USERPROFILE"):
        value = os.environ.get(variable)
        if value and path.startswith(value + os.sep):
            return f"%{variable}%" + path[len(value) :].replace("%", "%%")
    return path.replace("%", "%%")


def as_cmd_reads(batch: str, code_page: str = "oem") -> bytes:
    """Return a batch file in the code page of cmd. Raises Stop where that lacks one of its letters."""
    try:
        return batch.encode(code_page)
    except UnicodeEncodeError:
        raise Stop(
            f"cmd cannot spell {BASE} in the code page of this machine; name a Python in a folder "
            "with plain letters (ONPATH_PYTHON), then run this again"
        ) from None


def sweep(scripts: str) -> None:
    """Remove what killed runs left in the scripts directory and above: their folders, and those made."""
    above, home = scripts, os.path.expanduser("~")
    while True:
        for name in os.listdir(above) if os.access(above, os.R_OK | os.X_OK) else []:
            folder, number = os.path.join(above, name), name[len(PRIVATE) :]
            is_private = name.startswith(PRIVATE) and re.fullmatch("[0-9]+", number)
            if is_private and not is_alive(folder, int(number)):
                note = os.path.join(folder, "made")
                if os.path.isfile(note):
                    remove_folders(os.fsdecode(read(note)).splitlines())
                shutil.rmtree(folder, ignore_errors=True)
        if above in (home, os.path.dirname(above)):
            break
        above = os.path.dirname(above)


def is_alive(folder: str, number: int) -> bool:
    """Say whether the run of a folder may go on. A zombie does not, and this one has not begun."""
    if WINDOWS:  # where to ask for a process may end it
        return time.time() - os.stat(folder).st_mtime < OLD_S
    try:
        with open(f"/proc/{number}/stat", "rb") as file:
            is_zombie = b") Z " in file.read()
    except OSError:
        is_zombie = False
    try:
        os.kill(number, 0)
    except (OSError, OverflowError):
        return False
    return not is_zombie and number != os.getpid()


def remove_folders(folders: list[str]) -> None:
    """Remove those that are empty, the inner ones first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def why_not_written(folder: str, error: OSError) -> str:
    """Return why nothing could be written to a folder, be it there or not, and the cure."""
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    fact, cure = (error.strerror or str(error)).lower(), "let yourself write there"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        cure = "make room on the disk"
    elif error.errno == errno.EROFS:
        cure = "have it mounted for writing"
    elif not os.path.exists(folder):
        fact, cure = f"it is a dangling link to {os.path.realpath(folder)}", "mount or create that"
    elif not os.path.isdir(folder):
        fact, cure = "it is not a directory", "move it away"
    elif sys.platform != "win32" and not os.access(folder, os.W_OK):
        own, (owner, above) = os.getuid(), (os.stat(f"{folder}{up}").st_uid for up in ("", "/.."))
        if owner == own:
            cure = f"run chmod u+w {shlex.quote(folder)}"
        elif above == own:  # as sudo pip leaves them
            cure = f"run sudo chown -R {own} {shlex.quote(folder)}"
        else:
            cure = "ask its owner to let you write there"
    return f"cannot write to {folder} ({fact}); {cure}, then run this again"


def read(path: str) -> bytes:
    """Return what a file holds."""
    with open(path, "rb") as file:
        return file.read()


def write(path: str, raw: bytes) -> None:
    """Write a program."""
    with open(path, "wb") as file:
        file.write(raw)
    os.chmod(path, 0o755)
