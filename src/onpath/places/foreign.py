"""Which shells of another language read a startup file: at a block in it they would stop.

A fish whose config.fish has `source ~/.profile` reads plain exports there, and no `case`. Only reads.
"""

from __future__ import annotations

import os
import re

from onpath import homes
from onpath.host.installed import find_shell
from onpath.shells import ROWS, UNIX_ROWS
from onpath.shells.startup import own_files
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onpath.model import Host
    from onpath.shells import Shell

CONFIG = r"\$\{?XDG_CONFIG_HOME\}?|\{\$XDG_CONFIG_HOME\}|\{?\$__\w+_config_dir\}?"
HOMES = rf"~|\$\{{?HOME\}}?|\{{\$HOME\}}|\$home|{CONFIG}"
OWN_CONFIG = re.compile(r"__(\w+)_config_dir")  # a shell's name for its own folder there
START = (  # of a command
    r"(?:^|[;&|{(})]|\b(?:and|or|not|then|else|do|begin|builtin|command|eval)\s)\s*"
)
QUOTES = ("'", '"')
EVALUATED = re.compile(r"\beval\s+$")  # before a text in quotes that is a command
NEAR = 32  # characters before a quote in which `eval` is looked for: a line may be very long
HERE = re.compile(r"<<\s*\\?[\"']?(\w+)")  # before a text that ends with a line of that word alone
# A file that a line has its own shell read: by its name, or, if that is relative, from the home.
READING = re.compile(rf"{START}(?P<word>source|\.)\s+[\"']?(?P<home>(?:{HOMES})/)?(?P<rest>[\w./+-]+)")
# One that is read by a variable, a substitution or a pipe; and where such a name is given.
LOOSE = (
    re.compile(rf"{START}(?P<word>source|\.)\s+[\"']?[$@(<-]"),
    re.compile(r"\|\s*(?P<word>source)\b"),
)
GIVEN = re.compile(r"^\s*(?:for|foreach|set|cat)\b|\bsource\b")
NAMED = re.compile(rf"(?P<home>(?:{HOMES})/)(?P<rest>[\w./+-]+)")
# What another shell reads (`bash -c`, fish's bass, fenv and replay), or the user when he says so.
BY_ANOTHER = re.compile(
    r"^\s*(?:alias|abbr)\b|\b(?:\w*sh\s+(?:-\S+\s+)*-\w*c|bass|fenv|replay|foreign)\b"
)
MAX_DEPTH = 2  # files that a startup file has read, and those that they have
MAX_BYTES = 1 << 18


def why_foreign(path: str, shell: str, host: Host) -> str:
    """Return why a block of `shell` in the file `path` would harm another shell; or an empty text."""
    key = _key(path)
    for row in UNIX_ROWS.values() if key else ():
        if row.snippet == ROWS[shell].snippet:
            continue
        where = next((where for file, where in _readings(row, host) if _key(file) == key), "")
        if where and find_shell(row.name, host.environ):
            below = homes.below(where, host.home)
            told = f"~/{below}" if below else where
            return (
                f"is read by {row.name} as well ({told}), which does not understand what {shell} needs "
                f"there; have {row.name} read another file, then run this again"
            )
    return ""


def _readings(row: Shell, host: Host) -> Iterator[tuple[str, str]]:
    """Yield the user's files that the shell reads as its own, and of each where that is said."""
    files = [(file, file, 0) for file in own_files(row, host)]
    seen = set()
    while files:
        file, where, depth = files.pop(0)
        if file in seen or not os.path.isfile(file):
            continue
        seen.add(file)
        yield file, where
        if depth < MAX_DEPTH:
            files += [(name, f"{file}:{n}", depth + 1) for n, name in _named(file, host)]


def _named(file: str, host: Host) -> Iterator[tuple[int, str]]:
    """Yield the files that `file` has its shell read, with the lines that name them."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read(MAX_BYTES)
    except OSError:
        return
    lines = [each for each in commands(text) if not BY_ANOTHER.search(each[1])]
    is_loose = any(_commands(each, line, quoted) for _, line, quoted in lines for each in LOOSE)
    for number, line, quoted in lines:
        found = _commands(READING, line, quoted)
        read = [each for each in found if each["home"] or each["rest"][0] != "-"]
        if is_loose and GIVEN.search(line):
            read += NAMED.finditer(line)
        for each in read:
            yield number, os.path.join(_folder(each["home"] or "", host), each["rest"])


def _folder(home: str, host: Host) -> str:
    """Return the folder that one of HOMES stands for; the home, where nothing is said."""
    if not re.match(CONFIG, home):
        return host.home
    config = host.environ.get("XDG_CONFIG_HOME") or os.path.join(host.home, ".config")
    own = OWN_CONFIG.search(home)
    return os.path.join(config, own[1]) if own else config


def _commands(pattern: re.Pattern[str], line: str, quoted: list[bool]) -> list[re.Match[str]]:
    """Return where `pattern` is in `line` as a command: its word is not in quotes."""
    return [each for each in pattern.finditer(line) if not quoted[each.start("word")]]


def commands(text: str) -> Iterator[tuple[int, str, list[bool]]]:
    """Yield each line without remarks, and without text in quotes that were opened before it.

    With its number, and of each character whether it is in quotes: those of `eval` count for none. What
    a command is given as a here-document is left out. Pure.
    """
    quote, evaluated, end = "", "", ""
    lines = text.split("\n")
    last = {line.strip(): number for number, line in enumerate(lines, 1)}
    for number, line in enumerate(lines, 1):
        if end:
            end = "" if line.strip() == end else end
            continue
        kept, quoted, quote, evaluated = _scan(line, quote, evaluated)
        here = HERE.search(kept)
        if here and last.get(here[1], 0) > number:
            end = here[1]
        yield number, kept, quoted


def _scan(line: str, quote: str, evaluated: str) -> tuple[str, list[bool], str, str]:
    """Return what `commands` keeps of a line, and the quote that is open behind it: any, and eval's.

    `quote` and `evaluated` are those that are open before it.
    """
    is_text, kept, quoted, at = bool(quote), "", [], 0
    while at < len(line):
        step = line[at : at + 2] if line[at] == "\\" else line[at]
        if not quote and step == "#" and line[at - 1 : at] in {"", " ", "\t", ";"}:
            break
        if not quote and step == evaluated:
            evaluated = ""
        elif not quote and step in QUOTES and EVALUATED.search(kept[-NEAR:]):
            evaluated = step
        else:
            if not is_text:
                kept += step
                quoted += [bool(quote)] * len(step)
            if quote and step == quote:
                quote, is_text = "", False
            elif not quote and step in QUOTES:
                quote = step
        at += len(step)
    return kept, quoted, quote, evaluated


def _key(path: str) -> tuple[int, int] | None:
    """Return what all names of a file share, if it is there."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return None
    return info.st_dev, info.st_ino
