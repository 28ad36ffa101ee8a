"""What our own install scripts decide; tests/installers and tests/faults run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import consent
from onpath.installers import own, place

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = ("0" * 64, 1, "https://x.example/v1")


def a_run(*words: str, invoked: str = "sh", release: tuple[str, int, str] = RELEASE) -> own.Run:
    """Return a run with these arguments."""
    return own.Run("install.sh", release, [invoked, *words])


def test_what_is_no_option_is_for_ensure_path() -> None:
    run = a_run("--dry-run", "--from", "x", "--shell=bash", "--check", "--modify-path", "a b")
    assert (["--shell=bash", "--check", "a b"], "x", True) == (run.words, run.source, run.is_dry)
    assert "0" == run.environ[own.NO_MODIFY]
    assert "y=z" == a_run("--from=y=z").source


@pytest.mark.parametrize("words", ["--help --uninstall", "--uninstall -h", "--from x -h --modify-path"])
def test_help_is_given_whatever_else_is_asked_for(words: str) -> None:
    assert "--help" == a_run(*words.split()).action


@pytest.mark.parametrize(
    "words",
    ["--uninstall --from x", "--no-modify-path --uninstall", "--modify-path --no-modify-path"],
)
def test_what_would_be_ignored_is_an_error(words: str) -> None:
    with pytest.raises(own.Stop, match="; ") as caught:
        a_run(*words.split())
    assert 2 == caught.value.code


def test_an_interrupt_is_kept_by_no_handler_of_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else PATH was taken from the tools that are left, with exit code 0."""

    def interrupted(*_: object) -> str:
        own.end(signal.SIGINT, None)

    monkeypatch.setattr(place, "hand_over", interrupted)
    monkeypatch.setattr(consent, "resolve_and_remember", interrupted)
    for step in (a_run().hand_over, a_run().keep_consent):
        with pytest.raises(own.Stop) as caught:
            step(str(tmp_path))
        assert 128 + signal.SIGINT == caught.value.code


def test_an_option_without_its_value_is_an_error() -> None:
    with pytest.raises(own.Stop, match="--from needs a PATH: "):
        a_run("--from")


def test_the_source_is_a_checkout_a_file_or_an_address(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "tools").mkdir(parents=True)
    (checkout / own.BUILD).touch()
    file = tmp_path / "onpath.pyz"
    file.touch()
    inside = str(checkout / "install.sh")
    for run, expected in (
        (a_run(invoked=inside), ("building", str(checkout))),
        (a_run("--from", str(checkout)), ("building", str(checkout))),
        (a_run("--from", str(file), invoked=inside), ("copying", str(file))),
        (a_run("--from", str(tmp_path)), ("copying", str(file))),
        (a_run(invoked=str(checkout / "sh")), ("downloading", "https://x.example/v1/onpath.pyz")),
    ):
        assert expected == run.choose_source()
    with pytest.raises(own.Stop, match="run it as a file of a checkout, without --from, or take that"):
        a_run(release=("", 0, "")).choose_source()
    with pytest.raises(own.Stop, match="there is no file"):
        a_run("--from", str(tmp_path / "none")).choose_source()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://bob:s3cret@x.example:1/a/b", "https://x.example:1/a/b"),
        ("https://bob@x.example", "https://x.example"),
        ("https://x.example/a@b", "https://x.example/a@b"),
        ("/home/a@b/onpath.pyz", "/home/a@b/onpath.pyz"),
    ],
)
def test_an_address_is_shown_without_a_password(address: str, told: str) -> None:
    assert told == own.shown(address)


def test_what_others_have_put_there_is_not_free(tmp_path: Path) -> None:
    for number, (text, is_free) in enumerate(
        (
            ("", False),
            ("#!/bin/sh\n", False),
            (f"# {own.MARK}sh\n", False),
            (f"#!/bin/sh\n# {own.MARK}sh, which takes it away", True),
            (f"@python\n@rem {own.MARK}ps1", True),
        )
    ):
        file = tmp_path / str(number)
        file.write_text(text)
        assert is_free == own.is_free(str(file)), text
    assert own.is_free(str(tmp_path / "none"))
    assert not own.is_free(str(tmp_path))


