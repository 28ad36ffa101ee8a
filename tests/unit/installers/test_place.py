"""Where a tool lies: switched by one rename, and nobody else's files are touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError
from onpath.host import detect
from onpath.installers.jobs import Job
from onpath.installers.place import Place, Receipt
from onpath.installers.settings import Settings
from onpath.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links of Unix")


def place(name: str = "cow", *, is_windows: bool = False) -> Place:
    """Return the place of a tool in the home of the test."""
    found = Place(detect({**os.environ}), name)
    if is_windows:
        found.is_windows, found.current = True, f"{found.folder}/current.cmd"
    return found


def environment(where: Place, *commands: str) -> str:
    """Make an environment with commands, and return its folder."""
    folder = where.new_folder()
    os.makedirs(f"{folder}/bin")
    os.makedirs(f"{folder}/Scripts")
    for command in commands:
        for file in (f"{folder}/bin/{command}", f"{folder}/Scripts/{command}.exe"):
            with open(file, "w") as opened:
                opened.write(folder)
    return folder


def installed(name: str = "cow") -> Place:
    """Install a tool with the command of its name, and return its place."""
    where = place(name)
    where.claim()
    where.link([name])
    where.switch(environment(where, name))
    return where


def files(home: Path) -> set[str]:
    return {str(each.relative_to(home)) for each in home.rglob("*")}


@pytest.mark.parametrize("is_windows", [pytest.param(False, marks=posix_only), True])
def test_one_version_takes_the_place_of_another_and_all_goes(home: Path, is_windows: bool) -> None:
    where = place(is_windows=is_windows)
    where.claim()
    one = environment(where, "cow", "calf")
    where.check(["cow", "calf"])
    where.link(["cow", "calf"])
    assert "" == where.in_use()
    where.switch(one)
    assert one == where.in_use()
    two = environment(where, "cow", "moo")
    where.link(["cow", "moo"])
    where.switch(two)
    where.unlink(kept=["cow", "moo"])
    where.sweep()
    assert two == where.in_use()
    assert not os.path.exists(one)
    assert {"cow", "moo"} == {name.partition(".")[0] for name in os.listdir(where.scripts)}
    where.take_back()
    assert set() == files(home)


@posix_only
def test_what_nobody_may_see_is_not_taken_for_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a command stays after an uninstall that says it took all back."""
    where = place()
    where.claim()
    where.link(["cow"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", refuse)
        for look in (where.left, where.unlink):
            with pytest.raises(OnpathError, match=r"cannot be listed .permission denied.; .*, then run"):
                look()
    where.unlink()
    where.take_back()
    assert set() == files(home)


def refuse(folder: str) -> list[str]:
    """Be a folder in which nobody may see what is there."""
    raise PermissionError(13, "Permission denied", folder)


@posix_only
def test_what_cannot_be_removed_is_told_and_found_by_the_next_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = place()
    where.claim()
    folder = environment(where, "cow")
    where.link(["cow"])
    where.switch(folder)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        where.take_back()
        assert folder == where.left()
        assert where.receipt().environments
    where.take_back()
    assert "" == where.left()
    assert set() == files(home)


def test_no_program_of_the_current_folder_is_in_the_way(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no environment is in use any more."""
    where = place(is_windows=True)
    where.claim()
    (home / "Scripts").mkdir()
    (home / "Scripts" / "python.exe").mkdir()  # which cannot be written to
    monkeypatch.chdir(home)
    assert "" == where.in_the_way()


@posix_only
def test_a_link_of_the_users_own_to_a_program_of_a_tool_stays(home: Path) -> None:
    where = place()
    where.claim()
    folder = environment(where, "cow")
    where.link(["cow"])
    where.switch(folder)
    mine = Path(where.scripts) / "cowpy"
    mine.symlink_to(f"{where.folder}/current/bin/python")
    where.unlink(kept=["cow"])
    assert mine.is_symlink()
    assert ("cow",) == where.commands()
    where.take_back()
    assert {".local", ".local/bin", ".local/bin/cowpy"} == files(home)


def test_a_command_of_its_own_is_none_of_others(home: Path) -> None:
    """A tool that has an `ensure-path` leaves PATH to nobody when it goes."""
    where = installed()
    assert not where.has("cow")
    (home / ".local" / "bin" / "ox").touch()
    assert where.has("ox")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system has no /proc")
def test_an_old_version_stays_for_as_long_as_it_runs(home: Path) -> None:
    where = place()
    where.claim()
    one = environment(where, "cow")
    where.switch(one)
    program = Path(one) / "bin" / "python"
    program.symlink_to(sys.executable)
    with subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE, stdout=-3) as running:
        where.switch(environment(where, "cow"))
        where.sweep(spares_running=True)
        assert Path(one).is_dir()
        running.communicate(b"\n")
    where.sweep(spares_running=True)
    assert not Path(one).exists()
    where.take_back()
    assert set() == files(home)


@posix_only
def test_before_the_switch_a_command_leads_nowhere_and_the_next_run_removes_it(home: Path) -> None:
    where = place()
    where.claim()
    environment(where, "cow")
    where.link(["cow"])
    assert not os.path.exists(where.file_of("cow"))
    where.sweep()
    assert not os.path.lexists(where.file_of("cow"))
    where.take_back()
    assert set() == files(home)


@pytest.mark.parametrize("is_windows", [pytest.param(False, marks=posix_only), True])
def test_what_is_in_the_place_of_a_command_is_told(home: Path, is_windows: bool) -> None:
    where, other = place(is_windows=is_windows), place("ox", is_windows=is_windows)
    where.claim()
    other.claim()
    other.link(["cow"])
    with pytest.raises(OnpathError, match="the tool ox has a command cow too"):
        where.check(["cow"])
    os.unlink(other.file_of("cow"))
    with open(where.file_of("cow"), "w") as file:
        file.write("mine")
    with pytest.raises(OnpathError, match="was not put there by this script; move it away"):
        where.check(["cow"])
    with open(where.file_of("calf"), "w") as file:
        file.write("mine")
    both = r"cow\S* and \S*calf\S* were not put there by this script; move them away or remove them"
    with pytest.raises(OnpathError, match=both):
        where.check(["cow", "calf"])
    os.unlink(where.file_of("calf"))
    where.take_back()
    other.take_back()
    assert {"cow"} == {each.name.partition(".")[0] for each in home.rglob("*") if each.is_file()}


def test_a_program_that_windows_takes_first_is_told(home: Path) -> None:
    where = place(is_windows=True)
    where.claim()
    with open(f"{where.scripts}/cow.exe", "w") as file:
        file.write("x")
    with pytest.raises(OnpathError, match=r"cow\.exe was not put there"):
        where.check(["cow"])
    assert home


def test_a_batch_file_has_plain_letters_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = place(is_windows=True)
    monkeypatch.setenv("LOCALAPPDATA", os.path.dirname(where.base))
    text = where._batch("cow")  # noqa: SLF001
    assert '@call "%LOCALAPPDATA%' in text
    assert str(home) not in text


def program(where: Place, version: str = "1") -> Callable[[str], bytes]:
    """Return what makes programs of commands, long ones."""
    return lambda command: f"MZ {version}{command:9999}\n{where.mark()}\n".encode()


def test_a_program_takes_the_place_of_a_batch_file(home: Path) -> None:
    where = place(is_windows=True)
    where.claim()
    folder = environment(where, "cow")
    where.link(["cow"])
    where.switch(folder)
    assert where.file_of("cow").endswith("cow.cmd")
    where.link(["cow"], program(where))
    assert where.file_of("cow").endswith("cow.exe")
    assert ["cow.exe"] == os.listdir(where.scripts)
    assert ("cow",) == where.commands()
    where.check(["cow"])
    where.link(["cow"])  # by a Python without a pip
    where.sweep()
    assert ["cow.exe"] == os.listdir(where.scripts)
    where.take_back()
    assert set() == files(home)


def test_a_program_that_runs_is_put_aside_for_its_new_form(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = place(is_windows=True)
    where.claim()
    where.switch(environment(where, "cow"))
    where.link(["cow"], program(where))
    monkeypatch.setattr("onpath.installers.place._can_replace", lambda _file: False)
    where.link(["cow"], program(where))
    assert ["cow.exe"] == os.listdir(where.scripts)  # it is the same
    where.link(["cow"], program(where, "2"))
    new, old = sorted(os.listdir(where.scripts))
    assert "cow.exe" == new
    assert old.startswith("cow.exe.")
    assert ("cow",) == where.commands()
    assert Path(where.file_of("cow")).read_bytes() == program(where, "2")("cow")
    where.sweep()
    assert ["cow.exe"] == os.listdir(where.scripts)
    where.take_back()
    assert set() == files(home)


@pytest.mark.parametrize("end", [".com", ".exe", ".bat", ".cmd"])
def test_a_command_of_another_is_not_replaced_nor_hidden(home: Path, end: str) -> None:
    where = place(is_windows=True)
    where.claim()
    Path(where.scripts, f"cow{end}").write_text("x")
    with pytest.raises(OnpathError, match=rf"cow\{end} was not put there"):
        where.check(["cow"])
    assert home


def test_what_the_last_tool_needs_no_more_goes_with_it(home: Path) -> None:
    one, two = place("one"), place("two")
    one.claim()
    two.claim()
    one.record(replace(one.receipt(), has_edits=True))
    one.take_back()
    assert two.receipt().has_edits
    two.take_back()
    assert set() == files(home)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"folders": 1}', "\0"])
def test_a_receipt_that_cannot_be_read_is_none(home: Path, text: str) -> None:
    where = place()
    where.claim()
    with open(where.file, "w") as file:
        file.write(text)
    assert Receipt() == where.receipt()
    assert home


def test_a_receipt_that_names_no_environments_is_read(home: Path) -> None:
    where = place()
    where.claim()
    told = {k: v for k, v in vars(where.receipt()).items() if k != "environments"}
    with open(where.file, "w") as file:
        json.dump(told, file)
    assert where.receipt().folders
    where.link(["cow"])
    where.switch(environment(where, "cow"))
    where.take_back()
    assert set() == files(home)


@pytest.mark.parametrize("name", ["notes.txt", "7", "2024.txt", "1.bak", "\u00b2"])
def test_what_others_have_put_into_the_folder_of_a_tool_stays(home: Path, name: str) -> None:
    """Whatever it is called: ours are the environments that the receipt names."""
    where = place()
    where.claim()
    mine = home / ".local/share/onpath/tools/cow" / name
    mine.mkdir()
    (mine / "mine").write_text("mine")
    where.link(["cow"])
    where.switch(environment(where, "cow"))
    where.sweep()
    where.take_back()
    assert {"mine"} == {each.name for each in home.rglob("*") if each.is_file()}


def test_what_an_environment_needs_beside_it_goes_when_it_is_given_up(home: Path) -> None:
    where = place()
    where.claim()
    before = where.receipt()
    folder = where.new_folder()
    job = Job(Settings("cow", "cow"), ("cow",), folder, {}, is_windows=False)
    for each in (job.scratch, job.home):  # its own may not be there yet
        os.makedirs(each)
    where.sweep()
    assert ["receipt.json"] == os.listdir(where.folder)
    assert before == where.receipt()
    where.take_back()
    assert set() == files(home)


@pytest.mark.parametrize("text", ["", "{}", None])
def test_without_its_receipt_the_environment_in_use_goes_all_the_same(
    home: Path, text: str | None
) -> None:
    where = installed()
    if text is None:
        os.unlink(where.file)
    else:
        with open(where.file, "w") as file:
            file.write(text)
    where.switch(environment(where, "cow"))
    where.sweep()
    assert ["2"] == [each for each in os.listdir(where.folder) if each.isdigit()]
    where.take_back()
    assert [] == [each for each in home.rglob("*") if each.is_file()]


@posix_only
@pytest.mark.parametrize("name", ["{0}/link", "{1}/../{2}", "{0}//{2}", "{0}/./{2}/"])
def test_a_home_under_another_name_is_the_same_home(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (home.parent / "link").symlink_to(home)
    before = files(home)
    where = place()
    where.claim()
    where.link(["cow", "calf"])
    where.switch(environment(where, "cow", "calf"))
    monkeypatch.setenv("HOME", name.format(home.parent, home, home.name))
    again = place()
    again.claim()
    again.check(["cow"])
    again.unlink(kept=["cow"])
    assert ("cow",) == again.commands() == place().commands()
    assert 1 == len(again.receipt().scripts)
    again.take_back()
    assert before == files(home)


@posix_only
def test_a_tool_is_found_again_without_the_variable_that_led_its_folder_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(home)
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    where = installed()
    monkeypatch.delenv("XDG_DATA_HOME")
    again, other = place(), place("ox")
    assert (where.folder, where.in_use()) == (again.folder, again.in_use())
    other.claim()
    other.link(["ox"])
    other.switch(environment(other, "ox"))
    assert [where.file] == [*other.others()]
    assert [other.file] == [*again.others()]
    with pytest.raises(OnpathError, match="the tool cow has a command cow too"):
        other.check(["cow"])
    again.take_back()
    other.take_back()
    assert before == files(home)


@posix_only
def test_a_tool_outside_of_a_home_that_was_moved_is_still_its_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that led its folder there is not set any more."""
    before = files(home)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    where = installed()
    monkeypatch.delenv("XDG_DATA_HOME")
    copy = tmp_path / "copy"
    shutil.copytree(home, copy, symlinks=True)
    monkeypatch.setenv("HOME", str(copy))
    assert place().folder.startswith(str(copy))  # the tool is the other home's, which is there
    shutil.rmtree(copy)
    moved = home.rename(tmp_path / "moved")
    monkeypatch.setenv("HOME", str(moved))
    again = place()
    assert (where.folder, where.in_use()) == (again.folder, again.in_use())
    again.check(["cow"])
    again.take_back()
    assert before == files(moved)


@posix_only
def test_a_folder_that_the_user_has_put_elsewhere_since_stays_where_his_link_is(
    home: Path, tmp_path: Path
) -> None:
    installed()
    share = home / ".local" / "share"
    share.rename(tmp_path / "share")
    share.symlink_to(tmp_path / "share")
    place().take_back()
    assert {".local", ".local/share"} == files(home)
    assert [] == [*(tmp_path / "share").iterdir()]
    assert share.is_symlink()


@posix_only
@pytest.mark.usefixtures("home")
def test_a_folder_is_no_program_of_others() -> None:
    where = place()
    where.claim()
    os.makedirs(f"{where.scripts}/lib")
    assert [] == where.programs()


@posix_only
def test_the_tool_of_the_home_that_this_is_a_copy_of_stays(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    before = files(home)
    copy = tmp_path / "copy"
    shutil.copytree(home, copy, symlinks=True)
    monkeypatch.setenv("HOME", str(copy))
    again = place()
    assert again.folder.startswith(str(copy))
    again.take_back()
    assert before == files(home)


@posix_only
def test_a_command_whose_tool_is_gone_is_in_nobodys_way(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the user has moved all data elsewhere."""
    installed()
    shutil.move(home / ".local/share", home / "data")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    for name in ("cow", "ox"):
        again = place(name)
        again.claim()
        again.check(["cow"])
    again.link(["cow"])
    again.switch(environment(again, "cow"))
    assert os.path.exists(again.file_of("cow"))
