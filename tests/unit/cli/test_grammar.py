"""The command line's own grammar says the same as argparse, given the same table."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onpath.cli import grammar
from onpath.errors import UsageError
from onpath.request import NOT_OF_A_SYSTEM, TAKES
from samples import BOUNDED

ARGUMENTS = [option for option in grammar.OPTIONS if option.sets not in grammar.SHOWN]
NAMES = [name for option in grammar.OPTIONS for name in option.names]
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
    parser.set_defaults(**grammar.SHOWN)
    parser.add_argument("directories", nargs="*")
    flags = {option.sets for option in grammar.OPTIONS if not option.argument}
    groups: dict[str, Any] = {field: parser.add_mutually_exclusive_group() for field in flags}
    for option in grammar.OPTIONS:
        group = groups.get(option.sets, parser)
        if option.argument:
            group.add_argument(
                *option.names,
                dest=option.sets,
                action="append" if option.is_repeated else "store",
                choices=option.choices or None,
                type=grammar.seconds if option.sets == "timeout" else None,
                default=argparse.SUPPRESS,
            )
            continue
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
    """Return what argparse makes of `words`, or None for an error or for what the verb would ignore."""
    try:
        found = vars(MODEL.parse_intermixed_args(words))
    except UsageError:
        return None
    verb = found["action"]
    if not set(found) - {*grammar.SHOWN, "directories"} <= set(TAKES[verb]):
        return None
    if verb == "print" and found["json"]:
        return None
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


def actual(words: list[str]) -> dict[str, Any] | None:
    """Return what ours makes of `words`, or None for an error."""
    try:
        return grammar.parse(words)
    except UsageError:
        return None


def has_odd_value(words: list[str]) -> bool:
    """Say whether an option is the value of another: argparse wants `--home=--odd` for that."""
    takers = {name for option in grammar.OPTIONS if option.argument for name in option.names}
    return any(word in takers and after.startswith("-") for word, after in zip(words, words[1:]))


@BOUNDED
@given(WORDS)
@example([])
@example(["--check", "--check"])
@example(["--append", "--prepend"])
@example(["-q", "--verbose"])
@example(["--shell", "bash", "/a", "--shell=fish", "/b"])
@example(["--json=yes"])
@example(["--shell", "bash", "--all-shells"])
@example(["--all-shells", "--shell=bash"])
@example(["--all-shells", "--all-shells"])
@example(["--timeout=5", "--timeout", "0.5"])
@example(["--undo", "--mode=login"])
@example(["--print", "--json"])
@example(["--home"])
def test_words_mean_what_argparse_says_they_mean(words: list[str]) -> None:
    if {"--help", "-h", "--version"} & set(words) or has_odd_value(words):
        return  # below
    assert expected(words) == actual(words)


@pytest.mark.parametrize("option", grammar.OPTIONS, ids=lambda option: str(option.names[-1]))
def test_each_option_sets_its_field_under_each_of_its_names(option: grammar.Option) -> None:
    for name in option.names:
        value = option.choices[0] if option.choices else "5"
        words = [name, value] if option.argument else [name]
        found = (value,) if option.is_repeated else value if option.argument else option.value
        found = 5.0 if option.sets == "timeout" else found
        assert {**grammar.SHOWN, "directories": (), option.sets: found} == grammar.parse(words)


def help_entries() -> list[str]:
    """Return what the help says of each option, however many lines it takes, as one line."""
    found: list[str] = []
    for line in grammar.help_text().splitlines():
        if line.startswith("  -"):
            found.append(line)
        elif line.startswith("   "):
            found[-1] += f" {line.strip()}"
    return found


@pytest.mark.parametrize("option", grammar.OPTIONS, ids=lambda option: str(option.names[-1]))
def test_the_help_names_each_option_with_its_argument(option: grammar.Option) -> None:
    found = [entry for entry in help_entries() if ", ".join(option.names) in entry]
    assert 1 == len([entry for entry in found if option.argument in entry and option.help in entry])
    assert all(choice in found[0] for choice in option.choices)


def test_the_help_fits_a_terminal() -> None:
    """A usual one has 80 columns."""
    assert [] == [line for line in grammar.help_text().splitlines() if len(line) > 80]


def test_the_help_tells_every_exit_code() -> None:
    codes = grammar.help_text().partition("exit codes:")[2]
    assert [] == [code for code in ("0", "1", "2", "3", "130") if code not in codes]


def test_every_option_sets_a_keyword_of_the_library() -> None:
    """But for what only the command line shows; every keyword that words can say has an option.

    Except what is for other programs alone: installers append without having been asked to
    (`keep_order`), and what manages many machines wants all or nothing, and a forecast.
    """
    fields = {option.sets for option in grammar.OPTIONS}
    keywords = {keyword for takes in TAKES.values() for keyword in takes}
    assert {"environ", "progress", "seen", "keep_order", "whole", "dry_run"} == keywords - fields
    assert set(grammar.SHOWN) == fields - keywords


def test_every_verb_of_the_library_has_an_option_but_the_usual_one() -> None:
    actions = {option.value for option in grammar.OPTIONS if option.sets == "action"}
    assert set(TAKES) - {grammar.SHOWN["action"]} == actions - set(grammar.ACTIONS)


@pytest.mark.parametrize("verb", TAKES)
@pytest.mark.parametrize("option", ARGUMENTS, ids=lambda option: str(option.names[-1]))
def test_an_option_that_the_verb_would_ignore_is_refused(verb: str, option: grammar.Option) -> None:
    """Under each of its names, before and after the verb's own."""
    action = [] if verb == grammar.SHOWN["action"] else [f"--{verb}"]
    for name in option.names:
        words = [name, option.choices[0] if option.choices else "5"] if option.argument else [name]
        for line in ([*action, *words], [*words, *action]):
            if option.sets in TAKES[verb]:
                assert verb == grammar.parse(line)["action"]
                continue
            with pytest.raises(UsageError, match=f"^{name} does nothing with --{verb}; leave it out"):
                grammar.parse(line)


