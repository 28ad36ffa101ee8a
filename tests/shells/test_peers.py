"""What every rival gets wrong somewhere: the scenarios 1 to 67, each with the bug that it comes from.

"[ran]": seen in the rival by running it; otherwise its issue is cited. The numbers are those of the list
of such bugs by which this project was planned. Its 68 to 89 are of Windows and of the installers, and so
are proven in tests/windows and tests/installers. A scenario that another module proves more thoroughly
has its line in ELSEWHERE.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import worlds
from commands import HELLO, PROGRAM, TIMEOUT_S, ensure_path, environment, snapshot
from judging import (
    IS_ROOT,
    NOBODY,
    STRANGER,
    as_user,
    assert_refused,
    assert_served,
    ensure,
    home_of,
    is_effective,
    namespace,
    report,
    run_behind,
    scripts,
    verdicts,
    within,
    write,
)
from namespaces import Asked, ask_within
from systems import FEDORA_BASH_PROFILE, FEDORA_BASHRC, MACOS_ETC
from terminals import COMMAND, INTERACTIVE, LOGIN, SESSION, ask, find

if TYPE_CHECKING:
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

import pwd

DEBIAN_GUARD = "case $- in\n    *i*) ;;\n      *) return;;\nesac\n"
RESET = "PATH=/usr/local/bin:/usr/bin:/bin\n"
BLOCK = "--- onpath: "
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can mount a small disk")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

# What other modules prove.
FILE_READ_FIRST = "test_other_places.py::test_the_file_that_the_shell_reads_first_is_edited"
ZDOTDIR_OF_ZSHENV = "test_other_places.py::test_zdotdir_that_only_zshenv_sets_is_followed"
EACH_SHELL = (
    "test_every_shell.py::"
    "test_one_run_is_effective_in_each_mode_a_second_changes_no_byte_and_undo_leaves_no_trace"
)
EACH_BYTE = "test_every_shell.py::test_odd_bytes_of_existing_files_are_kept_and_given_back"
NO_WRITE = "test_bad_input.py::test_where_only_a_read_only_file_could_serve_it_is_refused_with_the_lines"
ONE_WRITE = "test_bad_input.py::test_a_read_only_startup_file_is_left_alone"
NO_FILE = "test_bad_input.py::test_what_is_no_file_in_place_of_a_startup_file_is_left_alone"
FENCE = "test_bad_input.py::test_a_corrupt_fence_is_left_alone_and_named"
NO_NAME = "test_bad_input.py::test_a_name_that_no_path_can_hold_is_an_error_of_usage"
NAME = "test_names.py::test_every_name_is_literal_and_effective"
HAZARD = "test_hazards.py::test_the_answer_is_true_in_time_and_nothing_is_left_where_a_startup_file"
FAULT = "../faults/test_every_call.py::test_whatever_call_goes_wrong_all_is_in_order_after_it"
RESET_LATER = "test_hazards.py::test_where_path_is_set_anew_later_the_file_and_the_line_are_named"
ELSEWHERE = (
    (2, "beside a .profile no .bash_profile appears (cargo-dist#931, open)", FILE_READ_FIRST),
    (3, "a .bash_login that is alone is still read (userpath [ran])", FILE_READ_FIRST),
    (10, "ZDOTDIR that only .zshenv sets is obeyed (userpath [ran])", ZDOTDIR_OF_ZSHENV),
    (11, "a missing .zshrc is made, and works (pixi#403, pnpm#4027)", EACH_SHELL),
    (21, "tcsh is served (pipx#728; userpath edits files of bash [ran])", EACH_SHELL),
    (22, "csh is served (pipx#728; uv knows it by that name only)", EACH_SHELL),
    (23, "ksh is served (userpath edits files of bash [ran])", EACH_SHELL),
    (24, "mksh is served (userpath edits files of bash [ran])", EACH_SHELL),
    (25, "yash is served (no rival edits its files)", EACH_SHELL),
    (26, "elvish is served (no rival edits its file)", EACH_SHELL),
    (29, "PowerShell on Linux is served", EACH_SHELL),
    (33, "bytes of Latin-1 stay as they are (conda#10023; volta and deno wipe the file)", EACH_BYTE),
    (39, "what is read-only is refused, with the lines to paste (pipx#1064)", NO_WRITE),
    (40, "what a killed run has left behind, the next run removes", FAULT),
    (41, "a call that fails for want of room: all or nothing, and it is told", FAULT),
    (43, "a folder or a fifo in place of a startup file is refused, without hanging", NO_FILE),
    (44, "where one of two files may not be written, the report says which (rustup#3723)", ONE_WRITE),
    (44, "where a write fails in the middle, the others are put back (rustup#2040)", FAULT),
    (48, "a file whose markers do not pair up is not changed (juliaup and mise cut on)", FENCE),
    (51, "odd names are literal in every shell (userpath, uv, rustup, cargo-dist [ran])", NAME),
    (52, "a name that no PATH can hold is rejected (userpath [ran])", NO_NAME),
    (61, "undo gives back every byte, a second one does nothing (uv#13225, poetry#565)", EACH_BYTE),
    (63, "banners, and files that become another program: the right answer (userpath [ran])", HAZARD),
    (64, "a file that waits: an answer in time, nothing left (userpath hangs [ran])", HAZARD),
    (65, "PATH reset later is not effective, and the line is named (pipx#728)", RESET_LATER),
)
NUMBERS = range(1, 68)


def test_every_scenario_is_proven_here_or_in_a_test_that_is_named() -> None:
    here = {int(name[5:7]) for name in globals() if re.match(r"test_\d\d_", name)}
    assert {*NUMBERS} == here | {number for number, *_ in ELSEWHERE}
    for *_, test in ELSEWHERE:
        module, _, name = test.partition("::")
        text = Path(__file__).parent.joinpath(module).read_text(encoding="utf-8")
        assert f"\ndef {name}(" in text, test


def served_from(name: str, home: Path, file: Path, *, shell: str) -> set[str]:
    """Return what is served where a user of the real shell `name` types `ensure-path`.

    Its SHELL is `shell`; the report goes through `file`.
    """
    line = f"env SHELL={shell} {PROGRAM} --json {scripts(home)} >{file}"
    ask(name, INTERACTIVE, home, line=line)
    return {each["name"] for each in json.loads(file.read_text())["shells"]}


def macos(folder: Path) -> Path:
    """Make the files of a Mac's /etc below `folder`, where Debian's shells look for them."""
    for name, text in MACOS_ETC.items():
        write(folder, f"etc/{name}", text)
    return folder / "etc"


def blocks(file: Path) -> int:
    """Return how many blocks of ours are in `file`."""
    return file.read_bytes().count(BLOCK.encode())


# bash


def test_01_in_a_fresh_home_bash_works_in_every_terminal_and_no_file_hides_another(home: Path) -> None:
    """pipx#456: a new `.bash_profile` hid `.profile` and with it `.bashrc`."""
    assert ensure(home, "--shell", "bash").code == 0
    assert_served("bash", home)
    assert not {".bash_profile", ".bash_login"} & set(snapshot(home))


