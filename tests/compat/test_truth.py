"""Where the original says what is not so, hangs, loses bytes or runs a name: the same through this face.

Each test names what userpath 1.9.2 does in its place.
"""

from __future__ import annotations

import os
import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest

import compat
from commands import Run, environment, snapshot
from judging import assert_served, hello, is_effective, scripts, write
from terminals import INTERACTIVE, LOGIN, find

if TYPE_CHECKING:
    from pathlib import Path

    from compat import Environment
    from programs import Require

RESET = "PATH=/usr/local/bin:/usr/bin:/bin\n"


@pytest.mark.parametrize("name", ["tcsh", "ksh93", "mksh", "yash", "elvish", "nu"])
def test_a_shell_that_the_original_does_not_know_is_served(
    name: str, pipx: Environment, home: Path, require: Require
) -> None:
    """It wrote files of bash and sh, and said "Success!"."""
    require(name)
    run = userpath(pipx, home, "append", scripts(home), "-s", name)
    assert (0, "Success!\n", "") == (run.code, run.stdout, run.stderr)
    assert_served(name, home)


def test_a_zsh_that_discards_path_is_no_success(pipx: Environment, home: Path, require: Require) -> None:
    """`--all-shells` looked at bash and sh alone."""
    require("zsh")
    write(home, ".zshrc", RESET).chmod(0o444)
    run = userpath(pipx, home, "append", scripts(home), "--all-shells")
    assert run.code == 1, run
    assert "zsh interactive" in run.stderr
    assert not is_effective("zsh", INTERACTIVE, home)


def test_a_bash_login_file_is_still_read(pipx: Environment, home: Path) -> None:
    """A new .bash_profile hid it."""
    write(home, ".bash_login", "export LEFT=1\n")
    assert userpath(pipx, home, "append", scripts(home), "-s", "bash").code == 0
    assert not (home / ".bash_profile").exists()
    assert_served("bash", home)


@pytest.mark.parametrize("content", [b"# caf\xe9\n", b"alias ll='ls'\r\n", b"alias ll='ls'"])
def test_every_byte_of_a_file_stays(content: bytes, pipx: Environment, home: Path) -> None:
    """Of Latin-1 it made nothing, and of CRLF LF."""
    file = write(home, ".bashrc", content)
    assert userpath(pipx, home, "append", scripts(home), "-s", "bash").code == 0
    assert content in file.read_bytes()
    assert_served("bash", home)


@pytest.mark.parametrize(
    "sign", ["`touch PWNED`", "$(touch PWNED)", "$HOME", '"', "'", "a b", ";ls", "\\"]
)
@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_name_is_a_name_and_runs_nothing(
    name: str, sign: str, pipx: Environment, home: Path, require: Require
) -> None:
    """It was written raw: back quotes ran, and `$` and quotes broke the file."""
    require(name)
    directory = home / f"x{sign}y"
    directory.mkdir()
    run = userpath(pipx, home, "prepend", directory, "-s", name)
    assert run.code == 0, run
    assert_served(name, home, directory)
    assert [] == list(home.rglob("PWNED"))


def test_a_name_with_a_colon_is_refused(pipx: Environment, home: Path) -> None:
    """PATH was split in two, and that was called a success."""
    before = snapshot(home)
    run = userpath(pipx, home, "append", f"{home}/a:b")
    assert run.code == 1, run
    assert "cannot be on PATH" in run.stderr
    assert before == snapshot(home)


def test_a_line_that_is_commented_out_is_not_there(pipx: Environment, home: Path) -> None:
    """It took the comment for the line, and could not be made to add it."""
    line = f'# export PATH="$PATH:{scripts(home)}"\n'
    write(home, ".bashrc", line)
    write(home, ".profile", line)
    assert userpath(pipx, home, "append", scripts(home), "-s", "bash").code == 0
    assert_served("bash", home)


@pytest.mark.parametrize("name", ["bash", "fish"])
def test_nested_shells_have_it_once(name: str, pipx: Environment, home: Path, require: Require) -> None:
    """Each shell in a shell had one entry more."""
    require(name)
    assert userpath(pipx, home, "append", scripts(home), "-s", name).code == 0
    answer = hello(name, INTERACTIVE, home, line=f"{find(name)}")
    assert answer.path.count(str(scripts(home))) == 1, answer


