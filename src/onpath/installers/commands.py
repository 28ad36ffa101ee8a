"""The commands of the tool that was installed into an environment, and none of its dependencies'."""

from __future__ import annotations

import glob
import os
import re
import shlex
import subprocess

from onpath.errors import OnpathError
from onpath.host.installed import folders, is_program, which
from onpath.host.ways import is_noexec
from onpath.values import TYPE_CHECKING, dataclass, replace

from .about import BASE
from .place import is_same, remove
from .settings import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from importlib.metadata import Distribution

    from .jobs import Job

START_S = 60.0  # that a tool may take to load
STARTED = frozenset(range(126))  # the exit codes of a program that could be run
NAMED_PROGRAM = re.compile(r"\w[\w.+-]*")  # of env(1), without options and variables
NEEDED = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # the name in a requirement
NEVER_LOCKED = ("distribute", "pip", "setuptools")
EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""", re.ASCII)
HEAD = 4096  # bytes of a file, by which a script is told from a compiled program
HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")

# What `python -c` is given: the entries, as "module:attribute", that are to be loaded.
LOAD = """
import gc, importlib, sys
gc.disable()
entries = sys.argv[1:]
del sys.argv[1:]
for entry in entries:
    module, _, names = entry.partition(":")
    found = importlib.import_module(module)
    for name in filter(None, names.split(".")):
        found = getattr(found, name)
"""
FIND = """
import site, sys
sys.path.insert(0, {library!r})
site.addsitedir({library!r})
"""
# A command that needs another start than pip or uv gives it.
WRAPPER = """#!/bin/sh
exec {python} {flags}-c {code} "$0" "$@"
"""
LEAD = """#!/bin/sh
exec {python} {script} "$@"
"""
LINE_BYTES = 127  # that a system reads of the first line of a script; some read more
START = """import sys
del sys.argv[0]
if sys.path[:1] == [""]:  # the folder in which the user is
    del sys.path[0]
from {module} import {first}
sys.exit({attribute}())"""
PLAIN = re.compile(
    r"[\w@%+=:,./ -]*", re.ASCII
)  # what pip and uv can spell in the first line of a script


@dataclass(frozen=True)
class Tool:
    """What was installed."""

    version: str
    entries: tuple[tuple[str, str], ...]  # command -> "module:attribute"
    files: tuple[str, ...] = ()  # commands that are files of their own, such as compiled ones
    windowed: tuple[str, ...] = ()  # commands that want a display
    left_out: tuple[tuple[str, str], ...] = ()  # command -> why

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of all commands."""
        return tuple(sorted({*(name for name, _ in self.entries), *self.files}))


def library(job: Job) -> str:
    """Return the folder of the environment that has its modules."""
    for pattern in ("lib/python*/site-packages", "Lib/site-packages", "lib"):
        found = glob.glob(os.path.join(glob.escape(job.folder), *pattern.split("/")))
        if found and (pattern != "Lib/site-packages" or job.is_windows):
            return found[0]
    raise OnpathError(f"{job.folder} is no environment; run this again")


def find(job: Job) -> Tool:
    """Return the tool with its commands. Raises `OnpathError` if it has none."""
    from importlib import metadata  # noqa: PLC0415  (it is slow to import)

    folder, name = library(job), job.settings.name
    if not job.is_windows and is_noexec(folder):
        raise OnpathError(
            f"{job.folder} is on a file system that is mounted noexec, where no program runs; mount it "
            "without that, or let XDG_DATA_HOME name a folder on another, then run this again"
        )
    found = next(iter(metadata.distributions(name=name, path=[folder])), None)
    if found is None:
        raise OnpathError(f"{name} was installed, and is not there; run this again with another version")
    if job.settings.lock:  # without one, pip and uv see to that
        _raise_if_incomplete(metadata.distributions(path=[folder]), job)
    scripts = [
        entry for entry in found.entry_points if entry.group in {"console_scripts", "gui_scripts"}
    ]
    lacking = {entry.name: _lacking(entry.value, job.settings.requirement) for entry in scripts}
    entries = {
        entry.name: entry.value.partition("[")[0].replace(" ", "")
        for entry in scripts
        if not lacking[entry.name]
    }
    kinds = {entry.name for entry in scripts if entry.group == "gui_scripts"}
    files = set()
    is_venv, programs = os.path.exists(job.python), os.path.dirname(program(job, name))
    for path in found.files or ():
        # In an environment it is "../../../bin/name"; pip --target leaves it at "../../bin/name" or
        # "bin/name", and has it in a folder of that name beside the modules.
        outside = os.path.normpath(os.path.join(folder, *path.parts[:-1]))
        is_there = outside == os.path.normpath(programs) if is_venv else path.parent.name == "bin"
        file = os.path.join(programs if is_venv else os.path.join(folder, "bin"), path.name)
        is_program = path.suffix == ".exe" if job.is_windows else os.access(file, os.X_OK)
        if is_there and is_program:
            files.add(path.stem if job.is_windows else path.name)
    files -= lacking.keys()
    if not entries and not files:
        told = f"{name} {found.version} has no command"
        extra = min(filter(None, lacking.values()), key=len, default="")
        if extra:
            words = extra.replace(", ", " --extra ")
            raise OnpathError(
                f"{told} that does without {name}[{extra}]; have its author write a script with that "
                f"(onpath installer {name} --extra {words})"
            )
        raise OnpathError(f"{told}; name the package that has it")
    return Tool(
        found.version,
        tuple(sorted(entries.items())),
        tuple(sorted(files)),
        tuple(sorted(kinds)),
        tuple((each, f"needs {name}[{extras}]") for each, extras in sorted(lacking.items()) if extras),
    )


