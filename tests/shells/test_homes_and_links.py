"""Homes that are copied or have two names; links and folders that are not there, or not the user's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest

from commands import Run, changed, ensure_path, own_files, snapshot
from judging import (
    NOBODY,
    as_user,
    assert_served,
    ensure,
    home_of,
    is_effective,
    namespace,
    run_behind,
    scripts,
    write,
)
from terminals import INTERACTIVE

if TYPE_CHECKING:
    from commands import Snapshot

if sys.platform == "win32":
    pytest.skip("shells and files of Unix", allow_module_level=True)

Require = Callable[[str], Path]

RECEIPT = ".local/state/onpath/receipt.json"
SHELLS = ("bash", "zsh", "fish")
CURE = "mount or create that"
PASTE = "to serve it by hand"
# Before a command: the first folder is seen as the second, and is empty under its own name.
RENAMED = ("sh", "-c", 'mount --bind "$0" "$1" && mount -t tmpfs none "$0" && shift && exec "$@"')
SECOND = ("sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"')


def each_shell() -> list[str]:
    """Return the words that name the shells of these tests."""
    return [word for name in SHELLS for word in ("--shell", name)]


def look(home: Path) -> Snapshot:
    """Return all in `home` but for what the shells make there by themselves."""
    return snapshot(home, without=tuple(dict.fromkeys(f for s in SHELLS for f in own_files(s, home))))


@pytest.fixture
def settled(home: Path, require: Require) -> Path:
    """Make a home in which three shells have files, zsh's in a folder that only `.zshenv` names."""
    for name in SHELLS:
        require(name)
    write(home, ".bashrc", "alias ll='ls -l'\n")
    write(home, ".zshenv", "ZDOTDIR=$HOME/zsh\n")
    write(home, "zsh/.zshrc", "setopt autocd")
    write(home, ".config/fish/config.fish", "set -g fish_greeting\n")
    return home


def as_version_1(home: Path) -> None:
    """Make the receipt what the first release would have written: full paths."""
    path = home / RECEIPT
    document = json.loads(path.read_text())
    document["version"] = 1
    del document["receipt"], document["linked"]
    for name in ("files", "folders"):
        document[name] = [each.replace("~", str(home), 1) for each in document[name]]
    path.write_text(json.dumps(document))


def copy(home: Path) -> Path:
    """Return a copy of the home, with its links as they are, as `cp -a` makes it."""
    other = home.with_name("copy")
    shutil.copytree(home, other, symlinks=True)
    return other


# Receipts and homes.


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("is_moved", [False, True])
def test_an_undo_in_a_copied_or_moved_home_acts_on_that_one_alone(
    settled: Path, version: int, *, is_moved: bool
) -> None:
    before = look(settled)
    assert ensure(settled, *each_shell()).code == 0
    if version == 1:
        as_version_1(settled)
    edited = look(settled)
    other = settled.rename(settled.with_name("copy")) if is_moved else copy(settled)
    run = ensure_path(other, "--undo")
    assert run.code == 0, run
    assert {} == changed(before, look(other))
    if not is_moved:
        assert {} == changed(edited, look(settled))
        assert ensure_path(settled, "--undo").code == 0
        assert {} == changed(before, look(settled))


def texts(home: Path) -> dict[str, bytes]:
    """Return what the files of a home hold."""
    return {str(each.relative_to(home)): each.read_bytes() for each in home.rglob("*") if each.is_file()}


@pytest.mark.parametrize("is_first_undone", [False, True])
def test_an_undo_in_a_copy_made_of_hard_links_acts_on_that_one_alone(
    settled: Path, *, is_first_undone: bool
) -> None:
    """`cp -al`, rsnapshot: all names of one file, also those of the receipt."""
    before = texts(settled)
    assert ensure(settled, *each_shell()).code == 0
    edited = texts(settled)
    other = settled.with_name("copy")
    shutil.copytree(settled, other, symlinks=True, copy_function=os.link)
    one, two = (settled, other) if is_first_undone else (other, settled)
    run = ensure_path(one, "--undo")
    assert (0, "") == (run.code, run.stderr), run
    assert before == texts(one)
    assert edited == texts(two)
    run = ensure_path(two, "--undo")
    assert (0, "") == (run.code, run.stderr), run
    assert before == texts(two)


