"""On Windows, with its own Python and registry: Wine's, or the real one."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from onpath.stores import registry
from windows_cases import CASES, EXPAND, SZ, Case, utf16
from windows_machine import INSIDE, close
from windows_values import profile, put, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windows_machine import Machine

CURES = ("set it again", "remove entries", "take the quote out")
PARTS = 4  # of the cases, which several processes may share
DIRECTORY = r"%APPDATA%\Python\Python311\Scripts"


@pytest.fixture
def machine(windows: Machine) -> Iterator[Machine]:
    """Give the machine, with no `Path` of the user before and after."""
    yield windows
    windows.inside("reset")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_value_keeps_its_type_and_all_but_one_entry_and_is_restored_exactly(
    windows: Machine, part: int
) -> None:
    """Not a test for each, as one process inside goes through many of them: see `windows_cases`."""
    results = windows.inside("cases", str(part), str(PARTS), timeout_s=7200)
    cases = CASES[part::PARTS]
    assert len(cases) == len(results)
    wrong = [f"{case.name}: {w}" for case, seen in zip(cases, results) for w in faults(case, seen)]
    assert [] == wrong


def faults(case: Case, seen: dict[str, Any]) -> Iterator[str]:
    """Yield what was not right about one value."""
    kind = EXPAND if case.kind is None else case.kind
    wanted = seen["before"] if case.after is None else [kind, seen["expected"]]
    if wanted != seen["after"]:
        yield f"became {seen['after']}, and not {wanted}"
    if seen["again"] != seen["after"]:
        yield f"a second run made it {seen['again']}"
    codes = [1, 1] if case.is_refused else [0 if case.is_verified else 3, 3]
    if codes != seen["exit"]:
        yield f"exit codes {seen['exit']}"
    before = seen["before"]
    if case.raw == utf16(case.text)[:-2]:  # the closing NUL comes with any write
        before = [case.kind, utf16(case.text).hex()]
    if before != seen["undone"]:
        yield f"undo left {seen['undone']}"
    if case.is_refused != any(cure in reason for reason in seen["reasons"] for cure in CURES):
        yield f"was refused with {seen['reasons']}"


def test_values_that_nobody_thought_of_are_kept_but_for_one_entry(
    windows: Machine, request: pytest.FixtureRequest
) -> None:
    """A second run changes nothing, and undo restores them exactly; see `inside_windows.laws`."""
    examples = 600 if request.config.getoption("all") else 60
    assert windows.inside("laws", "user", str(examples), timeout_s=7200) >= examples


def test_a_window_of_another_process_is_told(machine: Machine) -> None:
    listener = machine.start_python(machine.name(INSIDE), "listen", "300")
    try:
        assert listener.stdout
        assert b"ready" in listener.stdout.readline()
        done = machine.onpath()
        told = listener.stdout.readline()
    finally:
        close(listener)
    assert 0 == done.returncode, done.stderr
    assert ["0 Environment"] == json.loads(told)


def test_mute_windows_delay_nothing_beyond_the_cap(machine: Machine) -> None:
    mute = [machine.start_python(machine.name(INSIDE), "mute", "300") for _ in range(3)]
    try:
        for process in mute:
            assert process.stdout
            assert b"ready" in process.stdout.readline()
        took_s = machine.inside("announce")
    finally:
        for process in mute:
            close(process)
    assert registry.WINDOW_MS / 1000 * 0.5 < took_s < registry.BROADCAST_S + 60


def test_what_pip_installs_for_the_user_runs_by_name_in_a_fresh_cmd(
    machine: Machine, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path)
    options = ("--user", "--no-index", "--no-warn-script-location", "--disable-pip-version-check")
    installed = machine.run_python("-m", "pip", "install", *options, machine.name(wheel))
    assert 0 == installed.returncode, installed.stderr
    assert 0 != machine.run("cmd", "/c", "greet-onpath").returncode
    done = machine.onpath()
    assert 0 == done.returncode, done.stderr
    assert "hello from Windows" in machine.run("cmd", "/c", "greet-onpath").stdout


def test_a_look_and_a_diff_change_nothing(machine: Machine) -> None:
    assert 1 == machine.onpath("--check").returncode
    diff = machine.onpath("--diff")
    assert f"+{DIRECTORY}" in diff.stdout.splitlines()
    assert value(machine) is None
    assert 0 == machine.onpath().returncode
    assert 0 == machine.onpath("--check").returncode
    assert "" == machine.onpath("--diff").stdout


@pytest.mark.parametrize("word", ["~/tools", "C:/users/root/tools/", "tools\\"])
def test_a_cure_names_the_directory_as_cmd_and_powershell_spell_it(machine: Machine, word: str) -> None:
    done = machine.onpath("--check", "--shell", "cmd", word)
    told = done.stdout.rpartition("To put it there:  ensure-path ")[2]
    assert "'" not in told, done
    assert '\\tools" ' in told
    assert ' "C:\\' in told or ' "Z:\\' in told


def test_no_program_of_the_current_folder_is_run(machine: Machine) -> None:
    """Windows looks there first."""
    program = machine.folder / "python9.cmd"
    program.write_text("@echo ran>ran-here\n")
    try:
        done = machine.onpath("--check", "--python", "python9")
        assert done.returncode == 2, done
        assert "there is no Python 'python9'; " in done.stderr
        assert not (machine.folder / "ran-here").exists()
    finally:
        program.unlink()


@pytest.mark.parametrize("is_relative", [False, True])
def test_an_entry_that_depends_on_the_current_folder_is_not_the_directory(
    machine: Machine, is_relative: bool
) -> None:
    """It leads there from the folder in which the proof is made, and from no other drive or folder."""
    rest = machine.onpath("--check").stdout.splitlines()[0].partition(":")[2]
    put(machine, "..\\" * 12 + rest[1:] if is_relative else rest)
    done = machine.onpath("--check")
    assert done.returncode == 1, done
    assert "missing" in done.stdout
    done = machine.onpath()
    assert done.returncode == 0, done
    assert DIRECTORY in (value(machine) or "").split(";")


def test_the_report_as_json_names_the_registry_value(machine: Machine) -> None:
    document = json.loads(machine.onpath("--json").stdout)
    assert "changed" == document["status"]
    assert [r"HKEY_CURRENT_USER\Environment\Path"] == [e["target"] for e in document["edits"]]
    shells = {shell["name"]: shell["probes"] for shell in document["shells"]}
    assert ["effective"] == [probe["verdict"] for probe in shells["cmd"]]
    assert any("keeps its old PATH" in note for note in document["notes"])


def test_undo_leaves_what_others_put_there_since(machine: Machine) -> None:
    machine.onpath()
    put(machine, f"C:\\new;{DIRECTORY};C:\\newer")
    assert 0 == machine.onpath("--undo").returncode
    assert "C:\\new;C:\\newer" == value(machine)


def test_undo_touches_nothing_that_we_did_not_put_there(machine: Machine) -> None:
    put(machine, f"C:\\a;{DIRECTORY}")
    assert "already there" in machine.onpath().stdout
    assert "taken out" not in machine.onpath("--undo").stdout  # at most a folder goes
    assert f"C:\\a;{DIRECTORY}" == value(machine)


def test_undo_of_one_directory_leaves_the_other(machine: Machine) -> None:
    assert 0 == machine.onpath("C:\\one", "C:\\two").returncode
    assert "C:\\one;C:\\two" == value(machine)
    assert 0 == machine.onpath("--undo", "C:\\ONE\\").returncode
    assert "C:\\two" == value(machine)
    assert 0 == machine.onpath("--undo").returncode
    assert value(machine) is None


def test_our_entry_moves_to_the_end_and_back_when_asked_to(machine: Machine) -> None:
    put(machine, "C:\\a")
    machine.onpath()
    assert 0 == machine.onpath("--append").returncode
    assert f"C:\\a;{DIRECTORY}" == value(machine)
    machine.onpath("--prepend")
    assert f"{DIRECTORY};C:\\a" == value(machine)
    machine.onpath("--undo")
    assert "C:\\a" == value(machine)


@pytest.mark.parametrize(
    ("order", "after"),
    [("--prepend", "{D};C:\\a;C:\\b"), ("--append", "C:\\a;C:\\b;{D}")],
)
def test_an_entry_of_the_users_own_moves_when_an_order_is_asked_for(
    machine: Machine, order: str, after: str
) -> None:
    put(machine, f"C:\\a;{DIRECTORY};C:\\b")
    assert 0 == machine.onpath().returncode
    assert f"C:\\a;{DIRECTORY};C:\\b" == value(machine)
    look = machine.onpath("--check", order)
    assert 1 == look.returncode
    assert "move it there" not in look.stdout
    assert f"To put it there:  ensure-path {order} " in look.stdout
    done = machine.onpath(order)
    assert 0 == done.returncode, done
    assert after.format(D=DIRECTORY) == value(machine)
    assert 0 == machine.onpath(order).returncode
    assert after.format(D=DIRECTORY) == value(machine)
    machine.onpath("--undo")
    assert f"C:\\a;{DIRECTORY};C:\\b" == value(machine)


def test_the_left_over_of_a_python_that_is_gone_is_named_and_replaced_when_asked(
    machine: Machine,
) -> None:
    old = DIRECTORY.replace("311", "310")
    put(machine, f"C:\\a;{old};C:\\b")
    assert f"{old} is left over" in machine.onpath().stdout
    assert 0 == machine.onpath("--replace-stale").returncode
    assert f"C:\\a;{DIRECTORY};C:\\b" == value(machine)
    machine.onpath("--undo")
    assert f"C:\\a;{old};C:\\b" == value(machine)


def test_the_directory_of_unversioned_installers_is_had_by_its_scheme(machine: Machine) -> None:
    assert 0 == machine.onpath("--scheme", "unversioned").returncode
    assert r"%APPDATA%\Python\Scripts" == value(machine)


def test_a_command_that_an_earlier_entry_hides_is_reported(machine: Machine) -> None:
    machine.inside("write", r"C:\early\tool.exe", "")
    machine.inside("command", r"C:\late", "tool")
    put(machine, "C:\\early")
    done = machine.onpath("--append", r"C:\late")
    assert r"tool is hidden by C:\early\tool.exe" in done.stdout


@pytest.mark.parametrize("name", [r"C:\a;b", "C:", "..\\..\\..\\..\\..\\..", 'C:\\"a'])
def test_a_directory_that_no_path_can_hold_is_refused(name: str, machine: Machine) -> None:
    assert 2 == machine.onpath(name).returncode
    assert value(machine) is None


def test_another_home_is_refused_as_the_registry_is_of_one_user(machine: Machine) -> None:
    refused = machine.onpath("--home", "C:\\")
    assert 2 == refused.returncode
    assert "leave it out" in refused.stderr


def test_a_directory_with_percents_goes_only_where_nothing_expands_it(
    machine: Machine,
) -> None:
    directory = r"C:\x%OS%y"
    refused = machine.onpath(directory)
    assert 1 == refused.returncode
    assert "would expand the %" in refused.stderr
    assert value(machine) is None
    put(machine, "C:\\a", SZ)
    assert 0 == machine.onpath(directory).returncode
    assert f"{directory};C:\\a" == value(machine, SZ)


def test_a_value_that_does_not_expand_is_told_and_left_so(machine: Machine) -> None:
    put(machine, r"%USERPROFILE%\b", SZ)
    assert "is a REG_SZ, so Windows does not expand" in machine.onpath().stdout


def test_a_long_value_is_warned_of(machine: Machine) -> None:
    text = ";".join(f"C:\\{number:07}" for number in range(200))
    put(machine, text)
    assert "cut it at 2,047" in machine.onpath().stdout


# Wine's cmd finds nothing from 8,190 characters of PATH on, one of 8,189 is its longest. Windows is said
# to take 8,191 (there a look may find two more); PowerShell 7 finds its programs with 32,700 too.
@pytest.mark.parametrize("length", [8_189, 8_190, 8_191, 8_192])
def test_what_shells_found_before_a_run_they_find_after_it(
    length: int, machine: Machine, powershell: str
) -> None:
    machine.inside("command", "C:\\late", "late")
    machine.inside("command", DIRECTORY, "ours")
    machine.inside("fill", str(length), "C:\\late")
    before = value(machine)
    found = machine.inside("runs", "late")
    assert {"cmd": ["late"], "pwsh": ["late"]} == found, powershell
    done = machine.onpath()
    assert found == machine.inside("runs", "late")
    if length == 8_189:
        assert 0 == done.returncode, done.stderr
    if before != value(machine):
        assert {"cmd": ["ours"], "pwsh": ["ours"]} == machine.inside("runs", "ours")
        return
    assert 1 == done.returncode
    if length > 8_191:  # without a try
        assert f"would have {length:,} characters" in done.stderr
        assert rf"C:\{0:037} (does not exist)" in done.stderr
    else:
        assert "was put back" in done.stderr
        assert "with it, cmd interactive no longer finds cmd.exe" in done.stderr
        assert "the user's Path would have" in done.stdout  # what was tried is remarked upon


def test_without_a_proof_a_path_that_cmd_cannot_use_is_refused_as_well(machine: Machine) -> None:
    machine.inside("fill", "8192", "C:\\late")
    before = value(machine)
    for words in (("--no-verify",), ("--append",), ("--no-verify", "--append")):
        done = machine.onpath(*words)
        assert 0 != done.returncode
        assert "with more than 8,191 cmd finds no program" in done.stderr
        assert before == value(machine)
    assert "" == machine.onpath("--diff").stdout


def test_a_path_that_was_too_long_before_serves_powershell_and_says_what_cmd_lacks(
    machine: Machine, powershell: str
) -> None:
    machine.inside("command", DIRECTORY, "ours")
    machine.inside("fill", "9000", "C:\\late")
    done = machine.onpath()
    assert 3 == done.returncode, powershell
    assert {"cmd": [], "pwsh": ["ours"]} == machine.inside("runs", "ours")
    assert "PATH has 9,000 characters, and cmd finds no program with more than 8,191" in done.stdout


def test_a_profile_that_throws_entries_away_because_of_ours_has_it_put_back(
    machine: Machine, powershell: str
) -> None:
    machine.inside("command", "C:\\late", "late")
    put(machine, "C:\\late")
    text = "if ($env:Path -like '*311*') { $env:Path = $env:Path -replace ';C:.late', '' }"
    with profile(machine, powershell, text):
        done = machine.onpath()
    assert "C:\\late" == value(machine)
    assert 1 == done.returncode
    assert "with it, pwsh interactive no longer finds C:\\late" in done.stderr


def test_what_powershell_runs_for_its_prompt_counts(machine: Machine, powershell: str) -> None:
    machine.inside("command", DIRECTORY, "ours")
    with profile(machine, powershell, "function prompt { $env:Path = 'C:\\windows\\system32'; 'PS> ' }"):
        done = machine.onpath()
    assert 3 == done.returncode, done
    assert "pwsh       interactive  added" not in done.stdout


def test_a_prompt_of_powershell_that_fails_keeps_nobody_from_an_answer(
    machine: Machine, powershell: str
) -> None:
    with profile(machine, powershell, "$ErrorActionPreference = 'Stop'; function prompt { throw 'x' }"):
        done = machine.onpath()
    assert 0 == done.returncode, done


def test_what_a_profile_has_a_command_mean_is_told_to_an_installer(
    machine: Machine, powershell: str
) -> None:
    text = "Set-Alias cow Get-Date; function dog { 'wow' }; function calf { calf.exe --soft }"
    asked = "request.make('check', ('C:\\\\tools',), commands=('cow', 'dog', 'calf', 'bird'))"
    code = f"""from onpath import request, verbs
