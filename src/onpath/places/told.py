"""Contexts for which nothing of the user's can be edited: cron, units, containers, notebooks, sudo.

They are asked like any other, so that a line in somebody's own file is believed when it works. Where it
does not, that line is told, and nothing is faked.
"""

from __future__ import annotations

from onpath import contexts as table
from onpath.errors import RefusedError
from onpath.host import session
from onpath.model import QUESTION, Ask, Context, File, Plan
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from onpath.model import Host, Installed, Machine, Target, Want

SH = "/bin/sh"
SUDOERS, SUDOERS_FOLDER = "/etc/sudoers", "/etc/sudoers.d"
SECURE_PATH = "secure_path"
# crontab(5): lines `NAME = value` hold for the jobs below them; quotes around the value are taken off,
# and nothing in it is filled in. Jobs begin with a digit, `*` or `@`.
CRON_LINES = r"""sed -n "s/'/'\\\\''/g
s/^[[:blank:]]*\([A-Za-z_][A-Za-z_0-9]*\)[[:blank:]]*=[[:blank:]]*\(.*\)$/\1=\2/; t value
d; : value
s/[[:blank:]]*$//; s/^\([^=]*=\)\"\(.*\)\"$/\1\2/; s/^\([^=]*=\)'\\\\''\(.*\)'\\\\''$/\1\2/
s/^\([^=]*=\)\(.*\)$/export \1'\2'/p" """
CRON = f"""lines=$(crontab -l 2>/dev/null | {CRON_LINES})
PATH=/usr/bin:/bin SHELL={SH}
export PATH SHELL
eval "$lines"
exec "$SHELL" -c '{QUESTION}'
"""
# What `ExecStart=` looks a command up in is compiled in; systemd-path(1) tells it.
UNIT = f"""PATH=$(systemd-path search-binaries-default 2>/dev/null) || PATH=
PATH=${{PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}}
export PATH
{QUESTION}
"""


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return those of `modes`."""
    del host, shells
    return tuple(Context(mode) for mode in modes)


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how a program is started in `context`, or why that cannot be known."""
    row = table.ROWS[context.mode]
    if not table.is_possible(row, host):
        return row.absent
    return ASKS[row.name](host, machine)


def targets(want: Want, context: Context, machine: Machine) -> tuple[Target, ...]:
    """Return nothing: there is nothing to edit."""
    del want, context, machine
    return ()


def plan(want: Want, machine: Machine) -> Plan:
    """Return nothing to do."""
    del want, machine
    return Plan()


def undo(want: Want, machine: Machine) -> Plan:
    """Return nothing to take back."""
    del want, machine
    return Plan()


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return nothing: the line is told with the outcome."""
    del want, plan, machine
    return ()


def _script(text: str, *environ: tuple[str, str]) -> Ask:
    return Ask((SH, "-c", text), program=SH, environ=environ)


def _cron(host: Host, machine: Machine) -> Ask:
    del host, machine
    return _script(CRON)


def _unit(host: Host, machine: Machine) -> Ask:
    del host, machine
    return _script(UNIT)


def _container(host: Host, machine: Machine) -> Ask | str:
    """Ask with the PATH of the first process, which is the image's: `docker exec` gives the same."""
    del machine
    path = (session.container_environ(host) or {}).get("PATH")
    if path is None:
        return "the environment of the container's first process cannot be read"
    return _script(QUESTION, ("PATH", path))


def _notebook(host: Host, machine: Machine) -> Ask | str:
    """Ask with the PATH of this process: a cell's command has that of its kernel."""
    del machine
    return _script(QUESTION, ("PATH", host.environ.get("PATH", "")))


def _sudo(host: Host, machine: Machine) -> Ask | str:
    """Ask with the `secure_path` of sudoers(5), or the caller's PATH where there is none."""
    try:
        text = machine.read(File(SUDOERS))
    except RefusedError:
        text = None
    if text is None:
        return f"only root may read in {SUDOERS} which PATH sudo gives"
    path = secure_path(text)
    return _script(QUESTION, ("PATH", host.environ.get("PATH", "") if path is None else path))


def secure_path(text: str) -> str | None:
    """Return the last `secure_path` that a sudoers file sets for everybody, or None. Pure."""
    found: str | None = None
    for line in text.replace("\\\n", " ").split("\n"):
        word, _, rest = line.strip().partition("Defaults")
        if word or not rest[:1].isspace():  # `Defaults:user` is for one
            continue
        for setting in _settings(rest):
            name, has_value, value = setting.partition("=")
            if name.strip() == SECURE_PATH and has_value:
                found = value.strip().removeprefix("+").strip('"')
            elif name.strip() == f"!{SECURE_PATH}":
                found = None
    return found


def _settings(text: str) -> Iterator[str]:
    """Yield the settings of a line: a comma parts them, but not between quotes."""
    found, is_quoted = "", False
    for character in text:
        is_quoted ^= character == '"'
        if character == "#" and not is_quoted:
            break
        if character == "," and not is_quoted:
            yield found
            found = ""
        else:
            found += character
    yield found


def _launchd(host: Host, machine: Machine) -> Ask | str:
    del host, machine
    return "launchd has a PATH of its own, which no file of yours decides"


ASKS: dict[str, Callable[[Host, Machine], Ask | str]] = {
    table.CRON: _cron,
    table.UNIT: _unit,
    table.CONTAINER: _container,
    table.NOTEBOOK: _notebook,
    table.SUDO: _sudo,
    table.LAUNCHD: _launchd,
}
