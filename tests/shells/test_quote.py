"""A directory is one literal word in every language: real shells and small decoders read it back."""

from __future__ import annotations

import ast
import contextlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from languages import ELSEWHERE, LANGUAGES, moved, read, read_environment_d
from onpath.errors import UnspellableError
from onpath.shells import UNIX_ROWS, quote
from samples import BOUNDED, DIRECTORIES, HOME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onpath.shells import Shell

# What means something in one shell or another.
NASTY = (
    *("$HOME", "${PATH}", "`id`", "$(id)", "a b", "a\tb", "'", '"', "\\", "\\'", "''", "!", "!!", "~"),
    *("*", "?", "[a]", "{a,b}", "&", ";", "|", "<", ">", "(", ")", "#", "%", "%PATH%", "^", "=", "-n"),
    *("é", "\udce9", "\u2018", "\u2019\u201a\u201b", "\r", "\x01", "\x7f", "@args", "$env:X", "$E:X"),
)
NASTY_DIRECTORIES = [f"{parent}/{name}" for parent in (HOME, "/opt") for name in NASTY] + [HOME, "/"]


def evaluate(shell: str, words: list[str]) -> list[str]:
    """Have a real `shell` print each of `words`."""
    script = "".join(f"printf '%s\\0' {word}\n" for word in words)
    run = subprocess.run(
        [shell],
        input=script.encode("utf-8", "surrogateescape"),
        env={"HOME": ELSEWHERE, "PATH": "/nowhere", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert b"" == run.stderr
    return run.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.parametrize("shell", ["/bin/sh", "bash"])
def test_a_real_shell_reads_each_nasty_name_as_it_is(shell: str) -> None:
    program = shutil.which(shell) or pytest.skip(f"{shell} is not installed")
    words = [quote.posix(directory, HOME) for directory in NASTY_DIRECTORIES]
    assert [moved(directory) for directory in NASTY_DIRECTORIES] == evaluate(program, words)


@settings(BOUNDED, max_examples=BOUNDED.max_examples // 4)
@given(st.lists(DIRECTORIES, min_size=1, max_size=20))
def test_sh_reads_any_name_as_it_is(directories: list[str]) -> None:
    """Relative to the home that the shell has, wherever the block was written."""
    words = [quote.posix(directory, HOME) for directory in directories]
    assert [moved(directory) for directory in directories] == evaluate("/bin/sh", words)


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_language_spells_nasty_names_or_refuses_them(name: str) -> None:
    language = LANGUAGES[name]
    spelled = 0
    for directory in NASTY_DIRECTORIES:
        try:
            word = language.quote(directory, HOME)
        except UnspellableError:
            continue
        assert moved(directory) == read(language, word)
        spelled += 1
    assert spelled > len(NASTY_DIRECTORIES) / 2


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_language_spells_any_name_or_refuses_it(name: str) -> None:
    language = LANGUAGES[name]

    @BOUNDED
    @given(DIRECTORIES)
    def law(directory: str) -> None:
        try:
            word = language.quote(directory, HOME)
        except UnspellableError:
            return
        assert moved(directory) == read(language, word)

    law()


@BOUNDED
@given(DIRECTORIES)
def test_xonsh_is_given_a_string_of_python(directory: str) -> None:
    if "$" in directory:
        with pytest.raises(UnspellableError):
            quote.xonsh(directory, HOME)
        return
    word = quote.xonsh(directory, HOME)
    before = "(__xonsh__.env['HOME'] + "
    is_below = word.startswith(before)
    literal = word[len(before) : -1] if is_below else word
    assert moved(directory) == (ELSEWHERE if is_below else "") + ast.literal_eval(literal)
    assert word.isascii()


# environment.d, which no shell reads.

ENVIRONMENT_D = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
TEXTS = st.text(min_size=1, max_size=12).filter(lambda name: not {"\0", "\n", ":", "/"} & set(name))
TEXT_DIRECTORIES = st.tuples(st.sampled_from(["/opt", HOME, HOME + "2"]), TEXTS).map("/".join)


def spelled_for_environment_d(directories: Iterable[str]) -> dict[str, str]:
    """Return those of `directories` that environment.d can spell, with the words."""
    found: dict[str, str] = {}
    for directory in directories:
        with contextlib.suppress(UnspellableError):
            found[directory] = quote.environment_d(directory, HOME)
    return found


def generated(home: Path, words: Iterable[str]) -> list[tuple[str, str]]:
    """Return what systemd makes of each of `words` as the first and as the last entry of a value."""
    file = home / ".config/environment.d/99-onpath.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"FIRST{i}={word}:/x\nLAST{i}=/x:{word}\n" for i, word in enumerate(words)]
    file.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
    done = subprocess.run(
        ["env", "-i", f"HOME={home}", "PATH=/usr/bin", ENVIRONMENT_D],
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert b"" == done.stderr
    show = "".join(f'printf \'%s\\0\' "$FIRST{i}" "$LAST{i}"\n' for i in range(len(lines)))
    shown = subprocess.run(
        ["/bin/sh"], input=done.stdout + show.encode(), capture_output=True, check=True, timeout=10
    )
    values = shown.stdout.decode().split("\0")
    return list(zip(values[::2], values[1::2]))


@pytest.mark.parametrize("directory", NASTY_DIRECTORIES)
def test_environment_d_spells_each_nasty_name_or_refuses_it(directory: str) -> None:
    """It refuses only what is not UTF-8, and control characters."""
    is_refused = any(c < " " or c == "\x7f" or "\udc80" <= c <= "\udcff" for c in directory)
    found = spelled_for_environment_d([directory])
    assert is_refused == (not found)
    for word in found.values():
        assert moved(directory) == read_environment_d(word)


@BOUNDED
@given(DIRECTORIES | TEXT_DIRECTORIES)
def test_environment_d_spells_any_name_or_refuses_it(directory: str) -> None:
    for word in spelled_for_environment_d([directory]).values():
        assert moved(directory) == read_environment_d(word)


@pytest.mark.skipif(not ENVIRONMENT_D.exists(), reason="there is no systemd")
def test_systemd_reads_any_name_as_it_is(tmp_path: Path) -> None:
    """As the first and as the last entry, whatever the home is called."""
    home = tmp_path / "o'home $x"

    def check(directories: Iterable[str]) -> None:
        spelled = spelled_for_environment_d(directories)
        expected = [moved(directory, str(home)) for directory in spelled]
        assert [(f"{d}:/x", f"/x:{d}") for d in expected] == generated(home, spelled.values())

    @BOUNDED
    @given(st.lists(DIRECTORIES | TEXT_DIRECTORIES, min_size=1, max_size=20))
    @example(
        [
            f"/opt/{name}"
            for name in ("\x80", "\xa0", "\u2028", "\ufeff", "\ufdcf", "\ufffd", "\U0010fffd")
        ]
    )
    def law(directories: list[str]) -> None:
        check(directories)

    check(NASTY_DIRECTORIES)
    law()


# Every language.


@pytest.mark.parametrize("row", UNIX_ROWS.values(), ids=lambda row: str(row.name))
def test_every_shell_spells_the_usual_directory_relative_to_home(row: Shell) -> None:
    """A dotfiles repository goes from one user name to another."""
    assert "ada" not in row.quote(f"{HOME}/.local/bin", HOME)


def test_the_usual_directory_reads_well() -> None:
    assert '"$HOME/.local/bin"' == quote.posix(f"{HOME}/.local/bin", HOME)


@pytest.mark.parametrize(
    ("spell", "name"),
    [
        (quote.yash, "\udce9"),
        (quote.csh, "*"),
        (quote.csh, "a\\b"),
        (quote.csh, "`id`"),
        (quote.rc, "\udce9"),
        (quote.rc, "\x01"),
        (quote.elvish, "\udce9"),
        (quote.nushell, "\udce9"),
        (quote.xonsh, "$HOME"),
        (quote.powershell, "\udce9"),
        (quote.environment_d, "\udce9"),
        (quote.environment_d, "a\tb"),
        (quote.environment_d, "\x7f"),
        (quote.environment_d, "\ufdd0"),
        (quote.environment_d, "\U0010ffff"),
    ],
)
def test_what_a_language_cannot_spell_is_refused_with_the_name(
    spell: Callable[[str, str], str], name: str
) -> None:
    with pytest.raises(UnspellableError, match="cannot put '/opt/"):
        spell(f"/opt/{name}", HOME)


@pytest.mark.parametrize(
    ("directory", "home", "rest"),
    [
        ("/home/ada/bin", "/home/ada", "/bin"),
        ("/home/ada/bin", "/home/ada/", "/bin"),
        ("/home/ada", "/home/ada", ""),
        ("/home/ada2/bin", "/home/ada", None),
        ("/opt/bin", "/home/ada", None),
        ("/opt/bin", "/", None),
        ("/opt/bin", "", None),
    ],
)
def test_below_is_what_follows_the_home(directory: str, home: str, rest: str | None) -> None:
    assert rest == quote.below(directory, home)


@BOUNDED
@given(st.text(max_size=5))
def test_what_is_plain_needs_no_quotes(text: str) -> None:
    assert quote.is_plain(text) == bool(re.fullmatch(r"[\w/.+-]*", text, re.ASCII))