def test_a_zdotdir_that_zshenv_sets_is_followed(pipx: Environment, home: Path, require: Require) -> None:
    """It wrote into the home, where zsh does not look then."""
    require("zsh")
    (home / "zsh").mkdir()
    write(home, ".zshenv", "export ZDOTDIR=$HOME/zsh\n")
    assert userpath(pipx, home, "append", scripts(home), "-s", "zsh").code == 0
    assert not (home / ".zshrc").exists()
    assert_served("zsh", home)


def test_a_bashrc_that_hands_over_to_fish_and_one_that_sleeps_hold_up_nobody(
    pipx: Environment, home: Path, require: Require
) -> None:
    """With the second it never ended."""
    require("fish")
    write(home, ".bashrc", "exec fish\n")
    run = userpath(pipx, home, "append", scripts(home))
    assert run.code == 0, run
    assert_served("bash", home, modes=(INTERACTIVE,))
    write(home, ".bashrc", "sleep 1000\n")
    run = userpath(pipx, home, "verify", scripts(home), "-s", "bash", timeout_s=120)
    assert run.code == 1, run


def test_a_shell_that_is_not_here_is_an_error_before_anything_is_written(
    pipx: Environment, home: Path
) -> None:
    """A traceback; and with -f the file of the shell that is not there was written."""
    before = snapshot(home)
    for more in ((), ("-f",)):
        env = {"PATH": "/usr/bin:/bin"}
        run = userpath(pipx, home, "append", scripts(home), "-s", "nushell", *more, env=env)
        assert run.code == 1, run
        assert "Traceback" not in run.stderr
        assert "nushell is not installed" in run.stderr
    assert before == snapshot(home)


def test_append_and_then_prepend_leaves_one_entry_and_that_is_the_first(
    pipx: Environment, home: Path
) -> None:
    """Both lines stayed."""
    assert userpath(pipx, home, "append", scripts(home), "-s", "bash").code == 0
    assert userpath(pipx, home, "prepend", scripts(home), "-s", "bash", "-f").code == 0
    for mode in (LOGIN, INTERACTIVE):
        path = hello("bash", mode, home).path
        assert (str(scripts(home)), 1) == (path[0], path.count(str(scripts(home))))


def test_two_directories_in_xonsh_three_times_are_there_once(
    pipx: Environment, home: Path, require: Require
) -> None:
    """Three runs put three blocks."""
    require("xonsh")
    for _ in range(3):
        words = ("prepend", home / "one", home / "two", "-s", "xonsh", "-f")
        assert userpath(pipx, home, *words).code == 0
    path = hello("xonsh", INTERACTIVE, home, home / "one").path
    assert [str(home / "one"), str(home / "two")] == list(path[:2])
    assert [1, 1] == [path.count(str(home / name)) for name in ("one", "two")]


def test_a_user_who_wants_no_edits_gets_none_and_is_told_so(pipx: Environment, home: Path) -> None:
    """It knows no such wish."""
    before = snapshot(home)
    env = {"ONPATH_NO_MODIFY_PATH": "1"}
    run = userpath(pipx, home, "append", scripts(home), "-s", "bash", env=env)
    assert run.code == 1, run
    assert "note: ONPATH_NO_MODIFY_PATH is set (" in run.stderr
    assert "looked only, changed nothing" in run.stderr
    assert before == snapshot(home)


# The command, as the original has it.


def test_an_option_in_a_message_is_told_with_the_command_that_has_it(
    pipx: Environment, home: Path
) -> None:
    """--force of `userpath` and of pipx is another one, and no `ensure-path` is on PATH there."""
    directory = home / "tools"
    directory.mkdir()
    directory.chmod(0o777)
    run = userpath(pipx, home, "append", directory, "--force", "-s", "bash")
    assert (1, True) == (run.code, "or insist with --force" in run.stderr), run
    command = run.stderr.strip().rpartition(" is here ")[2]
    done = start([*command.split(), directory, "--force", "--shell", "bash"], home)
    assert 0 == done.code, done
    assert_served("bash", home, directory)


