"""`--system` on Windows: the machine's `Path`, for every user, with the real registry."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from onpath.places.user_registry import MACHINE_KEY
from windows_cases import EXPAND, SZ
from windows_machine import INSIDE, close
from windows_values import profile, put, value

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from windows_machine import Machine

D = r"C:\Program Files\onpath test\bin"
PLACE = "Program Files/onpath test"  # on the drive
USUAL = r"%SystemRoot%\system32;%SystemRoot%"
RECEIPT = ("ProgramData", "onpath", "receipt.json")
NOT_OF_WINE = "Wine makes access lists of the modes of Unix; here is no Unix"


@pytest.fixture
def machine(windows: Machine) -> Iterator[Machine]:
    """Give the machine, with a directory for every user; all is as it was after it."""
    kind, raw = windows.inside("share")
    yield windows
    windows.inside("unshare", str(kind), raw)


@pytest.fixture
def drive(machine: Machine) -> Path:
    """Give the drive C: as Unix has it."""
    if not machine.is_wine:
        pytest.skip(NOT_OF_WINE)
    return machine.prefix / "drive_c"


def put_shared(machine: Machine, text: str, kind: int = EXPAND) -> None:
    """Make `text` the machine's `Path`."""
    put(machine, text, kind, "machine")


def shared(machine: Machine, kind: int = EXPAND) -> str:
    """Return the machine's `Path`, which must be of type `kind`."""
    return value(machine, kind, "machine") or ""


@pytest.mark.parametrize(
    ("kind", "text"), [(EXPAND, USUAL + ";C:\\ü;;"), (SZ, r"C:\windows\system32;C:\windows")]
)
def test_every_user_gets_it_and_undo_gives_every_byte_back(
    machine: Machine, kind: int, text: str
) -> None:
    put_shared(machine, text, kind)
    put(machine, r"C:\own")
    told = machine.onpath("--diff", "--system", D)
    assert f"+{D}" in told.stdout.splitlines()
    assert text == shared(machine, kind)
    first = machine.onpath("--system", D)
    assert first.returncode == 0, first
    assert "services have the new one when Windows has started again" in first.stdout
    assert (f"{D};{text}", r"C:\own") == (shared(machine, kind), value(machine))
    if kind == EXPAND:  # who starts a program with a REG_SZ of Wine gets it expanded
        assert "ran hello" in machine.run("cmd", "/c", "hello").stdout
    second = machine.onpath("--system", "--json", D)
    assert ("effective", []) == tuple(json.loads(second.stdout)[name] for name in ("status", "edits"))
    assert f"{D};{text}" == shared(machine, kind)
    assert 0 == machine.onpath("--undo", "--system").returncode
    assert (text, r"C:\own") == (shared(machine, kind), value(machine))
    left = machine.run("cmd", "/c", r"dir /b %ProgramData% %SystemRoot%")
    assert "onpath" not in left.stdout


def test_values_that_nobody_thought_of_are_kept_but_for_one_entry(
    machine: Machine, request: pytest.FixtureRequest
) -> None:
    examples = 150 if request.config.getoption("all") else 15
    assert machine.inside("laws", "machine", str(examples), timeout_s=7200) >= examples


def test_what_is_on_the_administrators_own_path_alone_is_not_every_users(machine: Machine) -> None:
    put(machine, D)
    assert 0 == machine.onpath("--check", D).returncode
    assert 1 == machine.onpath("--check", "--system", D).returncode
    assert 0 == machine.onpath("--system", D).returncode
    assert shared(machine).startswith(f"{D};")
    assert 0 == machine.onpath("--undo").returncode
    assert shared(machine).startswith(f"{D};")  # another receipt


def test_what_the_administrators_own_profile_adds_is_not_every_users(
    machine: Machine, powershell: str
) -> None:
    text = f"$env:Path += ';{D}'"
    with profile(machine, powershell, text):
        own = machine.onpath("--check", "--shell", "pwsh", D)
        every = machine.onpath("--check", "--system", "--shell", "pwsh", D)
    assert (0, 1) == (own.returncode, every.returncode), (own, every)


def run_behind(machine: Machine, autorun: str) -> subprocess.CompletedProcess[str]:
    """Run for every user's cmd, which runs `autorun` first."""
    machine.inside("autorun", autorun)
    try:
        return machine.onpath("--system", "--shell", "cmd", D)
    finally:
        machine.inside("autorun")


def test_what_every_cmd_runs_first_can_take_it_away_and_then_it_is_put_back(machine: Machine) -> None:
    before = shared(machine)
    done = run_behind(machine, r"set PATH=C:\windows\system32")
    assert done.returncode == 1, done
    assert "was put back as it was" in done.stderr
    assert before == shared(machine)


def test_what_every_cmd_runs_first_may_be_an_if(machine: Machine) -> None:
    """What follows on its line would be run where the `if` is true, and only there."""
    done = run_behind(machine, r"if exist C:\nofile set X=1")
    assert done.returncode == 0, done


def test_a_window_of_another_process_is_told(machine: Machine) -> None:
    listener = machine.start_python(machine.name(INSIDE), "listen", "300")
    try:
        assert listener.stdout
        assert b"ready" in listener.stdout.readline()
        assert 3 == machine.onpath("--system", "--no-verify", D).returncode
        told = listener.stdout.readline()
    finally:
        close(listener)
    assert ["0 Environment"] == json.loads(told)