print([(str(each.context), each.before.meanings) for each in verbs.check({asked}).outcomes])"""
    with profile(machine, powershell, text):
        done = machine.run_python("-c", code)
    hiding = "('cow', 'alias', False), ('dog', 'function', False)"
    assert f"('pwsh interactive', ({hiding}, ('calf', 'function', True)))" in done.stdout, done
    assert "('cmd interactive', ())" in done.stdout, done


def test_a_profile_that_leaves_where_nobody_types_is_asked_as_if_somebody_did(
    machine: Machine, powershell: str
) -> None:
    text = "if ([Environment]::GetCommandLineArgs() -match '-Command') { return }\n$env:Path = ''"
    with profile(machine, powershell, text):
        done = machine.onpath("--check", "--shell", "pwsh")
    assert 3 == done.returncode, done
    assert "its profile looks at the command line" in done.stdout, done
    assert "take that test out of it" in done.stdout


def test_our_directory_after_an_unpaired_quote_is_not_put_there_twice(machine: Machine) -> None:
    text = f'C:\\a;"C:\\broken;{DIRECTORY};C:\\b'
    put(machine, text)
    done = machine.onpath()
    assert 1 == done.returncode
    assert text == value(machine)
    fact, cure = 'after the entry "C:\\broken , whose quote has no pair', "take the quote out"
    assert f"{fact}, so it was left alone; {cure}" in done.stderr
    assert 'cmd finds no program after the entry "C:\\broken ' in machine.onpath("--check").stdout


def test_an_unpaired_quote_is_named_though_ours_is_before_it(machine: Machine) -> None:
    put(machine, 'C:\\a;"C:\\broken;C:\\b')
    done = machine.onpath()
    assert 0 == done.returncode
    assert f'{DIRECTORY};C:\\a;"C:\\broken;C:\\b' == value(machine)
    assert "in the user's Path, cmd finds no program after the entry \"C:\\broken " in done.stdout


def test_an_unpaired_quote_in_the_machines_path_is_named(machine: Machine) -> None:
    broken = 'C:\\broken"'
    machine.inside("machine_end", broken)
    try:
        done = machine.onpath()
    finally:
        machine.inside("machine_end", broken)
    assert 1 == done.returncode
    assert value(machine) is None
    told = 'cmd finds no program after the entry C:\\broken" , whose quote has no pair'
    assert f"was put back as it was: {told}" in done.stderr
    cure = "take the quote out (SystemPropertiesAdvanced)"
    assert f"in the machine's Path, {told}; {cure}" in done.stdout
    assert f"missing: {told}; {cure}" in done.stdout
    assert "rundll32" not in done.stdout


def test_a_folder_that_the_user_has_moved_is_spelled_as_windows_will_expand_it(machine: Machine) -> None:
    """A new Path comes behind the variable, and the logon's own APPDATA behind both."""
    machine.inside("variable", "APPDATA", r"C:\users\root\elsewhere")
    try:
        done = machine.onpath("--shell", "cmd")
        put_there = value(machine)
        undone = machine.onpath("--undo")
    finally:
        machine.inside("variable", "APPDATA")
    assert (0, 0) == (done.returncode, undone.returncode), (done, undone)
    assert put_there == r"%USERPROFILE%\AppData\Roaming\Python\Python311\Scripts"
    assert value(machine) is None


