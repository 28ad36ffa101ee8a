"""A name is literal in every shell and nothing in it runs; or it is refused and nothing changes."""

from __future__ import annotations

import shutil
import stat
import tempfile
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands import (
    changed,
    check_effective,
    code_of,
    ensure_path,
    naming,
    option,
    own_files,
    put_tools,
    snapshot,
)
from samples import BOUNDED, EXAMPLES
from terminals import INTERACTIVE, LOGIN, ONE_OF_EACH, PROGRAMS, ask, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from programs import Require

CANARY = "CANARY"  # appears where a part of a name was run
NAMES = (
    *("a b", " lead", "trail ", "tab\there", "\x01", "\x7f", "cr\rx", "\x1b[31m"),
    *("it's", 'dou"ble', "'", '"', "''", "\\'", "a'b\"c", "\u2019", "$'\\n'"),
    *("$HOME", "${HOME}", "$0", "$env.HOME", "%PATH%", "%7E", "@(1)", "(x)", "\\x41"),
    *("`touch CANARY`", "$(touch CANARY)", ";touch CANARY", "&touch CANARY", "|touch CANARY"),
    *("<CANARY", ">CANARY", "!touch", "!!", "bang!", "#", "a#b", "~", "~root", "=", "a=b"),
    *("*", "?", "[", "[a]", "{a,b}", "^", "back\\slash", "trailing\\", "-dash", "-n", "a,b"),
    *("日本", "e\u0301", "\udcff\udcfe"),
)

HOMES = (
    'it\'s a "home"; touch CANARY & # ~ !! ^',
    "$HOME $X $(touch CANARY) %",
    "`touch CANARY`",
    "*?[a]{b,c}",
    "back\\slash\\",
    "日本",
    "\udcff",
)