def test_a_file_with_two_names_that_the_user_gave_it_keeps_both(settled: Path) -> None:
    """As of a repository of dotfiles; also in a home that was copied since."""
    write(settled, "dots", (settled / ".bashrc").read_text())
    (settled / ".bashrc").unlink()
    os.link(settled / "dots", settled / ".bashrc")
    before = look(settled)
    assert ensure(settled, "--shell", "bash").code == 0
    assert (settled / "dots").samefile(settled / ".bashrc")
    assert ensure_path(settled, "--undo").code == 0
    assert (settled / "dots").samefile(settled / ".bashrc")
    assert {} == changed(before, look(settled))


def test_a_file_that_gets_a_second_name_later_keeps_both(settled: Path) -> None:
    """The receipt has none, so it is no copy of the home."""
    before = (settled / ".bashrc").read_text()
    assert ensure(settled, "--shell", "bash").code == 0
    os.link(settled / ".bashrc", settled / "dots")
    assert ensure_path(settled, "--undo").code == 0
    assert (settled / "dots").samefile(settled / ".bashrc")
    assert before == (settled / "dots").read_text()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("how", [SECOND, RENAMED], ids=["both names", "the second name alone"])
def test_an_undo_under_another_name_of_the_home_takes_all_back(
    settled: Path, version: int, how: tuple[str, ...]
) -> None:
    """NFS, a bind mount, a home server that was renamed."""
    words = namespace("--mount", "--propagation", "private")
    before = look(settled)
    assert ensure(settled, *each_shell()).code == 0
    if version == 1:
        as_version_1(settled)
    other = settled.with_name("other")
    other.mkdir()
    within = (*words, *how, str(settled), str(other))
    run = ensure_path(other, "--undo", within=within, folder=settled.parent)
    assert run.code == 0, run
    assert {} == changed(before, look(settled))


def test_a_second_name_in_a_startup_file_is_the_same_home(settled: Path) -> None:
    """Recorded by that name, the file would be lost with it."""
    link = settled.with_name("link")
    link.symlink_to(settled)
    write(settled, ".zshenv", f"ZDOTDIR={link}/zsh\n")
    before = look(settled)
    assert ensure(settled, *each_shell()).code == 0
    assert "~/zsh/.zshrc" in json.loads((settled / RECEIPT).read_text())["files"]
    link.unlink()
    assert ensure_path(settled, "--undo").code == 0
    assert {} == changed(before, look(settled))


def test_a_copy_whose_startup_files_name_the_first_home_leaves_that_alone(settled: Path) -> None:
    write(settled, ".zshenv", f"ZDOTDIR={settled}/zsh\n")
    before = look(settled)
    assert ensure(settled, *each_shell()).code == 0
    edited = look(settled)
    other = copy(settled)
    env = {"ZDOTDIR": f"{settled}/zsh", "XDG_CONFIG_HOME": f"{settled}/.config"}
    assert ensure_path(other, "--undo", env=env).code == 0
    assert {} == changed(edited, look(settled))
    assert {} == changed(before, look(other))


@pytest.mark.parametrize("version", [1, 2])
def test_a_link_into_the_first_home_is_refused_in_the_copy(settled: Path, version: int) -> None:
    (settled / ".bashrc").rename(settled / "dots")
    (settled / ".bashrc").symlink_to(settled / "dots")
    before = look(settled)
    assert ensure(settled, *each_shell()).code == 0
    if version == 1:
        as_version_1(settled)
    edited = look(settled)
    other = copy(settled)
    run = ensure_path(other, "--undo")
    assert run.code == 3
    assert f".bashrc leads out of this home to {settled}/dots, where nothing was put" in run.stderr
    assert {} == changed(edited, look(settled))
    assert (other / RECEIPT).exists()
    assert ensure_path(settled, "--undo").code == 0
    assert {} == changed(before, look(settled))


def test_a_linked_state_folder_is_the_first_homes_own(settled: Path) -> None:
    """Its receipt is about that home, and stays there."""
    (settled / "states").mkdir()
    (settled / ".local").mkdir()
    (settled / ".local/state").symlink_to(settled / "states")
    assert ensure(settled, *each_shell()).code == 0
    edited = look(settled)
    assert ensure_path(copy(settled), "--undo").code == 0
    assert {} == changed(edited, look(settled))


@pytest.mark.parametrize("is_linked", [False, True])
def test_what_was_outside_of_the_home_when_it_was_recorded_is_taken_back(
    settled: Path, *, is_linked: bool
) -> None:
    """A folder of zsh elsewhere, or a repository that the home has links into."""
    opt = settled.with_name("opt")
    (settled / "zsh").rename(opt)
    if is_linked:
        (settled / "zsh").symlink_to(opt)
    else:
        write(settled, ".zshenv", f"ZDOTDIR={opt}\n")
    before, outside = look(settled), snapshot(opt)
    assert ensure(settled, *each_shell()).code == 0
    assert outside != snapshot(opt)
    assert ensure_path(settled, "--undo").code == 0
    assert {} == changed(before, look(settled))
    assert {} == changed(outside, snapshot(opt))


# Links that lead nowhere.

INSTEAD = ", so another file serves in its place"
DANGLING = {  # the link and where it leads, in the home; the file, and the shell that it is for
    "fish's conf.d": (".config/fish/conf.d", "dots/fish/conf.d", "onpath.fish", "fish"),
    "fish's folder": (".config/fish", "dots/fish", "conf.d/onpath.fish", "fish"),
    "all of .config": (".config", "dots/config", "fish/conf.d/onpath.fish", "fish"),
    "zsh's folder": ("zsh", "dots/zsh", ".zshrc", "zsh"),
    "zsh's file": (".zshrc", "dots/zshrc", "", "zsh"),
    "bash's file": (".bashrc", "dots/bashrc", "", "bash"),
    "a store": (".bashrc", "nix/store/gone/bashrc", "", "bash"),
}


@pytest.mark.parametrize("case", DANGLING)
def test_a_link_to_what_is_not_cloned_or_mounted_is_refused_by_name_and_nothing_is_made(
    home: Path, require: Require, case: str
) -> None:
    link, target, file, shell = DANGLING[case]
    require(shell)
    if link == "zsh":
        write(home, ".zshenv", "ZDOTDIR=$HOME/zsh\n")
    write(home, ".profile", "umask 022\n")
    (home / link).parent.mkdir(parents=True, exist_ok=True)
    (home / link).symlink_to(home / target)
    before = look(home)
    run = ensure(home, "--shell", shell)
    # Another file may serve in its place.
    code = {"fish's folder": 1, "all of .config": 1, "bash's file": 3, "a store": 3}.get(case, 0)
    assert run.code == code, run
    instead = "" if code else INSTEAD
    assert f"{home / link} is a dangling link to {home / target}{instead}; {CURE}" in run.stdout
    assert PASTE not in run.stderr
    assert not (home / target.split("/", maxsplit=1)[0]).exists()
    ensure_path(home, "--undo")
    assert {} == changed(before, look(home))

    (home / target if file else (home / target).parent).mkdir(parents=True)  # the clone has come
    assert not is_effective(shell, INTERACTIVE, home)  # and fish has made its own files
    before = look(home)
    assert ensure(home, "--shell", shell).code == 0
    assert_served(shell, home)
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, look(home))


@pytest.mark.parametrize("name", ["zsh", ".config/zsh"])
@pytest.mark.parametrize("is_named", [False, True])
def test_a_file_that_was_moved_to_where_only_its_shell_finds_it_is_undone_at_once(
    home: Path, require: Require, name: str, *, is_named: bool
) -> None:
    """The usual move of a home to ZDOTDIR; the receipt names the old place."""
    require("zsh")
    file = write(home, ".zshrc", "umask 022\n")
    before = look(home)
    assert ensure(home, "--shell", "zsh").code == 0
    (home / name).mkdir(parents=True)
    moved = file.rename(home / name / ".zshrc")
    write(home, ".zshenv", f"export ZDOTDIR=$HOME/{name}\n")
    run = ensure_path(home, "--undo", *(["~/.local/bin"] if is_named else []))
    assert (0, f"taken out of ~/{name}/.zshrc\n") == (run.code, run.stdout)
    moved.rename(file)
    (home / ".zshenv").unlink()
    (home / name).rmdir()
    if "/" in name:
        (home / name).parent.rmdir()
    assert {} == changed(before, look(home))


@pytest.mark.parametrize("link", [".local", ".local/bin"])
def test_a_directory_on_a_disk_that_is_not_mounted_is_refused_as_what_it_is(
    home: Path, link: str
) -> None:
    (home / link).parent.mkdir(exist_ok=True)
    (home / link).symlink_to(home.parent / "disk" / "x")
    before = snapshot(home)
    for words in ((), ("--no-verify",), ("--check",), ("--diff",)):
        run = ensure(home, "--shell", "bash", *words)
        expected = f"ensure-path: {home / link} is a dangling link to {home.parent}/disk/x; {CURE}\n"
        assert (1, expected) == (run.code, run.stderr)
    assert before == snapshot(home)
    assert not (home.parent / "disk").exists()


def test_a_receipt_is_not_written_where_a_disk_is_to_be_mounted(home: Path) -> None:
    """The edits are proven, and their markers suffice for an undo."""
    (home / ".local").mkdir()
    (home / ".local/state").symlink_to(home.parent / "disk")
    write(home, ".bashrc", "alias ll='ls -l'")
    scripts(home).mkdir()
    before = snapshot(home)
    run = ensure(home, "--shell", "bash")
    assert run.code == 0
    assert f"({home}/.local/state is a dangling link to {home.parent}/disk; {CURE})" in run.stdout
    assert not (home.parent / "disk").exists()
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


def test_an_undo_waits_for_a_disk_that_is_not_mounted(settled: Path) -> None:
    """A block on it would be found by nobody once the receipt is gone."""
    dots = settled.with_name("dots")
    (settled / "zsh").rename(dots)
    (settled / "zsh").symlink_to(dots)
    before, outside = look(settled), snapshot(dots)
    assert ensure(settled, *each_shell()).code == 0
    dots.rename(dots.with_name("away"))
    run = ensure_path(settled, "--undo")
    assert run.code == 3
    assert f"{settled}/zsh is a dangling link to {dots}, so it was left alone; {CURE}" in run.stderr
    dots.with_name("away").rename(dots)
    assert ensure_path(settled, "--undo").code == 0
    assert {} == changed(before, look(settled))
    assert {} == changed(outside, snapshot(dots))


def test_a_dangling_login_file_is_passed_over_as_bash_does(home: Path) -> None:
    (home / ".bash_profile").symlink_to("dots/bash_profile")
    write(home, ".profile", "umask 022\n")
    before = snapshot(home)
    assert ensure(home, "--shell", "bash").code == 0
    assert_served("bash", home)
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home, without=(".local/bin",)))


# Folders of root in the user's home.


def paste(run: Run, home: Path, start: str) -> None:
    """Run the command in the messages of `run` that begins with `start`, as the user would."""
    text = run.stdout + run.stderr
    command = start + text.partition(f"run {start}")[2].partition("\n")[0]
    for end in (", so ", ", or insist", ")", "; "):
        command = command.partition(end)[0]
    script = f'sudo() {{ "$@"; }}; {command}'
    subprocess.run(["/bin/sh", "-c", script], env={"HOME": str(home), "PATH": os.defpath}, check=True)


