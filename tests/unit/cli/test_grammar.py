"""The command line's own grammar says the same as argparse, given the same table."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onpath import survey as look
from onpath.cli import grammar as arguments
from onpath.errors import UsageError
from samples import BOUNDED

NAMES = [name for option in arguments.OPTIONS for name in option.names]
VALUES = ("login", "session", "bash", "5", "0.5", "a b", "a=b", "")
WORDS = st.lists(
    st.sampled_from(
        [
            *NAMES,
            *(f"{name}={value}" for name in NAMES if name.startswith("--") for value in VALUES),
            *VALUES,
            *("/opt/tools", "~", "-", "--nope", "--nope=1", "--che", "-x"),
        ]
    ),
    max_size=5,
)


class Model(argparse.ArgumentParser):
    """The standard library's parser, raising what ours raises."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the process."""
        raise UsageError(message)


def model() -> Model:
    """Build argparse's parser from the table."""
    parser = Model(usage="", add_help=False, allow_abbrev=False)
    parser.set_defaults(**arguments.DEFAULTS)
    parser.add_argument("directories", nargs="*")
    groups: dict[str, Any] = {}
    for option in arguments.OPTIONS:
        if option.argument:
            parser.add_argument(
                *option.names,
                dest=option.sets,
                action="append" if option.is_repeated else "store",
                choices=option.choices or None,
                default=argparse.SUPPRESS,
            )
            continue
        group = groups.setdefault(option.sets, parser.add_mutually_exclusive_group())
        group.add_argument(
            *option.names,
            dest=option.sets,
            action="store_const",
            const=option.value,
            default=argparse.SUPPRESS,
        )
    return parser


MODEL = model()


def expected(words: list[str]) -> dict[str, Any] | None:
    """Return what argparse makes of `words`, or None for an error."""
    try:
        found = vars(MODEL.parse_intermixed_args(words))
    except UsageError:
        return None
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


def actual(words: list[str]) -> dict[str, Any] | None:
    """Return what ours makes of `words`, or None for an error."""
    try:
        return arguments.parse(words)
    except UsageError:
        return None


def has_odd_value(words: list[str]) -> bool:
    """Say whether an option is the value of another: argparse wants `--home=--odd` for that."""
    takers = {name for option in arguments.OPTIONS if option.argument for name in option.names}
    return any(word in takers and after.startswith("-") for word, after in zip(words, words[1:]))


@BOUNDED
@given(WORDS)
@example([])
@example(["--check", "--check"])
@example(["--append", "--prepend"])
@example(["-q", "--verbose"])
@example(["--shell", "bash", "/a", "--shell=fish", "/b"])
@example(["--json=yes"])
@example(["--home"])
def test_words_mean_what_argparse_says_they_mean(words: list[str]) -> None:
    if {"--help", "-h", "--version"} & set(words) or has_odd_value(words):
        return  # below
    assert expected(words) == actual(words)


@pytest.mark.parametrize("option", arguments.OPTIONS, ids=lambda option: str(option.names[-1]))
def test_each_option_sets_its_field_under_each_of_its_names(option: arguments.Option) -> None:
    for name in option.names:
        value = option.choices[0] if option.choices else "5"
        words = [name, value] if option.argument else [name]
        found = (value,) if option.is_repeated else value if option.argument else option.value
        assert {**arguments.DEFAULTS, "directories": (), option.sets: found} == arguments.parse(words)


@pytest.mark.parametrize("option", arguments.OPTIONS, ids=lambda option: str(option.names[-1]))
def test_the_help_names_each_option_with_its_argument(option: arguments.Option) -> None:
    lines = [line for line in arguments.help_text().splitlines() if ", ".join(option.names) in line]
    assert 1 == len([line for line in lines if option.argument in line and option.help in line])
    assert all(choice in lines[0] for choice in option.choices)


def test_the_help_fits_a_terminal() -> None:
    """A usual one has 80 columns."""
    assert [] == [line for line in arguments.help_text().splitlines() if len(line) > 80]


def test_the_help_tells_every_exit_code() -> None:
    codes = arguments.help_text().partition("exit codes:")[2]
    assert [] == [code for code in ("0", "1", "2", "3", "130") if code not in codes]


def test_every_field_is_one_that_a_request_has() -> None:
    """All that is set goes to `Request`, but for what only the command line knows."""
    own = {"action", "json", "verbosity"}
    fields = set(look.Request.__annotations__)
    assert set() == {option.sets for option in arguments.OPTIONS} - own - fields


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("--check", "--diff"),
        ("--undo", "--print"),
        ("--diff", "--undo"),
        ("--append", "--prepend"),
        ("-q", "-v"),
        ("--quiet", "-v"),
    ],
)
def test_two_options_that_contradict_each_other_are_refused(one: str, other: str) -> None:
    for words in ([one, other], [other, one]):
        with pytest.raises(UsageError, match=f"^{words[0]} and {words[1]} exclude each other"):
            arguments.parse(words)


@pytest.mark.parametrize("name", ["--help", "--version"])
@pytest.mark.parametrize("other", ["--check", "--diff", "--undo", "--print"])
def test_help_and_version_win_over_any_other_action(name: str, other: str) -> None:
    """Wherever they stand."""
    for words in ([name, other], [other, name]):
        assert name.lstrip("-") == arguments.parse(words)["action"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope"], "unknown option --nope"),
        (["--nope=1"], "unknown option --nope"),
        (["--json=1"], "--json takes no value"),
        (["--home"], "--home needs a DIR"),
        (["--mode", "often"], "unknown mode 'often'; the modes are login, interactive"),
        (["-qv"], "unknown option -qv"),
    ],
)
def test_an_error_names_the_fact_and_the_cure(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        arguments.parse(words)


def test_all_after_two_dashes_are_directories() -> None:
    found = arguments.parse(["--check", "--", "--diff", "-x", "--"])
    assert ("--diff", "-x", "--") == found["directories"]
    assert "check" == found["action"]


def test_a_value_may_look_like_an_option() -> None:
    """Of a folder of that name there is no other way to speak without a `=`."""
    assert "-x" == arguments.parse(["--home", "-x"])["home"]
    assert "-x" == arguments.parse(["--home=-x"])["home"]


@pytest.mark.parametrize(("text", "value"), [("5", 5.0), ("0.25", 0.25), ("3600", 3600.0)])
def test_a_timeout_is_a_number_of_seconds(text: str, value: float) -> None:
    assert value == arguments.seconds(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "-inf", "3601", "", "five", "5s"])
def test_a_timeout_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="above 0 and up to 3600"):
        arguments.seconds(text)