def test_the_exit_codes_and_words_are_the_originals(pipx: Environment, home: Path) -> None:
    name = str(scripts(home))
    bash = ("-s", "bash")
    missing = userpath(pipx, home, "verify", name, *bash)
    assert (1, "", f"The directory `{name}` is not in PATH!\n") == (
        missing.code,
        missing.stdout,
        missing.stderr,
    )
    assert (0, "") == ((run := userpath(pipx, home, "append", name, *bash, "-q")).code, run.stdout)
    pending = userpath(pipx, home, "verify", name, *bash)
    assert (2, f"The directory `{name}` is in PATH, pending a shell restart!\n") == (
        pending.code,
        pending.stdout,
    )
    again = userpath(pipx, home, "prepend", name, *bash)
    assert again.code == 2
    assert again.stdout == (
        f"The directory `{name}` is already in PATH, pending a shell restart! If you are sure you want "
        "to proceed, try again with the -f/--force flag.\n"
    )
    here = {"PATH": f"{name}:{environment(home)['PATH']}"}
    assert userpath(pipx, home, "append", name, env=here).code == 2
    done = userpath(pipx, home, "verify", name, env=here)
    assert (0, f"The directory `{name}` is in PATH!\n") == (done.code, done.stdout)
    assert userpath(pipx, home, "append").code == 2  # click's, for usage
    assert "userpath, version 1.9.2+onpath" in userpath(pipx, home, "--version").stdout


# The functions.

LOGIC = """
    import inspect, os, userpath as up
    from userpath.cli import userpath as command
    from userpath.interface import Interface, UnixInterface, WindowsInterface
    from userpath.shells import DEFAULT_SHELLS, SHELLS
    from userpath.utils import in_current_path, normpath

    common = ["location", "shells", "all_shells", "home"]
    signatures = {
        "append": ["location", "app_name", "shells", "all_shells", "home", "check"],
        "prepend": ["location", "app_name", "shells", "all_shells", "home", "check"],
        "in_new_path": [*common, "check"],
        "need_shell_restart": common,
        "in_current_path": ["location"],
    }
    for name, names in signatures.items():
        parameters = inspect.signature(getattr(up, name)).parameters
        assert names == list(parameters), name
        defaults = [each.default for each in list(parameters.values())[1:]]
        assert {None, False} >= set(defaults), name
    assert {"bash", "fish", "sh", "xonsh", "zsh"} < set(SHELLS) and SHELLS["zsh"](home="/x").home == "/x"
    home = os.environ["HOME"]
    one, two = f"{home}/one", f"{home}/two"
    shells = ["bash"]

    assert up.in_new_path(one, shells) is False
    try:
        up.in_new_path(one, shells, check=True)
    except Exception as error:
        assert str(error).startswith(f"Unable to find `{one}` in ") and "bash login" in str(error), error
    else:
        raise AssertionError
    assert up.append([one, two], "me", shells) is True
    assert up.in_new_path((one, two), shells) and up.in_new_path(f"{one}:{two}", shells)
    assert up.in_new_path([one, f"{home}/three"], shells) is False
    assert up.need_shell_restart([one, two], shells) is True
    assert up.in_new_path(one, [None, "", "bash"], home="")
    os.environ["PATH"] = f"{two}/:{one}:/usr/bin:/bin"
    assert up.in_current_path([one, two]) and not up.need_shell_restart(one, shells)
    assert not up.in_current_path([one, f"{home}/three"])

    # What was proven a moment ago is not taken for what is so now.
    assert up.prepend(f"{home}/four", shells=shells) is True
    os.remove(f"{home}/.bashrc")
    assert up.in_new_path(f"{home}/four", shells) is False

    # No location is none, and a name that no file can have is on no PATH.
    assert not up.append([], shells=shells) and not up.in_new_path((), shells)
    assert not up.in_current_path([]) and not up.need_shell_restart([], shells)
    assert not up.in_current_path("/x\\0y") and not up.in_current_path(f"{home}/\\ud800")
    assert not os.path.exists(f"{home}/.local/bin")

    # Another home; a name that is a path; an unknown name.
    os.mkdir(f"{home}/other")
    assert up.append(one, shells=["/bin/bash"], home=f"{home}/other") is True
    assert up.in_new_path(one, shells, home=f"{home}/other") is True
    assert os.path.exists(f"{home}/other/.bashrc")
    assert up.append(one, shells=["murex"]) is False
"""


