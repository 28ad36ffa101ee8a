"""What a new session of the user has before any file of his is read: a terminal, a console, ssh.

Nothing of the session that asks decides: it has what its own startup files, an editor or a terminal put
there, and a fresh shell has not.
"""

from __future__ import annotations

import os

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onpath.model import Host

# What is the same in all sessions of this user, whoever started them.
SAME = ("LANG", "LANGUAGE", "TZ", "TERMUX_VERSION", "PREFIX", "WSL_DISTRO_NAME", "MSYSTEM", "SYSTEMROOT")
# What a login gives. `/bin:/usr/bin` alone will not do: Debian's zsh takes that for no PATH at all.
BINS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
MORE_BINS = ("/run/current-system/sw/bin", "/data/data/com.termux/files/usr/bin")
LOGIN_DEFS = "/etc/login.defs"
PAM, ENVIRONMENT = "/etc/pam.d", "/etc/environment"
USER_ENVIRONMENT = "/.pam_environment"
WORDS = ("OVERRIDE", "DEFAULT")
QUOTES = ('"', "'")
FIRST_PROCESS = "/proc/1/environ"
CONTAINER = "the container"
UNREAD = (
    f"{FIRST_PROCESS} cannot be read, so the usual PATH was taken for that of a new session of this "
    "container; what the image's ENV adds was left out of account"
)
# Of the first process of a container: what belongs to that process alone.
OWN = ("HOME", "USER", "LOGNAME", "SHELL", "TERM", "PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME")


def new_session(host: Host) -> tuple[dict[str, str], str]:
    """Return the environment of a new session, and where its PATH comes from, if from a file."""
    names = (*SAME, *(name for name in host.environ if name.startswith("LC_")))
    environ = {name: host.environ[name] for name in names if name in host.environ}
    if "LC_CTYPE" in environ:
        from .given import without_coerced  # noqa: PLC0415  (few sessions have it)

        environ = without_coerced(environ)
    environ["PATH"] = ":".join(folder for folder in (*BINS, *MORE_BINS) if os.path.isdir(folder))
    source = ""
    runtime = f"/run/user/{host.uid}"
    if os.path.isdir(runtime):
        environ["XDG_RUNTIME_DIR"] = runtime
    if "container" in host.surroundings:
        found = container_environ(host) or {}
        environ |= found
        source = CONTAINER if "PATH" in found else ""
    else:
        options = _pam_options()
        path = login_path(text_of(LOGIN_DEFS), is_root=host.uid == 0)
        if path:
            environ["PATH"], source = path, LOGIN_DEFS
        for file, is_read in (
            (ENVIRONMENT, bool(options)),
            (host.home + USER_ENVIRONMENT, "user_readenv=1" in options),
        ):
            found = parse_environment(text_of(file), environ, host.home) if is_read else {}
            environ |= found
            source = file if "PATH" in found else source
    return {**environ, "USER": host.user, "LOGNAME": host.user, "HOME": host.home}, source


def login_path(text: str, *, is_root: bool) -> str:
    """Return the PATH that login(1) and su(1) give by `text`, a login.defs(5), or nothing. Pure."""
    wanted = "ENV_SUPATH" if is_root else "ENV_PATH"
    found = [
        words[1]
        for words in (line.split(None, 1) for line in text.splitlines())
        if words[:1] == [wanted] and len(words) > 1
    ]
    return found[-1].strip().strip('"').removeprefix("PATH=") if found else ""


def parse_environment(text: str, environ: Mapping[str, str], home: str) -> dict[str, str]:
    """Return what pam_env(8) takes from `text`: lines `NAME=VALUE`, or `NAME DEFAULT=VALUE`. Pure.

    `environ` fills in `${NAME}`, and `home` `@{HOME}`, in lines of the second kind.
    """
    found: dict[str, str] = {}
    for line in _whole_lines(text):
        name, sign, value = line.removeprefix("export ").partition("=")
        if sign and _is_name(name):
            found[name] = _unquoted(value)
            continue
        name, _, rest = line.replace("\t", " ").partition(" ")
        rule = _rule(rest.strip()) if _is_name(name) else {}
        values = (_filled(rule.get(word, ""), {**environ, **found}, home) for word in WORDS)
        value = next(filter(None, values), "")
        if value:
            found[name] = value
        elif rule:
            found.pop(name, None)
    return found


