"""Which display manager starts the desktop, and by what: from files of a made-up machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from onpath.host import desktop
from onpath.host.desktop import LOGIN_SHELL, PROFILE, XSESSION, display_manager, starts

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("desktops of Unix", allow_module_level=True)

DEBIAN_LIGHTDM = "[Seat:*]\nsession-wrapper=/etc/X11/Xsession\n"


@pytest.fixture(autouse=True)
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty /etc."""
    for name, path in {
        "DEBIAN": "default",
        "SERVICE": "service",
        "XSESSION_FRAGMENT": "fragment",
        "LIGHTDM": "lightdm.conf",
    }.items():
        monkeypatch.setattr(desktop, name, str(tmp_path / path))
    folders = (str(tmp_path / "vendor"), str(tmp_path / "admin"))
    monkeypatch.setattr(desktop, "LIGHTDM_FOLDERS", folders)
    return tmp_path


def test_a_server_has_none() -> None:
    assert ("", ()) == (display_manager(), starts())


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("/usr/sbin/gdm3\n", "gdm", (LOGIN_SHELL, PROFILE)),
        ("/usr/bin/sddm", "sddm", (LOGIN_SHELL, PROFILE)),
        ("/usr/sbin/greetd\n", "greetd", (PROFILE,)),
        ("/opt/some-new-one\n", "some-new-one", (PROFILE,)),
    ],
)
def test_debian_names_it(etc: Path, text: str, name: str, expected: tuple[str, ...]) -> None:
    (etc / "default").write_text(text)
    assert (name, expected) == (display_manager(), starts())


def test_others_have_a_link_to_its_service(etc: Path) -> None:
    (etc / "service").symlink_to("/usr/lib/systemd/system/gdm.service")
    assert "gdm" == display_manager()


@pytest.mark.parametrize("has_fragment", [False, True])
def test_xdm_runs_xsession_where_that_reads_a_file(etc: Path, has_fragment: bool) -> None:
    (etc / "default").write_text("/usr/bin/xdm\n")
    if has_fragment:
        (etc / "fragment").touch()
    assert ((XSESSION,) if has_fragment else (PROFILE,)) == starts()


def test_the_last_wrapper_that_lightdm_names_counts(etc: Path) -> None:
    (etc / "default").write_text("/usr/sbin/lightdm\n")
    (etc / "fragment").touch()
    assert (PROFILE,) == starts()
    for folder in ("vendor", "admin"):
        (etc / folder).mkdir()
    (etc / "vendor/01_debian.conf").write_text(DEBIAN_LIGHTDM)
    assert (XSESSION,) == starts()
    (etc / "admin/50.conf").write_text("session-wrapper = /usr/sbin/lightdm-session\n")
    assert (PROFILE,) == starts()
    (etc / "lightdm.conf").write_text(f"# {DEBIAN_LIGHTDM}{DEBIAN_LIGHTDM}")
    assert (XSESSION,) == starts()
