"""What a new session of the user has before any file of his is read: a terminal, a console, ssh.

Nothing of the session that asks decides: it has what its own startup files, an editor or a terminal put
there, and a fresh shell has not.
"""

from __future__ import annotations

import os

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onpath.model import Host

# What is the same in all sessions of this user, whoever started them.
SAME = ("LANG", "LANGUAGE", "TZ", "TERMUX_VERSION", "PREFIX", "WSL_DISTRO_NAME", "MSYSTEM", "SYSTEMROOT")
# What a login gives. `/bin:/usr/bin` alone will not do: Debian's zsh takes that for no PATH at all.
BINS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
MORE_BINS = ("/run/current-system/sw/bin", "/data/data/com.termux/files/usr/bin")
PAM, ENVIRONMENT = "/etc/pam.d", "/etc/environment"
USER_ENVIRONMENT = "/.pam_environment"
FIRST_PROCESS = "/proc/1/environ"
# Of the first process of a container: what belongs to that process alone.
OWN = ("HOME", "USER", "LOGNAME", "SHELL", "TERM", "PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME")


def new_session(host: Host) -> tuple[dict[str, str], str]:
    """Return the environment of a new session, and where its PATH comes from, if from a file."""
    names = (*SAME, *(name for name in host.environ if name.startswith("LC_")))
    environ = {name: host.environ[name] for name in names if name in host.environ}
    environ["PATH"] = ":".join(folder for folder in (*BINS, *MORE_BINS) if os.path.isdir(folder))
    source = ""
    runtime = f"/run/user/{host.uid}"
    if os.path.isdir(runtime):
        environ["XDG_RUNTIME_DIR"] = runtime
    if "container" in host.surroundings:
        found, name = _first_process(), "the container"
        environ |= found
        source = name if "PATH" in found else ""
    else:
        options = _pam_options()
        for file, is_read in (
            (ENVIRONMENT, bool(options)),
            (host.home + USER_ENVIRONMENT, "user_readenv=1" in options),
        ):
            found = parse_environment(_text(file), environ, host.home) if is_read else {}
            environ |= found
            source = file if "PATH" in found else source
    return {**environ, "USER": host.user, "LOGNAME": host.user, "HOME": host.home}, source


def parse_environment(text: str, environ: Mapping[str, str], home: str) -> dict[str, str]:
    """Return what pam_env(8) takes from `text`: lines `NAME=VALUE`, or `NAME DEFAULT=VALUE`. Pure.

    `environ` fills in `${NAME}`, and `home` `@{HOME}`, in lines of the second kind.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        line = line.strip().removeprefix("export ").strip()  # noqa: PLW2901
        name, sign, value = line.partition("=")
        if not line or line.startswith("#"):
            continue
        if sign and name.isidentifier():
            found[name] = _unquoted(value.partition(" #")[0].strip())
            continue
        name, _, rest = line.partition(" ")
        for word in ("OVERRIDE=", "DEFAULT="):
            if word in rest and name.isidentifier():
                value = _unquoted(rest.partition(word)[2].split(" OVERRIDE=")[0].strip())
                filled = _filled(value, {**environ, **found}, home)
                if filled:
                    found[name] = filled
                    break
    return found


def _filled(value: str, environ: Mapping[str, str], home: str) -> str:
    value = value.replace("@{HOME}", home)
    while "${" in value:
        before, _, rest = value.partition("${")
        name, closing, after = rest.partition("}")
        if not closing:
            break
        value = before + environ.get(name, "") + after
    return value


def _unquoted(value: str) -> str:
    for mark in ('"', "'"):
        if len(value) > 1 and value.startswith(mark) and value.endswith(mark):
            return value[1:-1]
    return value


def _pam_options() -> set[str]:
    """Return the words of all lines by which PAM reads an environment; none where it reads none."""
    try:
        names = os.listdir(PAM)
    except OSError:
        return set()
    lines = (line for name in names for line in _text(f"{PAM}/{name}").splitlines())
    return {word for line in lines if "pam_env.so" in line.partition("#")[0] for word in line.split()}


def _first_process() -> dict[str, str]:
    """Return the environment of a container: the image's, as its first process has it."""
    pairs = (pair.partition("=") for pair in _text(FIRST_PROCESS).split("\0"))
    return {name: value for name, sign, value in pairs if sign and name not in OWN}


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