FED_SHELLS = ("dash", "bash", "zsh", "fish", "tcsh")
FED = settings(
    BOUNDED,
    max_examples=EXAMPLES or 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILES = (".profile", ".bashrc", ".zshrc", ".kshrc", ".mkshrc", ".yashrc", ".cshrc", ".rcrc")
OWNERS = ("bash", "zsh", "ksh93", "mksh", "yash", "tcsh", "rc")


def is_spellable(shell: str, name: str) -> bool:
    """Tell whether the language of `shell` has a literal for `name`."""
    return PROGRAMS[shell].unspellable.isdisjoint(name)


def put_named(folder: Path, names: tuple[str, ...]) -> tuple[Path, ...]:
    """Make a directory of each name, with a command of its own, and in the first one that runs all."""
    directories = tuple(folder / name for name in names)
    for number, directory in enumerate(directories):
        directory.mkdir(parents=True)
        put_program(directory / f"command-{number}", """printf '%s\\n' "$0"\n""")
    lines = "".join(f"command-{number} || echo\n" for number in range(len(directories)))
    every = f'{{\n{lines}}} >"$1.new"\n/bin/mv -f "$1.new" "$1"\n'
    put_program(directories[0] / "every-command", every)
    return directories


def put_program(file: Path, text: str) -> None:
    """Make an executable `file` that does what `text` says."""
    file.write_text(f"#!/bin/sh\n{text}")
    file.chmod(0o755)


def check_literal(shell: str, mode: str, home: Path, directories: tuple[Path, ...]) -> None:
    """Start the shell, and assert that each directory is on PATH once and its command runs by name."""
    answer = ask(shell, mode, home, command="every-command")
    assert answer.ran, (shell, mode, answer)
    ran = [f"{directory}/command-{number}" for number, directory in enumerate(directories)]
    assert ran == answer.ran.split("\n")[:-1], (shell, mode)
    first = answer.path[: len(directories)]
    assert sorted(map(str, directories)) == sorted(first), (shell, mode, answer.path)
    assert len(set(answer.path)) == len(answer.path), (shell, mode, answer.path)


def check_nothing_ran(folder: Path) -> None:
    """Assert that no part of a name was run as a command."""
    assert list(folder.rglob(CANARY)) == []


@contextmanager
def new_home() -> Iterator[Path]:
    """Make a home for one example of Hypothesis, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="onpath-home-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def test_every_name_is_literal_and_effective(home: Path, tmp_path: Path, shell: str) -> None:
    """Below the home and elsewhere. In a login shell: what it is told is the same in each file."""
    spellable = [name for name in NAMES if is_spellable(shell, name)]
    names = tuple(f"{place}/{name}" for name in spellable for place in ("home/below", "outside"))
    directories, own = put_named(tmp_path, names), own_files(shell, home)
    before = snapshot(home, without=own)
    for some in (directories[::2], directories[1::2]):
        run = ensure_path(home, "--shell", option(shell), "--mode", LOGIN, "--", *some)
        assert run.code == 0, run
    check_literal(shell, LOGIN, home, directories)
    assert ensure_path(home, "--undo").code == 0
    check_nothing_ran(tmp_path)
    assert changed(before, snapshot(home, without=own)) == {}


def test_a_name_that_cannot_be_spelled_is_refused_before_any_write(
    home: Path, tmp_path: Path, shell: str
) -> None:
    own = own_files(shell, home)
    words = ("--shell", option(shell), "--mode", PROGRAMS[shell].cheapest_mode(), "--")
    names = [name for name in NAMES if not is_spellable(shell, name)]
    for folder, name in zip(cycle([home, tmp_path / "outside"]), names):
        (directory,) = put_named(folder, (name,))
        before = snapshot(home, without=own)
        run = ensure_path(home, *words, directory)
        assert run.code == 1, (name, run)
        assert "cannot put" in run.stderr, (name, run)
        assert changed(before, snapshot(home, without=own)) == {}
        shutil.rmtree(directory)
    check_nothing_ran(tmp_path)


def test_a_name_cannot_steer_the_terminal(home: Path) -> None:
    run = ensure_path(home, home / "\x1b[31mred\x07", *naming("dash"))
    assert run.code == 0, run
    assert "\x1b" not in run.stdout + run.stderr
    assert "\x07" not in run.stdout + run.stderr


# A Python that is told so reads names as ASCII, as with ISO 8859-1 where there is such a locale.
OTHER_ENCODING = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("shell", ["bash", "zsh"])  # fish itself cannot read such a HOME
def test_the_encoding_of_the_locale_has_no_say_in_which_directory_it_is(
    home: Path, tmp_path: Path, require: Require, shell: str
) -> None:
    require(shell)
    odd = home.rename(tmp_path / "j\xf6rg")
    tools, own = put_tools(odd, "b\xefn"), own_files(shell, odd)
    before = snapshot(odd, without=own)
    run = ensure_path(odd, tools, *naming(shell), env=OTHER_ENCODING)
    assert run.code == code_of(shell), run
    for mode in PROGRAMS[shell].modes_on_terminals():
        check_effective(shell, mode, odd, tools)
    assert ensure_path(odd, "--undo", env=OTHER_ENCODING).code == 0
    assert changed(before, snapshot(odd, without=own)) == {}


@pytest.mark.parametrize("name", HOMES)
def test_a_home_may_have_any_name_that_its_shell_can_live_with(
    home: Path, tmp_path: Path, name: str
) -> None:
    livable = [each for each in ONE_OF_EACH if PROGRAMS[each].uninhabitable.isdisjoint(name)]
    shells = {each: PROGRAMS[each].cheapest_mode() for each in livable if find(each)}
    odd = home.rename(tmp_path / name)
    tools = put_tools(odd)
    own = tuple(file for each in shells for file in own_files(each, odd))
    before = snapshot(odd, without=own)

    for mode in sorted(set(shells.values())):
        named = [each for each in shells if shells[each] == mode]
        words = [word for each in named for word in ("--shell", each)]
        run = ensure_path(odd, tools, *words, "--mode", mode)
        assert run.code == 0, run
        for each in named:
            check_effective(each, mode, odd, tools)
    check_nothing_ran(tmp_path)
    ensure_path(odd, "--undo")
    assert changed(before, snapshot(odd, without=own)) == {}


SIGNS = st.characters(codec="utf-8", exclude_characters="\0\n/:") | st.sampled_from(
    "$`'\"\\!*?[]{}~#;&|<>() \t=-^%@\udc80\udcff"
)
ONE_NAME = st.text(SIGNS, min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."} and len(name.encode("utf-8", "surrogateescape")) < 200
)


@FED
@given(st.lists(ONE_NAME, min_size=1, max_size=8, unique=True))
@example(["$(touch CANARY)", "`touch CANARY`", "';touch CANARY;'", "\\';touch CANARY;#"])
def test_names_of_hypothesis_are_literal_or_refused(names: list[str]) -> None:
    with new_home() as home:
        directories = put_named(home / "b", tuple(names))
        shells = [shell for shell in FED_SHELLS if find(shell)]
        words = [word for shell in shells for word in ("--shell", shell)]
        run = ensure_path(home, *words, "--mode", LOGIN, "--", *directories)
        spelled = [shell for shell in shells if all(is_spellable(shell, name) for name in names)]
        assert run.code == (0 if spelled == shells else 3), run
        for shell in spelled:
            check_literal(shell, LOGIN, home, directories)
        assert ("tcsh" in spelled) == (home / ".cshrc").exists()
        ensure_path(home, "--undo")
        check_nothing_ran(home)
        assert {"b"} == {each.name for each in home.iterdir()} - {".config", ".local", ".cache"}


@FED
@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=80), min_size=1))
@example({".bashrc": b"\xef\xbb\xbf#!/bin/sh\r\n\xff", ".profile": b"\n\n", ".zshrc": b"x \\"})
@example({".cshrc": b"# -*- coding: latin-1 -*-", ".kshrc": b"", ".rcrc": b"\0"})
def test_undo_gives_back_any_bytes_around_a_block(files: dict[str, bytes]) -> None:
    with new_home() as home:
        for name, content in files.items():
            (home / name).write_bytes(content)
            (home / name).chmod(0o640)
        before = snapshot(home)
        words = [word for shell in OWNERS if find(shell) for word in ("--shell", shell)]
        # Such bytes must not be run, so no shell is started.
        run = ensure_path(home, "--no-verify", *words)
        assert run.code == 3, run
        for name, content in files.items():
            first, _, rest = (home / name).read_bytes().partition(b"# --- onpath: ")
            rest = rest.rpartition(b" ---\n")[2]
            # A block begins on a line of its own, even where there was no newline.
            assert content in (first + rest, first[:-1] + rest)
            assert stat.S_IMODE((home / name).stat().st_mode) == 0o640
        assert ensure_path(home, "--undo").code == 0
        assert changed(before, snapshot(home)) == {}


COMMENT = st.binary(max_size=30).map(lambda raw: b"# " + raw.replace(b"\n", b"").replace(b"\0", b""))
ENDING = st.sampled_from([b"\n", b"\r\n", b"\n\n"])


@FED
@given(st.lists(st.tuples(COMMENT, ENDING), max_size=4), COMMENT | st.just(b""))
def test_a_block_works_between_any_comments(lines: list[tuple[bytes, bytes]], last: bytes) -> None:
    content = b"".join(comment + ending for comment, ending in lines) + last
    owners = {"dash": ".profile", "bash": ".bashrc", "zsh": ".zshrc", "tcsh": ".cshrc"}
    with new_home() as home:
        tools = put_tools(home)
        for name in owners.values():
            (home / name).write_bytes(content)
        before = snapshot(home)
        shells = [shell for shell in owners if find(shell)]
        run = ensure_path(home, tools, *(w for shell in shells for w in ("--shell", shell)))
        assert run.code == code_of(*shells), run
        for shell in shells:
            check_effective(shell, LOGIN, home, tools)
        if "bash" in shells:
            check_effective("bash", INTERACTIVE, home, tools)
        assert ensure_path(home, "--undo").code == 0
        assert changed(before, snapshot(home)) == {}
