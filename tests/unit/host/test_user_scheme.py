"""Every Python tells where its own `pip install --user` puts commands, and when it has no such place."""

from __future__ import annotations

import fnmatch
import glob
import os
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from onpath.host import unix, user_scheme

SOURCE = Path(user_scheme.__file__).read_text() + "\nanswer()"
# The base Python: in the virtual environment of these tests there are no user commands.
BASE = os.path.realpath(sys.executable)
# What Python itself says; its scheme has a name of its own since 3.10.
STANDARD = """
import sys, sysconfig
named = getattr(sysconfig, "get_preferred_scheme", lambda _: "posix_user")
sys.stdout.write(sysconfig.get_path("scripts", named("user")))
"""


def others() -> list[str]:
    """Return one Python of each version that is on this machine."""
    found: list[str] = []
    for minor in range(6, 16):
        name = f"python3.{minor}"
        folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        folders += glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin"))
        programs = [f"{folder}/{name}" for folder in folders if os.access(f"{folder}/{name}", os.X_OK)]
        found += programs[:1]
    return found


def run(python: str, source: str, *options: str, environ: dict[str, str] | None = None) -> str:
    """Return what `python` writes when it is given `source` as a text."""
    done = subprocess.run(
        [python, *options, "-c", source],
        env={"LC_ALL": "C.UTF-8", **({"HOME": "/home/ada"} if environ is None else environ)},
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert b"" == done.stderr
    return os.fsdecode(done.stdout)


@pytest.mark.parametrize("python", others())
def test_each_python_says_what_its_own_sysconfig_says(python: str) -> None:
    assert f"ok {run(python, STANDARD)}" == run(python, SOURCE)


def test_a_home_that_is_another_by_now_is_the_one_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`site` keeps what it had: a process of root's that has become another user had root's."""
    if os.name == "nt":
        pytest.skip("there it is APPDATA")
    monkeypatch.setenv("HOME", str(tmp_path / "first"))
    monkeypatch.setattr(site, "USER_BASE", None)
    first = site.getuserbase()
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    assert user_scheme.user_directory().startswith(f"{tmp_path}/other/")
    assert first == site.getuserbase()  # as others know it


def test_a_home_whose_name_goes_up_from_a_link_is_where_that_leads(tmp_path: Path) -> None:
    (tmp_path / "disks/one").mkdir(parents=True)
    (tmp_path / "disks/ada").mkdir()
    (tmp_path / "disk").symlink_to("disks/one")
    for home, leads_to in (
        (f"{tmp_path}/disk/../ada", f"{os.path.realpath(tmp_path)}/disks/ada"),
        (f"{tmp_path}/disks/one/../ada", f"{tmp_path}/disks/ada"),
        (f"{tmp_path}/gone/../ada", f"{tmp_path}/ada"),
    ):
        said = run(BASE, SOURCE, environ={"HOME": home})
        assert said.startswith(f"ok {leads_to}/"), said


@pytest.mark.parametrize("python", others())
def test_each_python_can_spell_the_scheme_of_windows(python: str) -> None:
    """It has changed from version to version."""
    elsewhere = (
        "import site, sysconfig\n"
        "sysconfig.get_preferred_scheme = lambda _: 'nt_user'\n"
        "site.getuserbase = lambda: '/base'\n"
    )
    answer = run(python, elsewhere + SOURCE)
    assert fnmatch.fnmatchcase(answer, "ok /base/Python3*/Scripts"), answer


def test_this_python_says_the_usual_place() -> None:
    expected = "ok /home/ada/Library/Python/" if sys.platform == "darwin" else "ok /home/ada/.local/bin"
    assert run(BASE, SOURCE).startswith(expected)


def test_a_virtual_environment_says_what_its_base_says() -> None:
    """There is no other: what pip puts into the environment itself is on PATH while that is active."""
    assert run(BASE, SOURCE) == run(sys.executable, SOURCE)


@pytest.mark.parametrize("base", ["/opt/user base", "/opt/é", "/opt/\udce9", "/opt/base/"])
def test_a_user_base_that_is_set_is_followed(base: str) -> None:
    expected = f"ok {base.rstrip('/')}/bin"
    assert expected == run(BASE, SOURCE, environ={"PYTHONUSERBASE": base})


def test_a_home_that_is_not_set_is_the_one_of_the_user() -> None:
    found = unix.own_entry()
    assert found
    assert run(BASE, SOURCE, environ={}).startswith(f"ok {found[1].rstrip('/')}/")


@pytest.mark.parametrize(
    ("options", "environ"),
    [(("-s",), {}), (("-I",), {}), ((), {"PYTHONNOUSERSITE": "1"}), (("-I",), {"PYTHONUSERBASE": "/x"})],
)
@pytest.mark.parametrize("python", [BASE, sys.executable], ids=["base", "venv"])
def test_a_user_site_that_is_switched_off_is_said(
    python: str, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    answer = run(python, SOURCE, *options, environ=environ)
    assert "no its user site is switched off (-s, -I or PYTHONNOUSERSITE)" == answer


# The systems that are not here: their rules are in every Python's sysconfig.


@pytest.fixture
def user_base(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give this Python a user base, and take it for one outside of a virtual environment."""
    monkeypatch.setattr(site, "getuserbase", lambda: "/base")
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    return "/base"


@pytest.mark.parametrize(
    ("scheme", "winver", "directory"),
    [
        ("posix_user", None, "bin"),
        ("osx_framework_user", None, "bin"),
        ("nt_user", "3.11", "Python311/Scripts"),
        ("nt_user", "3.12-32", "Python312-32/Scripts"),
        ("nt_user", "3.13-arm64", "Python313-arm64/Scripts"),
    ],
)
def test_each_scheme_has_its_shape(
    user_base: str, monkeypatch: pytest.MonkeyPatch, scheme: str, winver: str | None, directory: str
) -> None:
    """A 32-bit Python on Windows has a directory of its own, since 3.10."""
    if winver and "plat" not in sysconfig.get_path("scripts", scheme, expand=False):
        pytest.skip("this Python does not know of it yet")
    monkeypatch.setattr(sysconfig, "get_preferred_scheme", lambda _: scheme, raising=False)
    if winver:
        monkeypatch.setattr(sys, "winver", winver, raising=False)
    assert f"{user_base}/{directory}" == user_scheme.scripts_directory()


@pytest.mark.parametrize(
    ("name", "platform", "framework", "scheme"),
    [
        ("posix", "linux", "", "posix_user"),
        ("posix", "darwin", "", "posix_user"),
        ("posix", "darwin", "Python", "osx_framework_user"),
        ("nt", "win32", "", "nt_user"),
    ],
)
@pytest.mark.usefixtures("user_base")
def test_before_3_10_the_scheme_is_known_by_the_system(
    monkeypatch: pytest.MonkeyPatch, name: str, platform: str, framework: str, scheme: str
) -> None:
    asked = []

    def get_path(_name: str, scheme: str, *, expand: bool) -> str:
        asked.append((scheme, expand))
        return "{userbase}/bin"

    with monkeypatch.context() as system:
        system.delattr(sysconfig, "get_preferred_scheme", raising=False)
        system.setattr(sysconfig, "get_path", get_path)
        system.setattr(sys, "platform", platform)
        system.setattr(sys, "_framework", framework, raising=False)
        system.setattr(os, "name", name)
        directory = user_scheme.scripts_directory()
    assert [(scheme, False)] == asked
    assert "/base/bin" == directory


@pytest.mark.parametrize("enabled", [False, None])
@pytest.mark.usefixtures("user_base")
def test_a_python_without_a_user_site_says_so(
    monkeypatch: pytest.MonkeyPatch, enabled: bool | None
) -> None:
    """An embedded build, or one that runs with another user's rights."""
    monkeypatch.setattr(site, "ENABLE_USER_SITE", enabled)
    with pytest.raises(LookupError, match="it has no user site"):
        user_scheme.scripts_directory()


def test_in_a_virtual_environment_the_user_site_is_off_and_does_not_matter(
    user_base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/venv")
    monkeypatch.setattr(site, "ENABLE_USER_SITE", False)
    assert f"{user_base}/bin" == user_scheme.scripts_directory()


@pytest.mark.parametrize("base", [None, "", "~/.local"])
@pytest.mark.usefixtures("user_base")
def test_without_a_home_there_is_no_such_directory(
    monkeypatch: pytest.MonkeyPatch, base: str | None
) -> None:
    monkeypatch.setattr(site, "getuserbase", lambda: base)
    with pytest.raises(LookupError, match="no home directory; set HOME"):
        user_scheme.scripts_directory()
