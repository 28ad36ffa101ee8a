"""One look at the machine tells whose home it is, the login shell, and what is peculiar."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Callable

import pytest

from onpath import host
from onpath.errors import NoHomeError, UsageError
from onpath.host import unix, windows

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("homes of Unix", allow_module_level=True)


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[str, str, str] | None], None]:
    """Return the function that sets the user's line in the password database."""
    monkeypatch.setattr(unix, "running_shell", lambda _: None)

    def set_entry(line: tuple[str, str, str] | None) -> None:
        monkeypatch.setattr(unix, "own_entry", lambda: line)

    return set_entry


Entry = Callable[["tuple[str, str, str] | None"], None]


def test_the_home_is_what_was_asked_for_else_of_the_session_else_of_the_user(
    tmp_path: Path, entry: Entry
) -> None:
    homes = [tmp_path / name for name in ("asked", "session", "user")]
    for home in homes:
        home.mkdir()
    entry(("ada", str(homes[2]), "/bin/sh"))
    environ = {"HOME": str(homes[1])}
    found = [
        host.detect(environ, home=str(homes[0])).home,
        host.detect(environ).home,
        host.detect({"HOME": ""}).home,
        host.detect({}).home,
    ]
    assert list(map(str, [homes[0], homes[1], homes[2], homes[2]])) == found


def test_a_home_has_no_slash_at_its_end(tmp_path: Path, entry: Entry) -> None:
    entry(None)
    assert str(tmp_path) == host.detect({"HOME": f"{tmp_path}//"}).home
    assert "/" == host.detect({"HOME": "/"}).home


@pytest.mark.parametrize("name", ["{0}//{1}", "/{0}/{1}", "{0}/./{1}", "{0}/{1}/.", "{0}/x/../{1}/"])
def test_a_home_has_one_name_however_it_is_spelled(tmp_path: Path, entry: Entry, name: str) -> None:
    """`undo DIRECTORY` found nothing of what had been put under the other name."""
    entry(None)
    home = tmp_path / ".home"
    for folder in (home, tmp_path / "x", tmp_path / "other" / "in"):
        folder.mkdir(parents=True)
    assert str(home) == host.detect({"HOME": name.format(tmp_path, ".home")}).home
    (tmp_path / "link").symlink_to(tmp_path / "other" / "in")
    assert str(tmp_path / "link") == host.detect({"HOME": f"{tmp_path}//link"}).home
    assert str(tmp_path / "other") == host.detect({"HOME": f"{tmp_path}/link/.."}).home


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "there is no home directory; set HOME"),
        ({"HOME": "relative"}, "the home directory relative is no whole path; set HOME to one"),
        ({"HOME": __file__}, f"the home directory {__file__} is no directory; move it away, or name"),
        ({"HOME": "/nowhere/at/all"}, "/nowhere/at/all does not exist; create it"),
        (
            {"HOME": f"{__file__}/x"},
            f"{__file__}/x is not there, since {__file__} is not a directory; move it away, or name",
        ),
        ({"HOME": os.devnull}, f"{os.devnull} is no directory; give this user one, or name another"),
    ],
)
def test_without_a_home_nothing_can_be_done(entry: Entry, environ: dict[str, str], message: str) -> None:
    entry(None)
    with pytest.raises(NoHomeError, match=message):
        host.detect(environ)


@pytest.mark.parametrize(
    ("of_user", "of_session", "shell"),
    [
        ("fish", "zsh", "fish"),
        ("", "zsh", "zsh"),
        ("nologin", "zsh", "zsh"),
        ("removed", "zsh", "zsh"),
        ("nologin", "", None),
    ],
)
def test_the_login_shell_is_the_users_else_the_sessions(
    tmp_path: Path, entry: Entry, of_user: str, of_session: str, shell: str | None
) -> None:
    """One that is no shell, or is not there any more, does not count."""
    for name in ("fish", "zsh", "nologin"):
        (tmp_path / name).touch(0o755)
    entry(("ada", str(tmp_path), f"{tmp_path}/{of_user}"))
    found = host.detect({"HOME": str(tmp_path), "SHELL": f"{tmp_path}/{of_session}"})
    assert shell == (found.login.name if found.login else None)