def _raise_if_incomplete(found: Iterable[Distribution], job: Job) -> None:
    """Raise `OnpathError` if the lock file lacks what a package of it needs wherever it is installed.

    What depends on the machine is left to the tool: no marker is read but that of an extra. So is what
    pip-compile leaves out by itself.
    """
    told = ((each.metadata["Name"], each.requires or ()) for each in found)
    packages = {normal(name): needs for name, needs in told if name}
    have = {*packages, *NEVER_LOCKED}
    asked = _extras(job.settings.requirement)
    for name, needs in packages.items():
        for need in needs:
            wanted, _, marker = need.partition(";")
            extra = EXTRA.fullmatch(marker.strip())
            is_asked = extra and normal(extra[1]) in asked and name == normal(job.settings.name)
            named = NEEDED.match(wanted.strip())
            if named and (is_asked or not marker.strip()) and normal(named[0]) not in have:
                of = f"{name}[{extra[1]}]" if extra else name
                raise OnpathError(
                    f"{of} needs {named[0]}, which the lock file has not; have its author lock "
                    f"{job.settings.requirement} again"
                )


def _lacking(entry: str, requirement: str) -> str:
    """Return which extras the entry "module:attribute [extras]" names that were not asked for."""
    asked = _extras(requirement)
    return ", ".join(extra for extra in _extras(entry) if extra not in asked)


def _extras(text: str) -> list[str]:
    words = text.partition("[")[2].partition("]")[0].split(",")
    return [normal(word.strip()) for word in words if word.strip()]


def program(job: Job, command: str) -> str:
    """Return the program of the environment that is `command`."""
    parts = ("Scripts", f"{command}.exe") if job.is_windows else ("bin", command)
    return os.path.join(job.folder, *parts)


def wrap(job: Job, tool: Tool) -> None:
    """Make the commands that need it: of a mere folder of modules, or of a folder with an odd name."""
    folder = library(job)
    is_venv = os.path.exists(job.python)
    for command in tool.files if is_venv and not job.is_windows else ():
        _lead(job, command)
    entries = tool.entries
    if is_venv and (job.is_windows or PLAIN.fullmatch(job.python)):
        entries = () if job.is_windows else tuple(each for each in entries if _is_of_another(job, *each))
    if entries:
        os.makedirs(os.path.join(job.folder, "bin"), exist_ok=True)
    for command, entry in entries:
        module, _, attribute = entry.partition(":")
        first = attribute.partition(".")[0]
        code = START.format(module=module, first=first, attribute=attribute)
        text = WRAPPER.format(
            python=shlex.quote(job.python if is_venv else BASE),
            flags="" if is_venv else "-I ",
            code=shlex.quote(code if is_venv else FIND.format(library=folder) + code),
        )
        _make_program(program(job, command), text)
    for command in () if is_venv else tool.files:
        variable, file = shlex.quote(folder), shlex.quote(os.path.join(folder, "bin", command))
        text = f'#!/bin/sh\nPYTHONPATH={variable}\nexport PYTHONPATH\nexec {file} "$@"\n'
        _make_program(program(job, command), text)


