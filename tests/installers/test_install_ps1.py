"""install.ps1: parsed, linted, and run by real PowerShells, on Linux and on Windows (in Wine)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

import installing
import powershell
import windows_cases
from installing import MANNERS, Release, Server
from powershell import BASE_PATH, complaints, run
from windows_values import profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from powershell import Session
    from programs import Require
    from windows_machine import Machine

SCRIPT = installing.ROOT / "install.ps1"
FAILURES = [manner for manner in MANNERS if manner != "serve"]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give what the builder makes."""
    return installing.build(tmp_path_factory.mktemp("release"))


@pytest.fixture
def server(release: Release) -> Iterator[Server]:
    """Give a server that has the release."""
    with installing.serving(release) as running:
        yield running


@pytest.fixture
def pwsh(require: Require) -> str:
    """Give a PowerShell for Linux, or skip."""
    return str(require("pwsh"))


def piped(server: Server) -> str:
    """Return the line that the README has."""
    return f"irm {server.url}/install.ps1 | iex"


def test_the_script_is_for_every_powershell_and_language_mode() -> None:
    assert [] == complaints(SCRIPT.read_bytes())


@pytest.mark.parametrize(
    "line",
    [
        *("a && b", "a || b", "$a = $b ?? 1", "$a = $b ? 1 : 2", "$a?.b", "[IO.File]::Exists('x')"),
        *("$a.Trim()", "exit 1", "Add-Type x", "New-Object x", "$IsWindows", "class A {}", "if (1) {"),
        *("function f {}", "irm x", "# \xe4", "\ufeff# x", "param($x)"),
    ],
)
def test_what_is_not_for_all_is_found(line: str) -> None:
    assert complaints(line.encode() + b"\n")


def test_the_program_in_it_is_python_that_3_9_reads() -> None:
    text = SCRIPT.read_text(encoding="ascii")
    program = text.partition("@'\n")[2].partition("\n'@")[0]
    assert "import hashlib" in program
    compile(program, "install.ps1", "exec")


def test_one_line_installs_and_afterwards_the_command_runs_by_its_name(
    pwsh: str, home: Path, server: Server
) -> None:
    done = run(
        pwsh, home, f"{piped(server)}; ensure-path --check; $LASTEXITCODE", ONPATH_BASE_URL=server.url
    )
    assert "" == done.stderr.replace("\n", "").partition("Error")[1]
    assert ["0"] == done.stdout.split()[-1:]
    assert {"ensure-path", "onpath"} == {each.name for each in (home / ".local" / "bin").iterdir()}


