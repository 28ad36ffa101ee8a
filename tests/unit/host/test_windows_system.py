"""What is special about a Windows machine, as far as it can be told on any system."""

from __future__ import annotations

import ntpath
import os
from typing import TYPE_CHECKING

import pytest

from onpath import beginning, request
from onpath.errors import NoShellError, OnpathError, UsageError
from onpath.host import running, windows
from onpath.model import APPEND, Host, Installed
from onpath.shells import WINDOWS_ROWS

if TYPE_CHECKING:
    from pathlib import Path

HOME = r"C:\Users\Ada"
T = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"


def host(*surroundings: str, running: str | None = None, path: str = r"C:\Windows") -> Host:
    shell = Installed(running, f"{running}.exe") if running else None
    return Host(windows, HOME, "Ada", 0, {"PATH": path}, shell, None, surroundings)


@pytest.mark.parametrize(
    ("directory", "full"),
    [
        (r"D:\a\..\b\\", r"D:\b"),
        ("D:/a/b", r"D:\a\b"),
        ("~/bin", r"C:\Users\Ada\bin"),
        (r"~\bin", r"C:\Users\Ada\bin"),
        ("bin", r"C:\here\bin"),
        (r"\tools", r"C:\tools"),
        (r"\\server\share\bin", r"\\server\share\bin"),
        (r"D:\ü \'&%x%", r"D:\ü \'&%x%"),
    ],
)
def test_a_directory_is_named_in_full(directory: str, full: str) -> None:
    assert full == windows.absolute_from(directory, HOME, r"C:\here")


@pytest.mark.parametrize(
    "directory",
    ["", "~", r"C:\a;b", 'C:\\"a"', "C:\\a\0", "C:\\a\nb", "C:\\", "\\", r"C:\a|b", r"C:\*", r"C:\a:b"],
)
def test_what_no_path_can_hold_is_refused(directory: str) -> None:
    with pytest.raises(UsageError):
        windows.absolute_from(directory, HOME, r"C:\here")


