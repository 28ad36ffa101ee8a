"""The install.ps1 that `onpath installer` writes: parsed, and run by real PowerShells."""

from __future__ import annotations

import shutil
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

import installing
import packages
import powershell
from onpath.installers import script
from packages import wheel
from powershell import complaints, run
from windows_machine import close, read_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packages import Index
    from powershell import Session
    from programs import Require
    from windows_machine import Machine

ALL = (
    wheel("herd", "1.0", commands=("herd",)),
    wheel("cow", "1.0", commands=("cow", "calf"), needs=("herd",)),
    wheel("cow", "2.0", commands=("cow", "moo"), needs=("herd",)),
)


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    """Give an index that has two versions of a tool."""
    with packages.serving(*ALL) as running:
        yield running


@pytest.fixture(scope="module")
def cow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the install.ps1 of the tool."""
    file = tmp_path_factory.mktemp("cow") / "install.ps1"
    file.write_bytes(script.write(script.settings("cow"))["install.ps1"])
    return file


@pytest.fixture(scope="module")
def session(windows: Machine) -> Iterator[Session]:
    """Give a PowerShell on Windows."""
    with powershell.on_windows(windows) as found:
        yield found


def test_the_script_is_for_every_powershell_and_short(cow: Path) -> None:
    raw = cow.read_bytes()
    assert len(raw.splitlines()) < 300
    assert [] == complaints(raw)


def test_its_programs_are_those_of_install_sh(cow: Path) -> None:
    """One bootstrap, and one onpath, to the byte."""
    written = script.write(script.settings("cow"))
    bootstrap = script.program(*script.BOOTSTRAP).encode()
    carried = cow.read_text().partition("$Carried = @'\n")[2].partition("\n'@")[0]
    assert all(raw.count(bootstrap) == 1 for raw in written.values())
    for line in carried.splitlines():
        assert line.encode() in written["install.sh"]


def test_on_linux_it_installs_upgrades_and_takes_back(
    home: Path, require: Require, cow: Path, index: Index
) -> None:
    pwsh = str(require("pwsh"))
    env = {**index.environ(), "SHELL": "/bin/bash", "ONPATH_PYTHON": str(installing.PYTHON)}
    env["TMPDIR"] = str(home.parent)
    version = run(
        pwsh, home, f"& '{cow}' --shell bash --version 1.0; cow a; \"code=$LASTEXITCODE\"", **env
    )
    assert ["cow 1.0 a", "code=0"] == version.stdout.splitlines()[-2:], version
    piped = f"Get-Content -Raw '{cow}' | iex; cow; \"code=$LASTEXITCODE\"; Get-Command calf"
    upgraded = run(pwsh, home, piped, **env)
    assert ["cow 2.0", "code=0"] == upgraded.stdout.splitlines()[-2:], upgraded
    back = run(pwsh, home, f"& '{cow}' --uninstall; \"code=$LASTEXITCODE\"", **env)
    assert ["code=0"] == back.stdout.splitlines()[-1:], back
    for name in (".cache", ".local/share/powershell", ".config"):  # its own
        shutil.rmtree(home / name, ignore_errors=True)
    assert {"/.local", "/.local/share"} >= {str(each)[len(str(home)) :] for each in home.rglob("*")}


def test_without_a_python_it_says_what_to_install(
    home: Path, tmp_path: Path, require: Require, cow: Path
) -> None:
    pwsh = str(require("pwsh"))
    done = run(pwsh, home, f"& '{cow}'; \"code=$LASTEXITCODE\"", path=str(tmp_path))
    said = " ".join((done.stdout + done.stderr).split())
    assert "no Python 3.9 or later was found" in said
    assert "code=1" in said


def test_on_windows_a_tool_is_installed_proven_upgraded_and_taken_back(
    session: Session, cow: Path, index: Index
) -> None:
    machine = session.machine
    name, env = machine.name(cow), {**index.environ(), "PIP_CONFIG_FILE": "NUL", "ONPATH_UV": "0"}
    # Other tests may have left something of a package's own there.
    look = 'Get-ChildItem -Recurse -Name "$env:LOCALAPPDATA\\onpath", "$env:APPDATA\\Python"'
    before = session.run(look, **env).stdout.splitlines()
    done = session.run(f"& '{name}' --version 1.0; \"code=$LASTEXITCODE\"; cow a", **env)
    assert ["code=0", "cow 1.0 a"] == done.stdout.splitlines()[-2:], done.stdout + done.stderr
    assert "proven: calf and cow run by their names in" in done.stderr
    bare = {"PYTHONPATH": ""}
    assert "cow 1.0 b" in machine.run("cmd", "/c", "cow b", env=bare).stdout
    told = session.run(
        "cow 'a&b' '%OS%' 'x y'; foreach ($x in Get-Command cow -All) { $x.Source }", **env
    )
    assert "cow 1.0 a&b %OS% x y" == told.stdout.splitlines()[0], told
    assert ["cow.exe"] == [line.rpartition("\\")[2] for line in told.stdout.splitlines()[1:]], told
    call = "import subprocess, sys; sys.exit(subprocess.call(['cow', '%OS%', 'a|b']))"
    assert "cow 1.0 %OS% a|b" in machine.run_python("-c", call, env=bare).stdout
    assert 0 != machine.run("cmd", "/c", "herd", env=bare).returncode
    done = session.run(f"& '{name}'; \"code=$LASTEXITCODE\"; cow; moo", **env)
    assert ["code=0", "cow 2.0", "cow 2.0"] == done.stdout.splitlines()[-3:], done
    assert 0 != machine.run("cmd", "/c", "calf", env=bare).returncode
    done = session.run(f"& '{name}' --version 9.9; \"code=$LASTEXITCODE\"; cow", **env)
    assert ["code=1", "cow 2.0"] == done.stdout.splitlines()[-2:], done
    assert "has no cow==9.9; see whether" in done.stderr
    own = '(Get-ChildItem "$env:LOCALAPPDATA\\onpath\\tools\\cow\\*\\Scripts\\python.exe").FullName'
    running = machine.start(
        session.run(own, **env).stdout.strip(), "-c", "print(1); input()", stdin=PIPE
    )
    try:
        assert read_line(running, 60)
        done = session.run(f"& '{name}' --uninstall; \"code=$LASTEXITCODE\"; cow", **env)
        assert ["code=1", "cow 2.0"] == done.stdout.splitlines()[-2:], done
        assert "python.exe is in use; end cow, then run this again" in " ".join(done.stderr.split())
    finally:
        close(running)
    done = session.run(f"& '{name}' --uninstall; \"code=$LASTEXITCODE\"; {look}", **env)
    assert ["code=0", *before] == done.stdout.splitlines()[-1 - len(before) :], done
    assert machine.inside("get") is None
    assert 0 != machine.run("cmd", "/c", "cow", env=bare).returncode
