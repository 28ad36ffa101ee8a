"""What can be asked for, and whether it can be meant: the validator of library and command line.

Pure but for the names of paths. `TAKES` says which arguments a verb takes; an argument that it would
ignore is an error.
"""

from __future__ import annotations

import os

from .contexts import MODES
from .errors import UsageError
from .model import ORDERS, SCHEMES, USER, Report
from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .protocols import Progress

USED, ALL = "used", "all"  # instead of the names of shells
TOOL = "ensure-path"
CURE = f"{TOOL} --"  # how a cure begins that is a command of ours
MAX_TIMEOUT_S = 3600.0

_WHERE = ("python", "scheme", "home", "environ")
_WHO = ("shells", "modes")
TAKES = {
    "ensure": (
        *(*_WHERE, *_WHO, "order", "keep_order", "seen", "timeout", "verify", "force"),
        *("replace_stale", "whole", "progress", "system"),
    ),
    "check": (*_WHERE, *_WHO, "order", "timeout", "force", "progress", "system"),
    "where": (*_WHERE, "shells", "timeout", "force", "progress"),
    "diff": (
        *(*_WHERE, *_WHO, "order", "keep_order", "timeout", "force", "replace_stale", "progress"),
        "system",
    ),
    "undo": ("python", "home", "environ", "timeout", "force", "dry_run", "system"),
    "print": (*_WHERE, "shells", "order"),
    "dockerfile": _WHERE,
}
OF_THE_LIBRARY = ("ensure", "check", "where", "diff", "undo")  # the command has two more
# Those that mean one user. Nor is there a way around a directory that others can write to: it would be
# on root's PATH too.
NOT_OF_A_SYSTEM = ("home", "scheme", "force", "replace_stale")
# Those that find the directory, where none is named.
FINDS_ONE = ("python", "scheme")
KEEP_VERB = ("--timeout", "--shell")  # what a cure may change of a look; with any other it is a run


# What a cure may change that was not asked for.
_FIELDS = {
    "--shell": "shells",
    "--all-shells": "shells",
    "--for": "modes",
    "--mode": "modes",
    "--append": "order",
    "--prepend": "order",
    "--timeout": "timeout",
}


@dataclass(frozen=True)
class Request:
    """What is asked for, as `make` has validated it."""

    verb: str = "ensure"  # which function of the library
    directories: tuple[str, ...] = ()
    python: str | None = None  # whose scripts directory, where no directory is named
    scheme: str = USER
    shells: tuple[str, ...] = ()  # names or paths; empty: those in use
    all_shells: bool = False
    modes: tuple[str, ...] = ()  # those that must be effective; empty: as a plain run has it
    order: str | None = None  # PREPEND, APPEND, or None: as it is, else PREPEND
    keeps_order: bool = False  # the order is for what is added, and no part of the proof
    seen: Report | None = None  # of a look at the same, a moment ago: its answers are the first ones
    home: str | None = None
    timeout_s: float | None = None  # that one shell may take; None: as the system has it
    is_verified: bool = True
    is_forced: bool = False
    replaces_stale: bool = False  # a stale entry gives its place
    is_whole: bool = False  # edits stay only if all that is required is effective
    is_dry: bool = False  # of an undo: nothing is changed
    asks_all_modes: bool = False  # also those that are not required
    asks_everywhere: bool = False  # every context that this machine has
    is_for_every_user: bool = False  # the files of the system, as root
    is_shown: bool = False  # the report is shown, and no other run begins with its answers
    commands: tuple[str, ...] = ()  # that are to run by their names, and not as an alias or a function
    targets: tuple[str, ...] = ()  # of an undo: those alone, by what `homes.to_name` calls them
    environ: Mapping[str, str] | None = None
    progress: Progress | None = None

    @property
    def proven_order(self) -> str | None:
        """The order that is a part of the proof: PREPEND, APPEND, or None."""
        return None if self.keeps_order else self.order


def make(
    verb: str,
    directories: Iterable[Any] = (),
    options: Mapping[str, Any] | None = None,
    *,
    asks_all_modes: bool = False,
    is_shown: bool = False,
    commands: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
) -> Request:
    """Return the request of `verb`. Raises `UsageError`, which names the argument and the cure."""
    given = dict(options or {})
    for name in given:
        if name not in TAKES[verb]:
            raise UsageError(_refused(verb, name))
    is_for_every_user = _flag("system", given.get("system", False))
    for name in NOT_OF_A_SYSTEM if is_for_every_user else ():
        if given.get(name) not in (None, False, USER):
            raise UsageError(f"{name}: it does nothing with system=True; leave it out")
    shells = given.get("shells", USED)
    is_word = isinstance(shells, str) and shells in {USED, ALL}
    environ = _environ(given.get("environ"))
    request = Request(
        verb=verb,
        directories=tuple(_directory(verb, each) for each in directories),
        python=_named_path("python", given.get("python")),
        scheme=_choice("scheme", given.get("scheme", USER), SCHEMES),
        shells=() if is_word else _names("shells", shells),
        all_shells=is_word and shells == ALL,
        modes=_modes(given["modes"]) if given.get("modes") is not None else (),
        order=_choice("order", given["order"], ORDERS) if given.get("order") is not None else None,
        keeps_order=_flag("keep_order", given.get("keep_order", False)),
        seen=_seen(given.get("seen")),
        home=_home(given.get("home"), environ),
        timeout_s=None if given.get("timeout") is None else _seconds(given["timeout"]),
        is_verified=_flag("verify", given.get("verify", True)),
        is_forced=_flag("force", given.get("force", False)),
        replaces_stale=_flag("replace_stale", given.get("replace_stale", False)),
        is_whole=_flag("whole", given.get("whole", False)),
        is_dry=_flag("dry_run", given.get("dry_run", False)),
        asks_all_modes=asks_all_modes and verb != "where",
        asks_everywhere=verb == "where",
        is_for_every_user=is_for_every_user,
        is_shown=is_shown,
        commands=commands,
        targets=targets,
        environ=environ,
        progress=_progress(given.get("progress")),
    )
    _check_together(request)
    return request