def _whole_lines(text: str) -> Iterator[str]:
    """Yield the lines of `text` without remarks and empty ones; a backslash at the end joins two."""
    whole = ""
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole += line.partition("#")[0]
        if "#" not in line and line.rstrip().endswith("\\"):
            whole = whole.rstrip()[:-1]
            continue
        yield whole.strip()
        whole = ""


def _is_name(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("_", "a").isalnum()


def _rule(text: str) -> dict[str, str]:
    """Return the values in `DEFAULT=VALUE OVERRIDE="VALUE"`; none where anything else is there."""
    found: dict[str, str] = {}
    while text:
        word, _, text = text.partition("=")
        if text.startswith('"'):
            value, closing, text = text[1:].partition('"')
            is_whole = bool(closing) and not text[:1].strip()
        else:
            value, _, text = text.partition(" ")
            is_whole = True
        if word not in WORDS or not is_whole:
            return {}
        found[word] = value
        text = text.lstrip()
    return found


def _filled(value: str, environ: Mapping[str, str], home: str) -> str:
    """Return `value` with what it names filled in; nothing where a name has no end."""
    found, at = "", 0
    while at < len(value):
        sign, pair = value[at], value[at : at + 2]
        if pair in {"${", "@{"}:
            name, closing, _ = value[at + 2 :].partition("}")
            if not closing:
                return ""
            found += environ.get(name, "") if sign == "$" else home if name == "HOME" else ""
            at += len(name) + 3
        elif sign == "\\":
            found += pair[1:] if pair[1:] in {"$", "@"} else ""
            at += 2 if pair[1:] in {"$", "@"} else 1
        else:
            found, at = found + sign, at + 1
    return found


def _unquoted(value: str) -> str:
    """Return `value` without a quote at its beginning and, if there was one, any at its end."""
    if not value.startswith(QUOTES):
        return value
    return value[1:-1] if len(value) > 1 and value.endswith(QUOTES) else value[1:]


def _pam_options() -> set[str]:
    """Return the words of all lines by which PAM reads an environment; none where it reads none."""
    try:
        names = os.listdir(PAM)
    except OSError:
        return set()
    lines = (line for name in names for line in text_of(f"{PAM}/{name}").splitlines())
    return {word for line in lines if "pam_env.so" in line.partition("#")[0] for word in line.split()}


def note_session(host: Host, source: str) -> tuple[str, ...]:
    """Return what to know about a new session whose PATH comes from `source`."""
    if source or "container" not in host.surroundings or container_environ(host) is not None:
        return ()
    return (UNREAD,)


def container_environ(host: Host) -> dict[str, str] | None:
    """Return the environment of a container, the image's, as its first process has it; None: unknown.

    Where that is another user's, nobody else may read it. `docker exec` gives the same to what it
    starts: above us there may be a process of this user's whose parent is outside.
    """
    text = text_of(FIRST_PROCESS) or text_of(outermost_environ(host.lineage))
    if not text:
        return None
    pairs = (pair.partition("=") for pair in text.split("\0"))
    return {name: value for name, sign, value in pairs if sign and name not in OWN}


def outermost_environ(lineage: tuple[tuple[int, bytes], ...]) -> str:
    """Return where that of the process above us is whose parent is outside, or of the first process."""
    pids = [pid for pid, _ in lineage]
    return f"/proc/{pids[-2]}/environ" if pids[1:] and pids[-1] == 0 else FIRST_PROCESS


def text_of(path: str) -> str:
    """Return the text of a file, or nothing where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