@pytest.mark.parametrize("mode", [0o755, 0o700])
@pytest.mark.parametrize("folder", [".config", ".config/fish", ".config/fish/conf.d"])
def test_startup_files_below_roots_folders_are_refused_with_the_command_that_helps(
    require: Require, folder: str, mode: int
) -> None:
    require("fish")
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        for above in reversed(Path(folder).parents[:-1]):
            (home / above).mkdir()
            shutil.chown(home / above, NOBODY, NOBODY)
        (home / folder).mkdir(mode=mode)
        before = look(home)
        run = run_behind(words, home, "--shell", "fish")
        fact, cure = f"{home / folder} belongs to root", f"run sudo chown -R nobody ~/{folder}"
        assert PASTE not in run.stderr
        if folder == ".config/fish/conf.d":  # config.fish serves in its place
            assert (0, True) == (run.code, f"{fact}{INSTEAD}; {cure}" in run.stdout), run
            assert run_behind(words, home, "--undo").code == 0
        else:
            said = f"{fact}, so it was left alone; {cure}"
            assert (1, True) == (run.code, said in run.stderr), run
        assert {} == changed(before, look(home))
        paste(run, home, "sudo chown")
        before = look(home)
        assert run_behind(words, home, "--shell", "fish").code == 0
        assert run_behind(words, home, "--undo").code == 0
        assert {} == changed(before, look(home))


def test_a_startup_file_of_roots_is_refused_with_the_command_that_helps_and_nothing_to_paste() -> None:
    """There is no way to paste into it, but for the one that makes it ours to edit."""
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        write(home, ".bashrc", "# root's\n")
        run = run_behind(words, home, "--shell", "bash", "--for", INTERACTIVE)
        assert run.code == 1, run
        assert "belongs to root, so it was left alone; run sudo chown nobody ~/.bashrc" in run.stderr
        assert PASTE not in run.stderr
        paste(run, home, "sudo chown")
        assert run_behind(words, home, "--shell", "bash", "--for", INTERACTIVE).code == 0


@pytest.mark.parametrize("folder", [".local", ".local/share"])
def test_a_directory_below_roots_folders_is_refused_before_anything_is_made(folder: str) -> None:
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        (home / folder).mkdir(parents=True)
        before = snapshot(home)
        run = run_behind(words, home, "--shell", "bash")
        expected = f"{home}/.local/bin cannot be made: {home}/.local belongs to root; "
        assert (1, f"ensure-path: {expected}run sudo chown -R nobody ~/.local\n") == (
            run.code,
            run.stderr,
        )
        assert before == snapshot(home)
        paste(run, home, "sudo chown")
        assert run_behind(words, home, "--shell", "bash").code == 0
        assert run_behind(words, home, "--undo").code == 0
        assert before.keys() == snapshot(home).keys()


def test_a_receipt_below_roots_folders_is_a_note_with_the_command_that_helps() -> None:
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        (home / ".local/state").mkdir(parents=True)
        (home / ".local/bin").mkdir()
        for folder in (".local", ".local/bin"):
            shutil.chown(home / folder, NOBODY, NOBODY)
        before = snapshot(home)
        run = run_behind(words, home, "--shell", "bash")
        assert run.code == 0
        assert "belongs to root; run sudo chown -R nobody ~/.local/state)" in run.stdout
        assert run_behind(words, home, "--undo").code == 0
        assert before == snapshot(home)


# Directories that others can write to.

STAFF = 50  # a group of nobody's own


@pytest.fixture
def shared(home: Path) -> Path:
    """Make a directory two folders deep that a group can write to, as all above it in the home."""
    as_user(NOBODY)  # skips unless this is root, who alone can give folders to a group
    directory = home / "my team" / "bin"
    directory.mkdir(parents=True)
    for each in (directory, directory.parent):
        os.chown(each, -1, STAFF)
        each.chmod(0o775)
    return directory


