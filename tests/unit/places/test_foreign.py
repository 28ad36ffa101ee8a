"""Which shell of another language reads a file in which a block would stop it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from onpath.places.foreign import why_foreign
from samples import make_host

if TYPE_CHECKING:
    from pathlib import Path

FISH, TCSH = ".config/fish/config.fish", ".cshrc"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="shells of Unix")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home, and programs of shells that differ in their languages."""
    (tmp_path / "bin").mkdir()
    for name in ("fish", "tcsh", "bash", "zsh", "xonsh"):
        program = tmp_path / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    (tmp_path / "home" / ".config" / "fish" / "conf.d").mkdir(parents=True)
    return tmp_path / "home"


def told(home: Path, path: str, shell: str = "bash") -> str:
    """Return where it is read by another shell, or nothing."""
    host = make_host(str(home), environ={"HOME": str(home), "PATH": str(home.parent / "bin")})
    return why_foreign(str(home / path), shell, host).partition("(")[2].partition(")")[0]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (FISH, "source ~/.profile"),
        (FISH, ". $HOME/.profile"),
        (FISH, 'test -f ~/.profile; and source "{$HOME}/.profile"'),
        (FISH, "if test -f ~/.profile; source ~/.profile; end"),
        (FISH, "status is-login; and begin; source ~/.profile; end"),
        (".config/fish/conf.d/env.fish", "source ~/.profile"),
        (TCSH, "if (-f ~/.profile) source ~/.profile"),
        (".login", "source ${HOME}/.profile"),
        (".xonshrc", "source '~/.profile'"),
        (FISH, "for f in ~/.env ~/.profile; test -f $f; and source $f; end"),
        (FISH, "set -l p $HOME/.profile; test -r $p; and source $p"),
        (FISH, "cat ~/.profile | source"),
        (FISH, "source < ~/.profile"),
        (FISH, "source (string replace x x ~/.profile)"),
        (FISH, "cd ~; source .profile; cd -"),
        (TCSH, "set rc = ~/.profile; if (-r $rc) source $rc"),
        (FISH, "echo 'it''s'; source ~/.profile  # don't"),
        (FISH, 'eval "source ~/.profile"'),
        (FISH, "test -f ~/.profile; and eval 'true; source \"$HOME/.profile\"'"),
        (FISH, "eval source ~/.profile"),
        (FISH, "source $__fish_config_dir/../../.profile"),
        (FISH, 'source "$XDG_CONFIG_HOME/../.profile"'),
        (TCSH, "eval 'source ~/.profile'"),
        (TCSH, "cat << X\nno command\nX\nsource ~/.profile"),
        (TCSH, "echo 1 << 2; source ~/.profile"),
    ],
)
def test_a_file_that_another_shell_has_read_is_told_with_the_line(
    home: Path, file: str, line: str
) -> None:
    (home / ".profile").write_text("export EDITOR=vim\n")
    (home / file).write_text(f"# first\n{line}\n")
    assert f"~/{file}:{2 + line.count(chr(10))}" == told(home, ".profile")
    assert "" == told(home, ".bashrc")


@pytest.mark.parametrize(
    "line",
    [
        "# source ~/.profile",
        "bass source ~/.profile",
        "bash -lc 'true; source ~/.profile; env' | read x",
        "replay 'source ~/.profile'",
        "alias p 'vim ~/.profile'",
        "source ~/.profile.fish",
        "echo source ~/.profile",
        "echo 'eval source ~/.profile'",
        "cat << EOF\nsource ~/.profile\nEOF",
        "cat <<'EOF'\n  source ~/.profile\nEOF",
        'bash -c "\n  source ~/.profile; env -0" | while read -z l; set -gx e $l; end',
        "env HOME=$HOME bash --norc -c '\n  source ~/.profile; env' >/dev/null",
        "alias brc 'bash --rcfile ~/x; source ~/.profile'",
        "abbr -a rl 'clear; source ~/.profile'",
        "echo x # source ~/.profile; . ~/.profile",
        "echo 'x; source ~/.profile'",
        "echo 'x\n. ~/.profile\n' >/dev/null",
        "# don't\necho \\' source ~/.profile",
        "for f in ~/.profile; cat $f; end",
    ],
)
def test_a_file_that_another_program_reads_is_not_meant(home: Path, line: str) -> None:
    (home / ".profile").write_text("export EDITOR=vim\n")
    (home / FISH).write_text(f"{line}\n")
    assert "" == told(home, ".profile")


def test_a_file_that_is_read_by_way_of_another_is_told_where_it_is_named(home: Path) -> None:
    (home / ".profile").touch()
    (home / "env.fish").write_text("source ~/.profile\n")
    (home / FISH).write_text("source ~/env.fish\n")
    assert "~/env.fish:1" == told(home, ".profile")


@pytest.mark.parametrize("is_hard", [True, False])
def test_one_file_by_two_names_is_read_by_both_shells(home: Path, *, is_hard: bool) -> None:
    (home / "aliases").write_text("alias ll 'ls -l'\n")
    link = os.link if is_hard else os.symlink
    for name in (".bashrc", TCSH):
        link(home / "aliases", home / name)
    assert f"~/{TCSH}" == told(home, ".bashrc")
    assert "~/.bashrc" == told(home, TCSH, "tcsh")


def test_shells_of_one_language_may_share_a_file_and_one_that_is_not_here_reads_none(home: Path) -> None:
    for name in (".profile", ".bashrc"):
        (home / name).touch()
    (home / ".zshrc").write_text("source ~/.profile\nsource ~/.bashrc\n")
    (home / "lib").mkdir()
    (home / "lib" / "profile").write_text(". $home/.bashrc\n")  # of rc, which has no program here
    assert ["", ""] == [told(home, ".profile"), told(home, ".bashrc")]


def test_a_file_that_is_not_there_is_read_by_nobody(home: Path) -> None:
    (home / FISH).write_text("test -f ~/.profile; and source ~/.profile\n")
    (home / ".cshrc").symlink_to(".cshrc")
    assert "" == told(home, ".profile")