def _check_together(request: Request) -> None:
    """Raise `UsageError` of what would be ignored beside something else."""
    for name, is_given in zip(FINDS_ONE, (request.python, request.scheme != USER)):
        if request.directories and is_given:
            raise UsageError(f"{name}: it finds a directory, and one is named; leave one of them out")
    if request.keeps_order and request.order is None:
        raise UsageError("keep_order: it does nothing without order; give an order, or leave it out")
    if request.is_whole and not request.is_verified:
        raise UsageError(
            "whole: without a proof nothing tells what is all; leave verify=False out, or it"
        )


def repeated(request: Request, text: str) -> str:
    """Return `text` with each cure in it that is a command of ours as `request` needs it.

    A cure says only what it changes (`ensure-path --timeout 60`, `HOME=/x ensure-path` at the end); what
    else was asked for stays.
    """
    if text.endswith(TOOL):
        return " ".join((text, *_words(request, "ensure", "")))
    start, *rest = text.split(CURE)
    for each in rest:
        option = "--" + each.partition(" ")[0].rstrip(".,;:)`")
        verb = option[2:] if option[2:] in TAKES else request.verb if option in KEEP_VERB else "ensure"
        named = () if verb in {"ensure", option[2:]} else (f"--{verb}",)
        start += " ".join((TOOL, *_words(request, verb, option), *named, f"--{each}"))
    return start


def command(request: Request, verb: str = "ensure", *more: str) -> str:
    """Return the command line of `verb` with what else was asked for, and with the options `more`."""
    named = () if verb == "ensure" else (f"--{verb}",)
    return " ".join((TOOL, *_words(request, verb, "".join(more[:1])), *named, *more))


def _words(request: Request, verb: str, without: str) -> list[str]:
    """Return the words by which `verb` acts as `request`, but for what an option says."""
    from .shells import quote  # noqa: PLC0415  (few runs tell it)

    given = (
        ("python", "--python", request.python),
        ("scheme", "--scheme", request.scheme if request.scheme != USER else None),
        *(("shells", "--shell", _whole(s) if "/" in s else s) for s in request.shells),
        ("shells", "--all-shells", request.all_shells),
        *(("modes", "--for", each) for each in request.modes),
        ("order", f"--{request.order}", bool(request.order)),
        ("home", "--home", request.home),
        ("timeout", "--timeout", f"{request.timeout_s:g}" if request.timeout_s else None),
        ("verify", "--no-verify", not request.is_verified),
        ("force", "--force", request.is_forced),
        ("replace_stale", "--replace-stale", request.replaces_stale),
        ("system", "--system", request.is_for_every_user),
    )
    is_undo = verb == "undo"  # of all
    named = () if is_undo else request.directories
    words = [_whole(each) for each in named]
    field = _FIELDS.get(without)
    for name, option, value in given:
        if value and name in TAKES[verb] and name != field and not (is_undo and name == "python"):
            words += [option] if value is True else [option, str(value)]
    return [f"~/{quote.word(word[2:])}" if word[:2] == "~/" else quote.word(word) for word in words]


def _whole(path: str) -> str:
    """Return how a cure names `path`, wherever it is followed; no shell of Windows knows `~`."""
    if path.startswith("~/") and os.sep == "/":
        return path
    try:
        return os.path.abspath(os.path.expanduser(path))
    except OSError:  # the current folder is gone, so it means nothing
        return path


def _refused(verb: str, name: str) -> str:
    takers = [other for other in OF_THE_LIBRARY if name in TAKES[other]]
    if takers:
        return f"{name}: {verb} does nothing with it; leave it out (it is for {', '.join(takers)})"
    return f"{name}: {verb} has no such argument; give one of {', '.join(TAKES[verb])}"


def _path(name: str, value: Any) -> str:
    """Return the path that `value`, a string or an `os.PathLike` of one, is."""
    try:
        path: Any = os.fspath(value)
    except TypeError:
        raise UsageError(f"{name}: {value!r} is not a path; give a string or a pathlib.Path") from None
    if isinstance(path, bytes):
        raise UsageError(f"{name}: {value!r} is bytes; give os.fsdecode({value!r})")
    if "\0" in path:
        raise UsageError(f"{name}: there is a NUL in {path!r}, and in no file's name; leave it out")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise UsageError(f"{name}: no file has a name like {path!r}; rename it") from None
    return str.__str__(path)  # of a member of a string enumeration too, whose own `str()` is its name


