"""Which startup file serves a mode: the templates of the table, filled in, for the version that is here.

Looks, and writes nothing.
"""

from __future__ import annotations

import os
import stat

from onpath.model import COMMAND, EDITOR, SESSION, SSH
from onpath.values import TYPE_CHECKING, dataclass

from . import (
    DEFAULT_FOLDERS,
    PROFILE,
    ROWS,
    UNIX_ROWS,
    all_reads,
    ask_of,
    others_of,
    quote,
    startups_of,
    system_files_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Context, Host, Installed, Machine

    from . import Shell, Startup

READS_NOTHING = "reads no startup file"
NO_FILE = " for a command; what starts `{name} -c` must give it the PATH"
VERSION_TIMEOUT_S = 5.0
SYSTEM_PREFIXES = ("/", "/usr", "")
# The command line, by /proc or by ps(1).
ARGUMENTS = (b"cmdline", b"-o args", b"-oargs", b"-o command", b"-ocommand", b"-o cmd", b"-ocmd")
# By which a startup file tells a shell that was given `-c` from one at a prompt.
SIGNS_OF_A_QUESTION = {
    "posix.sh": (
        *(b"EXECUTION_STRING", b"*c*"),  # the question itself, and the letter for it in `$-`
        *ARGUMENTS,
    ),
    "powershell.ps1": (b"CommandLine", b"commandline", *ARGUMENTS),  # .NET's, and a process's
}
# By which one tells a shell inside a login from that login, one in a pane of tmux or screen, and one
# that ssh starts: words, and what TERM may be there.
BY_SSH = "SSH_CONNECTION"
SIGNS_OF_INSIDE = {
    "SHLVL": ((b"SHLVL",), b""),
    "TMUX": ((b"TMUX", b"TMUX_PANE"), b"tmux"),
    "STY": ((b"STY",), b"screen"),
    "ZELLIJ": ((b"ZELLIJ",), b""),
    BY_SSH: ((b"SSH_CONNECTION", b"SSH_CLIENT", b"SSH_TTY"), b""),
}
# What desktops, terminals and editors set for the shells in them. What is another program's to use is
# not here: a file that looks for an agent or a bus talks to it.
OF_TERMINALS = (
    *("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XDG_SESSION_DESKTOP"),
    *("DESKTOP_SESSION", "WINDOWID", "COLORTERM", "TERM_PROGRAM", "LC_TERMINAL", "TERMINAL_EMULATOR"),
    *("VTE_VERSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "ALACRITTY_WINDOW_ID", "WEZTERM_PANE"),
    *("GHOSTTY_RESOURCES_DIR", "ITERM_SESSION_ID", "WT_SESSION", "INSIDE_EMACS", "NVIM"),
)
USUAL_TERMS = ("", "dumb", "xterm", "xterm-color", "xterm-256color")  # the last is what probes have
# By which a startup file chooses itself where the sockets of a multiplexer are, so that it reaches the
# user's own; and the letters of what takes its windows from the terminal that shows them (tmux(1),
# screen(1)). By the variable of a shell in a pane.
SIGNS_OF_A_CLIENT = {
    "TMUX": (b"tmux", b"TMUX_TMPDIR", b"-S", b"dDx"),
    "STY": (b"screen", b"SCREENDIR", b"", b"dD"),
}
SIGNS_OF_A_TRAP = (b"trap", b"DEBUG")  # one that runs before each command
SIGNS_OF_A_LOG = (b">>", b"logger", b"tee -a")  # that something keeps one, as a hook of the prompt may
# For which somebody is asked, besides the option of `read`, and what `stty` says.
SIGNS_OF_A_LIMIT = (b"TMOUT", b"timeout", b"zselect", b"alarm")
SOURCING = (b"source ", b". ")
HOMES = (b"~/", b"$HOME/", b"${HOME}/")
ASSIGNING = (b"=", b'"', b"'")  # what stands right before a value
STARTS = (b"$%s/", b"${%s}/", b'$%s"/', b'${%s}"/')  # of a path in a folder that a variable has
# A command of that name: first on its line, or behind what a command can follow.
STARTING = rb"(?m)(?:^|[;&|({]|\b(?:then|else|do))\s*(?:[^\s;&|='\"]*/)?%s(?![\w.=/-])"
MOST_READ = 1 << 20  # bytes of a startup file
MOST_NAMED, MOST_READ_OF_NAMED = 64, 1 << 16  # files that those name, and bytes of each
MOST_OF_A_NAME = 256  # bytes
IN_A_NAME = (b".", b"_", b"-")  # beside letters and digits
OWN_NAME = "/onpath."  # of a file that is only ours: its shell reads all files of the folder
SKELETON = "/etc/skel"  # copied into every new home, by useradd


def startup_files(
    host: Host, shell: Installed, mode: str, machine: Machine, folders: Mapping[str, str]
) -> tuple[tuple[str, Startup], ...]:
    """Return the files by which `mode` of `shell` can be served, the preferred one first.

    `folders` is what the shell told of its own.
    """
    row = ROWS[shell.name]
    preferred = (_candidate(s, host, shell, machine, folders) for s in startups_of(row, mode))
    first = next(filter(None, preferred), None)
    others = (_candidate(s, host, shell, machine, folders) for s in others_of(row, mode))
    found: dict[str, Startup] = {}
    for each in (first, *others):
        if each and (not each[1].is_named or _is_named(each[0], found)):
            found.setdefault(*each)
    return tuple(found.items())


def _is_named(path: str, files: Iterable[str]) -> bool:
    """Say whether one of `files` has a line with the last name of `path`, which is not a comment."""
    name = os.fsencode(os.path.basename(path))
    lines = (line for file in files for line in _content(file, MOST_READ).split(b"\n") if name in line)
    ends = (rest[:1] for line in lines if line.lstrip()[:1] != b"#" for rest in line.split(name)[1:])
    return not all(end.isalnum() or end in IN_A_NAME for end in ends)


def system_files(
    host: Host, shell: Installed, mode: str, machine: Machine, folders: Mapping[str, str]
) -> tuple[tuple[str, Startup], ...]:
    """Return the files of every user's by which `mode` of `shell` can be served, as `startup_files`."""
    # Where the shell was installed, if that is not with the system: Homebrew's has its /etc beside it.
    prefix = os.path.dirname(os.path.dirname(shell.program))
    folders = {
        **folders,
        **({} if prefix in SYSTEM_PREFIXES else {"prefix": prefix}),
        "program": os.path.dirname(os.path.realpath(shell.program)),  # PowerShell's own folder
    }
    found: dict[str, Startup] = {}
    for startup in system_files_of(ROWS[shell.name], mode):
        each = _candidate(startup, host, shell, machine, folders)
        if each:
            found.setdefault(*each)
    return tuple(found.items())


def _candidate(
    startup: Startup, host: Host, shell: Installed, machine: Machine, folders: Mapping[str, str]
) -> tuple[str, Startup] | None:
    """Return the file that `startup` names here, or None where it does not count."""
    paths = [path for path in (fill(t, host, folders) for t in startup.candidates) if path]
    if len(paths) < len(startup.candidates):
        return None
    if startup.needs and not machine.is_there(fill(startup.needs, host, folders) or ""):
        return None
    if startup.versions and not machine.version_matches(shell, startup.versions):
        return None
    is_read = (path for path in paths if machine.is_there(path) or (startup.is_barrier and _bars(path)))
    return next(is_read, paths[-1]), startup


def _bars(path: str) -> bool:
    """Say whether there is a file of that name, or the look for it fails for another reason."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return True


def fill(template: str, host: Host, folders: Mapping[str, str]) -> str | None:
    """Return the path that `template` names, or None where one of its variables is not set."""
    if not template.startswith("{"):
        return template
    name, _, rest = template[1:].partition("}")
    if name == "home":
        return host.home + rest
    told = _expanded(folders.get(name, ""), host) or _folder(name, host)
    if told is None and name in DEFAULT_FOLDERS:
        told = fill(DEFAULT_FOLDERS[name], host, {})
    return told + rest if told else None


def is_used(row: Shell, host: Host) -> bool:
    """Say whether there is a file that shows that somebody uses the shell.

    One that every new home has, byte for byte, shows nothing: packages of shells put theirs there.
    """
    return bool(sign_of_use(row, host))


def sign_of_use(row: Shell, host: Host) -> str:
    """Return the first such file, or an empty text."""
    for template in row.evidence:
        path = fill(template, host, {})
        if path and os.path.exists(path) and not _is_skeleton(path, host.home):
            return path
    return ""


def has_own_file(context: Context) -> bool:
    """Say whether a user can have a file that the shell reads in `context`."""
    row = ROWS[context.shell]
    return bool(startups_of(row, context.mode) or others_of(row, context.mode))


def why_unserved(
    host: Host, context: Context, directories: Iterable[str], *, is_inside: bool = False
) -> str:
    """Return what to say of a mode for which its shell reads no startup file, with a cure.

    `is_inside` says that inside a login it reads one.
    """
    row = ROWS[context.shell]
    name = ask_of(row, context.mode).argv[0].lstrip("-")
    if context.mode == SSH:
        return READS_NOTHING + "; " + remote_line(row, host, directories)
    if context.mode == EDITOR:
        return f"{READS_NOTHING} so; start the editor from a terminal, whose PATH it then has"
    cure = dict(row.unserved).get(context.mode, NO_FILE).format(name=name)
    if is_inside:
        cure = f" unless a login has set ENV; start it as {name} -l, or inside such a login"
    if context.mode == COMMAND and SESSION in row.startup:
        cure += f", or after ensure-path --for session start `{name} -l -c`"
    if "container" in host.surroundings:
        cure += f"; in an image it is the line {image_line(directories)}"
    return READS_NOTHING + cure


def remote_line(row: Shell, host: Host, directories: Iterable[str]) -> str:
    """Return what runs a command of `directories` by ssh where the shell reads no file.

    sshd starts it in the home; rc looks for a path with a slash on PATH unless `./` is before it.
    """
    found = []
    for directory in tuple(directories)[:1]:
        rest = quote.below(directory, host.home)
        path = (f".{rest}" if rest else directory) + "/COMMAND"
        word = quote.word(quote.word(path))
        found.append(f"ssh HOST {word}")
    if row.startup.get(SESSION) == PROFILE:
        found.append("after ensure-path --for session: ssh HOST '. ~/.profile; COMMAND'")
    return ", or ".join(found)


def image_line(directories: Iterable[str]) -> str:
    r"""Return the line of a Dockerfile that puts `directories` on PATH.

    Docker fills in `$PATH`, but `$HOME` only where another line has set it, so names are spelled out;
    in its double quotes, `\` takes the meaning from the sign after it.
    """
    text = ":".join(directories)
    for sign in ("\\", '"', "$"):
        text = text.replace(sign, f"\\{sign}")
    return f'ENV PATH="{text}:$PATH"'


def image_lines(directories: Iterable[str]) -> str:
    """Return the lines of a Dockerfile: for all that is started by name, and for login shells."""
    directories = tuple(directories)
    path = ":".join(map(quote.word, directories))
    line = f'export PATH={path}:"$PATH"'
    return "\n".join(
        (
            "# RUN, CMD, ENTRYPOINT and docker exec look a command up in this:",
            image_line(directories),
            "# A login shell (bash -l, su -) sets PATH again in /etc/profile, and then reads this:",
            f"RUN printf '%s\\n' {quote.posix(line, '')} >/etc/profile.d/onpath.sh",
        )
    )


def has_files(row: Shell, host: Host) -> bool:
    """Say whether there is any file of the user's that the shell reads in some mode."""
    return any(map(os.path.exists, _files(row, host)))


@dataclass(frozen=True)
class Signs:
    """What a shell's startup files show of what happens in them."""

    tells_questions: bool = False
    """Whether one may tell a shell that is asked from one at a prompt: by SIGNS_OF_A_QUESTION."""
    folders: tuple[str, ...] = ()
    """Those that the shell makes at its first start, or another one that its files may start."""
    inside: tuple[str, ...] = ()
    """The variables of SIGNS_OF_INSIDE that they name."""
    traps_commands: bool = False
    """Whether one may have something run before each command: by SIGNS_OF_A_TRAP."""
    keeps_log: bool = False
    """Whether one may keep a log: by SIGNS_OF_A_LOG."""
    here: tuple[str, ...] = ()
    """The variables of the terminal in which this runs that they name."""
    history: str = ""
    """The file that they have HISTFILE name."""
    stale: tuple[str, ...] = ()
    """Those of them that were changed since something compiled them: the next shell may do it again."""
    detaches: tuple[str, ...] = ()
    """The variables of SIGNS_OF_A_CLIENT whose program may take its windows from the user's terminal."""
    limits_waits: bool = False
    """Whether one may wait for the user only for some time: by `read -t`, or SIGNS_OF_A_LIMIT."""


def words_of_terminal(environ: Mapping[str, str]) -> dict[str, bytes]:
    """Return by which word a startup file looks for each variable that the terminal here has set.

    TERM is set everywhere, so that is its value, unless it is one that says nothing.
    """
    found = {name: name.encode() for name in OF_TERMINALS if name in environ}
    term = environ.get("TERM", "")
    return {**found, "TERM": os.fsencode(term)} if term not in USUAL_TERMS else found


def signs(row: Shell, host: Host, here: Mapping[str, bytes] | None = None) -> Signs:
    """Return what the user's files that the shell reads show, and those of the home that they name.

    `here` are the `words_of_terminal`.
    """
    files = dict.fromkeys(_files(row, host))
    texts = list(filter(None, (_content(path, MOST_READ) for path in files)))
    variables: dict[bytes, str] = {}
    most = len(files) + MOST_NAMED
    for text in texts:  # and in those that it brings
        new = [path for path in _named_files(text, host, variables) if path not in files]
        for path in dict.fromkeys(new[: most - len(files)]):
            files[path] = None
            texts.append(_content(path, MOST_READ_OF_NAMED))
    is_told = any(sign in text for text in texts for sign in SIGNS_OF_A_QUESTION.get(row.snippet, ()))
    makers = (
        each
        for each in ROWS.values()
        if each.makes and (each is row or any(_may_start(each.name, text) for text in texts))
    )
    folders = tuple(f for each in makers for f in _filled(each.makes, host))
    inside = (
        name
        for name, (words, term) in SIGNS_OF_INSIDE.items()
        if any(_tells(text, words, term) for text in texts)
    )
    traps_commands = any(all(sign in text for sign in SIGNS_OF_A_TRAP) for text in texts)
    keeps_log = any(sign in text for text in texts for sign in SIGNS_OF_A_LOG)
    limits_waits = any(map(_limits_a_wait, texts))
    named = tuple(
        name for name, word in (here or {}).items() if any(_tells(t, (word,), b"") for t in texts)
    )
    history = variables.get(b"HISTFILE", "")
    detaches = tuple(name for name, way in SIGNS_OF_A_CLIENT.items() if _may_detach(texts, *way))
    stale = tuple(path for path in files if is_stale(row, path))
    told = (tuple(inside), traps_commands, keeps_log, named, history, stale, detaches, limits_waits)
    return Signs(is_told, folders, *told)


def is_stale(row: Shell, path: str) -> bool:
    """Say whether a file was changed since what the shell has compiled of it was made."""
    try:
        return bool(row.compiled) and os.stat(path).st_mtime > os.stat(path + row.compiled).st_mtime
    except (OSError, ValueError):  # one of them is not there
        return False


def _may_detach(
    texts: list[bytes], program: bytes, variable: bytes, socket: bytes, letters: bytes
) -> bool:
    """Say whether `program` may reach a socket that is not ours, and take its windows from others."""
    named = [text for text in texts if program in text]
    lines = [line for text in named for line in text.splitlines() if _tells(line, (program,), b"")]
    options = [word for line in lines for word in line.split() if word[:1] == b"-"]
    if not any(letter in letters for option in options for letter in option):
        return False
    return any(socket and option.startswith(socket) for option in options) or any(
        _tells(text, (variable,), b"") for text in texts
    )


def _limits_a_wait(text: bytes) -> bool:
    """Say whether somebody may be asked only for some time: what is taken for that costs time alone."""
    if _tells(text, SIGNS_OF_A_LIMIT, b""):
        return True
    if b"read" not in text and b"stty" not in text:
        return False
    text = text.replace(b"\\\n", b" ").replace(b"'", b"").replace(b'"', b"")
    for line in text.splitlines():
        words = line.split()
        if b"read" in line and any(word[:1] == b"-" and b"t" in word for word in words):
            return True
        if b"stty" in words and b"time" in words:
            return True
    return False


def _tells(text: bytes, words: tuple[bytes, ...], term: bytes) -> bool:
    """Say whether a line that is no remark has one of the `words`, or, where TERM is one, `term`."""
    wanted = [word for word in words if word in text]
    if term and term in text and b"TERM" in text:
        wanted.append(term)
    if not wanted:
        return False
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(b"#")]
    return any(word == term or _is_word(word, line) for word in wanted for line in lines if word in line)


def _is_word(word: bytes, line: bytes) -> bool:
    """Say whether `word` stands in `line` by itself, and not in a longer one."""
    parts = line.split(word)
    return any(
        not _continues(before[-1:]) and not _continues(after[:1])
        for before, after in zip(parts, parts[1:])
    )


def _continues(character: bytes) -> bool:
    return character.isalnum() or character == b"_"


def _may_start(name: str, text: bytes) -> bool:
    """Say whether a startup file may start the shell `name`, in another's place or before its prompt."""
    word = name.encode()
    if word not in text:
        return False
    import re  # noqa: PLC0415  (few files name another shell)

    return b"exec" in text or bool(re.search(STARTING % re.escape(word), text))


def unfilled(host: Host) -> tuple[str, ...]:
    """Return the folders that are not there, and that a shell has filled in the background then."""
    paths = (path for row in ROWS.values() if row.fills for path in _filled(row.fills, host))
    return tuple(path for path in paths if not os.path.lexists(path))


def _files(row: Shell, host: Host) -> list[str]:
    """Return the files of the user's that the shell reads in some mode, whether they exist or not."""
    startups = all_startups(row)
    templates = [*row.evidence, *all_reads(row), *(t for s in startups for t in s.candidates)]
    # By its whole name a file is the system's: a zsh without any other asks on a terminal what to make.
    return _filled((t for t in dict.fromkeys(templates) if not t.startswith("/")), host)


def own_files(row: Shell, host: Host) -> list[str]:
    """Return these files, with all in a folder that the shell reads whole."""
    files = _files(row, host)
    return [*files, *(f"{folder}/{name}" for folder in _read_whole(files) for name in _names_in(folder))]


def _read_whole(files: Iterable[str]) -> list[str]:
    """Return the folders of which a shell reads all files: those among `files`, and of our own file."""
    found = (
        path if os.path.isdir(path) else os.path.dirname(path)
        for path in files
        if OWN_NAME in path or os.path.isdir(path)
    )
    return list(dict.fromkeys(found))


def languages(host: Host) -> set[str]:
    """Return the languages of the shells for which the user has a file, by their snippets' names."""
    rows = UNIX_ROWS.values()
    return {row.snippet for row in rows if any(map(os.path.isfile, own_files(row, host)))}


def named_pipe(row: Shell, host: Host) -> str:
    """Return one of these files that is a named pipe, from which the shell waits to read, or nothing."""
    return next((file for file in _files(row, host) if is_pipe(file)), "")


def is_pipe(path: str) -> bool:
    """Say whether `path` is a named pipe."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def read_files(row: Shell, host: Host, told: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the files that the shell may read, whether or not they exist; `told` of its own folders.

    With all in a folder that it reads whole, and the files of the home that any of them names.
    """
    of_system = (s for each in (row.system or {}).values() for s in each)
    templates = dict.fromkeys(
        [
            *row.evidence,
            *all_reads(row),
            *(t for s in (*all_startups(row), *of_system) for t in s.candidates),
        ]
    )
    filled = (fill(template, host, folders) for folders in (*told, {}) for template in templates)
    files = list(dict.fromkeys(path for path in filled if path))
    folders = _read_whole(files)
    inner = [f"{folder}/{name}" for folder in folders for name in _names_in(folder)]
    own = (path for path in (*files, *inner) if path.startswith(f"{host.home}/"))
    named = [path for each in own for path in _named_files(_content(each, MOST_READ), host)]
    return tuple(dict.fromkeys((*files, *folders, *inner, *named[:MOST_NAMED])))


def named_by(paths: Iterable[str], host: Host) -> tuple[str, ...]:
    """Return the files of the home that the files `paths` name, as far as they are there."""
    named = (each for path in paths for each in _named_files(_content(path, MOST_READ), host))
    own = dict.fromkeys(each for each in named if each.startswith(f"{host.home}/"))
    return tuple(filter(os.path.isfile, own))[:MOST_NAMED]


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _filled(templates: Iterable[str], host: Host) -> list[str]:
    """Return the paths that `templates` name, but for those whose variable is not set."""
    paths = (fill(template, host, {}) for template in templates)
    return [path for path in paths if path]


def _content(path: str, most: int) -> bytes:
    """Return the first `most` bytes of a file, or nothing where there are none to be had."""
    try:
        if not os.path.isfile(path):  # to open a named pipe would wait
            return b""
        descriptor = os.open(path, os.O_RDONLY)  # half of what `open` costs
    except (OSError, ValueError):  # it may not be read; a NUL in its name
        return b""
    try:
        return os.read(descriptor, most)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _named_files(text: bytes, host: Host, variables: dict[bytes, str] | None = None) -> list[str]:
    """Return the files of the home that `text` names: one, or all of a folder (`~/.bashrc.d/*`).

    And those that it sources by their whole names: packages lie elsewhere (/usr/share/blesh/ble.sh). Of
    `variables` it knows what folders they are, and adds those that the text makes such (`ZSH=~/.zsh`).
    """
    found: list[str] = []
    for word in SOURCING:
        for rest in text.split(word)[1:]:
            words = rest[:MOST_OF_A_NAME].split(maxsplit=2)
            name = b"".join(words[1:2] if words[:1] == [b"--"] else words[:1]).strip(b"\"';)&|")
            if name.startswith(b"/"):
                found.append(os.fsdecode(name))
    known = {} if variables is None else variables
    starts = [*((home, host.home) for home in HOMES), *_beginning(known)]
    for start, base in starts:
        parts = text.split(start)
        for before, rest in zip(parts, parts[1:]):
            words = rest[:MOST_OF_A_NAME].split(maxsplit=1)
            name = words[0].rstrip(b"\"';)&|") if words else b""
            path = f"{base}/{os.fsdecode(name)}"
            variable = _assigned(before) if before[-1:] in ASSIGNING and b":" not in name else b""
            if variable and variable not in known and variables is not None:
                known[variable] = path
                starts += _beginning({variable: path})
            folder, last = os.path.split(path)
            start_of_name, star, _ = last.partition("*")
            try:
                names = os.listdir(folder) if star else [last]
            except (OSError, ValueError):  # no such folder; a NUL in its name
                continue
            found += [f"{folder}/{each}" for each in names if each.startswith(start_of_name)]
    return found


def _assigned(before: bytes) -> bytes:
    """Return the variable to which what follows `before` is assigned, or nothing."""
    words = before[-MOST_OF_A_NAME:].rstrip(b"\"'").split()[-1:]
    name, sign, rest = b"".join(words).partition(b"=")
    return name if sign and not rest and name.replace(b"_", b"a").isalnum() else b""


def _beginning(variables: Mapping[bytes, str]) -> list[tuple[bytes, str]]:
    """Return how a path begins that is in a folder which one of `variables` has, and that folder."""
    return [(start % name, folder) for name, folder in variables.items() for start in STARTS]


def candidates(
    host: Host, told: Iterable[Mapping[str, str]], rows: Iterable[Shell] = UNIX_ROWS.values()
) -> tuple[str, ...]:
    """Return every file of some shells that could carry a block of ours, whether it exists or not.

    `told` is what shells told of their folders.
    """
    templates = dict.fromkeys(template for row in rows for template in templates_of(row))
    filled = (fill(template, host, folders) for template in templates for folders in (*told, {}))
    return tuple(dict.fromkeys(path for path in filled if path))


def system_candidates() -> tuple[str, ...]:
    """Return every file of every user's that could carry a block of ours, whether it exists or not."""
    startups = (s for row in UNIX_ROWS.values() for each in (row.system or {}).values() for s in each)
    templates = (template for startup in startups for template in startup.candidates)
    return tuple(dict.fromkeys(each for each in templates if each.startswith("/")))


def templates_of(row: Shell) -> list[str]:
    """Return the files that a shell may read, whatever it serves."""
    return [template for startup in all_startups(row) for template in startup.candidates]


def all_startups(row: Shell) -> list[Startup]:
    """Return every startup file of `row`, whatever it serves."""
    return [s for each in row.startup.values() for s in each] + [startup for _, startup in row.others]


def version_matches(shell: Installed, specifier: str) -> bool:
    """Say whether the version of `shell` is one of `specifier`; an unknown one counts as the newest.

    Of specifiers it knows what the table has: `>=` or `<`, and a version.
    """
    version, bound = parse_version(_version_output(shell.program)) or "9999", specifier.lstrip("<>=")
    return specifier.startswith("<") == (_numbers(version) < _numbers(bound))


def _numbers(version: str) -> list[int]:
    """Return the numbers of `version`, by which versions are compared: without zeros at the end."""
    numbers = list(map(int, version.split(".")))
    while numbers[-1:] == [0]:
        numbers.pop()
    return numbers


def parse_version(text: str) -> str | None:
    """Return the version number in what a shell says of itself, or None."""
    for word in text.replace("/", " ").split():
        number = word.lstrip("v").split("+")[0].split("-")[0].strip(".,()")
        parts = number.split(".")
        if len(parts) > 1 and all(part.isdigit() for part in parts):
            return number
    return None


def _version_output(program: str) -> str:
    import subprocess  # noqa: PLC0415  (as above)

    try:
        run = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.decode("utf-8", "replace")


def _is_skeleton(path: str, home: str) -> bool:
    """Say whether `path` is as a new home has it."""
    original = SKELETON + path[len(home) :] if path.startswith(home + "/") else ""
    try:
        with open(path, "rb") as one, open(original, "rb") as other:
            return one.read() == other.read()
    except OSError:
        return False


def _folder(name: str, host: Host) -> str | None:
    """Return what the session says of `name`: an XDG folder, ZDOTDIR, ENV."""
    is_own = host.environ.get("HOME", host.home).rstrip("/") == host.home
    variables = {
        "config": "XDG_CONFIG_HOME",
        "data": "XDG_DATA_HOME",
        "state": "XDG_STATE_HOME",
        "cache": "XDG_CACHE_HOME",
        "zdotdir": "ZDOTDIR",
    }
    value = _expanded(host.environ.get(variables.get(name, name), ""), host) if is_own else None
    defaults = {
        "config": "/.config",
        "data": "/.local/share",
        "state": "/.local/state",
        "cache": "/.cache",
    }
    return value or (host.home + defaults[name] if name in defaults else None)


def _expanded(value: str, host: Host) -> str | None:
    """Return the absolute path that `value` means, or None: shells expand `$HOME` in some of them."""
    for prefix in ("~/", "$HOME/", "${HOME}/"):
        if value.startswith(prefix):
            value = f"{host.home}/{value[len(prefix) :]}"
    return value.rstrip("/") if value.startswith("/") else None
