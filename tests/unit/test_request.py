"""What can be asked for: a wrong call is told what is wrong with it, and what to write instead."""

from __future__ import annotations

import inspect
import os
import shlex
from enum import Enum
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onpath
from onpath.cli.grammar import parse
from onpath.contexts import MODES
from onpath.errors import UsageError
from onpath.model import ORDERS, SCHEMES, Report
from onpath.request import (
    FINDS_ONE,
    MAX_TIMEOUT_S,
    NOT_OF_A_SYSTEM,
    TAKES,
    Request,
    command,
    make,
    repeated,
)
from onpath.shells import quote
from onpath.values import replace
from samples import BOUNDED

VERBS: dict[str, Callable[..., object]] = {
    "check": onpath.check,
    "diff": onpath.diff,
    "ensure": onpath.ensure,
    "undo": onpath.undo,
}
DIRECTORY = "/opt/tools"


class NoMethods:
    """A progress that cannot be told anything."""


class NoPath:
    """A path that is none."""

    def __fspath__(self) -> int:
        return 5


class Shell(str, Enum):
    """Names as a program may keep them."""

    BASH = "bash"


# Wrong calls.


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        (
            "check",
            {"shells": ("bash",), "modes": ("x",)},
            "unknown mode 'x'; give one of login, inter",
        ),
        ("check", {"modes": "login"}, r"modes: 'login' is a string; give a list: modes=\['login'\]"),
        ("check", {"modes": ()}, "modes: the list is empty, .*; name one, or leave it out"),
        ("check", {"modes": 5}, "modes: 5 is not a list; give a list of strings"),
        ("check", {"modes": [5]}, "modes: 5 is not a string; give a list of strings"),
        ("check", {"shells": "bash"}, r"shells: 'bash' is a string; give a list: shells=\['bash'\]"),
        ("check", {"shells": []}, "shells: the list is empty, .*; name one, or leave it out"),
        ("check", {"shells": None}, "shells: None is not a list; give a list of strings"),
        ("check", {"shells": [None]}, "shells: None is not a string; give a list of strings"),
        ("check", {"shells": [NoPath()]}, "shells: .* is not a path; give a string or a pathlib.Path"),
        ("check", {"timeout": "5"}, "timeout: '5' is not a number of seconds; give one above 0, up to"),
        (
            "check",
            {"timeout_s": "5"},
            "timeout_s: check has no such argument; give one of python, scheme, ",
        ),
        (
            "check",
            {"keep_order": True},
            r"keep_order: check does nothing with it; leave it out \(it is for en",
        ),
        ("check", {"verify": False}, r"verify: check does nothing with it; leave it out \(it is for en"),
        ("diff", {"order": "sideways"}, "unknown order 'sideways'; give one of prepend, append"),
        ("diff", {"verify": False}, r"verify: diff does nothing with it; leave it out"),
        ("undo", {"shells": ("fish",)}, r"shells: undo does nothing with it; leave it out \(it is for "),
        ("undo", {"progress": None}, "progress: undo does nothing with it; leave it out"),
        ("ensure", {"scheme": "global"}, "unknown scheme 'global'; give one of user, unversioned"),
        ("ensure", {"scheme": None}, "unknown scheme None; give one of user, unversioned"),
        ("ensure", {"verify": "no"}, "verify: 'no' is not a truth value; give True or False"),
        ("ensure", {"force": 1}, "force: 1 is not a truth value; give True or False"),
        ("ensure", {"replace_stale": None}, "replace_stale: None is not a truth value; give True or"),
        ("ensure", {"home": 5}, "home: 5 is not a path; give a string or a pathlib.Path"),
        ("ensure", {"home": b"/x"}, r"home: b'/x' is bytes; give os.fsdecode\(b'/x'\)"),
        (
            "ensure",
            {"home": "/a\0b"},
            r"home: there is a NUL in '/a.x00b', and in no file's name; leave",
        ),
        ("ensure", {"shells": ["/bin/a\0b"]}, r"shells: there is a NUL in '/bin/a.x00b', and in no fil"),
        ("ensure", {"shells": b"bash"}, "shells: b'bash' is bytes; give a list of strings"),
        ("ensure", {"home": ""}, "home: an empty name means no place; name one, or leave it out"),
        ("ensure", {"python": ""}, "python: an empty name means no place; name one, or leave it out"),
        ("ensure", {"python": []}, r"python: \[\] is not a path; give a string or a pathlib.Path"),
        (
            "ensure",
            {"python": "/opt/\ud800"},
            "python: no file has a name like '/opt/.ud800'; rename it",
        ),
        (
            "ensure",
            {"environ": ["HOME=/x"]},
            "environ: this list is not a mapping; give names and value",
        ),
        (
            "ensure",
            {"environ": {"HOME": 5}},
            "environ: 'HOME' or its value is not a string; give string",
        ),
        (
            "check",
            {"environ": {"LANG": "\ud800"}},
            "environ: no program can be given 'LANG' and its value",
        ),
        ("check", {"environ": {"A": "x\0y"}}, "environ: no program can be given 'A' and its value"),
        ("ensure", {"environ": {5: "x"}}, "environ: 5 or its value is not a string; give strings alone"),
        ("ensure", {"progress": NoMethods()}, "progress: .* has no method started; see onpath.Progress"),
        ("ensure", {"progress": print}, "progress: .* has no method started; see onpath.Progress"),
    ],
)
def test_a_wrong_argument_is_named_with_its_cure(verb: str, options: dict[str, Any], words: str) -> None:
    """Before anything is looked at, also by a caller who does not go through the types."""
    with pytest.raises(UsageError, match=f"^{words}"):
        VERBS[verb](DIRECTORY, **options)


