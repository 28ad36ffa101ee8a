"""The command line's own grammar: one table, from which parsing and the help text both come. Pure.

`argparse` does more and costs 0.7 of a bare Python start, as much as asking a shell.
"""

from __future__ import annotations

from onpath.errors import UsageError
from onpath.model import APPEND, MODES, PREPEND, SCHEMES
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


@dataclass(frozen=True)
class Option:
    """An option: its spellings, what it sets, and its one line of help."""

    names: tuple[str, ...]
    sets: str  # a field of the result
    help: str
    value: Any = True  # what it sets there, if it takes no argument
    argument: str = ""  # the name of its argument, if it takes one
    is_repeated: bool = False
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option(
        ("--python",),
        "python",
        "the scripts directory of that Python (path or name)",
        argument="PYTHON",
    ),
    Option(
        ("--scheme",),
        "scheme",
        "whose scripts directory",
        argument="SCHEME",
        choices=SCHEMES,
    ),
    Option(
        ("--shell",),
        "shells",
        "serve this shell (may be repeated)",
        argument="NAME",
        is_repeated=True,
    ),
    Option(("--all-shells",), "all_shells", "serve every shell that is installed"),
    Option(
        ("--mode",),
        "modes",
        "require (repeatable)",
        argument="MODE",
        is_repeated=True,
        choices=MODES,
    ),
    Option(("--append",), "order", "put the directory behind the others on PATH", APPEND),
    Option(("--prepend",), "order", "put it before the others (the default)", PREPEND),
    Option(("--check",), "action", "look only; 0: effective in all required modes", "check"),
    Option(("--diff",), "action", "print what would change as a unified diff", "diff"),
    Option(("--undo",), "action", "take back what was put (all, or the DIRECTORY's)", "undo"),
    Option(("--print",), "action", "print the line for this session", "print"),
    Option(("--home",), "home", "act on this home directory", argument="DIR"),
    Option(("--timeout",), "timeout_s", "seconds that a shell may take (5)", argument="S"),
    Option(("--no-verify",), "is_verified", "start no shell; edit what the modes read", value=False),
    Option(("--force",), "is_forced", "despite an unsafe directory or another's home"),
    Option(
        ("--replace-stale",),
        "replaces_stale",
        "Windows: in the place of an entry of a Python that is gone",
    ),
    Option(("--json",), "json", "print one JSON document"),
    Option(("-q", "--quiet"), "verbosity", "print errors only", -1),
    Option(("-v", "--verbose"), "verbosity", "report every mode and why each shell is served", 1),
    Option(("--version",), "action", "print the version", "version"),
    Option(("-h", "--help"), "action", "print this", "help"),
)
DEFAULTS: dict[str, Any] = {
    "action": "ensure",
    "verbosity": 0,
    "is_verified": True,
    "is_forced": False,
    "all_shells": False,
    "json": False,
}
ACTIONS = ("version", "help")  # these win over any other


def parse(words: Sequence[str]) -> dict[str, Any]:
    """Return the fields that the command line `words` set. Raises `UsageError`."""
    found: dict[str, Any] = {**DEFAULTS, "directories": []}
    seen: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            found["directories"] += rest
            break
        if not word.startswith("-") or word == "-":
            found["directories"].append(word)
            continue
        name, equals, given = word.partition("=")
        option = next((option for option in OPTIONS if name in option.names), None)
        if option is None:
            raise UsageError(f"unknown option {name}; ensure-path --help lists them")
        if not option.argument:
            if equals:
                raise UsageError(f"{name} takes no value; write {name} alone")
            _exclude(option, name, found, seen)
            if found.get(option.sets) not in ACTIONS:
                found[option.sets] = option.value
            continue
        value = given if equals else _take(option, name, rest)
        if option.choices and value not in option.choices:
            word = option.argument.lower()
            raise UsageError(f"unknown {word} {value!r}; the {word}s are {', '.join(option.choices)}")
        if option.is_repeated:
            found.setdefault(option.sets, []).append(value)
        else:
            found[option.sets] = value
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


def _take(option: Option, name: str, rest: list[str]) -> str:
    """Take the argument of `option` from the words that follow."""
    if not rest:
        raise UsageError(f"{name} needs a {option.argument}; write {name} {option.argument}")
    return rest.pop(0)


def seconds(text: str) -> float:
    """Return the number of seconds that `text` says. Raises `UsageError`."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:  # noqa: PLR2004  (an hour; also refuses nan and inf)
        raise UsageError(f"--timeout {text}: give seconds above 0 and up to 3600")
    return value


def help_text() -> str:
    """Return the text that --help prints."""
    lines = [
        "usage: ensure-path [DIRECTORY ...] [options]",
        "",
        "Put the user scripts directory (or each DIRECTORY) on PATH in the shells in use,",
        "and prove it in fresh shells. What cannot be proven is put back.",
        "",
    ]
    for option in OPTIONS:
        left = ", ".join(option.names) + (f" {option.argument}" if option.argument else "")
        about = option.help + (f": {', '.join(option.choices)}" if option.choices else "")
        lines.append(f"  {left:<18} {about}")
    lines += [
        "",
        "exit codes: 0 effective, proven; 1 not, and nothing was changed; 2 usage;",
        "3 in part, or a shell gave no answer; 130 interrupted, and nothing was changed",
    ]
    return "\n".join(lines) + "\n"


def _exclude(option: Option, name: str, found: dict[str, Any], seen: dict[str, str]) -> None:
    """Refuse two options that contradict each other."""
    other = seen.get(option.sets)
    harmless = (option.value, *ACTIONS)
    if other and found[option.sets] not in harmless and option.value not in ACTIONS:
        raise UsageError(f"{other} and {name} exclude each other; give one of them")
    seen[option.sets] = name
