"""What `onpath installer` writes: the same for the same, and nothing that a shell would run."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from onpath.errors import OnpathError, UsageError
from onpath.installers import command, script
from onpath.installers.settings import Settings, read

if TYPE_CHECKING:
    from pathlib import Path

LOCKED = "cow==1.0 --hash=sha256:" + "a" * 64
OTHER = LOCKED.replace("cow", "herd")
MINE = LOCKED.replace("cow", "my-cow")


def settings_in(raw: bytes) -> dict[str, object]:
    """Return the settings that a written install.sh has."""
    found = re.search(rb"^\{\n.*?^\}$", raw, re.MULTILINE | re.DOTALL)
    assert found
    values: dict[str, object] = json.loads(found[0])
    return values


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, two = (script.write(script.settings("cow[b,a]", extras=["c"], lock=LOCKED)) for _ in "12")
    assert one == two
    assert {*script.SCRIPTS} == {*one}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
def test_a_lock_for_some_pythons_makes_a_script_for_those() -> None:
    """PEP 751: on another one an installer must fail; what it leaves out for the new ones is missing."""
    package = '[[packages]]\nname = "cow"\nversion = "1"\nwheels = [{name = "cow-1-py3-none-any.whl", '
    package += f'url = "https://example.org/x", hashes = {{sha256 = "{"a" * 64}"}}}}]\n'
    lock = f'lock-version = "1.0"\nrequires-python = ">=3.12"\n{package}'
    chosen = script.settings("cow", requires_python="<3.14", lock=lock)
    assert [[(3, 12), (3, 14)]] == [[each[:2] for each in pair] for pair in chosen.pythons]


def test_the_settings_come_back_as_they_were() -> None:
    chosen = script.settings(
        "My.Cow",
        version=">=1,<2",
        extras=["b", "a"],
        more=["herd"],
        requires_python=">=3.10",
        lock=f"{MINE}\n{OTHER}",
    )
    for name, raw in script.write(chosen).items():
        values = settings_in(raw)
        assert name == values["script"]
        found = read(values)
        assert ("my-cow", "My.Cow[a,b]", ">=1,<2") == (found.name, found.requirement, found.version)
        assert ((MINE, OTHER), ("herd",)) == (found.lock, found.more)


@pytest.mark.parametrize(
    ("version", "requirement"),
    [(None, "cow"), ("1.0", "cow==1.0"), (">=1,<2", "cow>=1,<2"), ("~=1.0", "cow~=1.0")],
)
def test_a_version_is_pinned_unless_it_says_otherwise(version: str | None, requirement: str) -> None:
    assert (requirement,) == script.settings("cow", version=version).requirements()
    assert ("cow==9",) == script.settings("cow", version=version).requirements("9")


@given(st.text(max_size=30))
def test_what_is_no_package_is_refused_or_harmless(name: str) -> None:
    """Whatever is taken stands between apostrophes in a shell script."""
    try:
        chosen = script.settings(name)
    except UsageError:
        return
    assert not set("'`$\\\n\"") & set(chosen.requirement)


@pytest.mark.parametrize(
    "options",
    [
        {"version": "x y"},
        {"more": ["a'b"]},
        {"more": ["a @ https://x/'$(id)'"]},
        {"index_url": "https://x/'; id; '"},
        {"index_url": "https://x/\n"},
        {"requires_python": ">=x"},
        {"requires_python": "<3.9"},
        {"extras": ["a'b"]},
    ],
)
def test_what_would_not_stay_a_word_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="; "):
        script.settings("cow", **options)  # type: ignore[arg-type]


CLAUSES = st.builds(
    "{}3.{}.{}".format,
    st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~="]),
    st.integers(0, 16),
    st.integers(0, 9),
)


@given(st.lists(CLAUSES, min_size=1, max_size=4).map(",".join), st.integers(9, 20), st.integers(0, 12))
def test_the_ranges_of_pythons_say_what_packaging_says(spec: str, minor: int, micro: int) -> None:
    try:
        pythons = script.settings("cow", requires_python=spec).pythons
    except UsageError:
        pythons = ()
    is_in = any(low <= (3, minor, micro) < high for low, high in pythons)
    assert is_in == SpecifierSet(spec).contains(f"3.{minor}.{micro}")


def test_what_is_carried_is_what_runs_need() -> None:
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(script.pack()))) as zipped:
        names = set(zipped.namelist())
        assert {
            "onpath/installers/engine.py",
            "onpath/snippets/posix.sh",
            "platformdirs/unix.py",
        } <= names
        assert not [name for name in names if "__pycache__" in name or "template" in name]
        assert {(1980, 1, 1, 0, 0, 0)} == {info.date_time for info in zipped.infolist()}


def test_all_that_is_carried_can_be_read_by_the_oldest_python() -> None:
    """Whatever this Python has: `packaging` 26 has a `match`, which Python 3.9 cannot read."""
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(script.pack()))) as zipped:
        for name in zipped.namelist():
            if name.endswith(".py"):
                ast.parse(zipped.read(name), name, feature_version=(3, 9))


def test_what_the_oldest_python_cannot_read_is_told_to_the_author(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = [("onpath/a.py", b""), ("platformdirs/api.py", b"match a:\n    case 1: pass\n")]
    monkeypatch.setattr(script, "_files", lambda: iter(new))
    with pytest.raises(OnpathError, match=r"platformdirs of .* 3\.9, .*; write .* onpath\.pyz"):
        script.pack()


def test_the_bootstrap_can_stand_between_apostrophes() -> None:
    for raw in script.write(Settings("cow", "cow")).values():
        assert raw.isascii()
    text = script.program(*script.BOOTSTRAP)
    assert "'" not in text
    assert "'@" not in text


def test_the_command_line_writes_where_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "locked.txt"
    lock.write_text(f"{LOCKED}\n{OTHER}\n")
    words = [
        "cow",
        "--extra",
        "a",
        "--with",
        "herd",
        "--lock",
        str(lock),
        "--out",
        str(tmp_path / "new"),
    ]
    assert 0 == command.main(words)
    assert capsys.readouterr().out.splitlines() == [f"{tmp_path}/new/{name}" for name in script.SCRIPTS]
    if sys.platform != "win32":
        assert (tmp_path / "new" / "install.sh").stat().st_mode & 0o111


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
def test_an_author_is_told_that_a_lock_is_for_one_kind_of_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "pylock.toml"
    wheel = f'[[packages.wheels]]\nname = "cow-1-cp313-cp313-a.whl"\nhashes.sha256 = "{"a" * 64}"\n'
    lock.write_text(f'lock-version = "1.0"\n[[packages]]\nname = "cow"\nversion = "1"\n{wheel}')
    assert 0 == command.main(["cow", "--lock", str(lock), "--out", str(tmp_path)])
    assert "only cow-1-cp313-cp313-a.whl, so the script works on one kind" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "fact"),
    [
        ("--version", "nonsense", "'nonsense' is not a version"),
        ("--version", ">=", "'>=' is not a version"),
        ("--version", "===", "'===' is not a version"),
        ("--version", "===1'0", '"===1\'0" cannot be put into a script'),
        ("--extra", "a b", "'a b' is not the name of an extra"),
        ("--with", "a b", "'a b' is not a requirement"),
        ("--requires-python", "x", "'x' is not a range of versions"),
        ("--requires-python", "<3.9", "<3.9 allows no Python from 3.9 on"),
        ("--index-url", "ftp://x", "'ftp://x' is not an address"),
        ("--index-url", "x.example/simple", "'x.example/simple' is not an address"),
        ("--lock", "/not/there", "'/not/there': No such file or directory"),
        ("--lock", "/", "'/': Is a directory"),
        ("--lock", sys.executable, f"{sys.executable!r} is not UTF-8"),
        ("--lock", "", "'': No such file or directory"),
        *((option, "", "is empty") for option in ("--version", "--extra", "--index-url")),
        ("--requires-python", " ", "is empty"),
        ("--with", "", "'' is not a requirement"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="words of Unix")
def test_an_option_that_cannot_be_meant_is_named_with_the_fact_and_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, fact: str
) -> None:
    assert 2 == command.main(["cow", option, value, "--out", str(tmp_path)])
    start = re.escape(f"onpath installer: {option} {fact}")
    assert re.fullmatch(rf"{start}[^;\n]*; [^;\n]+\n", capsys.readouterr().err)
    assert [] == list(tmp_path.iterdir())


def test_a_lock_that_was_not_filled_locks_nothing_and_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export that failed leaves an empty file; a script without any hash would be the answer."""
    for text in ("", " \n", "# by uv\n"):
        (tmp_path / "lock.txt").write_text(text)
        words = ["cow", "--lock", str(tmp_path / "lock.txt"), "--out", str(tmp_path / "new")]
        assert 2 == command.main(words)
        assert "the lock file names no package; make it with uv export" in capsys.readouterr().err
        assert not (tmp_path / "new").exists()