def _is_of_another(job: Job, command: str, entry: str) -> bool:
    """Say whether another package has put its own command in the place of the one that is `entry`.

    pip and uv both name the function in a line of its own; whichever is installed last stays.
    """
    module, _, attribute = entry.partition(":")
    line = f"from {module} import {attribute.partition('.')[0]}"
    try:
        with open(program(job, command), "rb") as opened:
            head = opened.read(HEAD)
    except OSError:
        return False  # it is told as missing
    return head.startswith(b"#!") and b"\0" not in head and line.encode() not in head


def _lead(job: Job, command: str) -> None:
    """Have a script of the tool run by its Python where its first line cannot name that.

    pip writes the name there as it is, and a system takes neither a space in it nor a long one.
    """
    file = program(job, command)
    line = f"#!{job.python}"
    with open(file, "rb") as opened:
        if opened.readline(HEAD).rstrip(b"\r\n") != os.fsencode(line):
            return
    if len(os.fsencode(line)) < LINE_BYTES and not re.search(r"\s", line):
        return
    script = os.path.join(job.folder, "scripts", command)  # with its own name, which it may tell
    os.makedirs(os.path.dirname(script), exist_ok=True)
    os.rename(file, script)
    _make_program(file, LEAD.format(python=shlex.quote(job.python), script=shlex.quote(script)))