@pytest.mark.parametrize(
    ("timeout", "fact"),
    [
        *((each, "is not a number of seconds") for each in (float("nan"), True, "5")),
        *((each, "is not above 0") for each in (-float("inf"), 0, -1)),
        *((each, "is more than 3600 seconds") for each in (float("inf"), 3600.1)),
    ],
)
def test_a_timeout_is_a_number_of_seconds_above_0_and_up_to_an_hour(timeout: Any, fact: str) -> None:
    with pytest.raises(UsageError, match=f"^timeout: {timeout!r} {fact}; give one above 0, up to 3600$"):
        onpath.check(DIRECTORY, timeout=timeout)


@pytest.mark.parametrize(
    ("directory", "words"),
    [
        (b"/opt/x", r"a directory: b'/opt/x' is bytes; give os.fsdecode\(b'/opt/x'\)"),
        (5, "a directory: 5 is not a path; give a string or a pathlib.Path"),
        (None, "a directory: None is not a path; give a string or a pathlib.Path"),
        (["/x"], r"a directory: \['/x'\] is a list; give each directory .* its own: check\(\*direc"),
        ((x for x in "a"), r"a directory: .* is a generator; give each .* own: check\(\*directories\)"),
        (
            "/opt/a\0b",
            r"a directory: there is a NUL in '/opt/a.x00b', and in no file's name; leave it out",
        ),
        ("/opt/\ud800", "a directory: no file has a name like '/opt/.ud800'; rename it"),
    ],
)
def test_a_directory_that_is_no_path_is_named_with_the_cure(directory: Any, words: str) -> None:
    with pytest.raises(UsageError, match=f"^{words}"):
        onpath.check("/opt/good", directory)


def test_a_progress_is_an_object_and_no_class_of_such() -> None:
    class Mine:
        def started(self, *_: object) -> None:
            """Do nothing."""

        def settled(self, _: object) -> None:
            """Do nothing."""

    class Itself:
        @staticmethod
        def started(*_: object) -> None:
            """Do nothing."""

        @classmethod
        def settled(cls, _: object) -> None:
            """Do nothing."""

    with pytest.raises(UsageError, match=r"progress: .*Mine'> is a class; give one that"):
        make("check", (), {"progress": Mine})
    assert isinstance(make("check", (), {"progress": Mine()}).progress, Mine)
    assert Itself is make("check", (), {"progress": Itself}).progress


def test_a_progress_must_have_both_methods() -> None:
    class Half:
        def started(self, *_: object) -> None:
            """Do nothing."""

    progress: Any = Half()
    with pytest.raises(UsageError, match=r"^progress: .* has no method settled; see onpath\.Progress"):
        onpath.check(DIRECTORY, progress=progress)