def test_a_directory_that_is_named_twice_is_one_whatever_the_case_of_its_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the proof of one takes away that of the other."""
    monkeypatch.setattr(os.path, "normcase", ntpath.normcase)
    asked = request.make("check", ("C:\\Tools", "C:\\tools\\", "C:\\a"), {"environ": {}})
    assert ("C:\\Tools", "C:\\a") == beginning.find_directories(host(), asked)


@pytest.mark.parametrize("name", ["~ada\\bin", "$HOME\\bin", "$env:APPDATA/x", "%APPDATA%\\x", "-"])
def test_a_name_that_no_shell_has_filled_in_is_no_folder_of_the_current_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is there is meant, and so is one with `./` before it, and a whole path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"name the whole path, or '\./.* if that is its name"):
        windows.absolute(host(), name)
    monkeypatch.setattr(windows, "absolute_from", lambda name, *_: name)
    for meant in (f"./{name}", f"C:\\{name}", f"\\{name}", "~", "~\\bin", "~/bin"):
        assert meant == windows.absolute(host(), meant)
    (tmp_path / name).mkdir(parents=True)
    assert name == windows.absolute(host(), name)


@pytest.mark.parametrize("name", WINDOWS_ROWS)
def test_the_line_of_a_shell_that_is_named_is_in_its_language(name: str) -> None:
    shell = windows.shell_called(host(), name, ())
    line = windows.activation(host(running="cmd"), (T,), None, shell)
    assert line.startswith("set " if name == "cmd" else "$env:Path = ")
    assert T in line


def test_a_shell_of_another_system_is_unknown() -> None:
    with pytest.raises(UsageError, match=r"unknown shell 'fish'; .* that onpath knows: cmd, powershell"):
        windows.shell_called(host(), "fish", ())


def test_the_line_for_later_commands_is_in_the_language_of_the_shell_that_runs_them() -> None:
    """That of PowerShell where none is known; and also where the directory is on PATH already."""
    assert f'set "PATH={T};%PATH%"' == windows.export(host(running="cmd", path=T), (T,))
    assert windows.export(host(), (T,)).startswith("$env:Path = ")
    posix = "export PATH='/c/Users/Ada/AppData/Roaming/Python/Python311/Scripts':\"$PATH\""
    assert posix == windows.export(host("git-bash"), (T,))


def test_no_image_has_a_directory_of_windows() -> None:
    with pytest.raises(UsageError, match="run ensure-path --dockerfile on Linux"):
        windows.image_lines(host(), (T,))


def test_the_python_of_a_launcher_is_told_from_its_end() -> None:
    archive = b"PK\x03\x04 a zip file with the script"
    assert r"C:\Py\python.exe" == windows.launched_python(b"MZ\0code#!C:\\Py\\python.exe\r\n" + archive)
    quoted = b'MZ#!"C:\\Program Files\\Py\\python.exe"\n' + archive
    assert r"C:\Program Files\Py\python.exe" == windows.launched_python(quoted)
    assert windows.launched_python(b"MZ of another program") is None


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("Python311", True), ("python310-32", True), ("Python312-arm64", True)),
        *(("Python", False), ("Python27", False), ("Scripts", False), ("Python3x", False)),
    ],
)
def test_a_folder_of_a_version_is_told_by_its_name(name: str, *, is_one: bool) -> None:
    assert is_one == windows.is_version(name)


def test_each_shell_gets_a_line_of_its_own_for_this_session() -> None:
    lines = {name: windows.activation(host(running=name), (T,)) for name in WINDOWS_ROWS}
    powershell = f"$env:Path = '{T}' + ';' + $env:Path"
    cmd = f'set "PATH={T};%PATH%"'
    assert {"cmd": cmd, "powershell": powershell, "pwsh": powershell} == lines


def test_a_shell_of_msys2_gets_its_own_spelling() -> None:
    line = windows.activation(host("msys2", running="cmd"), (r"C:\Users\Ada\a'b",))
    assert "export PATH='/c/Users/Ada/a'\\''b':\"$PATH\"" == line


def test_there_is_no_line_where_the_directory_is_there_or_the_shell_is_not_known() -> None:
    assert "" == windows.activation(host(running="cmd", path=f"C:\\a;{T.upper()}\\"), (T,))
    assert "" == windows.activation(host(), (T,))


def test_a_powershell_line_is_literal() -> None:
    line = windows.activation(host(running="pwsh"), ("C:\\it's $x `n",))
    assert "$env:Path = 'C:\\it''s $x `n' + ';' + $env:Path" == line


@pytest.mark.parametrize(
    ("name", "prepended", "appended"),
    [
        ("cmd", r'set "PATH=C:\a;C:\b;%PATH%"', r'set "PATH=%PATH%;C:\a;C:\b"'),
        (
            "pwsh",
            r"$env:Path = 'C:\a;C:\b' + ';' + $env:Path",
            r"$env:Path = $env:Path + ';' + 'C:\a;C:\b'",
        ),
    ],
)
def test_several_directories_are_added_at_once(name: str, prepended: str, appended: str) -> None:
    """Else cmd would keep only one: it expands a whole line before it runs the first command of it."""
    several = (r"C:\a", r"C:\Windows", r"C:\b")
    assert prepended == windows.activation(host(running=name), several)
    assert appended == windows.activation(host(running=name), several, APPEND)


def test_a_shell_of_msys2_adds_several_directories_in_their_order() -> None:
    several = (r"C:\a", r"C:\b")
    prepended = windows.activation(host("git-bash"), several)
    assert "export PATH='/c/b':\"$PATH\"; export PATH='/c/a':\"$PATH\"" == prepended
    appended = windows.activation(host("git-bash"), several, APPEND)
    assert "export PATH=\"$PATH\":'/c/a'; export PATH=\"$PATH\":'/c/b'" == appended


def test_a_shell_that_is_named_gets_its_line_whichever_is_running() -> None:
    shell = Installed("cmd", "cmd.exe")
    for machine in (host("git-bash"), host(running="pwsh"), host()):
        assert f'set "PATH={T};%PATH%"' == windows.activation(machine, (T,), None, shell)


def test_there_is_no_line_for_a_name_that_the_shell_cannot_spell() -> None:
    assert "" == windows.activation(host(running="pwsh"), ("C:\\\udce9",))


# Which shells are served.

PROGRAMS = {
    "cmd": r"C:\Windows\System32\cmd.exe",
    "powershell": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    "pwsh": r"C:\Program Files\PowerShell\7\pwsh.exe",
}
VARIABLES = {"SYSTEMROOT": r"C:\Windows", "PROGRAMFILES": r"C:\Program Files", "PATH": 'C:\\a;"C:\\b c"'}


def found(monkeypatch: pytest.MonkeyPatch, there: set[str], *names: str) -> dict[str, tuple[str, str]]:
    """Return the programs and the reasons of the shells that are served if the files `there` exist."""
    monkeypatch.setattr(os.path, "isfile", there.__contains__)
    shells = windows.find_shells(host(), names, is_all=False, variables=lambda: VARIABLES)
    return {shell.name: (shell.program, shell.reason) for shell in shells}


def test_every_shell_that_is_installed_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {name: (program, "installed") for name, program in PROGRAMS.items()}
    assert expected == found(monkeypatch, set(PROGRAMS.values()))
    del expected["pwsh"]
    assert expected == found(monkeypatch, set(PROGRAMS.values()) - {PROGRAMS["pwsh"]})


def test_a_shell_that_is_not_in_its_usual_place_is_found_on_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = os.path.join(r"C:\b c", "pwsh.exe")
    assert {"pwsh": (program, "installed")} == found(monkeypatch, {program})


@pytest.mark.parametrize("folder", [".", "tools", "C:tools", "\\tools"])
def test_no_shell_is_taken_from_the_folder_that_this_runs_in(
    monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    program, variables = os.path.join(folder, "pwsh.exe"), {**VARIABLES, "PATH": folder}
    monkeypatch.setattr(os.path, "isfile", {PROGRAMS["cmd"], program}.__contains__)
    shells = windows.find_shells(host(), (), is_all=False, variables=lambda: variables)
    assert ["cmd"] == [shell.name for shell in shells]


def test_only_the_shells_that_are_named_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {"cmd": (PROGRAMS["cmd"], "asked for")}
    assert expected == found(monkeypatch, set(PROGRAMS.values()), "cmd")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bash", "unknown shell 'bash'; leave out --shell, or name one that onpath knows: cmd, "),
        ("pwsh", "pwsh is not installed; install it, or leave out --shell pwsh"),
    ],
)
def test_a_shell_that_cannot_be_served_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        found(monkeypatch, {PROGRAMS["cmd"]}, name)


def test_without_any_shell_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoShellError, match="name one with --shell"):
        found(monkeypatch, set())


@pytest.mark.parametrize(
    ("answer", "shell"),
    [
        (("cmd", PROGRAMS["cmd"]), Installed("cmd", PROGRAMS["cmd"])),
        (("bash", r"C:\Git\bash.exe"), None),
        (("", ""), None),
    ],
)
def test_the_running_shell_is_one_of_the_table(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[str, str], shell: Installed | None
) -> None:
    monkeypatch.setattr(running, "detect_shell", lambda: answer)
    assert shell == windows.running_shell({})


# What Windows does not have.


def test_nobody_is_asked_for_users_homes_and_modes() -> None:
    assert windows.own_entry() is None
    assert () == windows.other_writers(T, 0)
    windows.check_home(host())


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"APPDATA": r"D:\Roaming"}, os.path.join(r"D:\Roaming", "Python", "Scripts")),
        ({}, os.path.join(HOME, "AppData", "Roaming", "Python", "Scripts")),
    ],
)
def test_the_unversioned_directory_is_beside_those_of_versions(
    environ: dict[str, str], directory: str
) -> None:
    assert directory == windows.unversioned_directory(Host(windows, HOME, "Ada", 0, environ))


# Two runs for one user.


class Kernel:
    """The kernel's functions for a mutex, of which waiting gives `answer`."""

    def __init__(self, answer: int, handle: int | None = 7) -> None:
        self.answer, self.handle = answer, handle
        self.calls: list[str] = []

    def CreateMutexW(self, _security: None, _owned: bool, _name: str) -> int | None:  # noqa: N802
        """Make it."""
        return self.handle

    def WaitForSingleObject(self, handle: int, _milliseconds: int) -> int:  # noqa: N802
        """Wait for it."""
        self.calls.append(f"wait {handle}")
        return self.answer

    def ReleaseMutex(self, handle: int) -> None:  # noqa: N802
        """Let the next one have it."""
        self.calls.append(f"release {handle}")

    def CloseHandle(self, handle: int) -> None:  # noqa: N802
        """Forget it."""
        self.calls.append(f"close {handle}")


@pytest.mark.parametrize("answer", [0, 0x80], ids=["free", "of a run that was killed"])
def test_a_run_waits_for_the_others_and_lets_the_next_one_begin(
    monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    kernel = Kernel(answer)
    monkeypatch.setattr(windows, "_kernel", lambda: kernel)
    with windows.Lock(HOME):
        assert ["wait 7"] == kernel.calls
    assert ["wait 7", "release 7", "close 7"] == kernel.calls


def test_a_run_that_others_keep_waiting_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not release what it does not hold."""
    kernel = Kernel(0x102)
    monkeypatch.setattr(windows, "_kernel", lambda: kernel)
    with pytest.raises(OnpathError, match="another ensure-path has been running"), windows.Lock(HOME):
        pytest.fail("both run")
    assert ["wait 7", "close 7"] == kernel.calls


def test_a_run_without_a_lock_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(0, handle=None)
    monkeypatch.setattr(windows, "_kernel", lambda: kernel)
    with pytest.raises(OnpathError, match="Windows gives no lock"), windows.Lock(HOME):
        pytest.fail("it runs")
    assert [] == kernel.calls