def test_04_a_bash_profile_that_sources_bashrc_leaves_the_directory_on_path_once(home: Path) -> None:
    write(home, ".bash_profile", ". ~/.bashrc\n")
    write(home, ".bashrc", "alias ll='ls -l'\n")
    assert ensure(home, "--shell", "bash").code == 0
    assert_served("bash", home, modes=(LOGIN, INTERACTIVE, SESSION))


def test_05_fedora_style_files_work_in_login_and_gui_terminals(home: Path) -> None:
    """cargo-dist#1187: on Fedora only one of the two worked."""
    write(home, ".bash_profile", FEDORA_BASH_PROFILE)
    write(home, ".bashrc", FEDORA_BASHRC)
    tools = home / "tools"
    assert ensure_path(home, tools, "--shell", "bash").code == 0
    assert_served("bash", home, tools)
    assert_served("bash", home)  # Fedora's own line is there before us


def test_06_a_bashrc_that_returns_in_scripts_does_not_cover_them_and_the_tool_says_so(
    home: Path,
) -> None:
    """pipx#1025 and pipx#1290: whether `bash -c` is served, no rival tells."""
    write(home, ".bashrc", DEBIAN_GUARD)
    run = ensure(home, "--shell", "bash", "-v")
    assert run.code == 0
    assert re.search(r"bash +command +missing", run.stdout)
    assert not is_effective("bash", COMMAND, home)
    asked = ensure(home, "--shell", "bash", "--mode", COMMAND)
    assert asked.code != 0
    cure = "what starts `bash -c` must give it the PATH"
    assert re.search(
        rf"bash +command +missing: reads no startup file for a command; {cure}", asked.stdout
    )


def test_07_bash_in_bash_in_bash_has_one_entry(home: Path) -> None:
    """As userpath#57, open: each nested shell had one more [ran]."""
    assert ensure(home, "--shell", "bash").code == 0
    assert_served("bash", home, modes=(LOGIN, INTERACTIVE), line="bash -i -c 'exec bash -i'")


