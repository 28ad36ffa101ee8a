"""Which line of which file takes a directory off PATH again, or ends the shell. Reads only.

Nothing is run: a line that sets PATH to something that does not hold the old PATH is recognized by its
text; each row of the table says how its language assigns. Where there is none, it is one by which PATH
may keep a part of itself alone.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import re

from .errors import RefusedError
from .host.ways import identity
from .model import TERMINAL_MODES, UNKNOWN, File
from .places import fence
from .probes import judge
from .shells import ROWS, reads_of
from .shells.startup import fill, is_pipe, templates_of
from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .model import Host, Probe, Target
    from .shells import Shell

BEGINNING = r"(?:^|[\s;&|({'\"])"  # of a command, in a hook's text too
OF_PATH = r"(?:(?<!\w)PATH|path)"  # and not of GOPATH; but of fish_user_paths and add_path
# A value for one program alone, whose name follows it in the same command; what exports it may name
# another variable there.
FOR_ONE = re.compile(
    r"""PATH=(?:"[^"]*"|'[^']*'|[^\s;&|"'(`])*[ \t]+(?:\w+=\S*[ \t]+)*(?!\w+=)[\w./~$]"""
)
EXPORTING = re.compile(r"\b(?:export|declare|typeset|readonly|local|setenv)\b[^;&|]*$")
OLD_PATH = re.compile(r"\$(?:\{|env[.:]|E:|@)?(?:PATH|path)", re.IGNORECASE)
START = r"(?:^|[\s;&|({])"  # the same, but not in a hook's text
EXEC = r"exec\s+[^<>&\d\s]"  # of a program, and not of descriptors
# It ends the shell, has it wait, or restricts it to what cannot answer (`set -r`).
ENDING = re.compile(
    rf"{START}(?:{EXEC}|(?:exit|logout|read|sleep|while|until)\b|set\s+-\w*[er]"
    r"|kill\s.*\$(?:\$|{\$}))"
)
# A `read` that does not wait for the user: it has a file, a text, or what another program writes.
FED = re.compile(r"(?:\||\b(?:while|until)\s)\s*(?:\w+=\S*\s+)*read\b|\bread\b(?=.*<(?!\s*/dev/tty))")
REDIRECTED = re.compile(r"<\s*[\"']?(?P<file>[^\s<>();&|\"']+)")
# A new value that may hold a part of the old one alone, as zsh, bash, fish, others and programs say it.
PARTS = (
    r":#|\$\{(?:PATH|path)(?:\[[^]]*\])?[#%/]|\bstring\s+(?:match|replace)\b|\b(?:sed|awk|grep)\s"
    r"|\b(?:where|filter|reject)\b"
)
FILTER = rf".*(?:{PARTS}|\bif\b)"
TAKING = re.compile(rf"{PARTS}|\bfor\b.*\bif\b|remove|\bset\s+-\w*e")
# A line that adds to PATH, and takes nothing of it away.
ADDING = re.compile(
    r"fish_add_path|prepend|append|insert|(?:PATH|path)\s*\+="
    rf"|(?:(?:PATH|path)\s*=|\bset\s+-\w+\s+PATH\s).*(?i:{OLD_PATH.pattern})"
)
# What ends a file, unless it stands in a block; or for shells that have no prompt.
LEAVING = re.compile(r"(?:return|exit)\b")
OPENING = re.compile(
    r"(?:\b(?:then|do|else|try|if|switch|case)|[({]|^[^(]*\))\s*$|^(?:if|else|while|for|switch|case)\b"
)
GUARD = re.compile(r"(?:\$-|PS1|\bprompt\b|is-interactive).*\b(?:return|exit)\b")
GUARD_ABOVE = re.compile(r"\$-|\*i\*")  # `case $- in *i*) ;;`, and in the next line
ELSE = re.compile(r"\s*\*\)\s*(?:return|exit)\b")
STATEMENT_END = re.compile(r";|\s\}|&&|\|\|")
# After these PATH keeps its value, has it in letters of one case, or is kept from children.
LOCK = re.compile(
    BEGINNING
    + r"(?:readonly|(?:declare|typeset)\s+(?:-\w*[rlu]\w*|\+\w*x\w*)|export\s+-n|set\s+-\w*[ru]\w*)"
    r"\s+(?:PATH|path)\b"
)
LINE_NUMBER = re.compile(r":? ?\(?\bline \d+\)?|(?<=\S): ?\d+(?=: )|\[\d+\](?=: )")
SAID_OF_A_LOCK = re.compile(r"\bread.?only\b", re.IGNORECASE)
HANDING_OVER = re.compile(START + EXEC)
# What makes a line run later than its file is read.
HOOK = re.compile(r"PS\d|PROMPT|precmd|preexec|periodic|zle|trap|hook|event|alias")
ANY = re.compile("")
SOURCE = re.compile(BEGINNING + r"(?:\.|source)\s+(?P<file>[^\s;]+)")
# Of the system, in which the order of PATH may be made.
SYSTEM_FILES = ("/etc/profile", "/etc/bash.bashrc", "/etc/zsh/zprofile", "/etc/zprofile")
# A word that names a file of the home, or those of a folder.
NAMED = re.compile(r"""(?:^|[\s"'(])(?P<file>(?:~|\$HOME|\$\{HOME\}|\$home)/[^\s;&|"')]+)""")
DEFAULT = re.compile(r"\$\{\w+:?-([^{}]*)\}")  # of a variable that mostly is not set
# What the hook of a program reads in the folder in which a terminal starts.
HOOKED = {"direnv hook": "~/.envrc"}
MAX_DEPTH = 2  # files that a startup file names, and those that they name
MAX_BYTES = 1 << 18  # of a file that is merely named
MAX_LINE = 1 << 12  # letters of a line that are looked at: a program has packed more than that