def test_an_environment_that_is_refused_is_not_shown() -> None:
    """It may hold secrets, and the message may end up in a log."""
    for environ in (["TOKEN=secret"], {"TOKEN": "secret", "X": 5}, {b"TOKEN": b"secret"}):
        with pytest.raises(UsageError) as raised:
            make("check", (), {"environ": environ})
        assert "secret" not in str(raised.value)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.sampled_from([NoPath(), NoMethods(), print, object, os.environ, Path("x"), 1j, ...])
    | st.sampled_from([*MODES, *ORDERS, *SCHEMES, "used", "all"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=4,
)
NAMES = sorted({name for names in TAKES.values() for name in names})


@BOUNDED
@given(
    st.sampled_from(sorted(TAKES)),
    st.lists(ODD, max_size=2),
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), ODD, max_size=4),
)
def test_no_odd_value_of_any_argument_raises_anything_else(
    verb: str, directories: list[Any], options: dict[str, Any]
) -> None:
    try:
        request = make(verb, directories, options)
    except UsageError:
        return
    is_string = all(isinstance(each, str) for each in (*request.directories, *request.shells))
    assert is_string
    assert set(request.modes) <= set(MODES)
    assert request.order in {None, *ORDERS}
    assert request.scheme in SCHEMES
    assert request.timeout_s is None or 0 < request.timeout_s <= MAX_TIMEOUT_S
    assert {request.is_verified, request.is_forced, request.replaces_stale} <= {True, False}


@BOUNDED
@given(st.sampled_from(NAMES), ODD)
def test_each_argument_with_any_odd_value_is_meant_or_a_usage_error(name: str, value: Any) -> None:
    for verb, names in TAKES.items():
        try:
            make(verb, (), {name: value})
        except UsageError:
            continue
        assert name in names


# Calls that are meant.


def test_what_is_left_out_is_as_a_plain_run_has_it() -> None:
    for verb in TAKES:
        assert Request(verb, asks_everywhere=verb == "where") == make(verb)
    assert (None, True, ()) == (
        make("ensure").timeout_s,
        make("ensure").is_verified,
        make("ensure").modes,
    )


def test_every_argument_is_in_the_request(tmp_path: Path) -> None:
    class Mine:
        def started(self, *_: object) -> None:
            """Do nothing."""

        def settled(self, _: object) -> None:
            """Do nothing."""

    mine, environ = Mine(), {"HOME": "/x"}
    options = {
        "python": Path("/opt/python"),
        "scheme": "unversioned",
        "shells": iter(["bash", Path("/bin/zsh")]),
        "modes": ["login", "session"],
        "order": "append",
        "keep_order": True,
        "seen": (seen := Report("missing", ())),
        "home": tmp_path,
        "timeout": 3,
        "verify": True,
        "force": True,
        "replace_stale": True,
        "whole": True,
        "environ": environ,
        "progress": mine,
    }
    assert set(TAKES["ensure"]) == {*options, "system"}  # which goes with few of the others
    expected = Request(
        python="/opt/python",
        scheme="unversioned",
        shells=("bash", "/bin/zsh"),
        modes=("login", "session"),
        order="append",
        keeps_order=True,
        seen=seen,
        home=str(tmp_path),
        timeout_s=3.0,
        is_forced=True,
        replaces_stale=True,
        is_whole=True,
        environ=environ,
        progress=mine,
    )
    assert expected == make("ensure", (), options)
    assert ("/opt/a", "b") == make("ensure", ["/opt/a", Path("b")]).directories