@pytest.mark.parametrize(
    "before",
    [
        "Set-StrictMode -Version Latest",
        "$ErrorActionPreference = 'Stop'",
        "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true",
        "$ErrorActionPreference = 'Inquire'; $ProgressPreference = 'Stop'; $WarningPreference = 'Stop'",
        "$Program = 1; $Found = 2; Set-Variable -Name Code -Value 3 -Option Constant",
    ],
)
def test_a_hostile_session_does_not_keep_it_from_its_work(
    before: str, pwsh: str, home: Path, server: Server
) -> None:
    done = run(pwsh, home, f"{before}; {piped(server)}; $LASTEXITCODE", ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr


def test_it_works_in_constrained_language_mode(pwsh: str, home: Path, server: Server) -> None:
    text = f"[string]$ExecutionContext.SessionState.LanguageMode; {piped(server)}; $LASTEXITCODE"
    mode = {"PWSH_TEST_LANGUAGE_MODE": "ConstrainedLanguage"}
    done = run(pwsh, home, text, ONPATH_BASE_URL=server.url, **mode)
    if not done.stdout.startswith("ConstrainedLanguage"):
        pytest.skip("this pwsh has no switch for the language mode")
    assert ["0"] == done.stdout.split()[-1:], done.stderr


def test_it_leaves_nothing_in_the_session(pwsh: str, home: Path, server: Server) -> None:
    look = (
        "(@(Get-Variable | Where-Object Name -notin '?', '^', '$', 'LASTEXITCODE', 'Error', 'a', 'b' |"
        " ForEach-Object { $_.Name + '=' + $_.Value }) +"
        " @(Get-ChildItem function: | ForEach-Object Name))"
    )
    text = f"$a = {look}; {piped(server)}; $b = {look}; Compare-Object $a $b; 'left:' + $a.Count"
    done = run(pwsh, home, text, ONPATH_BASE_URL=server.url)
    assert "left:" in done.stdout.splitlines()[-1]
    assert "=>" not in done.stdout
    assert "<=" not in done.stdout


@pytest.mark.parametrize("manner", FAILURES)
def test_a_failed_download_installs_nothing_and_leaves_the_window_open(
    manner: str, pwsh: str, home: Path, release: Release
) -> None:
    with installing.serving(release, manner) as server:
        script = release.folder / "install.ps1"
        text = f"Get-Content -Raw {script} | iex; 'code=' + $LASTEXITCODE"
        done = run(pwsh, home, text, ONPATH_BASE_URL=server.url, **installing.IMPATIENT)
    assert "code=1" == done.stdout.strip()
    assert "install.ps1: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / ".local").exists() or not list((home / ".local").rglob("*onpath*"))
    assert not (home / ".bashrc").exists()


def test_without_a_python_it_says_what_to_install(
    pwsh: str, home: Path, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "empty").mkdir()
    done = run(pwsh, home, f"{piped(server)}; 'code=' + $LASTEXITCODE", path=str(tmp_path / "empty"))
    assert "code=1" in done.stdout
    assert "https://www.python.org/downloads/" in done.stdout + done.stderr


def test_a_stand_in_and_a_python_that_is_too_old_are_passed_over(
    pwsh: str, home: Path, tmp_path: Path, server: Server
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, body in (("py", "echo 'Python was not found'; exit 49"), ("python3", "exit 1")):
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    (folder / "python").symlink_to(installing.PYTHON)
    path = f"{folder}:{BASE_PATH}"
    done = run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", path=path, ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr


@pytest.mark.parametrize("raw", [b"#!/bin/sh\nexit 49\n", b"", b"\x7fELF and no more"])
def test_behind_pythons_that_do_not_run_the_next_of_that_name_is_found(
    pwsh: str, home: Path, tmp_path: Path, server: Server, raw: bytes
) -> None:
    """The Store's stand-ins are on PATH before what somebody has installed."""
    dead, alive = tmp_path / "dead", tmp_path / "alive"
    dead.mkdir()
    for name in ("python3", "python"):
        (dead / name).write_bytes(raw)
        (dead / name).chmod(0o755)
    alive.mkdir()
    (alive / "python3").symlink_to(installing.PYTHON)
    path = f"{dead}:{alive}:{BASE_PATH}"
    done = run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", path=path, ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert f"passing over {dead}/python3: it does not run" in said
    assert "failed to run" not in said


def test_functions_of_the_session_are_not_taken_for_programs(
    pwsh: str, home: Path, server: Server
) -> None:
    """One that starts the Python of a project by `python3`, say, would wait for its input."""
    names = ("py", "python", "python3", "uv")
    before = "; ".join(f"function {name} {{ 'of the session'; exit 7 }}" for name in names)
    done = run(pwsh, home, f"{before}; {piped(server)}; $LASTEXITCODE", ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    assert "of the session" not in done.stdout


@pytest.mark.parametrize("entry", [".", "bin", ""])
def test_no_program_of_the_folder_that_it_runs_in_is_run(
    entry: str, pwsh: str, home: Path, server: Server
) -> None:
    """As install.sh, it takes none by an entry of PATH that is a relative one."""
    for name in ("py", "python", "python3", "uv"):
        planted = home / entry / name
        planted.parent.mkdir(exist_ok=True)
        planted.write_text(f"#!/bin/sh\ntouch {home}/RUN\nexit 1\n")
        planted.chmod(0o755)
    path = f"{entry}:{BASE_PATH}/"
    done = run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", path=path, ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    assert not (home / "RUN").exists()


def test_the_program_gets_plain_text_whatever_the_session_writes(
    pwsh: str, home: Path, server: Server
) -> None:
    before = "$OutputEncoding = [Text.Encoding]::Unicode"
    done = run(pwsh, home, f"{before}; {piped(server)}; $LASTEXITCODE", ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr


def test_a_python_that_was_named_and_is_not_there_is_told(pwsh: str, home: Path, server: Server) -> None:
    env = {"ONPATH_BASE_URL": server.url, "ONPATH_PYTHON": "/opt/none/python"}
    done = run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", **env)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    assert "passing over /opt/none/python: it is not there" in done.stdout + done.stderr


def test_as_a_script_it_takes_options_and_has_an_exit_code(
    pwsh: str, home: Path, release: Release
) -> None:
    script = release.folder / "install.ps1"

    def install(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [pwsh, "-NoProfile", "-File", str(script), *words],
            env={"HOME": str(home), "PATH": BASE_PATH, "NO_COLOR": "1"},
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=installing.TIMEOUT_S,
            check=False,
        )

    bin_folder = home / ".local" / "bin"
    assert 0 == install("--from", str(release.folder), "--dry-run").returncode
    assert not bin_folder.exists()
    assert 1 == install("--from", str(home / "none")).returncode
    assert 0 == install(f"--from={release.pyz}", "--shell", "bash").returncode
    assert (home / ".bashrc").exists()
    assert 2 == install("--from", str(release.folder), "--no-such-option").returncode
    assert 0 == install("--uninstall").returncode
    assert [] == list(bin_folder.glob("*"))
    assert not (home / ".bashrc").exists()
    assert not bin_folder.exists()
    assert "nothing to take back" in install("--uninstall").stderr
    assert "usage: install.ps1 " in install("--help").stdout


def test_in_a_checkout_it_builds_that_checkout(pwsh: str, home: Path) -> None:
    done = run(pwsh, home, f"& '{SCRIPT}' --dry-run")
    assert f"(not done) building onpath.pyz from the checkout {installing.ROOT}" in done.stderr


def test_told_not_to_edit_it_remembers_that(pwsh: str, home: Path, server: Server) -> None:
    env = {"ONPATH_BASE_URL": server.url, "ONPATH_NO_MODIFY_PATH": "1"}
    done = run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", **env)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    run(pwsh, home, f"{piped(server)}; $LASTEXITCODE", ONPATH_BASE_URL=server.url)
    assert not (home / ".bashrc").exists()


def test_what_is_not_ours_is_not_replaced(pwsh: str, home: Path, server: Server) -> None:
    theirs = home / ".local" / "bin" / "ensure-path"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs\n")
    done = run(pwsh, home, f"{piped(server)}; 'code=' + $LASTEXITCODE", ONPATH_BASE_URL=server.url)
    assert "code=1" in done.stdout
    assert "was not put there by install.ps1" in done.stderr
    assert "theirs\n" == theirs.read_text()


def test_arguments_of_a_function_that_pipes_it_are_not_taken(
    pwsh: str, home: Path, server: Server
) -> None:
    text = f"function Setup {{ {piped(server)} }}; Setup --uninstall; $LASTEXITCODE"
    done = run(pwsh, home, text, ONPATH_BASE_URL=server.url)
    assert ["0"] == done.stdout.split()[-1:], done.stderr
    assert (home / ".local" / "bin" / "ensure-path").exists()


@pytest.fixture(scope="module")
def session(windows: Machine) -> Iterator[Session]:
    """Give a PowerShell on Windows."""
    with powershell.on_windows(windows) as found:
        yield found


def test_on_windows_one_line_installs_and_fresh_shells_run_the_command_by_name(
    session: Session, server: Server
) -> None:
    machine = session.machine
    text = f"{piped(server)}; 'code=' + $LASTEXITCODE; (Get-Command ensure-path).Source"
    done = session.run(text, ONPATH_BASE_URL=server.url)
    assert "code=0" in done.stdout.splitlines(), done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].lower().endswith(r"\scripts\ensure-path.exe")
    assert "pwsh       interactive  added by HKCU\\Environment\\Path" in done.stdout
    value = [windows_cases.EXPAND, windows_cases.utf16(windows_cases.SHORT).hex()]
    assert value == machine.inside("get")
    env = {"PYTHONPATH": ""}
    assert "onpath 0" in machine.run("cmd", "/c", "ensure-path --version", env=env).stdout
    assert "onpath 0" in session.run("ensure-path --version").stdout
    call = "import subprocess; subprocess.call(['ensure-path', '--no such&option%OS%'])"
    assert "--no such&option%OS%" in machine.run_python("-c", call, env=env).stderr  # by its bare name
    document = json.loads(machine.run("cmd", "/c", "onpath --check --json", env=env).stdout)
    assert {"cmd", "pwsh"} <= {shell["name"] for shell in document["shells"]}
    assert "effective" == document["status"]
    taken = session.run(f"& ([scriptblock]::Create((irm {server.url}/install.ps1))) --uninstall")
    assert machine.inside("get") is None, taken.stdout + taken.stderr
    assert 0 != machine.run("cmd", "/c", "ensure-path --version", env=env).returncode


@pytest.mark.parametrize("manner", ["a wrong checksum", "a server that stalls half-way"])
def test_on_windows_a_failed_download_installs_nothing(
    manner: str, session: Session, release: Release
) -> None:
    script = session.machine.name(release.folder / "install.ps1")
    with installing.serving(release, manner) as server:
        text = f"Get-Content -Raw '{script}' | iex; 'code=' + $LASTEXITCODE"
        done = session.run(text, ONPATH_BASE_URL=server.url, **installing.IMPATIENT)
    assert "code=1" in done.stdout.splitlines(), done.stdout + done.stderr
    assert session.machine.inside("get") is None


def test_on_windows_it_works_in_a_hostile_constrained_session(session: Session, server: Server) -> None:
    text = (
        "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'; "
        f"{piped(server)}; 'code=' + $LASTEXITCODE"
    )
    mode = {"PWSH_TEST_LANGUAGE_MODE": "ConstrainedLanguage"}
    done = session.run(text, ONPATH_BASE_URL=server.url, **mode)
    assert "code=0" in done.stdout.splitlines(), done.stdout + done.stderr
    back = f"& ([scriptblock]::Create((irm {server.url}/install.ps1))) --uninstall"
    taken = session.run(f"{back}; Get-ChildItem -Name $env:APPDATA\\Python")
    assert session.machine.inside("get") is None, taken.stdout + taken.stderr
    assert "Scripts" not in taken.stdout


def test_on_windows_without_a_python_it_says_what_to_install(session: Session, server: Server) -> None:
    text = f"$env:Path = 'C:\\windows\\system32'; {piped(server)}; 'code=' + $LASTEXITCODE"
    done = session.run(text)
    assert "code=1" in done.stdout.splitlines()
    assert "winget install" in " ".join((done.stdout + done.stderr).split())


def test_on_windows_a_profile_that_drops_the_entry_is_told_and_the_others_keep_it(
    session: Session,
) -> None:
    machine = session.machine
    with profile(machine, session.program, r"$env:Path = 'C:\windows\system32'"):
        done = machine.onpath()
    machine.inside("reset")
    assert 3 == done.returncode, done.stdout + done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("  ")}
    assert r"added by HKCU\Environment\Path" in lines["cmd"]
    assert "its profile took it away; remove what sets PATH in one of its files" in lines["pwsh"]