def test_a_comspec_that_is_no_command_processor_keeps_nothing_off_path(machine: Machine) -> None:
    machine.inside("variable", "COMSPEC", r"C:\nowhere\tcc.exe")
    try:
        done = machine.onpath("--shell", "cmd")
        look = machine.onpath("--check", "--shell", "cmd")
    finally:
        machine.inside("variable", "COMSPEC")
    assert (0, 0) == (done.returncode, look.returncode), (done, look)


def test_an_entry_of_ours_in_a_value_that_expands_no_more_is_put_there_in_full(machine: Machine) -> None:
    assert 0 == machine.onpath().returncode
    put(machine, f"C:\\a;{DIRECTORY}", SZ)
    assert 1 == machine.onpath("--check").returncode
    done = machine.onpath()
    assert 0 == done.returncode, done
    put_there = value(machine, SZ) or ""
    assert put_there.endswith(f"\\Python311\\Scripts;C:\\a;{DIRECTORY}")
    assert 0 == machine.onpath("--undo").returncode
    assert "C:\\a" == value(machine, SZ)


def test_a_look_counts_no_entry_in_which_a_shell_finds_no_program(machine: Machine) -> None:
    put(machine, f"C:\\a;{DIRECTORY} ")
    assert 1 == machine.onpath("--check").returncode
    assert 0 == machine.onpath().returncode


