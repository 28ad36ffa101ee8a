"""Which commands a tool has, and what hides them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError
from onpath.installers import commands
from onpath.installers.jobs import Job
from onpath.installers.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs of Unix")


def installed(folder: Path, record: str, entries: str, requirement: str = "cow") -> Job:
    """Return the job of an environment that has a tool cow."""
    about = folder / "lib" / "python3.11" / "site-packages" / "cow-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Cow\nVersion: 1.0\n")
    (about / "RECORD").write_text(record)
    (about / "entry_points.txt").write_text(entries)
    program(folder / "bin" / "python")
    for name in re.findall(r"(?m)^(?:\.\./){3}bin/(\w+),", record):
        program(folder / "bin" / name)
    settings = Settings("cow", requirement)
    return Job(settings, (requirement,), str(folder), {}, is_windows=False)


def test_commands_are_entry_points_and_files_beside_them(tmp_path: Path) -> None:
    record = "cow.py,,\n../../../bin/moo,,\n../../../bin/cow,,\n../../../share/man/cow.1,,\nbin/x/y,,\n"
    entries = "[console_scripts]\ncow = cow : main\n[gui_scripts]\nwin = cow:gui\n[other]\nz = a:b\n"
    found = commands.find(installed(tmp_path, record, entries))
    assert ("cow", "moo", "win") == found.commands
    assert {"cow": "cow:main", "win": "cow:gui"} == dict(found.entries)
    assert (("moo",), ("win",)) == (found.files, found.windowed)


NEEDS = "Provides-Extra: cli\nRequires-Dist: grass\nRequires-Dist: Py.Bell (>=1) ; extra == 'cli'\n"


@pytest.mark.parametrize(
    ("reason", "requirement", "cure"),
    [
        ('Run pip install "Cow[Cli]" to fix this.', "cow", "onpath installer cow --extra cli)"),
        ("No module named 'py_bell.ring'", "cow", "onpath installer cow --extra cli)"),
        ("No module named 'py_bell'", "cow[cli]", "choose another version"),
        ("No module named 'grass'", "cow", "choose another version"),
        ("try ox[cli]", "cow", "choose another version"),
    ],
)
def test_a_tool_that_lacks_an_extra_says_which(
    tmp_path: Path, reason: str, requirement: str, cure: str
) -> None:
    """As python-dotenv does, whose one command needs what only its extra brings."""
    job = installed(tmp_path, "", "[console_scripts]\ncow = cow:main\n", requirement)
    (about,) = tmp_path.rglob("METADATA")
    about.write_text(about.read_text() + NEEDS)
    program(tmp_path / "bin" / "cow")
    program(tmp_path / "bin" / "python", f"echo {shlex.quote(reason)}; exit 1")
    with pytest.raises(OnpathError) as error:
        commands.check(job, commands.find(job))
    assert f"does not start ({reason}); " in str(error.value)
    assert cure in str(error.value)


def test_a_script_whose_first_line_cannot_name_its_python_is_led_to_it(tmp_path: Path) -> None:
    """pip writes the name there as it is, with spaces, however long it is."""
    for folder in (tmp_path / "it's a home", tmp_path / ("x" * 150)):
        job = installed(folder, "../../../bin/moo,,\n", "")
        program(folder / "bin" / "python", 'printf "%s\\n" "$0 $*"')
        (folder / "bin" / "moo").write_text(f"#!{job.python}\nimport cow\n")
        tool = commands.find(job)
        commands.wrap(job, tool)
        commands.check(job, tool)
        said = subprocess.check_output([folder / "bin" / "moo", "a b"], text=True)
        assert f"{job.python} {folder}/scripts/moo a b\n" == said
        assert f"#!{job.python}\nimport cow\n" == (folder / "scripts" / "moo").read_text()


def test_a_script_whose_first_line_works_stays_as_it_is(tmp_path: Path) -> None:
    job = installed(tmp_path / "a b", "../../../bin/moo,,\n", "")
    program(tmp_path / "a b" / "bin" / "moo", "moo")
    commands.wrap(job, commands.find(job))
    assert "#!/bin/sh\nmoo\n" == (tmp_path / "a b" / "bin" / "moo").read_text()
    assert not (tmp_path / "a b" / "scripts").exists()


@pytest.mark.parametrize(
    ("requirement", "names", "left_out"),
    [
        ("cow", ("cow",), {"calf": "needs cow[herd, loud]", "moo": "needs cow[loud]"}),
        ("cow[LOUD]", ("cow", "moo"), {"calf": "needs cow[herd]"}),
        ("cow[herd,loud]", ("calf", "cow", "moo"), {}),
    ],
)
def test_a_command_of_an_extra_that_nobody_asked_for_is_left_out(
    tmp_path: Path, requirement: str, names: tuple[str, ...], left_out: dict[str, str]
) -> None:
    record = "".join(f"../../../bin/{name},,\n" for name in ("calf", "cow", "moo"))
    entries = "[console_scripts]\ncow = cow:main\ncalf = cow:calf [herd, loud]\nmoo = cow:moo[Loud]\n"
    found = commands.find(installed(tmp_path, record, entries, requirement))
    assert (names, left_out) == (found.commands, dict(found.left_out))


@pytest.mark.parametrize("file", ["bin/__init__.py", "Scripts/x", "../../../share/cow/bin/x"])
def test_what_lies_in_another_folder_of_that_name_is_no_command(tmp_path: Path, file: str) -> None:
    job = installed(tmp_path, f"{file},,\n../../../bin/cow,,\n", "")
    assert ("cow",) == commands.find(job).commands


def test_a_file_that_nobody_may_run_is_no_command(tmp_path: Path) -> None:
    """As setuptools' `data_files=[("bin", ["cow.conf"])]` puts it there."""
    job = installed(tmp_path, "../../../bin/cow.conf,,\n../../../bin/cow,,\n", "")
    (tmp_path / "bin" / "cow.conf").write_text("x = 1\n")
    assert ("cow",) == commands.find(job).commands


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"#!/bin/sh\ntouch ran\n", ""),
        (b"complete -C aws_completer aws\n", ""),  # to be sourced
        (b"@echo off\r\n", ""),
        (b"", ""),
        (b"#!/nowhere/python\n", "there is no /nowhere/python"),
        (b"#!/bin/sh\r\n", "there is no /bin/sh\r"),
        (b"#!/usr/bin/env nowhere-at-all\n", "there is no nowhere-at-all"),
        (b"#! /usr/bin/env  sh\n", ""),
        (b"#!/usr/bin/env -S nowhere-at-all -x\n", ""),  # not looked at
        (b"\x7fELF\0\0", "Exec format error"),
    ],
)
def test_a_script_is_judged_by_its_first_line_and_is_not_run(
    tmp_path: Path, text: bytes, reason: str
) -> None:
    job = installed(tmp_path, "../../../bin/cow,,\n", "")
    file = tmp_path / "bin" / "cow"
    program(file)
    file.write_bytes(text)
    tool = commands.find(job)
    if reason:
        with pytest.raises(OnpathError, match=re.escape(f"{reason}); choose another version")):
            commands.check(job, tool)
    else:
        assert tool == commands.check(job, tool)
    assert [] == [*tmp_path.rglob("ran")]


