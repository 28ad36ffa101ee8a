"""Which startup file serves a mode of a shell: the templates of the table, filled in. Writes nothing."""

from __future__ import annotations

import os

from onpath.values import TYPE_CHECKING, dataclass

from . import DEFAULT_PLACES, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onpath.model import Host, Installed, Target

    from . import Shell, Startup


@dataclass(frozen=True)
class Looks:
    """How the planner looks at the machine."""

    read: Callable[[Target], str | None]
    refusal: Callable[[Target], str | None]  # why a target may not be edited
    is_there: Callable[[str], bool]  # whether a shell would read that file
    identity: Callable[[str], object]  # the same for all names of one file
    version_matches: Callable[[Installed, str], bool]


def startup_file(
    host: Host, shell: Installed, mode: str, looks: Looks, places: Mapping[str, str]
) -> tuple[str, Startup] | None:
    """Return the file by which `mode` of `shell` can be served, or None where it reads none."""
    for startup in ROWS[shell.name].startup.get(mode, ()):
        paths = [path for path in (fill(t, host, places) for t in startup.candidates) if path]
        if len(paths) < len(startup.candidates):
            continue
        if startup.versions and not looks.version_matches(shell, startup.versions):
            continue
        return next((path for path in paths if looks.is_there(path)), paths[-1]), startup
    return None


def fill(template: str, host: Host, places: Mapping[str, str]) -> str | None:
    """Return the path that `template` names, or None where one of its variables is not set."""
    if not template.startswith("{"):
        return template
    name, _, rest = template[1:].partition("}")
    if name == "home":
        return host.home + rest
    told = _expanded(places.get(name, ""), host) or _folder(name, host)
    if told is None and name in DEFAULT_PLACES:
        told = fill(DEFAULT_PLACES[name], host, {})
    return told + rest if told else None


def is_used(row: Shell, host: Host) -> bool:
    """Say whether there is a file that shows that somebody uses the shell."""
    return any(os.path.exists(path) for path in (fill(sign, host, {}) for sign in row.signs) if path)


def has_files(row: Shell, host: Host) -> bool:
    """Say whether there is any file of the user's that the shell reads in some mode."""
    startups = [s for each in row.startup.values() for s in each]
    templates = [*row.signs, *row.later, *(t for s in startups for t in s.candidates)]
    paths = (fill(template, host, {}) for template in dict.fromkeys(templates))
    return any(os.path.exists(path) for path in paths if path)


def candidates(host: Host, told: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return every file that could carry a block of ours, whether it exists or not.

    `told` are the places that shells told.
    """
    startups = [s for row in ROWS.values() for each in row.startup.values() for s in each]
    templates = dict.fromkeys(template for s in startups for template in s.candidates)
    filled = (fill(template, host, places) for template in templates for places in (*told, {}))
    return tuple(dict.fromkeys(path for path in filled if path))


def _folder(name: str, host: Host) -> str | None:
    """Return what the session says of `name`: an XDG folder, ZDOTDIR, ENV."""
    is_own = host.environ.get("HOME", host.home).rstrip("/") == host.home
    variables = {
        "config": "XDG_CONFIG_HOME",
        "data": "XDG_DATA_HOME",
        "state": "XDG_STATE_HOME",
        "zdotdir": "ZDOTDIR",
    }
    value = _expanded(host.environ.get(variables.get(name, name), ""), host) if is_own else None
    defaults = {"config": "/.config", "data": "/.local/share", "state": "/.local/state"}
    return value or (host.home + defaults[name] if name in defaults else None)


def _expanded(value: str, host: Host) -> str | None:
    """Return the absolute path that `value` means, or None: shells expand `$HOME` in some of them."""
    for prefix in ("~/", "$HOME/", "${HOME}/"):
        if value.startswith(prefix):
            value = f"{host.home}/{value[len(prefix) :]}"
    return value.rstrip("/") if value.startswith("/") else None