def test_a_directory_in_quotes_is_found_by_cmd_and_not_by_powershell(
    machine: Machine, powershell: str
) -> None:
    machine.inside("command", DIRECTORY, "ours")  # if a run makes the directory, that serves cmd
    put(machine, f'"{DIRECTORY}";C:\\a')
    done = machine.onpath()
    assert 1 == done.returncode, powershell
    assert " , which has quotes; take them out (rundll32 sysdm.cpl," in done.stdout
    assert f'"{DIRECTORY}";C:\\a' == value(machine)
    look = machine.onpath("--check").stdout
    assert "take them out" in look
    assert "To put it there" not in look  # that would change nothing


def test_two_runs_at_once_put_it_there_once(machine: Machine) -> None:
    assert [3, 3, 3] == machine.run_at_once(*[("-m", "onpath", "--no-verify")] * 3)
    assert DIRECTORY == value(machine)


def test_the_line_for_this_session_is_in_the_language_of_the_running_shell(machine: Machine) -> None:
    done = machine.run("cmd", "/c", machine.python[-1], "-m", "onpath", "--print")
    assert 'set "PATH=' in done.stdout
    assert r"\Python\Python311\Scripts;%PATH%" in done.stdout


def test_the_line_of_a_shell_that_is_named_is_in_its_language(machine: Machine) -> None:
    """`cmd` was said to run on Windows only."""
    done = machine.onpath(r"C:\tools", "--print", "--shell", "cmd")
    assert (0, 'set "PATH=C:\\tools;%PATH%"\n') == (done.returncode, done.stdout), done
    done = machine.onpath(r"C:\tools", "--print", "--shell", "powershell")
    assert (0, "$env:Path = 'C:\\tools' + ';' + $env:Path\n") == (done.returncode, done.stdout), done