@pytest.mark.parametrize(
    ("line", "environ", "user"),
    [
        (("ada", "/", ""), {"USER": "eve"}, "ada"),
        (None, {"USER": "eve", "LOGNAME": "bob"}, "eve"),
        (None, {"LOGNAME": "bob"}, "bob"),
        (None, {}, ""),
    ],
)
def test_the_user_is_told_by_the_database_else_the_session(
    entry: Entry, line: tuple[str, str, str] | None, environ: dict[str, str], user: str
) -> None:
    entry(line)
    assert user == host.detect({"HOME": "/", **environ}).user


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CI": "true"}, {"ci"}),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, {"wsl"}),
        ({"TERMUX_VERSION": "0.118"}, {"termux"}),
        ({"container": "podman"}, {"container"}),
    ],
)
def test_what_is_peculiar_is_told(
    environ: dict[str, str], words: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "CONTAINER_SIGNS", ())
    assert words <= set(host.surroundings(environ))
    assert words.isdisjoint(host.surroundings({}))


def test_a_sandbox_has_the_home_of_the_host_and_is_not_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flatpak sets `container`, and Toolbx is one; but the line of an image is no cure there."""
    for signs in ((), (str(tmp_path / "none"),), (str(tmp_path),)):
        monkeypatch.setattr(host, "SANDBOX_SIGNS", signs)
        expected = "sandbox" if str(tmp_path) in signs else "container"
        assert [expected] == [w for w in host.surroundings({"container": "flatpak"}) if w != "wsl"]


def test_a_user_without_an_entry_is_in_a_container(tmp_path: Path, entry: Entry) -> None:
    entry(None)
    assert "container" in host.detect({"HOME": str(tmp_path)}).surroundings


def test_the_shell_that_termux_has_a_link_to_is_the_login_shell(tmp_path: Path, entry: Entry) -> None:
    for name in ("fish", "zsh"):
        (tmp_path / name).touch(0o755)
    entry(("u0_a1", str(tmp_path), f"{tmp_path}/zsh"))
    (tmp_path / ".termux").mkdir()
    (tmp_path / ".termux" / "shell").symlink_to(tmp_path / "fish")
    found = host.detect({"HOME": str(tmp_path)}).login
    assert ("fish", f"{tmp_path}/fish") == (found and found.name, found and found.program)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"MSYSTEM": "MINGW64", "EXEPATH": r"C:\Program Files\Git\bin"}, "git-bash"),
        ({"MSYSTEM": "UCRT64"}, "msys2"),
        ({"MSYSTEM": "UCRT64", "MSYS2_PATH_TYPE": "inherit"}, "git-bash"),
        ({"MSYSTEM": "MSYS", "MSYS2_PATH_TYPE": "minimal"}, "msys2"),
    ],
)
def test_git_bash_and_msys2_are_told_apart(environ: dict[str, str], kind: str) -> None:
    assert kind == host.msys_kind(environ)


@pytest.mark.parametrize("platform", ["linux", "darwin", "freebsd14", "win32"])
def test_the_system_is_chosen_once(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """All that differs between systems hangs on this choice."""
    with monkeypatch.context() as system:
        system.setattr(sys, "platform", platform)
        found = host.choose_system()
    assert found is (windows if platform == "win32" else unix)


def test_on_windows_the_home_is_the_profile_and_no_other_can_be_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git Bash sets HOME as well; and the registry is that of the user who runs this."""
    monkeypatch.setattr(host, "choose_system", lambda: windows)
    monkeypatch.setattr(windows, "running_shell", lambda _: None)
    environ = {"HOME": "/elsewhere", "USERPROFILE": str(tmp_path), "USERNAME": "ada"}
    found = host.detect(environ)
    assert (str(tmp_path), "ada") == (found.home, found.user)
    with pytest.raises(UsageError, match="--home: the registry is that of the user who runs this"):
        host.detect(environ, home=str(tmp_path))
    with pytest.raises(NoHomeError, match="there is no home directory; set USERPROFILE"):
        host.detect({"HOME": str(tmp_path)})


@pytest.mark.parametrize("name", ["home", "home/ada"])
def test_a_home_on_a_disk_that_is_not_mounted_is_told_as_that(tmp_path: Path, name: str) -> None:
    """`create it` would fail: the link is in the way."""
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    told = f"is not there, since {tmp_path}/home is a dangling link to {tmp_path}/disk; mount or create"
    with pytest.raises(NoHomeError, match=re.escape(f"{tmp_path}/{name} {told}")):
        host.detect({"HOME": f"{tmp_path}/{name}"})
