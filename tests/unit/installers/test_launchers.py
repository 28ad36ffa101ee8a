"""The program that starts a tool's command on Windows; tests/installers runs real ones."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import sysconfig
import zipfile
from typing import TYPE_CHECKING

import pytest

from onpath.installers import environments, launchers

if TYPE_CHECKING:
    from pathlib import Path

STUB = b"MZ and what the launcher of distlib is"
MARK = "@rem of the tool cow"


@pytest.fixture(params=["amd64", "arm64", "32"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Be a Windows with such processors."""
    name = "win32" if request.param == "32" else f"win-{request.param}"
    monkeypatch.setattr(sysconfig, "get_platform", lambda: name)
    return name


def packed(folder: str = "C:\\Ada\\cow") -> bytes:
    return launchers.make(STUB, "C:\\Program Files\\Python\\python.exe", folder, "moo", MARK)


def started(folder: Path, number: str | None, monkeypatch: pytest.MonkeyPatch, code: int) -> list[str]:
    """Run its program as Windows would; return the words with which it starts another one."""
    called: list[list[str]] = []

    def call(words: list[str], *, close_fds: bool) -> int:
        assert not close_fds  # handles go on to the tool
        called.append(words)
        return code

    if sys.platform == "win32":
        folder.mkdir()
    if number:  # elsewhere, a name with a backslash
        (folder.parent / f"{folder.name}\\current.cmd").write_text(f'@set "X=%~dp0{number}"\n')
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(sys, "argv", ["moo.exe", "a&b", "%OS%"])
    text = zipfile.ZipFile(io.BytesIO(packed(str(folder)))).read("__main__.py").decode()
    exec(compile(text, "moo.exe", "exec"), {})  # noqa: S102
    return called[0]


def test_the_line_behind_the_launcher_names_the_python() -> None:
    line = b'#!"C:\\Program Files\\Python\\python.exe" -I -S\n'
    assert packed().startswith(STUB + line + b"PK")
    assert packed().endswith(f"\n{MARK}\n".encode())
    assert packed() == packed()


def test_it_starts_the_command_of_the_environment_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "the 'cow'"
    with pytest.raises(SystemExit) as ended:
        started(folder, "12", monkeypatch, 7)
    assert ended.value.code == 7


def test_the_words_are_handed_on_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "exit", lambda _code: None)
    words = started(tmp_path / "cow", "3", monkeypatch, 0)
    assert [f"{tmp_path}/cow\\3\\Scripts\\moo.exe", "a&b", "%OS%"] == words


def test_the_code_of_a_crash_is_one_that_python_can_leave_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        started(tmp_path / "cow", "3", monkeypatch, 0xC0000005)
    assert isinstance(ended.value.code, int)
    assert 0xC0000005 == ended.value.code + (1 << 32)


def test_a_command_whose_environment_is_gone_says_how_to_get_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=r"moo cannot be started .* run its install script again"):
        started(tmp_path / "cow", None, monkeypatch, 0)


def test_the_launcher_is_that_of_a_pip_for_the_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    wheel, bare, folder = tmp_path / "pip.whl", tmp_path / "bare", tmp_path / "pip"
    inside = f"{launchers.FOLDER}/{launchers.STUBS[platform]}"
    (folder / inside).parent.mkdir(parents=True)
    (folder / inside).write_bytes(b"of the folder")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"pip/{inside}", "of the wheel")
    pips = [str(bare), str(tmp_path / "gone.whl")]
    monkeypatch.setattr(environments, "pips", lambda: iter(pips))
    assert b"" == launchers.stub()
    pips += [str(wheel), str(folder)]
    assert b"of the wheel" == launchers.stub()
    pips.reverse()
    assert b"of the folder" == launchers.stub()


def test_a_program_runs_the_file_beside_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    raw = launchers.beside(STUB, sys.executable, "cow.pyz", MARK)
    assert raw.startswith(STUB + f'#!"{sys.executable}"\nPK'.encode())
    with zipfile.ZipFile(tmp_path / "cow.pyz", "w") as archive:
        archive.writestr("__main__.py", "import sys, herd; print(__name__, herd.NAME, sys.argv[1:])")
        archive.writestr("herd.py", "NAME = 'herd'")
    program = tmp_path / "cow.exe"
    program.write_bytes(raw)  # a zip file, which its Python is given
    subprocess.run([sys.executable, program, "a&b"], check=True, cwd="/")
    assert "__main__ herd ['a&b']\n" == capfd.readouterr().out


def test_there_is_none_for_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "linux-x86_64")
    assert b"" == launchers.stub()