def culprit(
    host: Host,
    probe: Probe,
    path: str,
    read: Callable[[Target], str | None],
    directories: Iterable[str] = (),
) -> str | None:
    """Return `file:line: text` of the line that most likely keeps `probe` from a yes, or None.

    `path` is the file that carries the block, if one does; files that run before it can take nothing
    away. `directories` are what a line names that puts one of them into a place that was not asked for.
    `read` returns a file as it will be when somebody looks at the line.
    """
    rows = [ROWS[probe.context.shell], *([ROWS[probe.became.name]] if probe.became else [])]
    is_misplaced = probe.cure == judge.MOVE_IT
    has_other_cause = probe.verdict != UNKNOWN and probe.reason and not is_misplaced
    if not (rows[0].startup and probe.was_started) or (has_other_cause and not _did_not_run(probe)):
        return None
    files, told = [path, *_later_drop_ins(path)], dict(probe.told_folders)
    for row in rows:
        read_files = [fill(t, host, told) or "" for t in reads_of(row, probe.context.mode)]
        if path in read_files and probe.verdict != UNKNOWN:
            files += read_files[read_files.index(path) + 1 :]
        else:
            files += (file for file in read_files if file.startswith(f"{host.home}/"))
        if probe.verdict == UNKNOWN or is_misplaced or row is not rows[0]:  # any file may have done it
            files += [fill(t, host, told) or "" for t in templates_of(row)]
    patterns = list(_patterns(rows, probe, host, directories))
    text_of = functools.lru_cache(maxsize=None)(_reader(read))  # each is looked at again and again
    earlier = [fill(t, host, told) or "" for row in rows for t in templates_of(row)]
    groups = [(files, ANY)]
    # A line that sets PATH before the block is read does no harm, and one that locks it does.
    groups += [(earlier, ANY if _is_locked(probe) else HOOK)] if probe.verdict != UNKNOWN else []
    groups += [(list(SYSTEM_FILES), ANY)] if is_misplaced else []
    # What is merely named comes late: it may be read by a function, or by nobody; and what stands behind
    # the end of its file last, where that end may only seem to be one.
    is_terminal = probe.context.mode in TERMINAL_MODES
    for is_behind, is_wide in ((False, False), (False, True), (True, False), (True, True)):
        look = _Look(text_of, host, is_wide=is_wide, is_behind=is_behind, is_terminal=is_terminal)
        for group, only in groups:
            for pattern in patterns:
                for file in dict.fromkeys(filter(None, group)):
                    hits = list(_hits(file, (only, pattern), look))
                    if hits:
                        return hits[-1]
    return None