def test_08_a_login_terminal_of_macos_bash_is_served(home: Path, tmp_path: Path) -> None:
    """fnm#351 and juliaup#1399: macOS opens login shells, which read no `.bashrc`."""
    write(home, ".bashrc", "alias ll='ls -l'\n")
    etc = macos(tmp_path)
    assert run_behind(within(etc), home, "--shell", "bash").code == 0
    (answer,) = ask_within(etc, home, HELLO, [Asked("bash", LOGIN)])
    assert str(scripts(home)) in answer.path


# zsh


def test_09_zdotdir_that_the_login_exports_is_obeyed(home: Path, require: Require) -> None:
    """conda#9362, pnpm#5103: `~/.zshrc` was edited, and the file that is read was not."""
    worlds.need_bash_login()
    require("zsh")
    write(home, ".profile", 'export ZDOTDIR="$HOME/zsh"\n')
    write(home, "zsh/.zshrc", "setopt nobeep\n")
    assert ensure(home, "--shell", "zsh").code == 0
    worlds.check_in_both("zsh", home, scripts(home))
    assert blocks(home / "zsh/.zshrc") == 1


def test_09_zdotdir_of_the_calling_session_alone_is_not_obeyed_and_named(
    home: Path, require: Require
) -> None:
    """An editor's terminal has one of its own, and no other shell has it."""
    require("zsh")
    env = {"ZDOTDIR": str(home / "zsh")}
    write(home, "zsh/.zshrc", "setopt nobeep\n")
    run = ensure(home, "--shell", "zsh", env=env)
    assert run.code == 0
    assert f"ZDOTDIR is {home}/zsh in this session only" in run.stdout
    assert_served("zsh", home)
    assert (home / "zsh/.zshrc").read_text() == "setopt nobeep\n"


def test_12_a_bash_user_gets_no_file_of_zsh(home: Path, tmp_path: Path) -> None:
    """uv#14547: its installer creates `.zshrc` for everybody."""
    served = served_from("bash", home, tmp_path / "report", shell=str(find("bash")))
    if pwd.getpwuid(os.getuid()).pw_shell.endswith("zsh"):
        pytest.skip("whoever runs this has zsh for a login shell")
    assert "bash" in served
    assert not [name for name in snapshot(home) if ".z" in name]


def test_13_with_the_path_helper_of_macos_prepended_is_first_in_a_login_shell(
    home: Path, tmp_path: Path, require: Require
) -> None:
    """NixOS/nix#4169: what `.zshenv` puts first, `/etc/zprofile` moves behind the system's entries."""
    require("zsh")
    etc = macos(tmp_path)
    assert run_behind(within(etc), home, "--shell", "zsh", "--prepend").code == 0
    (answer,) = ask_within(etc, home, HELLO, [Asked("zsh", LOGIN)])
    assert answer.path[0] == str(scripts(home))


def test_14_scripts_of_zsh_are_said_not_to_be_covered_and_are_covered_when_asked(
    home: Path, require: Require
) -> None:
    require("zsh")
    run = ensure(home, "--shell", "zsh", "--json", "-v")
    assert verdicts(report(run), "zsh")[COMMAND] == "missing"
    assert not is_effective("zsh", COMMAND, home)
    assert ensure(home, "--shell", "zsh", "--mode", COMMAND).code == 0
    assert_served("zsh", home, modes=(LOGIN, INTERACTIVE, SESSION, COMMAND))


# fish


def test_15_xdg_config_home_is_obeyed_for_fish(home: Path, require: Require) -> None:
    """userpath writes to `~/.config` whatever it says [ran]."""
    worlds.need_bash_login()
    require("fish")
    write(home, ".profile", 'export XDG_CONFIG_HOME="$HOME/settings"\n')
    assert ensure(home, "--shell", "fish").code == 0
    worlds.check_in_both("fish", home, scripts(home))
    assert (home / "settings/fish/conf.d/onpath.fish").exists()


def test_16_fish_in_fish_has_one_entry_and_so_has_a_config_that_is_read_again(
    home: Path, require: Require
) -> None:
    """userpath#57 and its fix PR#58, both open: PATH grows."""
    require("fish")
    assert ensure(home, "--shell", "fish").code == 0
    again = f"source {home}/.config/fish/conf.d/onpath.fish"
    assert_served("fish", home, line=f"{again}; {again}; fish")


def test_17_a_fish_without_fish_add_path_is_served(home: Path, require: Require) -> None:
    """pixi#5210: before fish 3.2 there was none."""
    require("fish")
    write(home, ".config/fish/conf.d/0.fish", "functions --erase fish_add_path\n")
    assert ensure(home, "--shell", "fish").code == 0
    assert_served("fish", home)
    assert b"fish_add_path" not in (home / ".config/fish/conf.d/onpath.fish").read_bytes()