def test_the_library_does_the_same(machine: Machine) -> None:
    text = (
        "import onpath, sys; D = sys.argv[1]; s = {'system': True, 'timeout': 100}; "
        "print(onpath.check(D, **s).status, onpath.ensure(D, **s).require().status, "
        "onpath.check(D, **s).ok, onpath.undo(system=True).status)"
    )
    done = machine.run_python("-c", text, D)
    assert "missing changed True changed" == done.stdout.strip(), done


def test_an_order_is_among_the_machines_own_entries(machine: Machine) -> None:
    put_shared(machine, USUAL)
    for order, after in (("--append", f"{USUAL};{D}"), ("--prepend", f"{D};{USUAL}")):
        assert 0 == machine.onpath("--system", order, D).returncode
        assert after == shared(machine)


def test_who_is_no_administrator_gets_a_line_that_works_for_one(machine: Machine) -> None:
    words = ("-m", "onpath", "--system", D)
    before = shared(machine)
    out = r"C:\said"
    python = machine.python[-1]
    program = (
        "import subprocess, sys; "
        f"sys.exit(subprocess.call([{python!r}, *{words!r}], stderr=open({out!r}, 'w')))"
    )
    code = machine.inside("unprivileged", python, "-c", program)
    said = machine.run("cmd", "/c", "type", out).stdout
    assert (1, before) == (code, shared(machine)), said
    assert "only an administrator can change what every user has; " in said
    assert f'-m onpath --system "{D}"' in said


def test_two_runs_at_once_put_it_there_once(machine: Machine) -> None:
    put_shared(machine, USUAL)
    assert [3, 3, 3] == machine.run_at_once(*[("-m", "onpath", "--system", "--no-verify", D)] * 3)
    assert f"{D};{USUAL}" == shared(machine)


@pytest.mark.parametrize(("own", "is_refused"), [("C:\\" + "x" * 360, True), ("C:\\" + "x" * 40, False)])
def test_a_path_with_which_cmd_finds_nothing_is_refused_by_the_administrators_own_too(
    machine: Machine, own: str, *, is_refused: bool
) -> None:
    """And by what a new user has."""
    text = ";".join((USUAL, *(f"C:\\{number:037}" for number in range(190))))
    put_shared(machine, text)
    put(machine, own)
    done = machine.onpath("--system", "--no-verify", D)
    assert is_refused == ("together with a user's own" in done.stderr), done
    assert is_refused == (text == shared(machine))


# What Unix does with a directory so that others can write to it, or look into it, and what is said.
UNFIT = (
    (f"{PLACE}/bin", 0o777, 0, rf"Everyone can write to {D}"),
    (PLACE, 0o777, 0, r"Everyone can write to C:\Program Files\onpath test"),
    (f"{PLACE}/bin", 0o755, 65534, rf"{D} belongs to another user"),
    (f"{PLACE}/bin", 0o700, 0, f"other users may not look into {D}"),
)


def test_a_directory_that_others_can_write_to_is_refused(machine: Machine, drive: Path) -> None:
    """Also through a parent, and one that would be made there; there is no way around it."""
    before = shared(machine)
    for name, mode, owner, fact in UNFIT:
        place = drive / name
        old = place.stat()
        place.chmod(mode)
        shutil.chown(place, owner)
        changed = place.stat().st_mtime
        done = machine.onpath("--system", D)
        assert (1, True) == (done.returncode, f"ensure-path: {fact}" in done.stderr), (name, mode, done)
        assert (before, changed) == (shared(machine), place.stat().st_mtime)
        place.chmod(old.st_mode)
        shutil.chown(place, old.st_uid)
    (drive / PLACE).chmod(0o777)
    new = machine.onpath("--system", r"C:\Program Files\onpath test\new")
    assert (
        r"can write to C:\Program Files\onpath test and C:\Program Files\onpath test\new" in new.stderr
    ), new
    assert not (drive / PLACE / "new").exists()
    assert 2 == machine.onpath("--system", "--force", D).returncode


def test_a_receipt_that_others_may_have_made_is_not_believed(machine: Machine, drive: Path) -> None:
    """By one an undo would take any entry out, and put any other in its place."""
    put_shared(machine, f"{USUAL};{D}")
    path = drive.joinpath(*RECEIPT)
    path.parent.mkdir()
    try:
        path.parent.chmod(0o777)
        entry = {
            "key": MACHINE_KEY,
            "name": "Path",
            "text": "%SystemRoot%",
            "order": "prepend",
            "created": False,
            "replaced": r"C:\evil",
        }
        path.write_text(json.dumps({"version": 2, "entries": [entry], "files": [], "folders": []}))
        undone = machine.onpath("--undo", "--system")
        assert f"{USUAL};{D}" == shared(machine), undone
        done = machine.onpath("--system", "--append", r"C:\Program Files\onpath test")
        assert "may be another's, as Everyone can write to" in done.stdout + done.stderr, done
        assert path.exists()
    finally:
        shutil.rmtree(path.parent)


def test_nobody_else_can_write_to_the_receipt(machine: Machine, drive: Path) -> None:
    assert 0 == machine.onpath("--system", D).returncode
    folder = drive.joinpath(*RECEIPT).parent
    assert 0 == folder.stat().st_mode & 0o022
    assert ["receipt.json"] == [path.name for path in folder.iterdir()]