def test_none_is_as_if_it_was_left_out() -> None:
    nothing = ("python", "modes", "order", "seen", "home", "timeout", "environ", "progress")
    assert Request() == make("ensure", (), dict.fromkeys(nothing))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"keep_order": True}, "keep_order: it does nothing without order; give"),
        ({"whole": True, "verify": False}, "whole: without a proof nothing tells what is all; leave"),
    ],
)
def test_what_means_nothing_beside_the_rest_is_refused(options: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        make("ensure", (), options)
    assert not make("ensure", (), {"verify": False}).is_verified


@pytest.mark.parametrize("name", FINDS_ONE)
def test_what_finds_a_directory_does_not_go_with_one(name: str) -> None:
    given = {"python": "python3", "scheme": "unversioned"}
    assert set(given) == set(FINDS_ONE)
    with pytest.raises(UsageError, match=f"{name}: it finds a directory, and one is named; leave one"):
        make("ensure", ("/opt/x",), {name: given[name]})
    nothing = {"python": None, "scheme": "user"}
    assert Request(directories=("/opt/x",)) == make("ensure", ("/opt/x",), {name: nothing[name]})


@pytest.mark.parametrize("name", NOT_OF_A_SYSTEM)
def test_what_means_one_user_does_not_go_with_every_user(name: str) -> None:
    given = {"home": "/x", "scheme": "unversioned", "force": True, "replace_stale": True}
    assert set(given) == set(NOT_OF_A_SYSTEM)
    with pytest.raises(UsageError, match=f"{name}: it does nothing with system=True; leave it out"):
        make("ensure", (), {"system": True, name: given[name]})
    nothing = {"home": None, "scheme": "user", "force": False, "replace_stale": False}
    request = make("ensure", (), {"system": True, name: nothing[name]})
    assert Request(is_for_every_user=True) == request


def test_an_order_that_is_kept_is_no_part_of_the_proof() -> None:
    assert "append" == make("ensure", (), {"order": "append"}).proven_order
    assert None is make("ensure", (), {"order": "append", "keep_order": True}).proven_order


def test_all_shells_and_those_in_use_are_named_by_words() -> None:
    assert ((), True) == ((request := make("check", (), {"shells": "all"})).shells, request.all_shells)
    assert ((), False) == ((request := make("check", (), {"shells": "used"})).shells, request.all_shells)


def test_a_tilde_is_the_home_of_the_session_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    homes = (make("check", (), {"home": each}).home for each in ("~", "~/x", Path("~/x")))
    assert ["/home/ada", "/home/ada/x", "/home/ada/x"] == list(homes)
    assert "/b/x" == make("check", (), {"home": "~/x", "environ": {"HOME": "/b"}}).home


def test_in_a_folder_that_is_gone_a_relative_home_means_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(
        UsageError, match=r"home: \. means nothing, since the current folder is gone; name"
    ):
        make("check", (), {"home": "."})
    assert "ensure-path a --check" == command(make("check", ["a"]), "check")


def test_a_relative_home_is_below_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"{tmp_path}/home" == make("check", (), {"home": "home"}).home


def test_a_member_of_an_enumeration_counts_as_its_value() -> None:
    class Mode(str, Enum):
        LOGIN = "login"

    request = make("check", (), {"shells": [Shell.BASH], "modes": [Mode.LOGIN]})
    assert ("bash",) == request.shells
    assert {str} == {type(each) for each in (*request.shells, *request.modes)}
    assert "login" == f"{request.modes[0]}"


def test_any_mapping_of_strings_is_an_environment() -> None:
    assert os.environ is make("check", (), {"environ": os.environ}).environ
    assert {} == make("check", (), {"environ": {}}).environ


def test_the_functions_take_what_the_table_says() -> None:
    """And so `help()`, editors and type checkers see what is validated."""
    for verb, call in VERBS.items():
        parameters = list(inspect.signature(call).parameters.values())
        assert inspect.Parameter.VAR_POSITIONAL == parameters[0].kind
        assert set(TAKES[verb]) == {parameter.name for parameter in parameters[1:]}
        assert {inspect.Parameter.KEYWORD_ONLY} == {parameter.kind for parameter in parameters[1:]}


def test_the_defaults_of_the_functions_ask_for_what_a_plain_run_does() -> None:
    for verb, call in VERBS.items():
        parameters = inspect.signature(call).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.kind == inspect.Parameter.KEYWORD_ONLY}
        assert Request(verb) == make(verb, (), defaults)


PLACED = "--python p --scheme unversioned --home /h"
ORDERED = "--python p --scheme unversioned --append --home /h"