def test_18_undo_leaves_no_universal_variable_in_fish(home: Path, require: Require) -> None:
    """bun PR#745: `fish_add_path` writes one that outlives the program."""
    require("fish")
    assert ensure(home, "--shell", "fish").code == 0
    assert ensure_path(home, "--undo").code == 0
    assert not is_effective("fish", INTERACTIVE, home)
    variables = home / ".config/fish/fish_variables"
    assert not variables.exists() or str(home).encode() not in variables.read_bytes()
    assert not (home / ".config/fish/conf.d/onpath.fish").exists()


def test_19_no_posix_text_ever_comes_into_a_file_of_fish(home: Path, require: Require) -> None:
    """codebase-memory-mcp#319 and deno#26122 wrote `export` into `config.fish`."""
    fish = require("fish")
    config = write(home, ".config/fish/config.fish", "set -g fish_greeting\n")
    others = [word for name in ("bash", "zsh", "tcsh") if find(name) for word in ("--shell", name)]
    assert ensure(home, "--shell", "fish", *others).code == 0
    for file in (home / ".config/fish").rglob("*.fish"):
        subprocess.run([fish, "--no-execute", file], check=True)
    assert config.read_text() == "set -g fish_greeting\n"
    assert_served("fish", home)


# The other shells


def test_20_on_alpine_there_is_no_bash_and_ash_is_served(
    home: Path, tmp_path: Path, require: Require
) -> None:
    """userpath#60, open: a traceback, since it asks bash."""
    ash = require("ash")
    etc = write(tmp_path, "etc/passwd", f"root:x:0:0:root:{home}:{ash}\n").parent
    bash = os.path.realpath(find("bash") or "/bin/bash")
    words = [*within(etc), "sh", "-c", 'mount --bind /dev/null "$0"; exec "$@"', bash]
    run = run_behind(words, home, "--json")
    assert (run.code, run.stderr) == (0, "")
    assert '"ash"' in run.stdout
    assert_served("ash", home)


@pytest.mark.parametrize("directory", ["~/.local/bin", "~/odd tools"])
def test_27_nushell_is_served_and_a_directory_may_begin_with_a_tilde(
    home: Path, require: Require, directory: str
) -> None:
    """rustup#4242: `$HOME` in a `source` of nushell broke the whole config."""
    require("nu")
    assert ensure_path(home, directory, "--shell", "nu").code == 0
    assert_served("nu", home, home / directory[2:])


def test_28_xonsh_after_three_runs_has_one_block_a_directory(home: Path, require: Require) -> None:
    """userpath, given two directories, adds its block at each run [ran]."""
    require("xonsh")
    tools = home / "tools"
    for _ in range(3):
        assert ensure_path(home, scripts(home), tools, "--shell", "xonsh").code == 0
    assert_served("xonsh", home, modes=(INTERACTIVE,))
    assert_served("xonsh", home, tools, modes=(LOGIN,))
    assert [2] == [blocks(file) for file in (home / ".config/xonsh").rglob("*.xsh")]


@pytest.mark.parametrize(("running", "other"), [("bash", "zsh"), ("zsh", "bash"), ("fish", "zsh")])
def test_30_the_running_shell_is_served_whatever_shell_says(
    home: Path, tmp_path: Path, require: Require, running: str, other: str
) -> None:
    """fnm#218, userpath#29: `$SHELL` is the login shell, not the one that runs."""
    require(running)
    served = served_from(running, home, tmp_path / "report", shell=str(require(other)))
    assert running in served
    assert_served(running, home)


def test_31_as_the_first_process_of_a_container_without_shell_it_works_or_says_why(home: Path) -> None:
    """pnpm#6217: `docker run` has no SHELL."""
    words = [*namespace("--fork", "--pid", "--mount-proc"), "env", "-u", "SHELL", "-u", "TERM"]
    run = run_behind(words, home)
    assert "Traceback" not in run.stderr
    if run.code == 0:
        assert_served("bash", home)
    else:
        assert run.code == 1
        assert "--shell" in run.stderr


def test_31_a_user_without_shell_whom_the_system_does_not_know_is_told_what_to_do() -> None:
    """pnpm#6217: `docker run --user 54321` has not even an entry in `/etc/passwd`."""
    words = [*namespace("--fork", "--pid", "--mount-proc"), *as_user(STRANGER), "env", "-u", "SHELL"]
    with home_of(STRANGER) as home:
        run = run_behind(words, home)
        assert run.code == 1
        assert "--shell" in run.stderr
        assert run_behind(words, home, "--shell", "bash").code == 0
        assert BLOCK in (home / ".bashrc").read_text()