def test_all_folders_that_others_can_write_to_are_told_with_one_command(
    home: Path, shared: Path
) -> None:
    before = snapshot(home)
    run = ensure_path(home, shared, "--shell", "bash")
    expected = (
        f"can write to {shared.parent} and {shared}, so others could put programs before yours; "
        "run chmod go-w ~/'my team' ~/'my team/bin', or insist with --force\n"
    )
    assert run.code == 1
    assert run.stderr.startswith("ensure-path: the group ")
    assert run.stderr.endswith(expected)
    assert before == snapshot(home)
    paste(run, home, "chmod")
    before = snapshot(home)
    assert ensure_path(home, shared, "--shell", "bash").code == 0
    assert_served("bash", home, shared)
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


@pytest.mark.parametrize("mode", [0o777, 0o775])
@pytest.mark.parametrize("name", ["bin", "new/bin"])
def test_a_folder_above_that_others_can_write_to_counts_also_where_the_directory_is_new(
    home: Path, shared: Path, mode: int, name: str
) -> None:
    shared.chmod(0o755)
    shared.parent.chmod(mode)
    before = snapshot(home)
    run = ensure_path(home, shared.parent / name, "--shell", "bash")
    assert run.code == 1
    assert run.stderr.endswith("run chmod go-w ~/'my team', or insist with --force\n")
    assert before == snapshot(home)


def test_where_it_is_on_path_already_that_is_a_note_and_the_answer_stays_true(home: Path) -> None:
    (home / "tools").mkdir()
    before = snapshot(home)
    assert ensure_path(home, home / "tools", "--shell", "bash").code == 0
    (home / "tools").chmod(0o777)
    edited = snapshot(home)
    for words in ((), ("--check",)):
        run = ensure_path(home, home / "tools", "--shell", "bash", *words)
        assert (0, "") == (run.code, run.stderr)
        assert "already there" in run.stdout
        assert f"note: everybody can write to {home}/tools, so others" in run.stdout
        assert "run chmod go-w ~/tools\n" in run.stdout
    assert edited == snapshot(home)
    (home / "tools").chmod(0o755)
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


def test_one_shell_has_it_and_another_would_get_it(home: Path, require: Require) -> None:
    """The edit alone is refused; nothing is changed, and a look is true of both."""
    require("zsh")
    (home / "tools").mkdir()
    assert ensure_path(home, home / "tools", "--shell", "bash").code == 0
    (home / "tools").chmod(0o757)
    before = snapshot(home)
    words = ("--shell", "bash", "--shell", "zsh")
    run = ensure_path(home, home / "tools", *words)
    assert run.code == 1
    assert run.stderr.startswith(f"ensure-path: everybody can write to {home}/tools, so others")
    run = ensure_path(home, home / "tools", *words, "--check")
    assert run.code == 1
    assert ["already there"] * 2 + ["missing"] * 2 == [
        word for line in run.stdout.splitlines() for word in ("already there", "missing") if word in line
    ]
    assert before == snapshot(home)
    assert ensure_path(home, home / "tools", *words, "--force").code == 0
    assert is_effective("zsh", INTERACTIVE, home, home / "tools")


def test_a_run_that_made_the_directory_and_no_more_does_not_end_with_1(
    home: Path, require: Require
) -> None:
    """1 says that nothing was changed."""
    require("fish")
    write(home, ".bash_profile", 'PATH="$HOME/.local/bin:$PATH"\n')
    write(home, ".bashrc", 'PATH="$HOME/.local/bin:$PATH"\n')
    (home / ".config").symlink_to("dots/config")
    before = look(home)
    run = ensure(home, "--shell", "bash", "--shell", "fish")
    assert (run.code == 1) == (before == look(home)), run
    assert run.code == 3
    ensure_path(home, "--undo")
    assert {} == changed(before, look(home))