def _directory(verb: str, value: Any) -> str:
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        raise UsageError(
            f"a directory: {value!r} is a {type(value).__name__}; give each directory as an argument of "
            f"its own: {verb}(*directories)"
        )
    return _path("a directory", value)


def _named_path(name: str, value: Any) -> str | None:
    path = None if value is None else _path(name, value)
    if not path and path is not None:
        raise UsageError(f"{name}: an empty name means no place; name one, or leave it out")
    return path


def _home(value: Any, environ: Mapping[str, str] | None) -> str | None:
    """Return the home that is named as a whole path; `~` in it is that of the session that asks."""
    path = _named_path("home", value)
    if path is None:
        return None
    if path == "~" or path.startswith("~/"):
        own = environ.get("HOME") if environ is not None else None
        path = own + path[1:] if own else os.path.expanduser(path)
    try:
        return os.path.abspath(path)
    except OSError:
        raise UsageError(
            f"home: {path} means nothing, since the current folder is gone; name the whole path"
        ) from None


def _names(name: str, value: Any) -> tuple[str, ...]:
    """Return the strings in `value`, which is a list of them and not one."""
    if isinstance(value, str):
        raise UsageError(f"{name}: {value!r} is a string; give a list: {name}=[{value!r}]")
    if isinstance(value, (bytes, bytearray)):
        raise UsageError(f"{name}: {value!r} is bytes; give a list of strings")
    try:
        found = tuple(value)
    except TypeError:
        raise UsageError(f"{name}: {value!r} is not a list; give a list of strings") from None
    for each in found:
        if not isinstance(each, (str, os.PathLike)):
            raise UsageError(f"{name}: {each!r} is not a string; give a list of strings")
    if not found:
        raise UsageError(
            f"{name}: the list is empty, so nothing would be asked; name one, or leave it out"
        )
    return tuple(_path(name, each) for each in found)


def _modes(value: Any) -> tuple[str, ...]:
    return tuple(_choice("mode", each, MODES) for each in _names("modes", value))


def _choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise UsageError(f"unknown {name} {value!r}; give one of {', '.join(choices)}")
    return choices[choices.index(value)]


def _seconds(value: Any) -> float:
    reason = why_no_time(value)
    if reason:
        raise UsageError(f"timeout: {value!r} {reason}")
    return float(value)


def why_no_time(value: Any) -> str:
    """Return why `value` is no time that a shell may be given, with the cure; or an empty text."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or value != value:  # noqa: PLR0124  (nan alone is not itself)
        fact = "is not a number of seconds"
    elif value <= 0:
        fact = "is not above 0"
    else:
        fact = f"is more than {MAX_TIMEOUT_S:g} seconds" if value > MAX_TIMEOUT_S else ""
    return f"{fact}; give one above 0, up to {MAX_TIMEOUT_S:g}" if fact else ""


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name}: {value!r} is not a truth value; give True or False")
    return value


def _environ(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    try:
        pairs = [(name, value[name], value.get(name)) for name in value.keys()]  # noqa: SIM118
    except (AttributeError, TypeError, LookupError, ValueError):
        kind = type(value).__name__  # not the value: there may be secrets in it
        raise UsageError(
            f"environ: this {kind} is not a mapping; give names and values, as os.environ has"
        ) from None
    odd = [name for name, *values in pairs if not all(isinstance(v, str) for v in (name, *values))]
    if odd:
        raise UsageError(f"environ: {odd[0]!r} or its value is not a string; give strings alone")
    odd = [name for name, *values in pairs if not all(map(_can_be_given, (name, *values)))]
    if odd:
        raise UsageError(
            f"environ: no program can be given {odd[0]!r} and its value: there is a NUL or half a "
            "character in it; leave it out"
        )
    environ: Mapping[str, str] = value
    return environ


def _can_be_given(text: str) -> bool:
    """Say whether `text` can be in the environment of a program that is started."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _seen(value: Any) -> Report | None:
    if value is not None and not isinstance(value, Report):
        raise UsageError(f"seen: {value!r} is not a report; give what onpath.check returned")
    return value


def _progress(value: Any) -> Progress | None:
    for method in ("started", "settled") if value is not None else ():
        if not callable(getattr(value, method, None)):
            raise UsageError(f"progress: {value!r} has no method {method}; see onpath.Progress")
        if isinstance(value, type) and not _is_of_class(value, method):
            raise UsageError(f"progress: {value!r} is a class; give one that was made of it")
    progress: Progress | None = value
    return progress


def _is_of_class(kind: type, method: str) -> bool:
    """Say whether `method` can be called without an instance of `kind`."""
    found = next(vars(each)[method] for each in kind.__mro__ if method in vars(each))
    return isinstance(found, (classmethod, staticmethod))