def test_the_functions_take_and_give_what_the_originals_do(pipx: Environment, home: Path) -> None:
    done = start([pipx.python, "-c", textwrap.dedent(LOGIC)], home)
    assert (0, "") == (done.code, done.stdout), done.stderr
    assert "unknown shell 'murex'" in done.stderr  # why an edit failed is logged


MOMENTS = """
    import os, subprocess, sys, userpath as up

    home = os.environ["HOME"]
    one, two, three = (f"{home}/{name}" for name in ("one", "two", "three"))
    shells = ["bash"]
    files = [f"{home}/.bashrc", f"{home}/.profile"]
    for file in files:
        with open(file, "w") as opened:
            opened.write(f"PATH=$PATH:{one}\\n")
    os.mkdir(one)

    def path(*words):
        told = subprocess.run([*words, "echo $PATH"], stdout=-1, stderr=-3, text=True)
        return told.stdout.split()[-1].split(":")

    # A yes that says nothing of the order is none to who asks for one.
    assert up.in_new_path(one, shells) is True
    assert up.prepend(one, shells=shells, check=True) is True
    assert one == path("bash", "-ic")[0]

    # What another process has taken back is not there any more.
    assert up.append(two, shells=shells) is True and up.in_new_path(two, shells) is True
    subprocess.run([sys.executable, "-m", "onpath", "--undo", two], check=True, stdout=-3)
    assert up.append(two, shells=shells) is True
    assert two in path("bash", "-ic")

    # Files below the top of the home count.
    if sys.argv[1:]:
        assert up.append(three, shells=["fish"]) is True and up.in_new_path(three, ["fish"]) is True
        with open(f"{home}/.config/fish/config.fish", "w") as opened:
            opened.write("set -gx PATH /usr/bin /bin\\n")
        assert up.in_new_path(three, ["fish"]) is False
"""


def test_what_was_so_a_moment_ago_is_not_told_for_what_is_so_now(
    pipx: Environment, home: Path, require: Require
) -> None:
    """Every call of the original looked anew; this one remembers, within a moment."""
    done = start([pipx.python, "-c", textwrap.dedent(MOMENTS), *filter(find, ["fish"])], home)
    assert (0, "") == (done.code, done.stdout), done.stderr
    require("fish")


def test_in_a_folder_that_is_gone_it_is_told_what_to_do(pipx: Environment, home: Path) -> None:
    """Never by a traceback, also where a relative name is on PATH."""
    line = 'mkdir gone && cd gone && rmdir ../gone && PATH=.:$PATH && exec "$0" "$@"'
    told = {"verify": "is not in PATH!", "append": "a means nothing, since the current folder is gone"}
    for verb, words in told.items():
        done = start(["/bin/sh", "-c", line, pipx.command, verb, "a", "-s", "bash"], home)
        assert (1, False) == (done.code, "Traceback" in done.stderr), done
        assert words in done.stderr


def test_an_import_loads_neither_the_engine_nor_click(pipx: Environment) -> None:
    code = "import sys, userpath; print(*sys.modules)"
    done = subprocess.run([pipx.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert not {"onpath.verbs", "click", "subprocess", "typing"} & set(done.stdout.split())


def test_after_a_plain_import_its_modules_are_there_as_the_originals_are(pipx: Environment) -> None:
    code = "import userpath as u; print(u.shells.__name__, u.core.append is u.append, hasattr(u, 'no'))"
    done = subprocess.run([pipx.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert "userpath.shells True False\n" == done.stdout


def userpath(
    made: Environment,
    home: Path,
    *words: str | Path,
    env: dict[str, str] | None = None,
    timeout_s: float = compat.PATIENCE_S,
) -> Run:
    """Run the command `userpath` as the user of `home` does."""
    return start([made.command, *words], home, env=env, timeout_s=timeout_s)


def start(
    words: list[str | Path],
    home: Path,
    *,
    env: dict[str, str] | None = None,
    timeout_s: float = compat.PATIENCE_S,
) -> Run:
    """Run a program to its end as the user of `home` does."""
    done = subprocess.run(
        words,
        env={**environment(home), **(env or {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    return Run(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))