def test_the_folders_that_were_made_are_read_from_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "ensure-path"
    folders = ["/h/.local/bin", "/h/.local", "/h/\udce9"]
    made = "".join(f"{own.MADE}{each}\n" for each in folders)
    start = own.START.format(mark=own.MARK, made=made, python="p", name="n", script="s")
    file.write_bytes(os.fsencode(start) + b"\n# made: /\n")
    assert folders == own.made_for(str(file))
    assert [] == own.made_for(str(tmp_path / "none"))


@pytest.mark.skipif(sys.platform == "win32", reason="there a process is not asked for")
def test_only_what_a_dead_run_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    scripts = tmp_path / ".local" / "bin"
    scripts.mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = scripts / f"{own.PRIVATE}{ended.pid}"
    for folder in (dead, tmp_path / f"{own.PRIVATE}{os.getpid()}"):  # of this number, and not this run
        folder.mkdir()
    (dead / "made").write_text(f"{scripts}/none\n{scripts}\n{tmp_path}/.local\n")
    kept = [scripts / f"{own.PRIVATE}{os.getppid()}", tmp_path / f"{own.PRIVATE}x", scripts / "x"]
    for folder in kept:
        folder.mkdir()
    own.sweep(str(scripts))
    left = [*scripts.iterdir(), *(each for each in tmp_path.iterdir() if each.name != ".local")]
    assert sorted(kept) == sorted(left)


def test_where_no_process_is_asked_for_a_folder_is_left_behind_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "WINDOWS", True)
    assert own.is_alive(str(tmp_path), 1)
    os.utime(tmp_path, (0, 0))
    assert not own.is_alive(str(tmp_path), 1)


def test_a_batch_file_spells_the_profile_of_the_user_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCALAPPDATA", os.sep.join(("", "u", "\xe9", "Local")))
    monkeypatch.setenv("USERPROFILE", os.sep.join(("", "u", "\xe9")))
    join = os.sep.join
    assert join(("%LOCALAPPDATA%", "P")) == own.short(join(("", "u", "\xe9", "Local", "P")))
    assert join(("%USERPROFILE%", "100%%")) == own.short(join(("", "u", "\xe9", "100%")))
    assert join(("", "opt", "P")) == own.short(join(("", "opt", "P")))


def test_a_python_that_cmd_cannot_spell_is_told_and_not_a_traceback() -> None:
    assert b'@"C:\\\x81\\python.exe"' == own.as_cmd_reads('@"C:\\\xfc\\python.exe"', "cp437")
    with pytest.raises(
        own.Stop, match=r"cmd cannot spell .* in the code page.*; name a Python .*ONPATH_PYTHON"
    ):
        own.as_cmd_reads('@"C:\\\u65e5\\python.exe"', "cp437")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no such owner here")
@pytest.mark.parametrize(
    ("mine", "cure"),
    [
        ((".", ".."), "run chmod u+w {folder}"),
        ((".",), "run chmod u+w {folder}"),
        (("..",), "run sudo chown -R 4321 {folder}"),
        ((), "ask its owner to let you write there"),
    ],
)
def test_whose_a_folder_is_decides_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: tuple[str, ...], cure: str
) -> None:
    """As a process of another user would see it, by what the system answers to that."""
    folder, stat = tmp_path / "local", os.stat
    folder.mkdir()
    inodes = {stat(folder / each).st_ino for each in mine}

    def owned(path: str) -> os.stat_result:
        found = stat(path)
        return os.stat_result((*found[:4], 4321 if found.st_ino in inodes else 1234, *found[5:10]))

    monkeypatch.setattr(os, "getuid", lambda: 4321)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "stat", owned)
    told = own.why_not_written(str(folder / "bin"), PermissionError(13, "Permission denied"))
    monkeypatch.undo()
    cure = cure.format(folder=folder)
    assert f"cannot write to {folder} (permission denied); {cure}, then run this again" == told