@pytest.mark.parametrize("option", [o for o in grammar.OPTIONS if o.sets in NOT_OF_A_SYSTEM])
@pytest.mark.parametrize("first", [True, False])
def test_what_means_one_user_does_not_go_with_every_user(option: grammar.Option, first: bool) -> None:
    name = option.names[0]
    words = [name, *([option.choices[0] if option.choices else "x"] if option.argument else [])]
    with pytest.raises(UsageError, match=f"{name} does nothing with --system; leave it out"):
        grammar.parse([*words, "--system"] if first else ["--system", *words])


@pytest.mark.parametrize("words", [["--python", "python3"], ["--scheme", "unversioned"]])
def test_what_finds_a_directory_does_not_go_with_one(words: list[str]) -> None:
    for line in ([*words, "/opt/x"], ["/opt/x", *words], [*words, "--", "/opt/x"]):
        with pytest.raises(UsageError, match=f"{words[0]} does nothing with a DIRECTORY; leave one of"):
            grammar.parse(line)


@pytest.mark.parametrize("verb", [(), ("--check",), ("--diff",), ("--undo",)])
def test_every_user_is_a_scope_of_the_verbs_that_act(verb: tuple[str, ...]) -> None:
    assert grammar.parse([*verb, "--system", "--timeout", "3"])["system"] is True
    for other in ("--where", "--print", "--dockerfile"):
        with pytest.raises(UsageError, match="--system does nothing with"):
            grammar.parse([other, "--system"])


def test_a_line_for_a_session_is_no_document() -> None:
    for words in (["--print", "--json"], ["--json", "--print"]):
        with pytest.raises(UsageError, match=r"^--json does nothing with --print; leave it out$"):
            grammar.parse(words)


@pytest.mark.parametrize("name", ["--help", "--version"])
def test_help_and_version_refuse_nothing(name: str) -> None:
    """Who asks for help may have the rest wrong."""
    words = ["--undo", "--mode", "login", "--print", "--json", name]
    for line in (words[:3] + words[4:], words[3:]):
        assert name.lstrip("-") == grammar.parse(line)["action"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("--check", "--diff"),
        ("--undo", "--print"),
        ("--diff", "--undo"),
        ("--append", "--prepend"),
        ("-q", "-v"),
        ("--quiet", "-v"),
        ("--shell=bash", "--all-shells"),
    ],
)
def test_two_options_that_contradict_each_other_are_refused(one: str, other: str) -> None:
    for words in ([one, other], [other, one]):
        names = [word.partition("=")[0] for word in words]
        with pytest.raises(UsageError, match=f"^{names[0]} and {names[1]} exclude each other"):
            grammar.parse(words)


@pytest.mark.parametrize("name", ["--help", "--version"])
@pytest.mark.parametrize("other", ["--check", "--diff", "--undo", "--print"])
def test_help_and_version_win_over_any_other_action(name: str, other: str) -> None:
    """Wherever they stand."""
    for words in ([name, other], [other, name]):
        assert name.lstrip("-") == grammar.parse(words)["action"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope"], "unknown option --nope"),
        (["--nope=1"], "unknown option --nope"),
        (["--json=1"], "--json takes no value"),
        (["--home"], "--home needs a DIR"),
        (["--mode", "often"], "unknown mode 'often'; give one of login, interactive"),
        (["-qv"], "unknown option -qv"),
    ],
)
def test_an_error_names_the_fact_and_the_cure(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        grammar.parse(words)


@pytest.mark.parametrize("word", ["undo", "check", "help", "\u2014undo", "\u2013\u2013check"])
def test_an_option_without_its_hyphens_makes_no_folder(word: str) -> None:
    option = "--" + word.lstrip(grammar.DASHES)
    with pytest.raises(UsageError) as caught:
        grammar.parse([word], lambda _: False)
    said = f"there is no folder {word}; write {option}, or ./{word} to have one made"
    assert said == str(caught.value)
    for words in ([f"./{word}"], ["--", word]):
        assert (words[-1],) == grammar.parse(words, lambda _: False)["directories"]
    assert (word,) == grammar.parse([word], lambda _: True)["directories"]


def test_all_after_two_dashes_are_directories() -> None:
    found = grammar.parse(["--check", "--", "--diff", "-x", "--"])
    assert ("--diff", "-x", "--") == found["directories"]
    assert "check" == found["action"]


def test_a_value_may_look_like_an_option() -> None:
    """Of a folder of that name there is no other way to speak without a `=`."""
    assert "-x" == grammar.parse(["--home", "-x"])["home"]
    assert "-x" == grammar.parse(["--home=-x"])["home"]


@pytest.mark.parametrize(("text", "value"), [("5", 5.0), ("0.25", 0.25), ("3600", 3600.0)])
def test_a_timeout_is_a_number_of_seconds(text: str, value: float) -> None:
    assert value == grammar.seconds(text)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        *((each, "is not above 0") for each in ("0", "-1", "-inf")),
        *((each, "is more than 3600 seconds") for each in ("3601", "inf")),
        *((each, "is not a number of seconds") for each in ("nan", "", "five", "5s")),
    ],
)
def test_a_timeout_that_is_none_is_refused(text: str, fact: str) -> None:
    words = f"^--timeout {text or repr(text)} {fact}; give one above 0, up to 3600$"
    with pytest.raises(UsageError, match=words):
        grammar.seconds(text)