def test_32_a_shell_that_is_not_installed_is_an_error_before_any_write(home: Path) -> None:
    """userpath with `-f` writes all the same, and then fails with a traceback [ran]."""
    env = {"PATH": "/usr/bin:/bin"}
    name = next(n for n in ("xonsh", "nu", "pwsh") if not shutil.which(n, path=os.defpath))
    run = ensure(home, "--shell", "bash", "--shell", name, env=env)
    assert_refused(run, name, "not installed")
    assert {} == snapshot(home)


# The safety of files


def served_and_given_back(home: Path, name: str, text: bytes, shell: str = "bash") -> bytes:
    """Check that the startup file `name` is edited, serves, and is given back; return what it was."""
    file = write(home, name, text)
    assert ensure(home, "--shell", shell).code == 0
    edited = file.read_bytes()
    assert_served(shell, home)
    assert ensure_path(home, "--undo").code == 0
    assert file.read_bytes() == text
    return edited


def test_34_lines_that_end_in_crlf_stay_so(home: Path) -> None:
    """userpath turns the whole file into LF [ran]."""
    text = b"# made on Windows\r\nalias ll='ls -l' #\r\n"
    edited = served_and_given_back(home, ".bashrc", text)
    assert edited.endswith(text)
    assert edited.count(b"\r\n") == text.count(b"\r\n")


def test_35_a_byte_order_mark_stays_first_in_a_profile_of_powershell(
    home: Path, require: Require
) -> None:
    require("pwsh")
    bom = b"\xef\xbb\xbf"
    text = bom + "Set-Alias gehöft Get-Item\r\n".encode()
    edited = served_and_given_back(home, ".config/powershell/profile.ps1", text, "pwsh")
    assert edited.startswith(bom)
    assert edited.count(bom) == 1


def test_36_a_missing_last_newline_gives_two_clean_lines_and_ours_ends_with_one(home: Path) -> None:
    """deno#26855: the next tool's line was glued to theirs. The block must be at the end here."""
    text = RESET.rstrip().encode()
    edited = served_and_given_back(home, ".bashrc", text)
    assert edited.startswith(text + b"\n# --- onpath: ")
    assert edited.endswith(b" ---\n")


def test_36_a_backslash_at_the_very_end_swallows_nothing(home: Path) -> None:
    edited = served_and_given_back(home, ".bashrc", b"alias ll='ls -l' \\")
    assert edited.endswith(b"\nalias ll='ls -l' \\")


def test_37_a_linked_startup_file_stays_a_link_and_its_target_keeps_its_mode(home: Path) -> None:
    """MTPLX#292, gup#402; pnpm's rename replaces the link."""
    target = write(home, "dotfiles/bashrc", "alias ll='ls -l'\n")
    target.chmod(0o600)
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    assert ensure(home, "--shell", "bash").code == 0
    assert_served("bash", home)
    assert (home / ".bashrc").readlink() == Path("dotfiles/bashrc")
    assert target.stat().st_mode & 0o777 == 0o600
    assert ensure_path(home, "--undo").code == 0
    assert (home / ".bashrc").readlink() == Path("dotfiles/bashrc")
    assert target.read_text() == "alias ll='ls -l'\n"


def test_38_a_dangling_link_into_a_folder_that_is_there_gets_its_target(home: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    run = ensure(home, "--shell", "bash")
    assert (run.code, (home / ".bashrc").readlink()) == (0, Path("dotfiles/bashrc"))
    assert ".bashrc" in run.stdout
    assert_served("bash", home)
    assert ensure_path(home, "--undo").code == 0
    assert (home / ".bashrc").is_symlink()
    assert not (home / "dotfiles/bashrc").exists()


def test_38_a_dangling_link_into_nowhere_is_refused(home: Path) -> None:
    """conda#8244: "needs sudo", it said."""
    (home / ".bashrc").symlink_to("/nix/store/gone/bashrc")
    before = snapshot(home)
    run = ensure(home, "--shell", "bash", "--mode", INTERACTIVE)
    assert_refused(run, ".bashrc", "dangling link to /nix/store/gone/bashrc")
    assert before == snapshot(home)


def strace(call: str, number: int, outcome: str) -> list[str]:
    """Return the words behind which the `number`th system call `call` has `outcome`."""
    words = ["strace", "-qq", "-o", "calls", "-e", f"trace={call}", "-e"]
    return [*words, f"inject={call}:{outcome}:when={number}"]


def was_reached(home: Path) -> bool:
    """Tell whether the last run behind `strace` came as far as the call in question."""
    log = home / "calls"
    text = log.read_text()
    log.unlink()
    return "INJECTED" in text or "killed by SIGKILL" in text


OLD = {".bashrc": "alias ll='ls -l'\n" * 40, ".profile": "umask 022\n" * 40}


def renew(home: Path) -> None:
    """Make `home` what it was: two startup files, and the directory."""
    shutil.rmtree(home)
    scripts(home).mkdir(parents=True)
    for name, text in OLD.items():
        write(home, name, text)


def texts(home: Path) -> dict[str, str]:
    """Return what is in the startup files of `home`."""
    return {name: (home / name).read_text() for name in OLD}


def result(home: Path) -> dict[str, str]:
    """Return what an undisturbed run makes of the startup files."""
    renew(home)
    assert ensure(home, "--shell", "bash").code == 0
    return texts(home)


@needs_strace
@pytest.mark.parametrize("call", ["write", "/^rename", "fsync"])
def test_40_killed_at_any_system_call_each_file_is_the_old_one_or_the_new_one(
    home: Path, call: str
) -> None:
    new = result(home)
    for number in range(1, 200):
        renew(home)
        run_behind(strace(call, number, "signal=KILL"), home, "--shell", "bash", "--no-verify")
        if not was_reached(home):
            assert number > 1
            return
        for name, text in texts(home).items():
            assert text in {OLD[name], new[name]}, (call, number, name)


@needs_root
def test_41_a_full_disk_leaves_every_file_as_it_was(home: Path) -> None:
    size = 64
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(home)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        for room in (0, 4096, 8192):
            full_disk(home, size * 1024 - room)
    finally:
        subprocess.run(["umount", home], check=True)


def full_disk(home: Path, used: int) -> None:
    """Check a run in a `home` whose disk is full but for a few bytes."""
    for name, text in OLD.items():
        write(home, name, text)
    with contextlib.suppress(OSError), (home / "filler").open("wb", buffering=0) as file:
        file.write(bytes(used - 4096 * len(OLD)))
    run = ensure(home, "--shell", "bash")
    if run.code:
        assert_refused(run, "no space left")
        assert OLD == texts(home)
    for each in home.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def test_42_two_runs_at_once_leave_one_block(home: Path) -> None:
    for _ in range(3):
        renew(home)
        both = [
            subprocess.Popen(
                [PROGRAM, scripts(home), "--shell", "bash", "--quiet"], env=environment(home)
            )
            for _ in range(2)
        ]
        assert [0, 0] == [run.wait(TIMEOUT_S) for run in both]
        assert [1, 1] == [blocks(home / name) for name in OLD]
    assert_served("bash", home)
    assert ensure_path(home, "--undo").code == 0
    assert OLD == texts(home)


def test_45_under_sudo_with_home_kept_nothing_is_written_as_root() -> None:
    """fish#2176: files of root in a user's home."""
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        run = ensure(home, "--shell", "bash", env={"SUDO_USER": "nobody"})
        assert_refused(run, "nobody", "sudo")
        assert {} == snapshot(home)
        assert run_behind(words, home, "--shell", "bash").code == 0
        assert {NOBODY} == {path.lstat().st_uid for path in home.rglob("*")}


def test_46_a_guarded_line_of_the_user_is_never_cut(home: Path) -> None:
    """rustup#2967: `[ -f x ] && . x` was cut in half, and `.bash_profile` was no longer valid."""
    line = '[ -f "$HOME/.local/bin/env" ] && . "$HOME/.local/bin/env"\n'
    edited = served_and_given_back(home, ".bashrc", (line + "true\n").encode())
    assert line.encode() in edited


def test_47_lines_of_the_user_that_mention_our_name_stay(home: Path) -> None:
    """volta PR#2054: it deletes every line that holds "VOLTA"."""
    text = "# onpath and ensure-path are fine\nexport ONPATH=1\nalias e=ensure-path # <<< onpath\n"
    assert served_and_given_back(home, ".bashrc", text.encode()).endswith(text.encode())


def test_49_a_block_that_the_user_moved_or_edited_is_not_added_again(home: Path) -> None:
    """uv#5576: its self-update added the line again."""
    file = write(home, ".bashrc", "alias ll='ls -l'\n")
    assert ensure(home, "--shell", "bash").code == 0
    block = file.read_text().replace("alias ll='ls -l'\n", "")
    file.write_text("alias ll='ls -l'\n" + block.replace("PATH=", "PATH=/mine:"))
    before = snapshot(home)
    assert ensure(home, "--shell", "bash").code == 0
    assert before == snapshot(home)
    file.write_text("alias ll='ls -l'\n" + block.replace("export PATH", "true"))
    write(home, ".profile", "")
    assert ensure(home, "--shell", "bash").code == 0
    assert blocks(file) == 1
    assert_served("bash", home)


def test_50_a_copy_that_is_commented_out_does_not_count_as_present(home: Path) -> None:
    """userpath takes it for present, and then can neither verify nor add it [ran]."""
    line = f'# export PATH="{scripts(home)}:$PATH"\n#export PATH="$HOME/.local/bin:$PATH"\n'
    served_and_given_back(home, ".bashrc", line.encode())


# The names of directories


@pytest.mark.parametrize("order", ["--prepend", "--append"])
def test_51_several_directories_are_on_path_in_the_order_in_which_they_were_given(
    home: Path, order: str
) -> None:
    named = [home / "one", home / "two", home / "three"]
    assert ensure_path(home, *named, "--shell", "bash", order).code == 0
    for mode in (LOGIN, INTERACTIVE):
        path = [entry for entry in ask("bash", mode, home).path if entry.startswith(str(home))]
        assert [*map(str, named)] == path


def test_53_a_directory_beside_the_home_is_not_written_as_if_below_it(tmp_path: Path) -> None:
    """cargo-dist turns /home/alice into `$HOMEice` where HOME is /home/al [ran]."""
    home, tools = tmp_path / "al", tmp_path / "alice" / "bin"
    home.mkdir()
    assert ensure_path(home, tools, "--shell", "bash").code == 0
    assert_served("bash", home, tools)


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bashrc", 'PATH="$HOME/bin2:$HOME/a/bin:$PATH"\n'),
        ("tcsh", ".tcshrc", 'setenv PATH "${HOME}/bin2:${HOME}/a/bin:${PATH}"\n'),
        ("fish", ".config/fish/config.fish", "set -gx PATH $HOME/bin2 $HOME/a/bin $PATH\n"),
    ],
)
def test_54_where_bin2_is_on_path_bin_is_added(
    home: Path, require: Require, name: str, file: str, text: str
) -> None:
    """rustup's guard for tcsh is a substring test: `bin2` hides `bin` [ran]; so is uv's for Windows."""
    require(name)
    write(home, file, text)
    assert ensure_path(home, home / "bin", "--shell", name).code == 0
    assert_served(name, home, home / "bin")


