"""Every shell: one run is proven by a terminal, a second changes nothing, undo takes all back."""

from __future__ import annotations

import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from commands import changed, check_effective, code_of, ensure_path, naming, option, own_files, snapshot
from question import Question, private_folder, started
from screen import Screen
from terminals import (
    COMMAND,
    INTERACTIVE,
    LOGIN,
    ONE_OF_EACH,
    PATH,
    PROGRAMS,
    SESSION,
    ask,
    enter,
    find,
    fresh,
    insist,
)

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

MODES_WITHOUT_TERMINAL = tuple(
    (name, mode) for name, row in PROGRAMS.items() for mode in (SESSION, COMMAND) if mode in row.served
)
USUAL = PATH.split(":")
SHOWN = 4000  # bytes of a screen that tell where a chain has stopped
TIMEOUT_S = 600.0  # after which a chain counts as one that hangs, on a machine with much to do

UTF_8_CRLF_OPEN = b"# caf\xc3\xa9\r\n# no newline at the end"
LATIN_1_CRLF_OPEN = b"# caf\xe9\r\n# no newline at the end"
UTF_8_ONLY = tuple(name for name, row in PROGRAMS.items() if row.is_utf_8_only)


def put_existing(home: Path, name: str, content: bytes) -> list[Path]:
    """Write the startup files that the shell may have already, and return them."""
    files = [home / file for file in PROGRAMS[name].files]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return files


def test_one_run_is_effective_in_each_mode_a_second_changes_no_byte_and_undo_leaves_no_trace(
    home: Path, tools: Path, shell: str
) -> None:
    own = own_files(shell, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, *naming(shell))
    assert run.code == 0, run
    between = snapshot(home, without=own)
    assert changed(before, between)
    for mode in PROGRAMS[shell].modes_on_terminals():
        check_effective(shell, mode, home, tools)

    run = ensure_path(home, tools, *naming(shell))

    assert run.code == 0, run
    assert changed(between, snapshot(home, without=own)) == {}
    for said in ("removed ", "there was nothing to take back"):
        run = ensure_path(home, "--undo")
        assert run.code == 0, run
        assert said in run.stdout
        assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.parametrize("name", ["bash", "fish", "xonsh"])
def test_the_default_directory_is_made_and_taken_away_again(
    home: Path, require: Require, name: str
) -> None:
    require(name)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, "--shell", name)
    assert run.code == 0, run
    assert str(home / ".local/bin") in ask(name, LOGIN, home).path
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home, without=own)) == {}


def test_nested_shells_do_not_let_path_grow(home: Path, tools: Path, shell: str) -> None:
    ensure_path(home, tools, *naming(shell))
    outer, *inner = nested(home, [shell] * 4)
    assert outer.count(str(tools)) == 1
    assert [outer] * 3 == inner


def test_path_does_not_grow_through_a_chain_of_all_shells(home: Path, tools: Path) -> None:
    chain = [name for name in ONE_OF_EACH if find(name)]
    run = ensure_path(home, tools, *(word for name in chain for word in ("--shell", name)))
    assert run.code == code_of(*chain), run
    counts = {name: path.count(str(tools)) for name, path in zip(chain, nested(home, chain))}
    assert dict.fromkeys(chain, 1) == counts


def test_odd_bytes_of_existing_files_are_kept_and_given_back(
    home: Path, tools: Path, shell: str
) -> None:
    content = UTF_8_CRLF_OPEN if PROGRAMS[shell].is_utf_8_only else LATIN_1_CRLF_OPEN
    files = put_existing(home, shell, content)
    own = own_files(shell, home)
    before = snapshot(home, without=own)

    run = ensure_path(home, tools, *naming(shell))

    assert run.code == 0, run
    for mode in PROGRAMS[shell].modes_on_terminals():
        check_effective(shell, mode, home, tools)
    assert all(content in file.read_bytes() for file in files)
    for said in ("removed |taken out of ", "there was nothing to take back"):
        run = ensure_path(home, "--undo")
        assert run.code == 0, run
        assert re.search(said, run.stdout)
        assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.parametrize("name", UTF_8_ONLY)
