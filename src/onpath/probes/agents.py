"""The terminal on which gpg-agent asks for passphrases, which a startup file may set. Unix only.

`gpg-connect-agent updatestartuptty` gives the agent the terminal and the environment of the shell that
runs it. Those of a probe are gone a moment later, and the agent could ask for nothing in any terminal of
the user's. So the agents that run are asked what they were told, and told the same again.

The protocol: gpg-agent(1), and "Agent Protocol" of the manual of GnuPG.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping

SOCKET = "S.gpg-agent"
ANSWER_S = 1.0  # for all that is asked at once; an agent that takes longer is not waited for
TICK_S = 0.001
CHUNK = 1 << 12
MAX_ANSWER = 1 << 16
# By these systemd listens for an agent that does not run yet: we are not the first to ask it something.
UNITS = ("/etc/systemd/user", "/usr/lib/systemd/user", "/usr/local/lib/systemd/user")
WANTED = "sockets.target.wants/gpg-agent.socket"
RUNTIME = "/run/user/{}"
SERVICE = "/sys/fs/cgroup/user.slice/user-{0}.slice/user@{0}.service/app.slice/gpg-agent.service"


@dataclass(frozen=True)
class Agent:
    """A running agent, and what it was told of the user's terminal."""

    socket: str
    told: Mapping[str, str]
    locales: tuple[tuple[str, str], ...] = ()  # options; what they were it does not say


def running(home: str, environ: Mapping[str, str]) -> tuple[Agent, ...]:
    """Return the user's agents. `environ` is that of whoever calls, in whose terminal he is."""
    locales = tuple(
        (option, value)
        for option, name in (("lc-ctype", "LC_CTYPE"), ("lc-messages", "LC_MESSAGES"))
        if (value := environ.get("LC_ALL") or environ.get(name) or environ.get("LANG"))
    )
    found = []
    for socket in _sockets(home, environ):
        told = _ask(socket)
        if told is not None:
            found.append(Agent(socket, told, locales))
    return tuple(found)


def restore(agents: tuple[Agent, ...]) -> None:
    """Tell each agent again what it was told, if that has changed."""
    for agent in agents:
        now = _ask(agent.socket)
        if now is None or now == agent.told:
            continue
        gone = [f"OPTION putenv={name}" for name in now if name not in agent.told]
        again = [f"OPTION putenv={name}={value}" for name, value in agent.told.items()]
        locales = [f"OPTION {option}={value}" for option, value in agent.locales]
        _talk(agent.socket, *gone, *again, *locales, "UPDATESTARTUPTTY")


def _sockets(home: str, environ: Mapping[str, str]) -> list[str]:
    """Return where the user's agents listen: one for each home of GnuPG (gpgconf --list-dirs)."""
    if sys.platform == "win32":
        raise NotImplementedError
    uid = os.geteuid()
    homes = {f"{home}/.gnupg", environ.get("GNUPGHOME") or f"{home}/.gnupg"}
    runtime = f"{RUNTIME.format(uid)}/gnupg"
    with suppress(OSError):
        homes.update((runtime, *(f"{runtime}/{name}" for name in os.listdir(runtime))))
    sockets = sorted(f"{folder}/{SOCKET}" for folder in homes if os.path.exists(f"{folder}/{SOCKET}"))
    if os.path.exists(SERVICE.format(uid)):
        return sockets
    units = (*UNITS, f"{home}/.config/systemd/user")
    is_held = any(os.path.exists(f"{unit}/{WANTED}") for unit in units)
    return [each for each in sockets if not (is_held and each.startswith(f"{runtime}/"))]


def _ask(socket: str) -> dict[str, str] | None:
    """Return what an agent was told of the user's terminal, or None if it does not answer."""
    lines = _talk(socket, "GETINFO std_startup_env")
    if not lines:
        return None
    data = b"".join(line[2:] for line in lines if line.startswith(b"D "))
    for code in (b"%0D", b"%0A", b"%25"):
        data = data.replace(code, bytes([int(code[1:], 16)]))
    words = data.decode("utf-8", "surrogateescape").split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def _talk(socket: str, *requests: str) -> list[bytes]:
    """Return the lines that an agent answers to the last of some requests; none if one goes wrong."""
    if sys.platform == "win32":
        raise NotImplementedError
    import _socket  # noqa: PLC0415  (`socket` would cost 8 ms to import)

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    lines: list[bytes] = []
    end = time.monotonic() + ANSWER_S
    try:
        connection.settimeout(ANSWER_S)
        connection.connect(socket)
        for request in ("", *requests):  # it greets first
            if request:
                connection.send(request.encode("utf-8", "surrogateescape") + b"\n")
            lines = _answer(connection, end)
    except OSError:
        return []
    finally:
        connection.close()
    return lines


def _answer(connection: _socket.socket, end: float) -> list[bytes]:
    """Return the lines up to `OK`. Raises `OSError` if there is none until `end`."""
    text = b""
    while len(text) < MAX_ANSWER and time.monotonic() < end:
        connection.settimeout(max(end - time.monotonic(), TICK_S))
        part = connection.recv(CHUNK)
        text += part
        *lines, rest = text.split(b"\n")
        if lines and not rest and (lines[-1] == b"OK" or lines[-1].startswith(b"OK ")):
            return lines
        if not part or (lines and lines[-1].startswith(b"ERR ")):
            break
    raise OSError(text)