def test_what_teamcity_is_told_is_a_path_of_windows(machine: Machine) -> None:
    """Joined by `:`, the first entry of the next step's PATH was gone, and ours was not there."""
    done = machine.onpath("--for", "ci", env={"TEAMCITY_VERSION": "2024.1"})
    said = done.stdout.splitlines()[-1]
    assert said.startswith("##teamcity[setParameter name='env.PATH' value='"), done
    ours, *entries = said.split("'")[3].split(";")
    assert ours.endswith(r"\Python311\Scripts")
    assert r"c:\windows\system32" in map(str.lower, entries)


def test_an_image_has_no_directory_of_windows(machine: Machine) -> None:
    done = machine.run_python("-m", "onpath", "--dockerfile")
    assert (2, "") == (done.returncode, done.stdout), done
    assert "run ensure-path --dockerfile on Linux" in done.stderr


def test_nothing_is_left_in_the_directory_and_in_the_temporary_folder(machine: Machine) -> None:
    machine.onpath()
    listing = machine.run("cmd", "/c", rf"dir /b %TEMP% {DIRECTORY}")
    assert "onpath-" not in listing.stdout.replace("greet-onpath.exe", "")


def make_wheel(folder: Path) -> Path:
    """Return a wheel with one module and one command, as small as one can be."""
    name = "greet_onpath-1.0"
    files = {
        "greet_onpath.py": "def main():\n    import os\n    print('hello from', os.environ['OS'][:7])\n",
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: greet-onpath\nVersion: 1.0\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": "[console_scripts]\ngreet-onpath = greet_onpath:main\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{name}.dist-info/RECORD"))
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{name}.dist-info/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel
