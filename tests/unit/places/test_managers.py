"""Who else writes a startup file, and what the user should do about it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from onpath.places import managers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Make a home that nothing manages."""
    folder = tmp_path / "ada"
    folder.mkdir()
    return folder


def make(path: Path, content: bytes = b"") -> Path:
    """Make a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def note(home: Path, name: str) -> str:
    """Return what is said of the file `name`."""
    return managers.note(str(home / name), str(home)) or ""


@pytest.mark.parametrize("name", [".bashrc", ".config/fish/conf.d/onpath.fish", "rc"])
def test_a_file_that_nobody_manages_has_no_note(bare: Path, name: str) -> None:
    assert "" == note(bare, name)
    make(bare / name)
    assert "" == note(bare, name)


@pytest.mark.parametrize(
    ("store", "cure"),
    [
        ("/nix/store/abc-home-manager-files", "home.sessionPath"),
        ("/gnu/store/abc-bashrc", "home-environment-variables-service-type"),
    ],
)
def test_a_file_of_a_store_is_changed_where_it_is_made(bare: Path, store: str, cure: str) -> None:
    (bare / ".bashrc").symlink_to(f"{store}/.bashrc")
    assert cure in note(bare, ".bashrc")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("dot_zshrc", ".zshrc"),
        ("private_dot_zshrc", ".zshrc"),
        ("encrypted_private_dot_zshrc.age", ".zshrc"),
        ("private_readonly_dot_zshrc.literal", ".zshrc"),
        ("dot_config/fish/config.fish", ".config/fish/config.fish"),
        ("private_dot_config/private_fish/conf.d/onpath.fish", ".config/fish/conf.d/onpath.fish"),
        ("exact_dot_config/fish/executable_config.fish", ".config/fish/config.fish"),
    ],
)
def test_a_file_of_chezmoi_is_added_again(bare: Path, source: str, name: str) -> None:
    make(bare / ".local/share/chezmoi" / source)
    assert f"chezmoi manages it: run `chezmoi re-add {bare}/{name}` to keep an edit" == note(bare, name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("dot_zshrc.tmpl", ".zshrc"),
        ("encrypted_dot_zshrc.tmpl.age", ".zshrc"),
        ("modify_private_dot_zshrc", ".zshrc"),
        ("dot_config/fish/config.fish.tmpl", ".config/fish/config.fish"),
    ],
)
def test_a_file_that_chezmoi_makes_anew_is_edited_in_its_source(
    bare: Path, source: str, name: str
) -> None:
    """`chezmoi re-add` does nothing there."""
    make(bare / ".local/share/chezmoi" / source)
    said = f"chezmoi makes it anew: run `chezmoi edit {bare}/{name}` to make the same edit there"
    assert said == note(bare, name)


def test_a_new_file_where_chezmoi_knows_every_file_is_added(bare: Path) -> None:
    """What it does not know is removed from such a folder."""
    make(bare / ".local/share/chezmoi/dot_config/exact_fish/config.fish")
    name = ".config/fish/conf.d/onpath.fish"
    said = f"chezmoi removes what it does not know there: run `chezmoi add {bare}/{name}` to keep it"
    assert said == note(bare, name)
    assert "" == note(bare, ".config/nushell/config.nu")


def test_a_file_that_chezmoi_only_creates_is_the_users(bare: Path) -> None:
    make(bare / ".local/share/chezmoi/create_dot_zshrc")
    assert "" == note(bare, ".zshrc")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("chezmoi.toml", 'x = 1\nsourceDir = "~/dots"  # mine\n'),
        ("chezmoi.yaml", "sourceDir: ~/dots\n"),
        ("chezmoi.json", '{"sourceDir": "HOME/dots"}\n'),
    ],
)
def test_chezmois_source_is_where_its_configuration_says(bare: Path, config: str, text: str) -> None:
    make(bare / ".config/chezmoi" / config, text.replace("HOME", str(bare)).encode())
    make(bare / "dots/.chezmoiroot", b"home\n")
    make(bare / "dots/home/dot_zshrc")
    make(bare / ".local/share/chezmoi/dot_bashrc")
    assert "chezmoi manages it" in note(bare, ".zshrc")
    assert "" == note(bare, ".bashrc")


@pytest.mark.parametrize("name", [".bashrc", ".config/fish/config.fish", ".config/zshrc", "zshrc"])
def test_another_file_in_a_home_with_chezmoi_is_not_chezmois(bare: Path, name: str) -> None:
    make(bare / ".local/share/chezmoi/dot_zshrc")
    make(bare / ".local/share/chezmoi/dot_config/nushell/config.nu")
    assert "" == note(bare, name)


def git(folder: Path, *words: str) -> None:
    """Run git without anybody's settings."""
    program = shutil.which("git") or pytest.skip("git is not installed")
    environ = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/bin:/bin"}
    subprocess.run([program, *words], cwd=folder, env=environ, check=True, capture_output=True)


def add_to_yadm(home: Path, *names: str) -> None:
    """Do as yadm does: a repository whose work tree is the home."""
    store = home / ".local/share/yadm/repo.git"
    store.parent.mkdir(parents=True)
    git(home, "init", "-q", "--bare", str(store))
    for name in names:
        make(home / name)
        git(home, "--git-dir", str(store), "--work-tree", str(home), "add", name)


def test_a_file_of_yadm_is_committed(bare: Path) -> None:
    add_to_yadm(bare, ".bashrc", ".config/fish/config.fish")
    assert "yadm manages it" in note(bare, ".bashrc")
    assert "yadm manages it" in note(bare, ".config/fish/config.fish")
    assert "" == note(bare, ".zshrc")


def test_a_file_of_the_same_name_elsewhere_is_not_yadms(bare: Path) -> None:
    add_to_yadm(bare, "old/.bashrc")
    make(bare / ".bashrc")
    assert "" == note(bare, ".bashrc")


def test_a_link_into_a_repository_is_committed_there(bare: Path, tmp_path: Path) -> None:
    """As stow makes them, or a person."""
    repository = tmp_path / "dotfiles"
    make(repository / "bash/.bashrc")
    (repository / ".git").mkdir()
    (bare / ".bashrc").symlink_to("../dotfiles/bash/.bashrc")
    said = f"it is a link into the repository {repository}: commit an edit there"
    assert said == note(bare, ".bashrc")


def test_a_link_to_elsewhere_and_a_home_that_is_a_repository_have_no_note(
    bare: Path, tmp_path: Path
) -> None:
    make(tmp_path / "elsewhere/.bashrc")
    (bare / ".bashrc").symlink_to("../elsewhere/.bashrc")
    make(bare / ".zshrc")
    (bare / ".git").mkdir()
    assert ["", ""] == [note(bare, ".bashrc"), note(bare, ".zshrc")]


def test_a_home_that_is_reached_by_a_link_is_no_repository(bare: Path, tmp_path: Path) -> None:
    """`/home` may be a link; what lies below it is where it always was."""
    (tmp_path / "link").symlink_to("ada")
    (bare / ".git").mkdir()
    make(bare / ".bashrc")
    assert "" == note(tmp_path / "link", ".bashrc")