def test_55_a_directory_with_dots_in_it_is_written_as_what_it_is_once(home: Path) -> None:
    """uv#21837: `$XDG_DATA_HOME/../bin` led to six needless edits and a false warning."""
    (home / ".local/share").mkdir(parents=True)
    assert ensure_path(home, f"{home}/.local/share/../bin", "--shell", "bash").code == 0
    assert_served("bash", home)
    before = snapshot(home)
    assert ensure(home, "--shell", "bash").code == 0
    assert before == snapshot(home)


@pytest.mark.parametrize("spelled", ["{home}/tools/", "{home}//tools", "tools", "./tools", "~/tools"])
def test_56_however_a_directory_is_spelled_it_is_on_path_once(home: Path, spelled: str) -> None:
    for each in (spelled.format(home=home), str(home / "tools")):
        assert ensure_path(home, each, "--shell", "bash").code == 0
    assert_served("bash", home, home / "tools")


def test_56_a_directory_that_is_a_link_is_on_path_once_and_by_its_own_name(home: Path) -> None:
    (home / "real").mkdir()
    (home / "tools").symlink_to("real")
    for each in (home / "tools", home / "real"):
        assert ensure_path(home, each, "--shell", "bash").code == 0
    assert_served("bash", home, home / "tools")
    assert str(home / "real") not in ask("bash", INTERACTIVE, home).path


def test_56_a_directory_that_does_not_exist_yet_is_made(home: Path) -> None:
    assert ensure_path(home, home / "not/yet/there", "--shell", "bash").code == 0
    assert (home / "not/yet/there").is_dir()
    assert_served("bash", home, home / "not/yet/there")


# Once, again, and back


def test_57_a_second_run_before_any_restart_says_that_it_is_done(home: Path) -> None:
    """uv exits with 2 then."""
    assert ensure(home, "--shell", "bash").code == 0
    before = snapshot(home)
    run = ensure(home, "--shell", "bash")
    assert run.code == 0
    assert "already there" in run.stdout
    assert 'For this session:  export PATH="$HOME/.local/bin:$PATH"' in run.stdout
    assert before == snapshot(home)