@dataclass(frozen=True)
class _Look:
    """How files are looked at.

    Where it `is_wide`, also those that are merely named; where it `is_behind`, also behind its end.
    """

    text_of: Callable[[str], str]
    host: Host
    is_wide: bool
    is_behind: bool
    is_terminal: bool  # a shell at a terminal reads them


def without_lines(said: str) -> str:
    """Return what a shell said without the numbers of lines, which come behind a file's name."""
    return LINE_NUMBER.sub("", said)


def _reader(read: Callable[[Target], str | None]) -> Callable[[str], str]:
    """Return what reads a file without our blocks, or an empty text where it may not be read."""

    def text_of(file: str) -> str:
        try:
            return _blanked(read(File(file)) or "")
        except RefusedError:
            return ""

    return text_of


def _patterns(
    rows: list[Shell], probe: Probe, host: Host, directories: Iterable[str]
) -> Iterator[re.Pattern[str]]:
    """Yield what finds the line, the most telling first."""
    if probe.verdict == UNKNOWN:
        yield ENDING
        return
    if _did_not_run(probe):  # a shell that keeps its list apart from PATH: tcsh, csh
        yield LOCK
        return
    if _is_locked(probe):
        yield LOCK
    home = f"{host.home}/"
    names = [each[len(home) - 1 :] if each.startswith(home) else each for each in directories]
    if probe.cure == judge.MOVE_IT:  # it may stand there by another name
        folders = {identity(each) for each in directories}
        others = [each for each in probe.path or () if each[:1] == "/" and identity(each) in folders]
        names += [each[len(home) - 1 :] for each in others if each.startswith(home)]
    # A line that names what stands in the wrong place, by its tail; or that takes it away by its name.
    end = r"/?(?![\w/-])"  # of an entry, and not of a program in it
    tails = [re.escape(name) for name in names]
    tails += [rf"\b{re.escape(b)}" for b in map(os.path.basename, names) if b != "bin"]
    group = "named" if probe.cure == judge.MOVE_IT else "taken"
    naming = [re.compile(rf"{OF_PATH}.*(?P<{group}>{tail}){end}") for tail in tails]
    if probe.cure == judge.MOVE_IT:
        yield from naming
        entry = re.escape(probe.reason.rpartition(" ")[2])
        yield re.compile(rf"{OF_PATH}.*{entry}{end}")
    for row in rows:
        yield _assignment(row)
    yield from naming
    for row in rows:
        yield _assignment(row, FILTER)
    yield LOCK
    if probe.became:  # by a line that may have the other shell read any file
        yield HANDING_OVER


def _did_not_run(probe: Probe) -> bool:
    return probe.reason == judge.split(judge.DID_NOT_RUN)[0]


def _is_locked(probe: Probe) -> bool:
    """Say whether PATH, or the list that a shell keeps apart from it, cannot be changed any more."""
    return _did_not_run(probe) or bool(SAID_OF_A_LOCK.search(probe.said))


def _assignment(row: Shell, value: str = "(?P<value>.*)") -> re.Pattern[str]:
    """Return what finds a statement by which PATH gets a new value in the language of `row`."""
    return re.compile(BEGINNING + f"(?:{'|'.join(row.assigns)}){value}")


def _later_drop_ins(path: str) -> list[str]:
    """Return the files that are read after a drop-in of ours, the last first."""
    folder, name = os.path.split(path)
    if not name.startswith("onpath."):
        return []
    ending = os.path.splitext(name)[1]
    try:
        names = sorted(other for other in os.listdir(folder) if other.endswith(ending))
    except OSError:
        return []
    return [f"{folder}/{other}" for other in reversed(names) if other > name]