@pytest.mark.parametrize(
    ("verb", "directories", "options", "text", "expected"),
    [
        ("ensure", (), {}, "ensure-path --timeout 60", "ensure-path --timeout 60"),
        (
            "ensure",
            ("~/a b", "/x"),
            {"shells": ["zsh", "/bin/sh"], "order": "append", "timeout": 5, "force": True},
            "a; ensure-path --timeout 60",
            "a; ensure-path ~/'a b' /x --shell zsh --shell /bin/sh --append --force --timeout 60",
        ),
        (
            "check",
            (),
            {"shells": "all", "modes": ["ssh"], "timeout": 2.5},
            "run ensure-path --timeout 60; or look",
            "run ensure-path --all-shells --for ssh --check --timeout 60; or look",
        ),
        (
            "check",
            (),
            {"shells": "all", "modes": ["ssh"], "timeout": 2.5},
            "ensure-path --for cron",
            "ensure-path --all-shells --timeout 2.5 --for cron",
        ),
        ("check", (), {"shells": "all"}, "ensure-path --shell zsh", "ensure-path --check --shell zsh"),
        (
            "ensure",
            (),
            {"order": "append", "home": "/h", "verify": False, "scheme": "unversioned", "python": "p"},
            "ensure-path --undo, ensure-path --check",
            f"ensure-path --home /h --undo, ensure-path {ORDERED} --check",
        ),
        (
            "ensure",
            (),
            {"order": "append", "home": "/h", "verify": False, "scheme": "unversioned", "python": "p"},
            "ensure-path --prepend",
            f"ensure-path {PLACED} --no-verify --prepend",
        ),
        ("ensure", ("/x",), {}, "run HOME=/y ensure-path", "run HOME=/y ensure-path /x"),
        ("ensure", ("/x",), {}, "run this again", "run this again"),
    ],
)
def test_a_cure_repeats_what_else_was_asked_for(
    verb: str, directories: tuple[str, ...], options: dict[str, Any], text: str, expected: str
) -> None:
    asked = make(verb, directories, options)
    found = repeated(asked, text)
    assert expected == found


def test_a_cure_that_is_repeated_is_a_command_line_that_means_it() -> None:
    """Whatever was asked for, but for what the cure changes."""
    options = {"shells": ("zsh",), "modes": ("ssh",), "order": "append", "timeout": 5.0}
    asked = make("ensure", ["/x y"], {**options, "verify": False, "force": True, "home": "/h"})
    found = parse(shlex.split(repeated(asked, "ensure-path --timeout 60"))[1:])
    assert ("ensure", 0, False) == tuple(found.pop(name) for name in ("action", "verbosity", "json"))
    assert replace(asked, timeout_s=60.0) == make("ensure", found.pop("directories"), found)


def test_a_relative_name_is_whole_in_a_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows it may stand elsewhere."""
    monkeypatch.chdir(tmp_path)
    asked = make("ensure", ["tools"], {"shells": ["./sh", "bash"]})
    whole = f"ensure-path {tmp_path}/tools --shell {tmp_path}/sh --shell bash --check"
    assert whole == command(asked, "check")


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        *((r"C:\tools\bin", r'"C:\tools\bin"'), (r"C:\a b\it's", '"C:\\a b\\it\'s"')),
        *(("/a b", "'/a b'"), ("a:b", "'a:b'"), ("C:\\$x", "'C:\\$x'")),
    ],
)
def test_a_path_of_windows_is_a_word_of_cmd(path: str, spelled: str) -> None:
    """Single quotes mean nothing there. It means the same to sh."""
    assert spelled == quote.word(path)
    assert [path] == shlex.split(spelled)


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        *(("C:/users/x/", '"C:\\users\\x"'), ("C:\\tools\\", '"C:\\tools"'), ("C:\\", "C:\\")),
        *(("C:\\a\\\\b", '"C:\\a\\b"'), ("C:\\100%", '"C:\\100%"'), ("C:\\hey!", '"C:\\hey!"')),
        *(("C:\\it's", '"C:\\it\'s"'), ("C:\\a$\\b", '"C:\\a$\\b"')),
        *(("C:\\it's $x", "'C:\\it''s $x'"), ("C:\\`\u2019", "'C:\\`\u2019\u2019'")),
        ("\\\\server\\share\\", '"\\\\server\\share"'),
        ("\\\\server\\share$\\bin", '"\\\\server\\share$\\bin"'),
    ],
)
def test_a_path_of_windows_is_whole_and_a_word_of_cmd_and_powershell(path: str, spelled: str) -> None:
    assert spelled == quote.word(path)


def test_on_windows_no_home_is_left_to_a_shell_in_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~` is a folder of that name to cmd."""
    monkeypatch.setattr(os, "sep", "\\")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"ensure-path {tmp_path}/bin --check" == command(make("ensure", ["~/bin"]), "check")