@pytest.mark.parametrize("entry", ["$HOME/.local/bin", "$HOME/.local/bin/", "$HOME/.local//bin"])
def test_58_where_the_directory_is_on_path_by_the_users_own_means_nothing_is_edited(
    home: Path, entry: str
) -> None:
    """cargo-dist#830, cargo-dist#1264: it edited all the same."""
    for name in (".bashrc", ".profile"):
        write(home, name, f'PATH="{entry}:$PATH"\n')
    scripts(home).mkdir(parents=True)
    before = snapshot(home)
    assert ensure(home, "--shell", "bash").code == 0
    assert before == snapshot(home)


def test_59_a_directory_that_is_on_path_in_this_session_alone_is_made_permanent(home: Path) -> None:
    """gpustack#305 needed `--force` for it."""
    env = {"PATH": f"{scripts(home)}:{environment(home)['PATH']}"}
    run = ensure(home, "--shell", "bash", env=env)
    assert run.code == 0
    assert "For this session" not in run.stdout
    assert_served("bash", home)


def test_60_append_and_then_prepend_leaves_one_entry_at_the_front(home: Path) -> None:
    """userpath leaves both lines [ran]; pnpm#7799, open: the wrong order."""
    assert ensure(home, "--shell", "bash", "--append").code == 0
    assert ask("bash", INTERACTIVE, home).path[-1] == str(scripts(home))
    assert ensure(home, "--shell", "bash", "--prepend").code == 0
    for mode in (LOGIN, INTERACTIVE):
        assert ask("bash", mode, home).path[0] == str(scripts(home))
    assert_served("bash", home)
    assert [1, 1] == [blocks(home / name) for name in OLD]


def test_61_undo_leaves_what_the_user_wrote_since(home: Path) -> None:
    file = write(home, ".bashrc", "alias ll='ls -l'\n")
    assert ensure(home, "--shell", "bash").code == 0
    file.write_text("# first\n" + file.read_text() + "# last\n")
    write(home, ".profile", (home / ".profile").read_text() + "umask 077\n")
    assert ensure_path(home, "--undo").code == 0
    assert file.read_text() == "# first\nalias ll='ls -l'\n# last\n"
    assert (home / ".profile").read_text() == "umask 077\n"


@pytest.mark.parametrize("position", ["top", "end"])
def test_62_a_dry_run_writes_nothing_and_its_diff_is_the_real_change(home: Path, position: str) -> None:
    """pipx's tells the directory and not the files; conda's has a diff, for files only."""
    write(home, ".bashrc", "alias ll='ls -l'")
    write(home, ".profile", "umask 022\n" if position == "top" else "")
    before = snapshot(home)
    dry = ensure(home, "--shell", "bash", "--diff")
    assert dry.code == 0
    assert before == snapshot(home)
    shutil.copytree(home, home.parent / "old")
    assert ensure(home, "--shell", "bash").code == 0
    real = "".join(diff(home.parent / "old" / name, home / name) for name in OLD)
    assert sorted(hunks(real)) == sorted(hunks(dry.stdout))


def diff(old: Path, new: Path) -> str:
    """Return how the file `new` differs from `old`, by the system's own program."""
    run = subprocess.run(["diff", "-u", str(old), str(new)], capture_output=True, text=True, check=False)
    return run.stdout


def hunks(text: str) -> list[str]:
    """Return the lines of a unified diff without those that name the files."""
    return [line for line in text.splitlines() if not line.startswith(("---", "+++"))]


# The truth


def test_66_a_bashrc_that_works_beside_a_login_that_does_not_is_reported_for_each(home: Path) -> None:
    write(home, ".profile", RESET).chmod(0o444)
    document = report(ensure(home, "--shell", "bash", "--json"))
    assert (3, "partial") == (document["exit_code"], document["status"])
    assert {LOGIN: "missing", INTERACTIVE: "effective"} == verdicts(document, "bash")
    assert is_effective("bash", INTERACTIVE, home)
    assert not is_effective("bash", LOGIN, home)


def test_67_the_callers_own_path_proves_nothing(home: Path) -> None:
    """userpath's check starts shells that inherit PATH."""
    env = {"PATH": f"{scripts(home)}:{environment(home)['PATH']}"}
    scripts(home).mkdir(parents=True)
    run = ensure(home, "--shell", "bash", "--check", "--json", env=env)
    assert run.code == 1
    assert {LOGIN: "missing", INTERACTIVE: "missing"} == verdicts(report(run), "bash")
