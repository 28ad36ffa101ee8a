"""A home is the same under any of its names, and what lies in it has one name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from onpath import homes
from samples import BOUNDED, DIRECTORIES, HOME

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("links of Unix", allow_module_level=True)


@pytest.mark.parametrize(
    ("path", "home", "expected"),
    [
        ("/home/ada/.bashrc", "/home/ada", ".bashrc"),
        ("/home/ada/.config/fish", "/home/ada/", ".config/fish"),
        ("/home/ada", "/home/ada", ""),
        ("/home/ada2/.bashrc", "/home/ada", None),
        ("/home", "/home/ada", None),
        ("/opt/x", "/home/ada", None),
        ("/home/ada/../eve/.bashrc", "/home/ada", None),
        ("/etc/passwd", "/", "etc/passwd"),
        ("relative", "/home/ada", None),
    ],
)
def test_a_path_lies_in_a_home_or_not(path: str, home: str, expected: str | None) -> None:
    assert expected == homes.below(path, home)


@BOUNDED
@given(DIRECTORIES)
def test_what_is_written_down_is_found_again(path: str) -> None:
    name = homes.to_name(path, HOME)
    assert path == homes.from_name(name, HOME)
    assert name.startswith("~/") == path.startswith(f"{HOME}/")


def test_a_home_has_other_names(tmp_path: Path) -> None:
    """A link to it, above it, or into it."""
    home = tmp_path / "real" / "ada"
    (home / "zsh").mkdir(parents=True)
    (tmp_path / "ada").symlink_to("real/ada")
    (tmp_path / "homes").symlink_to("real")
    (tmp_path / "zsh").symlink_to(home / "zsh")
    for path in ("real/ada/zsh/.zshrc", "ada/zsh/.zshrc", "homes/ada/zsh/.zshrc", "zsh/.zshrc"):
        for name in ("real/ada", "ada", "homes/ada"):
            assert "~/zsh/.zshrc" == homes.to_name(f"{tmp_path}/{path}", f"{tmp_path}/{name}")


def test_a_link_out_of_the_home_has_its_name_there_and_leads_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".config").symlink_to(tmp_path)
    path = f"{home}/.config/fish"
    assert "~/.config/fish" == homes.to_name(path, str(home))
    assert not homes.is_inside(path, str(home))
    assert homes.is_inside(f"{home}/.bashrc", str(home))


def test_full_paths_are_carried_over_with_what_they_lead_to(tmp_path: Path) -> None:
    """Unless that is in the home of that time: it is another one today."""
    first, copy, opt = (tmp_path / name for name in ("first", "copy", "opt"))
    for each in (first, copy, opt):
        each.mkdir()
    (copy / "inner").symlink_to(first / "x")
    (copy / "outer").symlink_to(opt / "x")
    state = f"{first}/.state"
    found = homes.carry_over(
        [f"{first}/inner", f"{first}/outer", state, f"{opt}/x"], str(copy), f"{copy}/.state"
    )
    expected = {
        f"{first}/inner": (f"{copy}/inner",),
        f"{first}/outer": (f"{copy}/outer", f"{opt}/x"),
        state: (f"{copy}/.state",),
        f"{opt}/x": (f"{opt}/x",),
    }
    assert expected == found


def test_in_its_own_home_a_full_path_stays_what_it_is(home: Path) -> None:
    paths = [f"{home}/.bashrc", "/opt/x"]
    expected = {path: (path,) for path in paths}
    assert expected == homes.carry_over(paths, str(home), f"{home}/.local/state/onpath")
    assert {"/opt/x": ()} == homes.carry_over(["/opt/x"], str(home), os.devnull)
