"""The command line's own grammar: one table, from which parsing and the help text both come. Pure.

The names of the fields are the keywords of the library, and `request` knows what may be given.
`argparse` does more and costs 0.7 of a bare Python start, as much as asking a shell.
"""

from __future__ import annotations

from onpath.contexts import MODES
from onpath.errors import UsageError
from onpath.model import APPEND, PREPEND, SCHEMES
from onpath.request import ALL, FINDS_ONE, NOT_OF_A_SYSTEM, TAKES, why_no_time
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


@dataclass(frozen=True)
class Option:
    """An option: its spellings, what it sets, and its one line of help."""

    names: tuple[str, ...]
    sets: str  # a field of the result: a keyword of the library, or one of SHOWN
    help: str
    value: object = True  # what it sets there, if it takes no argument
    argument: str = ""  # the name of its argument, if it takes one
    is_repeated: bool = False
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option(
        ("--python",),
        "python",
        "use the scripts directory of that Python (path or name)",
        argument="PYTHON",
    ),
    Option(("--scheme",), "scheme", "which scripts directory", argument="SCHEME", choices=SCHEMES),
    Option(("--shell",), "shells", "serve this shell (repeatable)", argument="NAME", is_repeated=True),
    Option(("--all-shells",), "shells", "serve every shell that is installed", ALL),
    Option(
        ("--for", "--mode"),
        "modes",
        "require this mode (repeatable)",
        argument="MODE",
        is_repeated=True,
        choices=MODES,
    ),
    Option(("--append",), "order", "put the directory after the others on PATH", APPEND),
    Option(("--prepend",), "order", "put it before the others (the default)", PREPEND),
    Option(("--check",), "action", "look only; exit code 0 if effective in all required modes", "check"),
    Option(
        ("--where",), "action", "print where commands run by name, and what helps where not", "where"
    ),
    Option(("--diff",), "action", "print what would change as a unified diff", "diff"),
    Option(
        ("--undo",),
        "action",
        "remove what ensure-path added (everything, or for DIRECTORY only)",
        "undo",
    ),
    Option(("--print",), "action", "print the line for this session", "print"),
    Option(("--dockerfile",), "action", "print the lines for the Dockerfile of an image", "dockerfile"),
    Option(("--system",), "system", "serve every user of the machine; run as root or administrator"),
    Option(("--home",), "home", "act on this home directory", argument="DIR"),
    Option(("--timeout",), "timeout", "seconds that a shell may take (30)", argument="S"),
    Option(
        ("--no-verify",), "verify", "start no shell; edit the files that the modes read", value=False
    ),
    Option(
        ("--force",), "force", "go on although the directory is unsafe or the home is someone else's"
    ),
    Option(
        ("--replace-stale",),
        "replace_stale",
        "on Windows, replace the entry of a Python that is gone",
    ),
    Option(("--json",), "json", "print one JSON document"),
    Option(("-q", "--quiet"), "verbosity", "print errors only", -1),
    Option(("-v", "--verbose"), "verbosity", "report every mode and why each shell is served", 1),
    Option(("--version",), "action", "print the version", "version"),
    Option(("-h", "--help"), "action", "print this", "help"),
)
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"  # as word processors and web pages have them
ACTIONS = ("version", "help")  # these win over any other
SHOWN = {
    "action": "ensure",
    "verbosity": 0,
    "json": False,
}  # no keywords of the library, and their defaults


def parse(words: Sequence[str], is_folder: Callable[[str], bool] = lambda _: True) -> dict[str, Any]:
    """Return the fields that the command line `words` set. Raises `UsageError`.

    `is_folder` says whether a word that may be meant as an option is a folder.
    """
    found: dict[str, Any] = {**SHOWN, "directories": []}
    spelled: dict[str, str] = {}  # the field -> the option that set it
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            found["directories"] += rest
            break
        if word.startswith("-") and word != "-":
            _set(word, rest, found, spelled)
        else:
            if not is_folder(word):
                _raise_if_meant_as_option(word)
            found["directories"].append(word)
    _check_takes(found, spelled)
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