def test_where_a_shell_cannot_read_its_own_file_nothing_changes(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    require(name)
    put_existing(home, name, LATIN_1_CRLF_OPEN)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", option(name))
    if run.code == 0:  # elvish 0.15 reads it
        for mode in PROGRAMS[name].modes_on_terminals():
            check_effective(name, mode, home, tools)
        return
    assert run.code == 1
    assert "put back as it was" in run.stderr
    assert changed(before, snapshot(home, without=own)) == {}


def test_append_and_prepend_move_the_entry(home: Path, tools: Path, shell: str) -> None:
    own = own_files(shell, home)
    before = snapshot(home, without=own)
    mode = PROGRAMS[shell].cheapest_mode()
    words = ("--shell", option(shell), "--mode", mode, tools)
    for order, is_behind in (("--append", True), ("--prepend", False)):
        run = ensure_path(home, order, *words)
        assert run.code == 0, run
        path = ask(shell, mode, home).path
        assert path.count(str(tools)) == 1
        # Not the very last: Debian's files for fish append more.
        assert is_behind == all(path.index(other) < path.index(str(tools)) for other in USUAL), path
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.parametrize(("name", "mode"), MODES_WITHOUT_TERMINAL)
def test_a_mode_without_a_terminal_is_served_when_it_is_asked_for(
    home: Path, tools: Path, require: Require, name: str, mode: str
) -> None:
    """An old version that reads no file then is told as one that lacks it, and nothing is edited."""
    require(name)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", option(name), "--mode", mode)
    if not PROGRAMS[name].reads(mode):
        assert (run.code, changed(before, snapshot(home, without=own))) == (1, {})
        assert f"{mode} still lacks it" in run.stderr
        return
    assert run.code == 0, run
    check_effective(name, mode, home, tools)


def test_a_mode_that_nothing_can_serve_is_no_success(home: Path, tools: Path) -> None:
    for mode in (INTERACTIVE, COMMAND):
        run = ensure_path(home, tools, "--shell", "dash", "--mode", mode)
        assert run.code == 1, run
        assert "no startup file" in run.stdout + run.stderr


def test_undo_finds_all_blocks_without_the_receipt(home: Path, tools: Path) -> None:
    names = [name for name in ONE_OF_EACH if find(name)]
    own = tuple(file for name in names for file in own_files(name, home))
    before = snapshot(home, without=own)
    ensure_path(home, tools, *(word for name in names for word in ("--shell", name)))
    (home / ".local/state/onpath/receipt.json").unlink()

    run = ensure_path(home, "--undo")

    assert run.code == 0, run
    # Who made which folder is known from the receipt alone.
    left = changed(before, snapshot(home, without=own)).values()
    assert [now for _, now in left if now is None or now.mode[0] != "d"] == []


def nested(home: Path, names: list[str]) -> list[tuple[str, ...]]:
    """Start shells in each other at one terminal, the first as a login; return the PATH of each."""
    paths: list[tuple[str, ...]] = []
    askers: set[str | None] = set()
    with private_folder() as folder, closing(Screen()) as screen:
        question = Question(folder, None, None, time.monotonic() + TIMEOUT_S)
        environ, login = fresh(names[0], home, PATH, folder), PROGRAMS[names[0]].argvs[LOGIN]
        with started(question, login, screen.device, "", environ) as outermost:
            for depth, name in enumerate(names):
                report, asker = "", None
                # Again while it is the shell outside that answers: not every start succeeds, in nushell.
                while asker in {None, *askers} and time.monotonic() < question.deadline:
                    report += "again"
                    if depth:
                        enter(question, str(find(name)), screen, outermost)
                    insist(question, f"{report}{depth}", screen, outermost)
                    asker = question.read(f"{report}{depth}.asker")
                askers.add(asker)
                paths.append(tuple((question.read(f"{report}{depth}") or "").split(":")))
        shown = screen.shown[-SHOWN:]
    assert len(names) == len(askers), shown  # else one stands still, or answers for another
    return paths