def check(
    job: Job,
    tool: Tool,
    known: Iterable[str] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> Tool:
    """Raise `OnpathError` unless the tool loads, and its commands are there and can be started.

    What has to be done then is done `meanwhile`. A command that does not load is left out of the tool
    that is returned, if another does, it has not the tool's own name, and it is not among those that
    are `known` from the version before: many a package has one that needs more than it requires.
    """
    for command in tool.commands:
        if not os.access(program(job, command), os.X_OK):
            raise OnpathError(
                f"{job.settings.name} {tool.version} did not bring its command {command}; "
                "tell its authors, or choose another version (--version)"
            )
    needed = {*known, job.settings.name}
    reasons = {file: _why_no_script(program(job, file), job) for file in tool.files}
    tool = _without_useless(job, tool, {file: why for file, why in reasons.items() if why}, needed)
    compiled = (file for file, why in reasons.items() if why is None)
    starts = [([program(job, file), "--version"], STARTED) for file in compiled]
    entries = {command: entry for command, entry in tool.entries if command not in tool.windowed}
    if entries:
        starts.insert(0, _loading(job, entries.values()))
    for number, start in enumerate(starts):
        reason = _start(job, *start, (lambda: None) if number else meanwhile)
        if reason and entries and not number:
            tool = _without_broken(job, tool, entries, needed, reason)
        elif reason:
            raise _does_not_start(job, tool, reason)
    if not starts:
        meanwhile()
    remove(job.home)
    return tool


def _loading(job: Job, entries: Iterable[str]) -> tuple[list[str], frozenset[int]]:
    """Return the words that load `entries`, and the exit code with which they end then."""
    is_venv = os.path.exists(job.python)
    before = "" if is_venv else FIND.format(library=library(job))
    python = job.python if is_venv else BASE
    return [python, "-I", "-c", before + LOAD, *entries], frozenset({0})


def _without_broken(
    job: Job, tool: Tool, entries: Mapping[str, str], needed: Collection[str], reason: str
) -> Tool:
    """Return `tool` without the commands that do not load. Raises `OnpathError` if it needs one of them.

    `reason` is why they do not load all at once.
    """
    found = {name: _start(job, *_loading(job, [entry]), lambda: None) for name, entry in entries.items()}
    broken = {name: why for name, why in found.items() if why}
    missed = [name for name in broken if name in needed]
    if not broken or missed or broken.keys() == {*tool.commands}:
        raise _does_not_start(job, tool, broken[missed[0]] if missed else reason)
    return _leaving_out(tool, broken)


def _does_not_start(job: Job, tool: Tool, reason: str) -> OnpathError:
    name, extra = job.settings.name, _wanted_extra(job, reason)
    cure = "choose another version (--version), and tell its authors"
    if extra:
        cure = f"have its author write a script with the extra (onpath installer {name} --extra {extra})"
    return OnpathError(f"{name} {tool.version} does not start ({reason}); {cure}")


def _wanted_extra(job: Job, reason: str) -> str:
    """Return the extra of the tool that is wanted by its own words or by its metadata, or an empty text.

    Its words may name it ("run pip install cow[cli]"), or a module that only an extra brings.
    """
    from importlib import metadata  # noqa: PLC0415  (it is slow to import)

    name, asked = job.settings.name, _extras(job.settings.requirement)
    told = [each for each in re.finditer(r"([\w.-]+)(\[[\w ,.-]+\])", reason) if normal(each[1]) == name]
    found = [extra for each in told for extra in _extras(each[2])]
    module = re.search(r"No module named '(\w+)", reason)
    tools = metadata.distributions(name=name, path=[library(job)]) if module else ()
    for line in (line for tool in tools for line in tool.requires or ()):
        needed = re.match(r"([\w.-]+)[^;]*;.*\bextra\s*==\s*[\"']([\w.-]+)", line)
        if module and needed and normal(needed[1]) == normal(module[1]):
            found.append(normal(needed[2]))
    return next((extra for extra in found if extra not in asked), "")


def _without_useless(job: Job, tool: Tool, useless: Mapping[str, str], needed: Collection[str]) -> Tool:
    """Return `tool` without the scripts that nothing here can run. Raises as `_without_broken`."""
    missed = [file for file in useless if file in needed]
    if missed or (useless and useless.keys() == {*tool.commands}):
        file = missed[0] if missed else next(iter(useless))
        raise _does_not_start(job, tool, f"{file}: {useless[file]}")
    return _leaving_out(tool, useless)


def _leaving_out(tool: Tool, broken: Mapping[str, str]) -> Tool:
    """Return `tool` without the commands that are `broken`, each with the reason."""
    return replace(
        tool,
        entries=tuple(pair for pair in tool.entries if pair[0] not in broken),
        files=tuple(file for file in tool.files if file not in broken),
        left_out=(*tool.left_out, *((name, f"does not start ({why})") for name, why in broken.items())),
    )


def _why_no_script(file: str, job: Job) -> str | None:
    """Return why the script `file` cannot be run, or an empty text; None if it is a compiled program.

    No script is run to see that: who knows what it does without being asked.
    """
    with open(file, "rb") as opened:
        head = opened.read(HEAD)
    if not head.startswith(b"#!"):
        return None if b"\0" in head else ""  # a shell runs it, or reads it as its own
    line = os.fsdecode(head.partition(b"\n")[0][2:]).replace("\t", " ")
    interpreter, _, rest = line.strip(" ").partition(" ")
    if not os.access(interpreter, os.X_OK):
        return f"there is no {interpreter}"
    name = rest.strip(" ")
    is_env = os.path.basename(interpreter) == "env" and NAMED_PROGRAM.fullmatch(name)
    # Where a shell will find programs: the tool's own commands are not yet in the user's folder.
    own = (os.path.expanduser("~/.local/bin"), os.path.dirname(job.python))
    is_gone = is_env and not which(name, folders(job.environ, own))
    return f"there is no {name}" if is_gone else ""


def _start(
    job: Job,
    words: list[str],
    accepted: frozenset[int],
    meanwhile: Callable[[], None],
) -> str:
    """Start a program and return why it does not run, or an empty text."""
    environ = {n: v for n, v in job.environ.items() if not n.startswith("PYTHON")}
    if not job.is_windows:
        os.makedirs(job.home, exist_ok=True)
        environ.update(dict.fromkeys(HOMES, job.home))
    try:
        process = subprocess.Popen(
            words,
            env=environ,
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        return str(error.strerror or error)
    with process:
        try:
            meanwhile()
            said, _ = process.communicate(timeout=START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return ""  # it runs
        except BaseException:
            process.kill()
            raise
    if process.returncode in accepted:
        return ""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {process.returncode}"


def hidden(
    commands: Iterable[str], directory: str, path: Iterable[str], extensions: Iterable[str] = ("",)
) -> dict[str, str]:
    """Return which commands of `directory` another program hides on `path`: command -> that program.

    A command of which there is nothing on `path` is its own key with an empty text.
    """
    found = {}
    entries = list(path)
    for command in commands:
        names = [command + extension for extension in extensions]
        first = next(
            (f for entry in entries for n in names if is_program(f := os.path.join(entry, n))), ""
        )
        if not first:
            found[command] = ""
        elif not is_same(os.path.dirname(first), directory):
            own = next((f for n in names if is_program(f := os.path.join(directory, n))), "")
            if not (own and is_same(first, own)):
                found[command] = first
    return found


def _make_program(file: str, text: str) -> None:
    with open(file, "w", encoding="utf-8", newline="\n") as opened:
        opened.write(text)
    os.chmod(file, 0o755)