def test_words_for_a_script_that_is_not_run_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == command.main(["cow", "--out", str(tmp_path), "--", "--version", "1.0"])
    assert "add --check, or leave it out" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["https://x.example/simple", "HTTP://localhost:3141/", "file:///wheels"])
def test_an_index_that_pip_and_uv_read_is_taken(url: str) -> None:
    assert url == script.settings("cow", index_url=url).index_url


@pytest.mark.parametrize(
    "words", [["co'w"], ["cow", "--lock", "/not/there"], ["cow", "--out", "/proc/nothing"]]
)
def test_the_command_line_says_what_is_wrong(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 != command.main(words)
    assert re.match(r"onpath installer: .*; .*\n$", capsys.readouterr().err)


def test_a_long_lock_is_in_no_argument_that_is_too_long() -> None:
    lock = "\n".join(LOCKED.replace("cow", f"cow{number or ''}") for number in range(3000))
    text = script.write(script.settings("cow", lock=lock))["install.sh"].decode("ascii")
    inside = text[text.index("give_settings() {") : text.index("\nTOOL=")]
    parts = inside.split("printf '%s\\n' '")[1:]
    assert max(map(len, parts)) < 128 << 10
    told = json.loads("".join(part.partition("'")[0] for part in parts))
    assert script.settings("cow", lock=lock).lock == tuple(told["lock"])
    assert len(text.splitlines()) < 500