def _set(word: str, rest: list[str], found: dict[str, Any], spelled: dict[str, str]) -> None:
    """Set what the option `word` says; its argument may be the first of the words in `rest`."""
    name, equals, given = word.partition("=")
    option = next((option for option in OPTIONS if name in option.names), None)
    if option is None:
        raise UsageError(f"unknown option {name}; ensure-path --help lists them")
    if not option.argument:
        if equals:
            raise UsageError(f"{name} takes no value; write {name} alone")
        _exclude(option, name, found, spelled)
        if found.get(option.sets) not in ACTIONS:
            found[option.sets] = option.value
        return
    value: object = given if equals else _take(option, name, rest)
    if option.choices and value not in option.choices:
        what = option.argument.lower()
        raise UsageError(f"unknown {what} {value!r}; give one of {', '.join(option.choices)}")
    if option.sets == "timeout":
        value = seconds(str(value))
    if not option.is_repeated:
        found[option.sets] = value
    elif isinstance(found.setdefault(option.sets, []), list):
        found[option.sets].append(value)
    else:
        raise _exclusive(spelled[option.sets], name)
    spelled.setdefault(option.sets, name)


def _raise_if_meant_as_option(word: str) -> None:
    """Raise if `word` is the name of an option without its hyphens, or with dashes of a web page.

    Else `ensure-path undo` would make a folder of that name and put it on PATH.
    """
    name = word.lstrip(DASHES)
    meant = [each for option in OPTIONS for each in option.names if each.lstrip("-") == name]
    if len(name) > 1 and meant:
        raise UsageError(f"there is no folder {word}; write {meant[-1]}, or ./{word} to have one made")


def _check_takes(found: dict[str, Any], spelled: dict[str, str]) -> None:
    """Raise if an option was given that the verb would ignore."""
    verb = found["action"]
    if verb in ACTIONS:
        return
    for field, name in spelled.items():
        if field not in SHOWN and field not in TAKES[verb]:
            raise UsageError(f"{name} does nothing with --{verb}; leave it out")
    for field in NOT_OF_A_SYSTEM if "system" in spelled else ():
        if field in spelled:
            raise UsageError(f"{spelled[field]} does nothing with --system; leave it out")
    for field in FINDS_ONE if found["directories"] else ():
        if field in spelled:
            raise UsageError(f"{spelled[field]} does nothing with a DIRECTORY; leave one of them out")
    if verb in {"print", "dockerfile"} and found["json"]:
        raise UsageError(f"--json does nothing with --{verb}; leave it out")


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
        value = float("nan")
    reason = why_no_time(value)
    if reason:
        raise UsageError(f"--timeout {text or repr(text)} {reason}")
    return value


def help_text() -> str:
    """Return the text that --help prints."""
    lines = [
        "usage: ensure-path [DIRECTORY ...] [options]",
        "",
        "Put the user scripts directory (or each DIRECTORY) on PATH in the shells in use,",
        "and prove it in fresh shells. An edit that cannot be proven is undone.",
        "",
    ]
    for option in OPTIONS:
        left = ", ".join(option.names) + (f" {option.argument}" if option.argument else "")
        about = option.help + (f": {', '.join(option.choices)}" if option.choices else "")
        first, *more = wrapped(about, 56)
        lines.append(f"  {left:<19} {first}")
        lines += (f"  {'':<19} {line}" for line in more)
    lines += [
        "",
        "exit codes: 0 effective, proven; 1 not effective, nothing was changed; 2 usage;",
        "3 in part, or not proven; 130 interrupted, nothing was changed",
    ]
    return "\n".join(lines) + "\n"


def _exclude(option: Option, name: str, found: dict[str, Any], spelled: dict[str, str]) -> None:
    """Refuse two options that contradict each other."""
    other = spelled.get(option.sets)
    harmless = (option.value, *ACTIONS)
    if other and found[option.sets] not in harmless and option.value not in ACTIONS:
        raise _exclusive(other, name)
    spelled[option.sets] = name


def _exclusive(one: str, other: str) -> UsageError:
    return UsageError(f"{one} and {other} exclude each other; give one of them")


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` as lines of `width` characters, unless a word is longer. `textwrap` costs 2 ms."""
    found: list[str] = []
    for word in text.split(" ") if text else ():
        if found and len(found[-1]) + 1 + len(word) <= width:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found
