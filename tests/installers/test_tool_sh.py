"""The install.sh that `onpath installer` writes: real shells, real pip and uv, an index of its own."""

from __future__ import annotations

import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pip
import pytest

import installing
import packages
import pythons
from commands import ensure_path
from installing import move, tree
from onpath.installers import script
from packages import UV, wheel
from terminals import INTERACTIVE, LOGIN, SESSION, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packages import Index
    from programs import Require

# install.sh is for Unix; mypy needs to be told for `--platform win32`.
assert sys.platform != "win32"

SHELLS = ("dash", "bash", "zsh", "ash", "mksh", "posh", "yash")
BASH = ("--shell", "bash")
MOMENTS = 12  # at which a run is interrupted
STEPS = ("installing ", "proven: ", "done in ", "took back ", "fetching ", "letting ")
UNSHARE, MOUNT = shutil.which("unshare") or "", shutil.which("mount") or ""

DEPENDENCY = wheel("herd", "1.0", commands=("herd",))
EXTRA = wheel("bell", "1.0", commands=("bell",))
OLD = wheel("cow", "1.0", commands=("cow", "calf"), needs=("herd",), extras={"loud": "bell"})
NEW = wheel("cow", "2.0", commands=("cow",), files=("moo",), needs=("herd",), extras={"loud": "bell"})
BROKEN = wheel("cow", "3.0", commands=("cow",), code="import not_there_at_all")
ALL = (DEPENDENCY, EXTRA, OLD, NEW)


@pytest.fixture
def index() -> Iterator[Index]:
    """Give an index that has two versions of a tool."""
    with packages.serving(*ALL) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Make a PATH that has only Python and coreutils."""
    return installing.tools(tmp_path / "bin")


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """Make a PATH that has uv as well, if it is here."""
    path = installing.tools(tmp_path / "quick")
    if UV:
        (tmp_path / "quick" / "uv").symlink_to(UV)
    return path


@pytest.fixture
def cow(tmp_path: Path) -> Path:
    """Write the install script of the tool."""
    return write(tmp_path / "cow", "cow")


def write(folder: Path, name: str, **options: object) -> Path:
    """Write the install.sh of a tool into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = script.write(script.settings(name, **options))  # type: ignore[arg-type]
    (folder / "install.sh").write_bytes(written["install.sh"])
    return folder / "install.sh"


def run(
    file: Path,
    home: Path,
    *words: str,
    path: str,
    index: Index | None = None,
    env: dict[str, str] | None = None,
    shell: str = "dash",
    piped: bool = False,
    prefix: tuple[str, ...] = (),
) -> installing.Run:
    """Run a written script with an index, and for no shell but bash."""
    environ = {"TMPDIR": str(home.parent), "SHELL": "/bin/bash", **(index.environ() if index else {})}
    environ.update(env or {})
    return installing.install(
        file, home, *words, path=path, shell=shell, piped=piped, prefix=prefix, env=environ
    )


def complaints(done: installing.Run) -> list[str]:
    """Return what a run said that is no step."""
    lines = [line.removeprefix("install.sh: ") for line in done.err.splitlines() if line]
    return [line for line in lines if not line.startswith(STEPS) and ", made by " not in line]


def place(file: Path, home: Path, *words: str, path: str, index: Index) -> installing.Run:
    """Install without a fault."""
    done = run(file, home, *BASH, *words, path=path, index=index)
    assert (0, []) == (done.code, complaints(done)), done
    return done


def said(home: Path, command: str) -> str:
    """Return what a fresh login shell gets from the command, by its bare name."""
    ask("bash", SESSION, home, line=f"{command} >'{home.parent}/said' 2>&1")
    return (home.parent / "said").read_text().strip()


def commands(home: Path) -> set[str]:
    """Return what is in the scripts directory."""
    folder = home / ".local" / "bin"
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


# 1. Its whole life


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tool_is_installed_proven_upgraded_downgraded_and_taken_back(
    home: Path, tmp_path: Path, require: Require, path: str, quick: str, index: Index, shell: str
) -> None:
    """In two shells; in the others it is installed and taken back, as all else is done by one Python."""
    require(shell)
    file, before = write(tmp_path / "cow", "cow[loud]"), tree(home)
    rounds: tuple[tuple[list[str], set[str], str], ...] = (
        (["--version", "1.0"], {"cow", "calf"}, "1.0"),
        ([], {"cow", "moo"}, "2.0"),
        (["--version=1.0"], {"cow", "calf"}, "1.0"),
    )
    for words, names, version in rounds if shell in {"dash", "bash"} else rounds[1:2]:
        where = path if shell == "dash" else quick
        done = run(file, home, *BASH, *words, path=where, index=index, shell=shell, piped=True)
        assert (0, []) == (done.code, complaints(done)), done
        assert "proven: " in done.err
        assert names == commands(home)
        for name in names:
            assert f"cow {version}" == said(home, name)
        assert 1 == len([*(home / ".local/share/onpath/tools/cow").glob("[0-9]*")])
    assert "/files/bell-1.0-py3-none-any.whl" in index.asked
    done = run(file, home, "--uninstall", path=path, shell=shell)
    assert (0, before) == (done.code, tree(home)), done
    again = run(file, home, "--uninstall", path=path, shell=shell)
    assert (0, before) == (again.code, tree(home))
    assert "nothing to take back" in again.err