def _hits(
    path: str, patterns: tuple[re.Pattern[str], re.Pattern[str]], look: _Look, depth: int = 0
) -> Iterator[str]:
    """Yield each line of `path`, and of the files that it sources, that the second of `patterns` blames.

    The first of `patterns` is in such a line too. They are apart, since a look ahead from each letter of
    a long line would take minutes.
    """
    only, pattern = patterns
    before = ""
    for number, line in enumerate((line[:MAX_LINE] for line in look.text_of(path).split("\n")), 1):
        if line.lstrip().startswith("#"):
            continue
        text = FED.sub("", line) if pattern is ENDING and not _waits_for_pipe(line, look.host) else line
        if only.search(line) and _is_to_blame(text, pattern):
            yield f"{path}:{number}: {line.strip()}"
        for other in _named(line, look.host, is_wide=look.is_wide) if depth < MAX_DEPTH else ():
            yield from _hits(other, patterns, look, depth + 1)
        if not look.is_behind and _ends_file(line, before, is_terminal=look.is_terminal):
            return
        before = line.strip() or before


def _ends_file(line: str, before: str, *, is_terminal: bool) -> bool:
    """Say whether a shell reads no further than `line`, which stands behind `before`.

    As `return` does that is in no block, or that is for shells without a prompt.
    """
    if LEAVING.match(line):
        return not OPENING.search(before)
    is_else = GUARD_ABOVE.search(before) and ELSE.match(line)
    return not is_terminal and bool(is_else or GUARD.search(line))


def _blanked(text: str) -> str:
    """Return `text` with empty lines in the place of our own blocks, which are not to blame."""
    for block in reversed(fence.blocks(text)):
        lines = "\n" * text.count("\n", block.start, block.stop)
        text = text[: block.start] + lines + text[block.stop :]
    return text


def _is_to_blame(line: str, pattern: re.Pattern[str]) -> bool:
    """Say whether `pattern` is in `line`, and the value that it gives holds nothing of the old one."""
    at = 0
    while match := pattern.search(line, at):
        value = match.groupdict().get("value")
        if value is None:
            return (
                "taken" not in match.groupdict() or not ADDING.search(line) or bool(TAKING.search(line))
            )
        start = max(0, line.rfind("PATH=", 0, match.start("value")))
        if FOR_ONE.match(line, start) and not EXPORTING.search(line[:start]):
            at = match.start("value")
            continue
        cut = value if "$(" in value or "`" in value else STATEMENT_END.split(value)[0]
        if not OLD_PATH.search(cut):
            return True
        at = match.start("value")
    return False


def _waits_for_pipe(line: str, host: Host) -> bool:
    """Say whether `line` reads a named pipe, into which nobody may write."""
    file = REDIRECTED.search(line)
    return file is not None and is_pipe(_expand(file["file"], host) or "")


def _named(line: str, host: Host, *, is_wide: bool) -> list[str]:
    """Return the files that `line` sources, as in a loop over those of a folder.

    If it `is_wide`, also those of the home that it names, as an argument of a plugin manager's function.
    """
    found: list[str] = []
    sources = [source["file"] for source in SOURCE.finditer(line)]
    sources += [file for hook, file in HOOKED.items() if is_wide and hook in line]
    found += filter(os.path.isfile, (_expand(each, host) or "" for each in sources))
    for word in NAMED.finditer(line):
        name = _expand(word["file"], host) or ""
        folder, last = os.path.split(name)
        if not is_wide and "*" not in last:
            continue
        try:
            names = sorted(fnmatch.filter(os.listdir(folder), last)) if "*" in last else [last]
        except OSError:
            continue
        paths = (os.path.join(folder, each) for each in names if "hist" not in each)
        found += [p for p in paths if os.path.isfile(p) and os.path.getsize(p) <= MAX_BYTES]
    return list(dict.fromkeys(found))


def _expand(name: str, host: Host) -> str | None:
    plain = name.replace('"', "").replace("'", "").replace("${HOME}", "$HOME")
    name = DEFAULT.sub(r"\1", plain)
    for prefix in ("~/", "$HOME/", "$home/"):
        if name.startswith(prefix):
            name = f"{host.home}/{name[len(prefix) :]}"
    return name if name.startswith("/") and "$" not in name else None
