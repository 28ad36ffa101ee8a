"""The commands of the tool that was installed into an environment, and none of its dependencies'."""

from __future__ import annotations

import glob
import os
import re
import shlex
import subprocess

from onpath.errors import OnpathError
from onpath.values import TYPE_CHECKING, dataclass

from . import environments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


START_S = 60.0  # that a tool may take to load
STARTED = frozenset(range(126))  # the exit codes of a program that could be run

# What `python -c` is given: the entries, as "module:attribute", that are to be loaded.
LOAD = """
import gc, importlib, sys
gc.disable()
for entry in sys.argv[1:]:
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
START = "import sys; del sys.argv[0]; from {module} import {first}; sys.exit({attribute}())"
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
    left_out: tuple[tuple[str, str], ...] = ()  # command -> the extras it needs, not asked for

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of all commands."""
        return tuple(sorted({*(name for name, _ in self.entries), *self.files}))


def library(job: environments.Job) -> str:
    """Return the folder of the environment that has its modules."""
    for pattern in ("lib/python*/site-packages", "Lib/site-packages", "lib"):
        found = glob.glob(os.path.join(glob.escape(job.folder), *pattern.split("/")))
        if found and (pattern != "Lib/site-packages" or job.is_windows):
            return found[0]
    raise OnpathError(f"{job.folder} is no environment; run this again")


def find(job: environments.Job) -> Tool:
    """Return the tool with its commands. Raises `OnpathError` if it has none."""
    from importlib import metadata  # noqa: PLC0415  (it is slow to import)

    folder, name = library(job), job.settings.name
    found = next(iter(metadata.distributions(name=name, path=[folder])), None)
    if found is None:
        raise OnpathError(f"{name} was installed, and is not there; run this again with another version")
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
    for path in found.files or ():
        # In an environment it is "../../../bin/name"; in a folder of modules alone, "bin/name".
        is_outside = path.parts[0] == ".." or len(path.parts) == 2  # noqa: PLR2004
        if is_outside and path.parent.name in {"bin", "Scripts"}:
            files.add(path.stem if job.is_windows else path.name)
    files -= lacking.keys()
    if not entries and not files:
        raise OnpathError(f"{name} {found.version} has no command; name the package that has it")
    return Tool(
        found.version,
        tuple(sorted(entries.items())),
        tuple(sorted(files)),
        tuple(sorted(kinds)),
        tuple(pair for pair in sorted(lacking.items()) if pair[1]),
    )


def _lacking(entry: str, requirement: str) -> str:
    """Return which extras the entry "module:attribute [extras]" names that were not asked for."""
    asked = _extras(requirement)
    return ", ".join(extra for extra in _extras(entry) if extra not in asked)


def _extras(text: str) -> list[str]:
    words = text.partition("[")[2].partition("]")[0].split(",")
    return [re.sub(r"[-_.]+", "-", word.strip()).lower() for word in words if word.strip()]


def program(job: environments.Job, command: str) -> str:
    """Return the program of the environment that is `command`."""
    parts = ("Scripts", f"{command}.exe") if job.is_windows else ("bin", command)
    return os.path.join(job.folder, *parts)


def wrap(job: environments.Job, tool: Tool) -> None:
    """Make the commands that need it: of a mere folder of modules, or of a folder with an odd name."""
    folder = library(job)
    is_venv = os.path.exists(job.python)
    if is_venv and (job.is_windows or PLAIN.fullmatch(job.python)):
        return
    os.makedirs(os.path.join(job.folder, "bin"), exist_ok=True)
    for command, entry in tool.entries:
        module, _, attribute = entry.partition(":")
        first = attribute.partition(".")[0]
        code = START.format(module=module, first=first, attribute=attribute)
        text = WRAPPER.format(
            python=shlex.quote(job.python if is_venv else environments.BASE),
            flags="" if is_venv else "-I ",
            code=shlex.quote(code if is_venv else FIND.format(library=folder) + code),
        )
        _make_program(program(job, command), text)
    for command in () if is_venv else tool.files:
        variable, file = shlex.quote(folder), shlex.quote(os.path.join(folder, "bin", command))
        text = f'#!/bin/sh\nPYTHONPATH={variable}\nexport PYTHONPATH\nexec {file} "$@"\n'
        _make_program(program(job, command), text)


def check(job: environments.Job, tool: Tool, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Raise `OnpathError` unless the tool loads, and its commands are there and can be started.

    What has to be done then is done `meanwhile`.
    """
    for command in tool.commands:
        if not os.access(program(job, command), os.X_OK):
            raise OnpathError(
                f"{job.settings.name} {tool.version} did not bring its command {command}; "
                "tell its authors, or choose another version (--version)"
            )
    starts = [([program(job, file), "--version"], STARTED) for file in tool.files]
    entries = [entry for command, entry in tool.entries if command not in tool.windowed]
    if entries:
        is_venv = os.path.exists(job.python)
        before = "" if is_venv else FIND.format(library=library(job))
        python = job.python if is_venv else environments.BASE
        starts.insert(0, ([python, "-I", "-c", before + LOAD, *entries], frozenset({0})))
    for number, (words, accepted) in enumerate(starts):
        reason = _start(job, words, accepted, (lambda: None) if number else meanwhile)
        if reason:
            raise OnpathError(
                f"{job.settings.name} {tool.version} does not start ({reason}); "
                "choose another version (--version), and tell its authors"
            )
    if not starts:
        meanwhile()


def _start(
    job: environments.Job,
    words: list[str],
    accepted: frozenset[int],
    meanwhile: Callable[[], None],
) -> str:
    """Start a program and return why it does not run, or an empty text."""
    environ = {n: v for n, v in job.environ.items() if not n.startswith("PYTHON")}
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
            (f for entry in entries for n in names if _is_program(f := os.path.join(entry, n))), ""
        )
        if not first:
            found[command] = ""
        elif not _is_same(os.path.dirname(first), directory):
            own = next((f for n in names if _is_program(f := os.path.join(directory, n))), "")
            if not (own and _is_same(first, own)):
                found[command] = first
    return found


def _is_program(file: str) -> bool:
    return os.path.isfile(file) and os.access(file, os.X_OK)


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _make_program(file: str, text: str) -> None:
    with open(file, "w", encoding="utf-8", newline="\n") as opened:
        opened.write(text)
    os.chmod(file, 0o755)