def test_a_script_that_nothing_can_run_is_left_out_unless_it_is_the_tools_own(tmp_path: Path) -> None:
    """As a helper in csh, on a machine without one."""
    job = installed(tmp_path, "../../../bin/cow,,\n../../../bin/helper,,\n", "")
    (tmp_path / "bin" / "helper").write_text("#!/nowhere/csh\n")
    (tmp_path / "bin" / "cow").write_text("#!/bin/sh\n")
    tool = commands.check(job, commands.find(job))
    assert (("cow",), (("helper", "does not start (there is no /nowhere/csh)"),)) == (
        tool.commands,
        tool.left_out,
    )
    with pytest.raises(OnpathError, match="helper: there is no /nowhere/csh"):
        commands.check(job, commands.find(job), known=["helper"])


def test_a_command_that_another_package_has_replaced_is_made_again(tmp_path: Path) -> None:
    """Of two packages with a command of one name, the last that is installed has it."""
    entries = "[console_scripts]\ncow = cow.cli:main\nmoo = cow.cli:moo.loud\n"
    job = installed(tmp_path, "../../../bin/cow,,\n../../../bin/moo,,\n", entries)
    line = "#!{}\nimport sys\nfrom {} import {}\n"
    (tmp_path / "bin" / "cow").write_text(line.format(job.python, "ox", "main"))
    own = line.format(job.python, "cow.cli", "moo")
    (tmp_path / "bin" / "moo").write_text(own)
    commands.wrap(job, commands.find(job))
    assert "from cow.cli import main" in (tmp_path / "bin" / "cow").read_text()
    assert own == (tmp_path / "bin" / "moo").read_text()


def test_on_a_file_system_that_runs_no_program_that_is_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = installed(tmp_path, "../../../bin/cow,,\n", "")
    monkeypatch.setattr(commands, "is_noexec", lambda _: True)
    with pytest.raises(OnpathError, match="is mounted noexec, where no program runs; mount it without"):
        commands.find(job)


def test_a_tool_without_commands_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OnpathError, match="has no command; name the package that has it"):
        commands.find(installed(tmp_path, "cow.py,,\n", ""))


def test_a_tool_whose_every_command_needs_an_extra_says_which(tmp_path: Path) -> None:
    entries = "[console_scripts]\ncalf = cow:calf [herd, loud]\nmoo = cow:moo [herd,loud,far]\n"
    told = "without cow[herd, loud]; have its author write a script with that "
    with pytest.raises(OnpathError, match=re.escape(told)) as raised:
        commands.find(installed(tmp_path, "cow.py,,\n", entries))
    assert "(onpath installer cow --extra herd --extra loud)" in str(raised.value)


def test_a_tool_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    job = Job(Settings("cow", "cow"), ("cow",), str(tmp_path), {}, is_windows=False)
    with pytest.raises(OnpathError, match="was installed, and is not there"):
        commands.find(job)


def program(file: Path, line: str = "") -> str:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n" if line else "")
    file.chmod(0o755)
    return str(file)


def test_the_first_program_on_path_hides_the_others(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    program(own / "cow")
    first = program(other / "cow")
    path = [str(other), str(own)]
    assert {"cow": first} == commands.hidden(["cow"], str(own), path)
    assert {} == commands.hidden(["cow"], str(own), reversed(path))
    assert {"moo": ""} == commands.hidden(["moo"], str(own), path)
    os.unlink(first)
    os.symlink(own / "cow", first)  # another name of the same
    assert {} == commands.hidden(["cow"], str(own), path)
