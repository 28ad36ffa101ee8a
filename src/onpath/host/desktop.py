"""Which display manager starts the desktop here, and by which scripts. Looks, and writes nothing."""

from __future__ import annotations

import os

from onpath.values import TYPE_CHECKING

from .session import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN_SHELL = "login shell"  # the user's login shell, with `-c` and no terminal
PROFILE = "profile"  # /bin/sh, which reads /etc/profile and ~/.profile
XSESSION = "Xsession"  # Debian's /etc/X11/Xsession, which reads ~/.xsessionrc and no profile

# What each starts a session by, read in their scripts: gnome-session (Wayland) and gdm3/Xsession (X11);
# sddm's wayland-session, which takes the files of the shells that it knows and else ~/.profile.
STARTS = {
    "gdm": (LOGIN_SHELL, PROFILE),
    "sddm": (LOGIN_SHELL, PROFILE),
    "greetd": (PROFILE,),
    "ly": (PROFILE,),
    "lxdm": (PROFILE,),
    "slim": (PROFILE,),
}
BY_WRAPPER = ("lightdm", "xdm", "wdm", "nodm")  # as their configuration says; Debian's says Xsession

FROM_WHEN = "the desktop has it from the next login on; what is open keeps its old PATH"

DEBIAN = "/etc/X11/default-display-manager"
SERVICE = "/etc/systemd/system/display-manager.service"
XSESSION_PROGRAM = "/etc/X11/Xsession"
XSESSION_FRAGMENT = "/etc/X11/Xsession.d/40x11-common_xsessionrc"
LIGHTDM_FOLDERS = ("/usr/share/lightdm/lightdm.conf.d", "/etc/lightdm/lightdm.conf.d")
LIGHTDM = "/etc/lightdm/lightdm.conf"


def starts() -> tuple[str, ...]:
    """Return by what the display manager starts a session: of LOGIN_SHELL, PROFILE, XSESSION."""
    name = display_manager()
    if not name:
        return ()
    if name not in BY_WRAPPER:
        return STARTS.get(name, (PROFILE,))
    wrapper = _lightdm_wrapper() if name == "lightdm" else XSESSION_PROGRAM
    is_debian = wrapper == XSESSION_PROGRAM and os.path.exists(XSESSION_FRAGMENT)
    return (XSESSION,) if is_debian else (PROFILE,)


def display_manager() -> str:
    """Return the name of the display manager, or an empty text: `gdm` for Debian's gdm3."""
    found = os.path.basename(text_of(DEBIAN).strip())
    if not found:
        try:
            found = os.path.basename(os.readlink(SERVICE)).removesuffix(".service")
        except OSError:
            return ""
    return "gdm" if found in {"gdm3", "gdm-x11", "gdm-wayland"} else found


def _lightdm_wrapper() -> str:
    """Return the program that LightDM starts a session by: the last that a file of its names."""
    found = ""
    for path in (*_configurations(), LIGHTDM):
        for line in text_of(path).splitlines():
            name, sign, value = line.partition("=")
            if sign and name.strip() == "session-wrapper":
                found = value.strip()
    return found


def _configurations() -> Iterator[str]:
    for folder in LIGHTDM_FOLDERS:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        yield from (f"{folder}/{name}" for name in names if name.endswith(".conf"))