def test_a_failed_upgrade_leaves_the_old_version_running(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    place(cow, home, path=quick, index=index)
    before = tree(home)
    index.wheels.append(BROKEN)
    done = run(cow, home, *BASH, path=quick, index=index)
    assert (1, before) == (done.code, tree(home)), done
    assert "cow 3.0 does not start (ModuleNotFoundError" in done.err
    assert "cow 2.0" == said(home, "cow")


def test_an_upgrade_downloads_nothing_half_and_switches_by_one_rename(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    place(cow, home, "--version", "1.0", path=quick, index=index)
    link = home / ".local/share/onpath/tools/cow/current"
    old = os.readlink(link)
    inode = (home / ".local/bin/cow").lstat().st_ino
    place(cow, home, path=quick, index=index)
    assert old != os.readlink(link)
    assert inode == (home / ".local/bin/cow").lstat().st_ino
    assert not (link.parent / old).exists()


def test_what_others_have_put_there_stays(
    home: Path, tmp_path: Path, cow: Path, quick: str, index: Index
) -> None:
    """And what one tool has made is taken back by the last one, whoever that is."""
    before = tree(home)
    index.wheels.append(wheel("sheep", "1.0", commands=("sheep",)))
    sheep = write(tmp_path / "sheep", "sheep")
    place(cow, home, path=quick, index=index)
    place(sheep, home, path=quick, index=index)
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert {"sheep"} == commands(home)
    assert "sheep 1.0" == said(home, "sheep")
    assert 0 == run(sheep, home, "--uninstall", path=quick).code
    assert before == tree(home)


# 2. What it is asked for


@pytest.mark.parametrize("lost", ["receipt.json", "."])
def test_without_its_receipt_the_commands_go_and_what_stays_is_told(
    home: Path, cow: Path, quick: str, index: Index, lost: str
) -> None:
    place(cow, home, path=quick, index=index)
    folder = home / ".local/share/onpath/tools/cow"
    if lost == ".":
        shutil.rmtree(folder.parent)
    else:
        (folder / lost).unlink()
    done = run(cow, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert f"{home}/.local/bin stays on PATH, as nothing tells that" in done.err
    assert [] == [*(home / ".local/bin").iterdir()]
    assert not folder.exists()
    again = run(cow, home, "--uninstall", path=quick)
    assert "nothing to take back" in again.err, again


def test_what_was_put_on_path_before_its_receipt_was_damaged_is_told_when_it_goes(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    """The run in between finds PATH as it wants it, and has no edit to record."""
    place(cow, home, path=quick, index=index)
    (home / ".local/share/onpath/tools/cow/receipt.json").write_text("{")
    place(cow, home, path=quick, index=index)
    done = run(cow, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert f"{home}/.local/bin stays on PATH, as nothing tells that" in done.err
    assert "ensure-path --undo ~/.local/bin takes it back" in done.err
    assert [] == [*(home / ".local/bin").iterdir()]


def test_an_upgrade_without_the_variable_that_led_it_elsewhere_goes_where_the_tool_is(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    before = tree(home)
    env = {"XDG_DATA_HOME": str(home / "data")}
    first = run(cow, home, *BASH, "--version", "1.0", path=quick, index=index, env=env)
    assert 0 == first.code, first
    place(cow, home, path=quick, index=index)
    assert not (home / ".local/share").exists()
    done = run(cow, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert before == tree(home)


def test_a_dry_run_says_every_step_and_takes_none(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    done = run(cow, home, "--dry-run", path=path, index=index)
    assert (0, {}, []) == (done.code, tree(home), index.asked), done
    assert 4 == len(done.err.splitlines())
    assert all(line.startswith("install.sh: (not done) ") for line in done.err.splitlines())


def test_quiet_says_nothing(home: Path, cow: Path, quick: str, index: Index) -> None:
    done = run(cow, home, "--quiet", *BASH, path=quick, index=index)
    assert (0, "", "") == (done.code, done.out, done.err)
    assert "cow 2.0" == said(home, "cow")


def test_told_to_leave_path_alone_it_does_until_told_otherwise(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    before = tree(home)
    for words in (["--no-modify-path"], []):
        done = run(cow, home, *BASH, *words, path=quick, index=index)
        assert 0 == done.code, done
        assert "looked only, changed nothing" in done.out
        assert not (home / ".profile").exists()
        assert "cow 2.0" != said(home, "cow")
    place(cow, home, "--modify-path", path=quick, index=index)
    assert "cow 2.0" == said(home, "cow")
    run(cow, home, *BASH, "--no-modify-path", path=quick, index=index)
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert before == tree(home)


@pytest.mark.parametrize("means", ["pip", "uv"])
def test_from_a_folder_of_wheels_no_index_is_asked(
    home: Path, tmp_path: Path, cow: Path, path: str, quick: str, index: Index, means: str
) -> None:
    if means == "uv" and not UV:
        pytest.skip("uv is not installed")
    wheels = tmp_path / "wheels here"
    wheels.mkdir()
    for each in (OLD, DEPENDENCY):
        (wheels / each.file).write_bytes(each.raw)
    done = run(
        cow, home, "--from", str(wheels), *BASH, path=path if means == "pip" else quick, index=index
    )
    assert (0, [], []) == (done.code, complaints(done), index.asked), done
    assert "cow 1.0" == said(home, "cow")


@pytest.mark.parametrize("means", ["pip", "uv"])
@pytest.mark.parametrize("kind", ["requirements", "pylock"])
def test_a_lock_is_followed_to_the_hash(
    home: Path, tmp_path: Path, path: str, quick: str, index: Index, means: str, kind: str
) -> None:
    if means == "uv" and not UV:
        pytest.skip("uv is not installed")
    if kind == "pylock" and sys.version_info < (3, 11):
        pytest.skip("this Python reads no TOML")
    locked = {
        "requirements": "".join(
            f"{each.name}=={each.version} \\\n    --hash=sha256:{each.sha256}\n"
            for each in (OLD, DEPENDENCY)
        ),
        "pylock": 'lock-version = "1.0"\n'
        + "".join(
            f'[[packages]]\nname = "{each.name}"\nversion = "{each.version}"\n'
            f'[[packages.wheels]]\nname = "{each.file}"\nhashes.sha256 = "{each.sha256}"\n'
            for each in (OLD, DEPENDENCY)
        ),
    }[kind]
    where = path if means == "pip" else quick
    file = write(tmp_path / "locked", "cow", lock=locked)
    done = run(file, home, *BASH, path=where, index=index)
    assert (0, []) == (done.code, complaints(done)), done
    assert "cow 1.0" == said(home, "cow")
    before = tree(home)
    index.wheels[index.wheels.index(OLD)] = wheel("cow", "1.0", commands=("cow",), needs=("herd",))
    done = run(file, home, *BASH, path=where, index=index, env={"UV_CACHE_DIR": str(tmp_path / "new")})
    assert (1, 1, before) == (done.code, len(complaints(done)), tree(home)), done
    assert "a file came that has not the hash that is known of it" in done.err
    done = run(file, home, "--version", "2.0", path=where, index=index)
    assert (2, 1) == (done.code, len(complaints(done)))


@pytest.mark.parametrize("means", ["pip", "uv"])
@pytest.mark.parametrize(
    ("name", "locked", "lacks"),
    [
        ("cow", [OLD], "cow needs herd"),
        ("cow[loud]", [OLD, DEPENDENCY], "cow[loud] needs bell"),
        ("cow[loud]", [OLD, DEPENDENCY, EXTRA], ""),
        ("cow", [OLD, DEPENDENCY], ""),
    ],
)
def test_a_lock_that_lacks_what_the_tool_needs_is_told(
    home: Path,
    tmp_path: Path,
    path: str,
    quick: str,
    index: Index,
    means: str,
    name: str,
    locked: list[packages.Wheel],
    lacks: str,
) -> None:
    """What is imported late would be missed by a user, long after the proof."""
    if means == "uv" and not UV:
        pytest.skip("uv is not installed")
    lock = "".join(f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n" for each in locked)
    before = tree(home)
    file = write(tmp_path / "locked", name, lock=lock)
    done = run(file, home, *BASH, path=path if means == "pip" else quick, index=index)
    if not lacks:
        assert (0, []) == (done.code, complaints(done)), done
        return
    assert (1, before) == (done.code, tree(home)), done
    said = f"{lacks}, which the lock file has not; have its author lock {name} again"
    assert said in complaints(done)[0]


def test_under_github_actions_the_next_steps_have_the_directory(
    home: Path, tmp_path: Path, cow: Path, quick: str, index: Index
) -> None:
    file = tmp_path / "github-path"
    file.write_text("")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_PATH": str(file)}
    done = run(cow, home, *BASH, path=quick, index=index, env=env)
    assert 0 == done.code, done
    assert f"{home}/.local/bin\n" == file.read_text()


# 3. Where it runs


def test_a_home_with_quotes_and_spaces(tmp_path: Path, cow: Path, path: str, index: Index) -> None:
    home = tmp_path / "it's $HOME; a `home`"
    home.mkdir()
    place(cow, home, path=path, index=index)
    assert "cow 2.0" == said(home, "cow")
    done = run(cow, home, "--uninstall", path=path)
    assert (0, {}) == (done.code, tree(home)), done


@pytest.mark.parametrize("other", ["{0}/link", "{0}//{1}"])
def test_a_home_under_another_name_is_the_same_home(
    home: Path, tmp_path: Path, cow: Path, quick: str, index: Index, other: str
) -> None:
    """Upgraded there, and taken back there: no command and no edit of the other name is left."""
    (tmp_path / "link").symlink_to(home)
    before, env = tree(home), {"HOME": other.format(tmp_path, home.name)}
    place(cow, home, "--version", "1.0", path=quick, index=index)
    done = run(cow, home, *BASH, path=quick, index=index, env=env)
    assert (0, [], {"cow", "moo"}) == (done.code, complaints(done), commands(home)), done
    assert "cow 2.0" == said(home, "cow")
    done = run(cow, home, "--uninstall", path=quick, env=env)
    assert (0, before) == (done.code, tree(home)), done


@pytest.mark.parametrize("shell", ["mksh", "yash"])
def test_a_long_lock_and_a_caller_who_has_exported_our_names(
    home: Path, tmp_path: Path, require: Require, quick: str, index: Index, shell: str
) -> None:
    """In mksh printf is a program, and a program takes no argument and no variable of 128 KiB."""
    require(shell)
    lines = [f"{each.name}=={each.version} --hash=sha256:{each.sha256}" for each in (NEW, DEPENDENCY)]
    lines += [f"x{number}==1 ; python_version < '3' --hash=sha256:{'0' * 64}" for number in range(2000)]
    file = write(tmp_path / "cow", "cow", lock="\n".join(lines))
    env = dict.fromkeys(("SETTINGS", "BOOTSTRAP", "TOOL", "NEEDS", "NEEDED", "answer"), "of another")
    done = run(file, home, *BASH, path=quick, index=index, shell=shell, env=env)
    assert (0, []) == (done.code, complaints(done)), done
    assert "cow 2.0" == said(home, "cow")


def test_a_python_that_is_too_old_is_named_and_passed_over(
    home: Path, tmp_path: Path, index: Index
) -> None:
    found = [(v, p) for v in ("3.6", "3.8", "2.7") if (p := pythons.find(v))]
    minor = sys.version_info.minor
    older = pythons.find(f"3.{minor - 1}") if minor > 9 else None
    if not found or not older:
        pytest.skip("there are no older Pythons")
    folder = tmp_path / "bin"
    path = installing.tools(folder, python=None)
    (folder / "python3").symlink_to(found[0][1])
    (folder / "python3.10").symlink_to(older)
    (folder / f"python3.{minor}").unlink(missing_ok=True)
    (folder / "python").symlink_to(installing.PYTHON)
    file = write(tmp_path / "cow", "cow", requires_python=f">=3.{minor}")
    done = run(file, home, *BASH, path=path, index=index)
    assert 0 == done.code, done
    assert f"passing over {folder}/python3: it is Python {found[0][0]}" in done.err
    assert f"it is Python 3.{minor - 1}" in done.err
    assert f"cow needs 3.{minor} or later" in done.err
    assert "cow 2.0" == said(home, "cow")


def test_the_oldest_python_serves_whatever_the_authors_packages_are_for(
    home: Path, tmp_path: Path, cow: Path, index: Index
) -> None:
    """Also where something fails, a version is named, or a shell whose version counts is there."""
    oldest = pythons.find("3.9")
    if not oldest:
        pytest.skip("there is no Python 3.9")
    path = installing.tools(tmp_path / "bin", python=oldest)
    (home / "yash").write_text("#!/bin/sh\necho 'Yet another shell, version 2.59'\n")
    (home / "yash").chmod(0o755)
    (home / ".yashrc").touch()
    done = run(cow, home, *BASH, "--version", "9.9", path=path, index=index)
    assert 1 == done.code
    assert "has no cow==9.9; see whether the name and the version are right" in complaints(done)[0]
    done = run(cow, home, "--version", "1.0", path=path, index=index, env={"SHELL": f"{home}/yash"})
    assert "Traceback" not in done.err
    assert "cow 1.0 is in" in done.err


@pytest.mark.parametrize("has_uv", [True, False])
def test_nothing_that_was_installed_into_the_python_is_run_but_its_distribution_names_it(
    home: Path, tmp_path: Path, cow: Path, index: Index, *, has_uv: bool
) -> None:
    """A .pth may take longer than all else. Homebrew's sitecustomize gives the name that stays."""
    stays, ran = tmp_path / "opt" / "python3", tmp_path / "ran"
    python = pythons.copy(
        tmp_path / "cellar", sitecustomize=f"import sys; sys._base_executable = {str(stays)!r}"
    )
    if python is None or not UV:
        pytest.skip("no such Python, or no uv, is here")
    stays.parent.mkdir()
    stays.symlink_to(python)
    packages_of_it = next(tmp_path.glob("cellar/lib/*/site-packages"))
    (packages_of_it / "loud.pth").write_text(f"import os; os.mkdir({str(ran)!r})\n")
    path = installing.tools(tmp_path / "bin", python=python)
    if has_uv:
        (tmp_path / "bin" / "uv").symlink_to(UV)
    else:
        (packages_of_it / "pip").symlink_to(Path(pip.__file__).parent)
    done = run(cow, home, *BASH, path=path, index=index)
    assert (0, []) == (done.code, complaints(done)), done
    assert not has_uv or not ran.exists()
    environment = home / ".local" / "share" / "onpath" / "tools" / "cow" / "current"
    assert str(stays) == os.readlink(environment / "bin" / "python3")
    assert "cow 2.0" == said(home, "cow")


def test_where_no_python_will_do_uv_provides_one(
    home: Path, tmp_path: Path, cow: Path, index: Index
) -> None:
    """A uv that finds one only after it was asked to install it."""
    folder = tmp_path / "bin"
    path = installing.tools(folder, python=None)
    brought = tmp_path / "brought"
    (folder / "uv").write_text(
        f"#!/bin/sh\ncase $1-$2 in\n"
        f"python-find) [ -f {brought} ] && echo {installing.PYTHON} ;;\n"
        f"python-install) : >{brought} ;;\n*) exit 1 ;;\nesac\n"
    )
    (folder / "uv").chmod(0o755)
    hide = no_other_python()
    done = run(cow, home, *BASH, path=path, index=index, prefix=hide)
    assert 0 == done.code, done
    assert "letting uv provide a Python 3.9 or later" in done.err
    assert brought.exists()


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh", "mksh", "yash", "ash"])
@pytest.mark.parametrize("folder", ["", ".local", ".local/share/uv/python"])
def test_a_uv_that_brings_no_python_leaves_nothing(
    home: Path, tmp_path: Path, cow: Path, require: Require, folder: str, shell: str
) -> None:
    """Nor does one that brings one leave a command for it, which no --uninstall would take away."""
    require(shell)
    (home / folder).mkdir(parents=True, exist_ok=True)
    before = tree(home)
    path = installing.tools(tmp_path / "bin", "rm", "rmdir", "mkdir", "touch", python=None)
    asked = tmp_path / "asked"
    (tmp_path / "bin" / "uv").write_text(
        f"""#!/bin/sh
        echo "$* $UV_NO_CACHE $UV_PYTHON_INSTALL_BIN" >>{asked}
        d={home}/.local/share/uv/python
        [ "$2" != dir ] || {{ echo $d; exit; }}
        [ "$2" != install ] || {{ mkdir -p $d/.temp; touch $d/.lock $d/.gitignore; }}
        exit 1
        """
    )
    (tmp_path / "bin" / "uv").chmod(0o755)
    done = run(cow, home, *BASH, path=path, prefix=no_other_python(), shell=shell)
    assert 1 == done.code
    cure = (
        "no Python 3.9 or later was found; install one (its package is python3){}, then run this again"
    )
    assert cure.format("") in done.err
    env = {"ONPATH_UV": "0"}
    done = run(cow, home, *BASH, path=path, prefix=no_other_python(), shell=shell, env=env)
    assert cure.format(", or unset ONPATH_UV, so that uv brings one") in done.err
    assert "python install >=3.9 1 0" in asked.read_text()
    if folder == ".local/share/uv/python":  # somebody has used it
        assert before.keys() <= tree(home).keys()
    else:
        assert before == tree(home)


def test_any_python_will_do_to_help_and_to_take_back(home: Path, tmp_path: Path, index: Index) -> None:
    """That which has installed it may be gone; and uv is not asked to fetch another one for that."""
    before = tree(home)
    minor = sys.version_info.minor
    older = pythons.find(f"3.{minor - 1}") if minor > 9 else None
    if not older:
        pytest.skip("there is no older Python")
    file = write(tmp_path / "cow", "cow", requires_python=f">=3.{minor}")
    place(file, home, path=installing.tools(tmp_path / "new"), index=index)
    folder = tmp_path / "old"
    path = installing.tools(folder, python=older)
    (folder / f"python3.{minor}").unlink(missing_ok=True)
    asked = tmp_path / "asked"
    (folder / "uv").write_text(f'#!/bin/sh\necho "$*" >>{asked}\nexit 1\n')
    (folder / "uv").chmod(0o755)
    hide = no_other_python()
    run_old = partial(run, file, home, path=path, prefix=hide)
    assert "no Python" in run_old().err
    assert "python install" in asked.read_text()
    asked.unlink()
    assert (0, "usage: ") == ((helped := run_old("--help")).code, helped.out[:7])
    assert 0 == run_old("--uninstall").code
    assert before == tree(home)
    assert not asked.exists()


def no_other_python() -> tuple[str, ...]:
    """Return the words that run a program where the usual places have no Python."""
    places = ("/usr/bin/python3", "/usr/local/bin/python3")
    there = [place for place in places if os.path.lexists(place)]
    if os.path.realpath(installing.PYTHON) in map(os.path.realpath, there):
        pytest.skip("the Python of the tests is itself in a usual place")
    return in_own_mounts(*(f"{MOUNT} --bind /dev/null {os.path.realpath(each)}" for each in there))


def in_own_mounts(*lines: str) -> tuple[str, ...]:
    """Return the words that run a program after some that mount; skip where that cannot be."""
    words = (UNSHARE, "--mount", "/bin/sh", "-ec", "\n".join([*lines, 'exec "$@"']), "sh")
    if not UNSHARE or not MOUNT or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("this needs root, or whatever may mount")
    return words


def lacking(tmp_path: Path, *modules: str) -> tuple[str, ...]:
    """Return the words that run a program where Python has not these modules of its library."""
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "__init__.py").write_text("raise ImportError('it is not here')\n")
    code = "import importlib.util as u, os, sys\nfor n in sys.argv[1:]:\n s = u.find_spec(n)\n"
    code += " print(os.path.dirname(s.origin)) if s else None"
    found = subprocess.check_output([installing.PYTHON, "-I", "-c", code, *modules], text=True)
    return in_own_mounts(*(f"{MOUNT} --bind {tmp_path}/nothing {each}" for each in found.split()))


def test_without_venv_pip_makes_a_folder_of_modules(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index
) -> None:
    index.wheels.remove(NEW)
    index.wheels.append(wheel("cow", "2.0", commands=("cow",), files=("moo",), needs=("herd",)))
    done = run(cow, home, *BASH, path=path, index=index, prefix=lacking(tmp_path, "venv"))
    assert (0, []) == (done.code, complaints(done)), done
    assert "made by pip --target" in done.err
    assert {"cow", "moo"} == commands(home)
    assert ["cow 2.0 hello", "cow 2.0"] == [said(home, "cow hello"), said(home, "moo")]
    assert 0 == run(cow, home, "--uninstall", path=path).code
    assert {} == tree(home)


def test_no_file_of_pips_leads_it_elsewhere(home: Path, cow: Path, path: str, index: Index) -> None:
    config = home / "pip.conf"
    config.write_text(
        f"[global]\ntarget = {home}/x\n[install]\nprefix = {home}/y\nroot = {home}/z\ndry-run = true\n"
    )
    before = tree(home)
    done = run(cow, home, *BASH, path=path, index=index, env={"PIP_CONFIG_FILE": str(config)})
    assert (0, []) == (done.code, complaints(done)), done
    assert "cow 2.0 hello" == said(home, "cow hello")
    assert 0 == run(cow, home, "--uninstall", path=path).code
    assert before == tree(home)


@pytest.mark.parametrize("file", ["pip/pip.conf", "uv/uv.toml"])
def test_an_index_that_one_may_not_ask_the_other_does_not_ask(
    home: Path, cow: Path, path: str, index: Index, file: str
) -> None:
    """Be the tool made by uv or by pip: another one of that name may be there."""
    (home / ".config" / file).parent.mkdir(parents=True)
    section = "[global]\n" if file.startswith("pip") else ""
    (home / ".config" / file).write_text(f"{section}no-index = true\n")
    before = tree(home)
    env = {"UV_NO_CONFIG": installing.UNSET, "PIP_CONFIG_FILE": installing.UNSET}
    done = run(cow, home, *BASH, path=path, index=index, env=env)
    assert (1, 1, before) == (done.code, len(complaints(done)), tree(home)), done
    assert "whether PIP_NO_INDEX (in pip.conf: no-index)" in done.err or file.startswith("uv")


def test_no_file_of_uvs_leads_it_elsewhere(home: Path, cow: Path, quick: str, index: Index) -> None:
    """That of a project above the environment is not read; the user's own is told, with the cure."""
    if not UV:
        pytest.skip("uv is not installed")
    env = {"UV_NO_CONFIG": installing.UNSET, "UV_DEFAULT_INDEX": index.url}
    (home / "pyproject.toml").write_text(f'[tool.uv.pip]\ntarget = "{home}/x"\n')
    before = tree(home)
    done = run(cow, home, *BASH, path=quick, index=index, env=env)
    assert (0, []) == (done.code, complaints(done)), done
    assert 0 == run(cow, home, "--uninstall", path=quick, env=env).code
    assert before == tree(home)
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text(f'[pip]\ntarget = "{home}/x"\n')
    before = tree(home)
    done = run(cow, home, *BASH, path=quick, index=index, env=env)
    assert (1, 1, before) == (done.code, len(complaints(done)), tree(home)), done
    assert "uv/uv.toml says where uv installs (target); take that line out" in done.err
    done = run(cow, home, *BASH, path=quick, index=index, env={**env, "ONPATH_UV": "0"})
    assert (0, []) == (done.code, complaints(done)), done


def test_what_a_tool_needs_comes_whatever_a_file_of_uvs_says(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    if not UV:
        pytest.skip("uv is not installed")
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text("[pip]\nno-deps = true\n")
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "uv.toml").write_text(f'[pip]\ntarget = "{home}/x"\n')
    env = {"UV_NO_CONFIG": installing.UNSET, "UV_DEFAULT_INDEX": index.url}
    env["UV_WORKING_DIR"] = str(elsewhere)
    done = run(cow, home, *BASH, path=quick, index=index, env=env)
    assert (0, []) == (done.code, complaints(done)), done
    assert [*(home / ".local").rglob("herd.py")]


def test_without_venv_uv_makes_the_environment(
    home: Path, tmp_path: Path, cow: Path, quick: str, index: Index
) -> None:
    if not UV:
        pytest.skip("uv is not installed")
    done = run(cow, home, *BASH, path=quick, index=index, prefix=lacking(tmp_path, "venv", "pip"))
    assert (0, []) == (done.code, complaints(done)), done
    assert "made by uv" in done.err
    assert "cow 2.0" == said(home, "cow")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#!/bin/sh\nexit 127\n", "does not run"),
        ("\x7fELF", "does not run"),
        (
            "#!/bin/sh\n[ $1 != pip ] || { echo \"error: unexpected argument '$3' found\"; exit 2; }\n",
            "is too old",
        ),
    ],
    ids=["a shim", "of another machine", "old"],
)
def test_a_uv_that_does_not_run_is_told_and_pip_serves(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index, text: str, why: str
) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.write_text(text)
    uv.chmod(0o755)
    done = run(cow, home, *BASH, path=path, index=index)
    assert (0, [f"{uv} {why}; taking pip"]) == (done.code, complaints(done)), done
    assert "made by venv and pip" in done.err
    assert "cow 2.0" == said(home, "cow")


def test_without_pip_the_spare_one_of_python_serves(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index
) -> None:
    done = run(cow, home, *BASH, path=path, index=index, prefix=lacking(tmp_path, "pip"))
    assert (0, []) == (done.code, complaints(done)), done
    assert "cow 2.0" == said(home, "cow")


def test_without_any_pip_it_says_what_to_install(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index
) -> None:
    if os.path.realpath(installing.PYTHON).startswith("/usr/bin/"):
        pytest.skip("a distribution's Python has pip in more than one place")
    prefix = lacking(tmp_path, "pip", "ensurepip")
    done = run(cow, home, *BASH, path=path, index=index, prefix=prefix)
    assert (1, 1, {}) == (done.code, len(complaints(done)), tree(home)), done
    assert "there is no pip, and no pip-" in done.err
    assert "install pip (its package is python3-pip" in done.err


def test_a_noexec_folder_for_temporary_files_is_no_obstacle(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index
) -> None:
    folder = tmp_path / "noexec"
    folder.mkdir()
    prefix = in_own_mounts(f"{MOUNT} -t tmpfs -o noexec,size=4k tmpfs {folder}")
    env = {"TMPDIR": str(folder)}
    done = run(cow, home, *BASH, path=path, index=index, env=env, prefix=prefix)
    assert (0, []) == (done.code, complaints(done)), done


def test_a_home_with_quotes_and_a_folder_with_modules_of_the_same_names(
    tmp_path: Path, cow: Path, quick: str, index: Index
) -> None:
    """What the user's own folder has is not taken for the tool's."""
    home = tmp_path / 'q"'
    home.mkdir()
    place(cow, home, path=quick, index=index)
    other = tmp_path / "other"
    other.mkdir()
    (other / "cow.py").write_text("print('of another')\ndef main(): pass\n")
    assert "cow 2.0\n" == subprocess.check_output([home / ".local/bin/cow"], cwd=other, text=True)


@pytest.mark.parametrize("mask", ["000", "777"])
def test_whatever_the_umask_is_only_the_user_can_write(
    home: Path, cow: Path, quick: str, index: Index, mask: str
) -> None:
    before = tree(home)
    prefix = ("/bin/sh", "-c", f'umask {mask}; exec "$@"', "sh")
    done = run(cow, home, *BASH, path=quick, index=index, prefix=prefix)
    assert (0, []) == (done.code, complaints(done)), done
    made = [path for path in home.rglob("*") if not path.is_symlink()]
    modes = [path.lstat().st_mode for path in made if path.name != ".lock"]  # uv's; nothing is in it
    assert not any(mode & 0o022 or not mode & 0o400 for mode in modes)
    assert 0 == run(cow, home, "--uninstall", path=quick, prefix=prefix).code
    assert before == tree(home)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_obstacle(
    home: Path, cow: Path, quick: str, index: Index, closed: str
) -> None:
    prefix = ("/bin/sh", "-c", f'exec "$@" {closed}', "sh")
    done = run(cow, home, *BASH, path=quick, index=index, prefix=prefix)
    assert 0 == done.code, done
    assert "cow 2.0" == said(home, "cow")


def test_what_writes_into_the_home_when_it_is_loaded_leaves_nothing_there(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    before = tree(home)
    code = "import os; os.makedirs(os.path.expanduser('~/.cow/tmp'), exist_ok=True)"
    index.wheels.append(wheel("cow", "5.0", commands=("cow",), code=code))
    place(cow, home, path=quick, index=index)
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert before == tree(home)


def test_a_command_that_needs_what_the_tool_does_not_require_is_left_out(
    home: Path, tmp_path: Path, quick: str, index: Index
) -> None:
    """But for the tool's own, and those that the version before had."""
    old = wheel("ox", "1.0", commands=("ox", "yoke"))
    index.wheels[:] = [wheel("ox", "2.0", commands=("ox",), more="yoke = ox_yoke:main\n")]
    ox = write(tmp_path / "ox", "ox")
    done = run(ox, home, *BASH, path=quick, index=index)
    assert 0 == done.code, done
    assert "leaving out yoke, which does not start (ModuleNotFoundError" in done.err
    assert {"ox"} == commands(home)
    index.wheels.append(old)
    place(ox, home, "--version", "1.0", path=quick, index=index)
    done = run(ox, home, *BASH, path=quick, index=index)
    assert (1, {"ox", "yoke"}) == (done.code, commands(home)), done
    assert "ox 2.0 does not start (ModuleNotFoundError" in done.err


def test_a_command_is_the_tools_own_though_what_it_needs_has_one_of_that_name(
    home: Path, tmp_path: Path, path: str, index: Index
) -> None:
    """Whichever of the two pip or uv installs last."""
    index.wheels[:] = [
        wheel("cow", "1.0", commands=("cow",), needs=("ox", "aox")),
        wheel("ox", "1.0", commands=("cow", "ox")),
        wheel("aox", "1.0", commands=("cow", "aox")),
    ]
    done = run(write(tmp_path / "cow", "cow"), home, *BASH, path=path, index=index)
    assert 0 == done.code, done
    assert {"cow"} == commands(home)
    assert "cow 1.0" == said(home, "cow")


def test_what_the_user_has_told_pip_does_not_lead_elsewhere(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    env = {"PIP_USER": "1", "PIP_TARGET": str(home / "x"), "PIP_REQUIRE_VIRTUALENV": "1"}
    env.update(PYTHONPATH=".", VIRTUAL_ENV="/nowhere", PYTHONHOME="/nowhere")
    done = run(cow, home, *BASH, path=path, index=index, env=env)
    assert (0, []) == (done.code, complaints(done)), done
    assert not (home / "x").exists()


# 4. What can go wrong


def failing(name: str, home: Path, index: Index) -> None:
    """Make what the case `name` needs."""
    folder = home / ".local" / "bin"
    if name in {"a foreign file", "a foreign link"}:
        folder.mkdir(parents=True)
        if name == "a foreign file":
            (folder / "cow").write_text("#!/bin/sh\n")
        else:
            (folder / "cow").symlink_to("/bin/true")
    elif name == "a tool without commands":
        index.wheels.append(wheel("cow", "4.0"))
    elif name == "a tool that does not start":
        index.wheels.append(BROKEN)
    elif name == "a tool that needs a newer Python":
        index.wheels[:] = [wheel("cow", "4.0", commands=("cow",), python=">=3.99")]
    elif name == "no index":
        index.url = "http://127.0.0.1:1/simple"
    elif name in MANNERS:
        index.manner = MANNERS[name]
    elif name == "a dependency that is not there":
        index.wheels[:] = [NEW]
    elif name == "dependencies that exclude each other":
        needing = wheel("cow", "4.0", commands=("cow",), needs=("herd<2", "bell"))
        index.wheels[:] = [
            DEPENDENCY,
            wheel("herd", "2.0"),
            wheel("bell", "2.0", needs=("herd>=2",)),
            needing,
        ]


MANNERS = {
    "an index that breaks off": "cut",
    "an index that hangs": "hang",
    "a damaged file": "damage",
    "a network that wants a log-in": "log-in",
}
CASES = {
    "a name that does not exist": "has no dog; see whether the name and the version are right",
    "a version that does not exist": "has no cow==9.9; see whether the name and the version are right",
    "a dependency that is not there": "has no herd, which cow needs; see whether another version does",
    "dependencies that exclude each other": "as some of that excludes each other; choose another",
    "no index": "cannot be reached, or breaks off; see whether the network and the proxy work",
    "a network that wants a log-in": 'not answer as an index does, but with the page "Welcome to the',
    "an index that breaks off": "; ",  # an older pip takes it for a damaged file
    "an index that hangs": "cannot be reached, or breaks off; see whether the network",
    "a damaged file": "it is cut, damaged, or not the real one; try again",
    "a foreign file": "/.local/bin/cow was not put there by this script; move it away or remove it",
    "a foreign link": "/.local/bin/cow was not put there by this script; move it away or remove it",
    "a tool without commands": "cow 4.0 has no command; name the package that has it",
    "a tool that does not start": "choose another version (--version), and tell its authors",
    "a tool that needs a newer Python": "cow needs another Python than Python 3.",
    "no folder of wheels": "/no wheels; name the one that has the wheels",
}


@pytest.mark.parametrize("means", ["pip", "uv"])
@pytest.mark.parametrize("case", CASES)
def test_a_failure_is_one_line_with_its_cure_and_leaves_nothing(
    home: Path, tmp_path: Path, path: str, quick: str, index: Index, means: str, case: str
) -> None:
    if means == "uv" and (not UV or case == "a damaged file"):
        pytest.skip("uv is not installed" if not UV else "uv checks no hash of an index's page")
    failing(case, home, index)
    before = tree(home)
    file = write(tmp_path / "script", "dog" if case == "a name that does not exist" else "cow")
    words = {
        "a version that does not exist": ("--version", "9.9"),
        "no folder of wheels": ("--from", str(tmp_path / "no wheels")),
    }.get(case, ())
    env = {"ONPATH_TIMEOUT_S": "1", "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
    env["PIP_CACHE_DIR"] = str(tmp_path / "pip-cache")
    where = path if means == "pip" else quick
    done = run(file, home, *BASH, *words, path=where, index=index, env=env)
    assert 0 != done.code
    assert 1 == len(complaints(done)), done
    assert CASES[case] in done.err
    assert before == tree(home)


def test_a_failure_names_its_log_which_says_more(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index
) -> None:
    done = run(cow, home, "--version", "9.9", path=path, index=index)
    log = Path(done.err.rpartition("the log is ")[2].partition(")")[0])
    assert log.parent == tmp_path
    assert "Could not find a version that satisfies the requirement cow==9.9" in log.read_text()
    place(cow, home, path=path, index=index)
    assert [log] == [*tmp_path.glob("*.log")]


def test_no_python_is_an_error(home: Path, tmp_path: Path, cow: Path) -> None:
    path = installing.tools(tmp_path / "none", python=None)
    done = run(cow, home, path=path, prefix=no_other_python())
    assert (1, {}) == (done.code, tree(home)), done
    assert "no Python 3.9 or later was found; install one (its package is python3)" in done.err


def test_a_full_disk_is_an_error(home: Path, tmp_path: Path, cow: Path, path: str, index: Index) -> None:
    index.wheels[:] = [wheel("cow", "5.0", commands=("cow",), size=3 << 20)]
    prefix = in_own_mounts(
        f"{MOUNT} -t tmpfs -o size=2m tmpfs {home}", "trap 'ls -A; df . | tail -n 1 >&2' EXIT",
        f'cd {home}; "$@" || exit $?; exit 0',
    )  # fmt: skip
    env = {"PIP_CACHE_DIR": str(tmp_path / "pip-cache"), "TMPDIR": str(tmp_path)}
    done = run(cow, home, *BASH, path=f"{path}:/usr/bin:/bin", index=index, env=env, prefix=prefix)
    assert (1, "") == (done.code, done.out), done
    assert "make room" in done.err


def test_too_few_open_files_are_told_and_nothing_is_left(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    few, before = ("/bin/sh", "-c", 'ulimit -n 12; exec "$@"', "sh"), tree(home)
    done = run(cow, home, *BASH, path=path, index=index, prefix=few)
    assert 1 == done.code
    assert "lets a program have only 12 files open at once; lift that" in complaints(done)[0]
    assert before == tree(home)


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("home", ("--shell", "murex"), "unknown shell 'murex'; "),
        ("a:b", (), "cannot be on PATH: there is a ':' in its name; rename it"),
    ],
)
def test_what_can_be_on_no_path_is_told_before_anything_is_made(
    tmp_path: Path, cow: Path, quick: str, index: Index, name: str, words: tuple[str, ...], told: str
) -> None:
    home = tmp_path / name
    home.mkdir(exist_ok=True)
    done = run(cow, home, *words, path=quick, index=index)
    assert (2, 1, {}, []) == (done.code, len(complaints(done)), tree(home), index.asked), done
    assert told in done.err


def test_a_scripts_directory_that_others_can_write_is_told_with_a_cure_that_works(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    done = run(cow, home, *BASH, path=quick, index=index)
    assert (3, 1) == (done.code, len(complaints(done))), done
    assert done.err.rstrip().endswith("; run chmod go-w ~/.local/bin")
    folder.chmod(0o755)
    place(cow, home, path=quick, index=index)
    assert "cow 2.0" == said(home, "cow")


@pytest.mark.parametrize("where", [".local/bin", ".local"])
def test_what_cannot_be_written_is_an_error(
    home: Path, tmp_path: Path, cow: Path, path: str, index: Index, where: str
) -> None:
    folder = home / where
    folder.mkdir(parents=True)
    before = tree(home)
    prefix = in_own_mounts(f"{MOUNT} --bind {folder} {folder}; {MOUNT} -o remount,ro,bind {folder}")
    done = run(cow, home, *BASH, path=path, index=index, prefix=prefix)
    assert (1, 1, before) == (done.code, len(complaints(done)), tree(home)), done
    assert f"{folder} is read-only; its file system is mounted so; mount it for writing" in done.err
    del tmp_path


def test_two_tools_with_one_command_are_told(
    home: Path, tmp_path: Path, cow: Path, quick: str, index: Index
) -> None:
    place(cow, home, path=quick, index=index)
    before = tree(home)
    index.wheels.append(wheel("ox", "1.0", commands=("ox", "cow")))
    ox = write(tmp_path / "ox", "ox")
    done = run(ox, home, *BASH, path=quick, index=index)
    assert (1, 1, before) == (done.code, len(complaints(done)), tree(home)), done
    assert "the tool cow has a command cow too" in done.err
    assert "uninstall cow first" in done.err


@pytest.mark.parametrize("is_again", [True, False], ids=["used there first", "at once"])
@pytest.mark.parametrize("is_copy", [True, False], ids=["copied", "moved"])
def test_a_tool_is_taken_back_in_a_home_that_was_moved_or_copied(
    home: Path, cow: Path, path: str, index: Index, *, is_copy: bool, is_again: bool
) -> None:
    """Of a copied one nothing leads into the original any more, which stays as it was."""
    place(cow, home, path=path, index=index)
    before = tree(home)
    other = move(home, is_copy=is_copy)
    if is_again:
        place(cow, other, path=path, index=index)
        assert str(other) in str((other / ".local/bin/cow").resolve())
        environ = {"HOME": str(other), "PATH": path}
        told = subprocess.run([other / ".local/bin/cow"], env=environ, check=True, capture_output=True)
        assert told.stdout == b"cow 2.0\n"
    done = run(cow, other, "--uninstall", path=path, index=index)
    assert (0, {}) == (done.code, tree(other)), done
    assert not is_copy or before == tree(home)


def test_a_tool_is_taken_back_in_a_home_that_was_moved_after_a_run_was_killed(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    """What that left is swept, and recorded, before the commands are looked for."""
    place(cow, home, path=path, index=index)
    receipt = home / ".local/share/onpath/tools/cow/receipt.json"
    told = receipt.read_text()
    receipt.write_text(told.replace('"environments": [', '"environments": [\n    "7",'))
    assert receipt.read_text() != told
    other = move(home, is_copy=False)
    done = run(cow, other, "--uninstall", path=path, index=index)
    assert (0, {}) == (done.code, tree(other)), done


def test_a_tool_of_a_home_with_two_names_stays_when_one_of_them_goes(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    name = home.with_name("link")
    name.symlink_to(home)
    place(cow, name, path=path, index=index)
    place(cow, home, path=path, index=index)
    name.unlink()
    assert (home / ".local/bin/cow").exists()
    done = run(cow, home, "--uninstall", path=path, index=index)
    assert (0, {}) == (done.code, tree(home)), done


@pytest.mark.parametrize("is_copy", [True, False], ids=["copied", "moved"])
def test_a_tool_whose_folder_is_outside_of_a_home_that_was_moved_or_copied(
    home: Path, cow: Path, path: str, index: Index, tmp_path: Path, *, is_copy: bool
) -> None:
    """A copy takes away nothing of the original's."""
    data = tmp_path / "data"
    env = {"XDG_DATA_HOME": str(data)}
    assert 0 == run(cow, home, *BASH, path=path, index=index, env=env).code
    before = tree(home), tree(data)
    other = move(home, is_copy=is_copy)
    done = run(cow, other, "--uninstall", path=path, index=index, env=env)
    assert done.code == 0, done
    assert not [each for each in tree(other) if each.startswith(".local/bin/")]
    if is_copy:
        assert before == (tree(home), tree(data))
        assert f"stays, for {home}" in done.err
        done = run(cow, home, "--uninstall", path=path, index=index, env=env)
        assert (0, {}) == (done.code, tree(home)), done
    else:
        assert {} == tree(other)
    assert {} == tree(data)


def test_onpaths_own_uninstall_leaves_path_to_a_tool_that_needs_it(
    home: Path, cow: Path, quick: str, index: Index, tmp_path: Path
) -> None:
    before = tree(home)
    release = installing.build(tmp_path / "release")
    words = ("--from", str(release.folder), *BASH)
    assert 0 == installing.install(release.script, home, *words, path=quick).code
    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    done = installing.install(release.script, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert f"{home}/.local/bin stays on PATH, for cow, whose uninstall takes it off" in done.err
    for mode in (LOGIN, INTERACTIVE):
        assert f"{home}/.local/bin" in ask("bash", mode, home).path
    assert not (home / ".local/bin/ensure-path").exists()
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert before == tree(home)


def test_a_tools_uninstall_leaves_path_to_onpath_itself(
    home: Path, cow: Path, quick: str, index: Index, tmp_path: Path
) -> None:
    """And the folders that the tool has made for both go with it."""
    before = tree(home)
    release = installing.build(tmp_path / "release")
    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    words = ("--from", str(release.folder), *BASH)
    assert 0 == installing.install(release.script, home, *words, path=quick).code
    done = run(cow, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert f"{home}/.local/bin stays on PATH for ensure-path, which is in it" in done.err
    assert f"{home}/.local/bin" in ask("bash", LOGIN, home).path
    assert 0 == installing.install(release.script, home, "--uninstall", path=quick).code
    assert before == tree(home)


def test_who_has_other_commands_is_told_that_path_is_taken_back(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    place(cow, home, path=path, index=index)
    other = home / ".local/bin/http"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    done = run(cow, home, "--uninstall", path=path, index=index)
    assert done.code == 0, done
    told = f"{home}/.local/bin has other commands (http); if they are no longer found: ensure-path "
    assert told in done.err


def test_what_the_users_own_runs_have_edited_stays_when_the_tool_goes(
    home: Path, cow: Path, quick: str, index: Index, require: Require
) -> None:
    """Whether they were before it or after it; what the tool's run has edited goes to the byte."""
    require("zsh")
    (home / "dots").mkdir()
    (home / "dots/zshrc").write_text("# mine\n")
    (home / ".zshrc").symlink_to("dots/zshrc")
    assert 0 == ensure_path(home, *BASH).code
    served = tree(home)
    assert 0 == run(cow, home, "--shell", "zsh", path=quick, index=index).code
    assert "onpath" in (home / ".zshrc").read_text()
    done = run(cow, home, "--uninstall", path=quick)
    receipt = ".local/state/onpath/receipt.json"  # which still names the file
    assert (0, {**served, receipt: ()}) == (done.code, {**tree(home), receipt: ()}), done
    assert "ensure-path --undo ~/.local/bin takes it back" in done.err
    assert 0 == ensure_path(home, "--undo").code

    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    assert 0 == ensure_path(home, "--shell", "zsh").code
    mine = (home / ".zshrc").read_bytes()
    done = run(cow, home, "--uninstall", path=quick)
    assert (0, mine) == (done.code, (home / ".zshrc").read_bytes()), done
    assert "stays on PATH" in done.err
    assert not (home / ".profile").exists()


def test_a_block_that_may_not_be_taken_out_is_told_too(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    assert 0 == ensure_path(home, *BASH).code
    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    for name in (".bashrc", ".profile"):
        (home / name).chmod(0o444)
    done = run(cow, home, "--uninstall", path=quick)
    assert 0 == done.code, done
    assert f"{home}/.local/bin stays on PATH" in done.err


def test_where_path_cannot_be_taken_back_the_tool_stays(
    home: Path, cow: Path, path: str, index: Index
) -> None:
    """The next run, once that is repaired, takes back all of it."""
    before = tree(home)
    place(cow, home, path=path, index=index)
    (home / ".bashrc").chmod(0o444)
    done = run(cow, home, "--uninstall", path=path, index=index)
    assert done.code == 1, done
    assert "PATH cannot be taken back" in done.err
    environ = {"HOME": str(home), "PATH": path}
    told = subprocess.run([home / ".local/bin/cow"], env=environ, check=True, capture_output=True)
    assert told.stdout == b"cow 2.0\n"
    (home / ".bashrc").chmod(0o644)
    done = run(cow, home, "--uninstall", path=path, index=index)
    assert (0, before) == (done.code, tree(home)), done


def test_what_another_was_told_of_path_is_kept_in_mind_when_the_tool_goes(
    home: Path, cow: Path, quick: str, index: Index, tmp_path: Path
) -> None:
    before = tree(home)
    told = {"ONPATH_NO_MODIFY_PATH": "1"}
    assert 0 == run(cow, home, *BASH, path=quick, index=index, env=told).code
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert before == tree(home)
    release = installing.build(tmp_path / "release")
    words = ("--from", str(release.folder), *BASH, "--no-modify-path")
    assert 0 == installing.install(release.script, home, *words, path=quick).code
    mark = home / ".local/state/onpath/no-modify-path"
    assert mark.exists()
    assert 0 == run(cow, home, *BASH, "--no-modify-path", path=quick, index=index).code
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert mark.exists()


def test_folders_that_ensure_path_has_made_go_with_the_tool_or_stay_with_path(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    before = tree(home)
    assert 0 == ensure_path(home, *BASH).code
    served = tree(home)
    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert served == tree(home)
    assert 0 == run(cow, home, *BASH, path=quick, index=index).code
    assert 0 == ensure_path(home, "--undo").code
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert before == tree(home)


def test_the_ensure_path_that_a_cure_names_can_be_run(
    home: Path, cow: Path, quick: str, index: Index, tmp_path: Path
) -> None:
    """Whoever runs a tool's script has no such command."""
    (home / ".bashrc").write_text("PROMPT_COMMAND='PATH=/usr/bin:/bin'\n")
    done = run(cow, home, *BASH, path=quick, index=index)
    assert 3 == done.code, done
    assert "run this again" in done.out
    how = done.err.partition("after install.sh --unpack DIR it is ")[2].partition(
        ", with PYTHONPATH=DIR"
    )
    assert how[1], done
    folder = tmp_path / "unpacked"
    assert 0 == run(cow, home, "--unpack", str(folder), path=quick).code
    command = ["env", "-i", f"HOME={home}", f"PATH={quick}", f"PYTHONPATH={folder}", *how[0].split()]
    look = subprocess.run([*command, "--check", *BASH], capture_output=True, text=True, check=False)
    assert (1, "") == (look.returncode, look.stderr), look


def test_a_command_that_is_hidden_is_told_with_what_hides_it(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    other = home / "other"
    other.mkdir()
    (other / "cow").write_text("#!/bin/sh\necho another\n")
    (other / "cow").chmod(0o755)
    for name in (".bashrc", ".profile"):
        (home / name).write_text(f'PATH="{other}:$HOME/.local/bin:$PATH"\n')
    (home / ".local" / "bin").mkdir(parents=True)
    done = run(cow, home, *BASH, path=quick, index=index)
    assert 3 == done.code, done
    assert f"cow is hidden by {other}/cow in bash login, bash interactive; remove that" in done.err
    assert "proven" not in done.err


def test_an_alias_that_hides_a_command_is_told_and_one_that_may_run_it_is_no_proof(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    (home / ".bashrc").write_text("cow() { echo another; }\n")
    done = run(cow, home, *BASH, path=quick, index=index)
    assert 3 == done.code, done
    told = (
        "cow is a function in bash interactive, which comes before PATH; take that out of your startup"
    )
    assert f"{told} files, or run {home}/.local/bin/cow" in done.err
    proven = next(line for line in done.err.splitlines() if "proven: " in line)
    assert "bash login" in proven
    assert "bash interactive," not in f"{proven},"
    (home / ".bashrc").write_text("cow() { command cow --loud; }\n")
    again = run(cow, home, *BASH, path=quick, index=index)
    assert 0 == again.code, again
    told = (
        "cow is a function in bash interactive, which comes before PATH: not proven there; see whether"
    )
    assert f"{told} it runs {home}/.local/bin/cow" in again.err
    proven = next(line for line in again.err.splitlines() if "proven: " in line)
    assert proven.endswith("in bash login"), again


def test_of_a_command_that_no_shell_can_be_asked_about_nothing_is_called_proven(
    home: Path, tmp_path: Path, quick: str, index: Index
) -> None:
    index.wheels.append(wheel("odd", "1.0", commands=("odd", "odd:z")))
    file = write(tmp_path / "odd", "odd")
    done = run(file, home, *BASH, path=quick, index=index)
    assert 0 == done.code, done
    assert (
        "proven: odd runs by its name in bash login, bash interactive; of 1 more no shell was"
        in done.err
    )
    assert 0 == run(file, home, "--uninstall", path=quick).code


def test_two_at_once_end_in_one_good_installation(
    home: Path, cow: Path, quick: str, index: Index
) -> None:
    env = {"HOME": str(home), "PATH": quick, "TMPDIR": str(home.parent), **index.environ()}
    command = ["/bin/sh", str(cow), *BASH]
    runs = [subprocess.Popen(command, env=env, stdout=-3, stderr=-3, stdin=-3) for _ in range(3)]
    assert [0, 0, 0] == [each.wait(installing.TIMEOUT_S) for each in runs]
    assert "cow 2.0" == said(home, "cow")
    assert 1 == len([*(home / ".local/share/onpath/tools/cow").glob("[0-9]*")])
    assert 0 == run(cow, home, "--uninstall", path=quick).code
    assert {} == tree(home)


# 5. Cut, and killed


def has_spoken(errors: bytes) -> bool:
    """Tell whether the script has begun to work; a shell may quote a line of it, too."""
    return any(line.startswith((b"install.sh: ", b"Traceback")) for line in errors.splitlines())


@pytest.mark.parametrize("shell", SHELLS)
def test_no_prefix_of_the_script_does_anything(
    home: Path, tmp_path: Path, require: Require, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one with next to nothing inside: a cut in what it carries is a cut in one long word."""
    program = require(shell)
    monkeypatch.setattr(script, "pack", lambda: zlib.compress(b"nothing"))
    text = write(tmp_path / "short", "cow").read_bytes().rstrip()
    folder, empty = tmp_path / "cuts", tmp_path / "empty"
    empty.mkdir()
    (empty / "printf").symlink_to(str(shutil.which("printf")))  # not builtin in mksh
    reader = 'while read -r folder; do for cut in "$folder"/*; do ( . "$cut" ); done; done'
    folders = []
    lengths = range(0, len(text), 1 if shell == "dash" else 53)
    for number, length in enumerate(lengths):
        here = folder / f"{number // 1000:04}"
        if here not in folders:
            here.mkdir(parents=True)
            folders.append(here)
        (here / f"{length:06}").write_bytes(text[:length])
    done = subprocess.run(
        [program, "-c", reader],
        input="".join(f"{each}\n" for each in folders).encode(),
        capture_output=True,
        cwd=home,
        env={"HOME": str(home), "PATH": str(empty), "ONPATH_PYTHON": str(installing.PYTHON)},
        timeout=installing.TIMEOUT_S,
        check=False,
    )
    shutil.rmtree(folder)
    assert b"" == done.stdout
    assert not has_spoken(done.stderr)
    assert {} == tree(home)
    whole = tmp_path / "whole.sh"
    whole.write_bytes(text + b"\n")
    heard = installing.install(whole, home, path=str(empty), shell=shell)
    assert has_spoken(heard.err.encode())  # so the cuts were heard, too


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_in_what_is_carried_does_nothing(
    home: Path, tmp_path: Path, cow: Path, path: str, share: float
) -> None:
    text = cow.read_bytes()
    cut = tmp_path / "cut.sh"
    cut.write_bytes(text[: int(len(text) * share)])
    done = run(cut, home, path=path)
    assert 0 != done.code
    assert not has_spoken(done.err.encode())
    assert {} == tree(home)


@pytest.mark.parametrize("verb", ["install", "upgrade", "uninstall"])
def test_killed_at_any_moment_it_is_the_old_version_or_the_new_one(
    home: Path, cow: Path, quick: str, index: Index, verb: str, request: pytest.FixtureRequest
) -> None:
    """kill -9 of all that it has started. Then the next run repairs, or takes back."""
    turns = 70 if request.config.getoption("all") else 4
    before = tree(home)
    env = {"HOME": str(home), "PATH": quick, "TMPDIR": str(home.parent), **index.environ()}
    chance = random.Random(verb)  # noqa: S311
    took_s = 1.5
    for turn in range(turns):
        if verb != "install":
            place(cow, home, "--version", "1.0", path=quick, index=index)
        words = ["--uninstall"] if verb == "uninstall" else [*BASH]
        start = time.monotonic()
        with subprocess.Popen(
            ["/bin/sh", str(cow), *words],
            env=env,
            stdin=-3,
            stdout=-3,
            stderr=-3,
            start_new_session=True,
        ) as process:
            try:
                process.wait(took_s * chance.random())
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                took_s = time.monotonic() - start
        link = home / ".local/bin/cow"
        allowed = {"install": {"", "2.0"}, "upgrade": {"1.0", "2.0"}, "uninstall": {"", "1.0"}}[verb]
        found = subprocess.check_output([link], text=True).split()[1] if link.exists() else ""
        assert found in allowed, (turn, tree(home))
        if turn % 2:
            place(cow, home, path=quick, index=index)
            assert {"cow", "moo"} == commands(home)
        done = run(cow, home, "--uninstall", path=quick)
        assert (0, before) == (done.code, tree(home)), (turn, done)


@pytest.mark.parametrize("words", [(), ("--uninstall",)], ids=["install", "uninstall"])
def test_interrupted_at_any_moment_it_says_what_is_so(
    home: Path, cow: Path, quick: str, index: Index, words: tuple[str, ...]
) -> None:
    before = tree(home)
    env = {"HOME": str(home), "PATH": quick, "TMPDIR": str(home.parent), "SHELL": "/bin/bash"}
    env.update(index.environ())
    start = time.monotonic()
    place(cow, home, path=quick, index=index)
    whole_s = time.monotonic() - start
    for number in range(MOMENTS):
        if words:
            place(cow, home, path=quick, index=index)
        else:
            assert 0 == run(cow, home, "--uninstall", path=quick).code
            assert before == tree(home)
        at_start = tree(home)
        with subprocess.Popen(
            ["/bin/sh", str(cow), *words],
            env=env,
            stdin=-3,
            stdout=-3,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as process:
            time.sleep(whole_s * number / MOMENTS)
            os.killpg(process.pid, signal.SIGINT)
            assert process.stderr is not None
            told = process.stderr.read()
            process.wait(installing.TIMEOUT_S)
        if "what was begun is taken back" in told:
            assert at_start == tree(home), told
        if "is installed, but PATH was not put right" in told:
            assert os.access(home / ".local/bin/cow", os.X_OK), told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_it_takes_back_what_it_had_begun(
    home: Path, cow: Path, quick: str, index: Index, number: int
) -> None:
    place(cow, home, "--version", "1.0", path=quick, index=index)
    before = tree(home)
    index.manner = "hang"
    env = {"HOME": str(home), "PATH": quick, "TMPDIR": str(home.parent), **index.environ()}
    env["UV_CACHE_DIR"] = str(home.parent / "empty-cache")
    with subprocess.Popen(
        ["/bin/sh", str(cow)],
        env=env,
        stdin=-3,
        stdout=-3,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert index.has_stalled.wait(installing.TIMEOUT_S)
        os.killpg(process.pid, number)
        assert process.stderr is not None
        said_last = process.stderr.read().decode().splitlines()[-1]
        assert 0 != process.wait(installing.TIMEOUT_S)
    assert "interrupted; what was begun is taken back" in said_last
    assert before == tree(home)


def test_on_a_terminal_it_shows_that_it_works(home: Path, cow: Path, path: str, index: Index) -> None:
    """And in a pipe it does not."""
    index.manner = "hang"
    outer, inner = pty.openpty()
    env = {"HOME": str(home), "PATH": path, "TMPDIR": str(home.parent), **index.environ()}
    with subprocess.Popen(
        ["/bin/sh", str(cow)], env=env, stdin=-3, stdout=-3, stderr=inner, start_new_session=True
    ) as process:
        os.close(inner)
        shown = b""
        while not re.search(rb"pip install, [1-9]\d* s", shown):
            shown += os.read(outer, 4096)
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(OSError):  # what a terminal says when the last program has left it
            while os.read(outer, 4096):
                pass
        assert 0 != process.wait(installing.TIMEOUT_S)
    os.close(outer)
    assert b"\r\x1b[K" in shown or shown.endswith(b"\x1b[K")
    assert {} == tree(home)


# 6. The script itself


def test_the_script_is_clean_and_short(tmp_path: Path) -> None:
    for options in (
        {},
        {"version": ">=1,<2", "more": ["herd[x]>=1"], "index_url": "https://x.example/simple"},
    ):
        file = write(tmp_path, "cow", **options)
        assert len(file.read_text().splitlines()) < 500
        for command in (["shellcheck", "-e", "SC2195"], ["shfmt", "-d", "-i", "4", "-ci"]):
            if not shutil.which(command[0]):
                pytest.skip(f"{command[0]} is not installed")
            done = subprocess.run([*command, file], capture_output=True, text=True, check=False)
            assert (0, "") == (done.returncode, done.stdout[:2000])


def test_what_it_carries_can_be_read(home: Path, tmp_path: Path, cow: Path, path: str) -> None:
    done = run(cow, home, "--unpack", str(tmp_path / "inside"), path=path)
    assert (0, {}) == (done.code, tree(home)), done
    own = installing.ROOT / "src" / "onpath" / "installers" / "engine.py"
    assert own.read_bytes() == (tmp_path / "inside/onpath/installers/engine.py").read_bytes()


def test_an_author_sees_it_work_before_publishing(
    tmp_path: Path, home: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    environ = {**os.environ, **index.environ(), "TMPDIR": str(tmp_path), "HOME": str(home)}
    command = [sys.executable, "-m", "onpath", "installer", "cow", "--out", str(tmp_path), "--check"]
    done = subprocess.run([*command, "--", *BASH], env=environ, check=False)
    out = capfd.readouterr().out
    assert (0, {}) == (done.returncode, tree(home)), out
    assert "onpath installer: install.sh ended with 0\n" in out
    assert "onpath installer: --uninstall ended with 0, and left nothing\n" in out


def test_onpath_pyz_writes_it_as_well(home: Path, tmp_path: Path, quick: str, index: Index) -> None:
    pyz = installing.build(tmp_path / "release").pyz
    words = [str(installing.PYTHON), "-W", "error", str(pyz), "installer", "cow", "--out", str(tmp_path)]
    assert 0 == subprocess.run(words, check=False, env={"HOME": str(home)}).returncode
    place(tmp_path / "install.sh", home, path=quick, index=index)
    assert "cow 2.0" == said(home, "cow")


def test_a_damaged_script_says_so(home: Path, tmp_path: Path, cow: Path, path: str) -> None:
    text = cow.read_text()
    at = text.index("give_carried() {") + 200
    other = "A" if text[at] != "A" else "B"
    damaged = tmp_path / "damaged.sh"
    damaged.write_text(text[:at] + other + text[at + 1 :])
    done = run(damaged, home, path=path)
    assert (1, {}) == (done.code, tree(home)), done
