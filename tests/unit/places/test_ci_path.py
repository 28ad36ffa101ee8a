"""The file of a CI, decided in memory: one line, never twice, only into what the runner made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath import contexts
from onpath.host import windows
from onpath.model import APPEND, PREPEND, Ask, Context, Entry, File, Host, Plan, Receipt, Want
from onpath.places import ci_path
from onpath.values import replace
from samples import BOUNDED, HOME, make_host, make_machine

PATH = "/runner/path"
TOOLS = f"{HOME}/tools"
GITHUB = {"HOME": HOME, "GITHUB_ACTIONS": "true", "GITHUB_PATH": PATH}
CIRCLE = {"HOME": HOME, "CIRCLECI": "true", "BASH_ENV": PATH}
CI = Context("ci")


def host(environ: dict[str, str]) -> Host:
    """Return a machine on which a step runs with `environ`."""
    return make_host(environ=environ)


def want(environ: dict[str, str], *directories: str, order: str | None = None) -> Want:
    """Return the wish to have `directories` in the next step."""
    return Want(host(environ), directories or (TOOLS,), (CI,), order=order)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"GITHUB_PATH": PATH},
        {"GITHUB_ACTIONS": "true"},
        {"GITHUB_ACTIONS": "false", "GITHUB_PATH": PATH},
        {"CIRCLECI": "true", "BASH_ENV": ""},
        {"CI": "true", "BASH_ENV": PATH},
    ],
)
def test_without_a_vendor_it_is_there_only_if_it_is_asked_for(environ: dict[str, str]) -> None:
    assert () == ci_path.contexts(host(environ), (), ())
    assert (CI,) == ci_path.contexts(host(environ), (), ("ci",))
    answer = ci_path.ask(host(environ), CI, make_machine())
    assert isinstance(answer, str)
    assert "no CI whose steps share a PATH by a file was found" in answer
    assert () == ci_path.targets(want(environ), CI, make_machine())
    assert () == ci_path.plan(want(environ), make_machine()).edits


@pytest.mark.parametrize("environ", [GITHUB, CIRCLE])
def test_where_a_vendor_is_there_it_is_served_without_being_asked_for(environ: dict[str, str]) -> None:
    assert (CI,) == ci_path.contexts(host(environ), (), ())
    assert (File(PATH),) == ci_path.targets(want(environ), CI, make_machine())


def test_the_last_line_is_the_first_entry_of_the_next_step() -> None:
    ask = ci_path.ask(host(GITHUB), CI, make_machine({PATH: "/a\n/b\r\n\n/c"}))
    assert isinstance(ask, Ask)
    assert ("/c", "/b", "/a") == ask.entries


def test_a_script_is_given_to_the_shell_that_sources_it() -> None:
    ask = ci_path.ask(host(CIRCLE), CI, make_machine())
    assert isinstance(ask, Ask)
    assert ((), (("BASH_ENV", PATH),)) == (ask.entries, ask.environ)


@BOUNDED
@given(st.text("/ab\n", max_size=8))
def test_undo_gives_every_byte_back(text: str) -> None:
    (edit,) = ci_path.plan(want(GITHUB, TOOLS, "/opt/x"), make_machine({PATH: text})).edits
    assert edit.after
    assert [TOOLS, "/opt/x"] == edit.after.splitlines()[:-3:-1]
    receipt = Receipt(entries=edit.entries)
    undo = replace(want(GITHUB), directories=(), find_receipt=lambda: receipt)
    (back,) = ci_path.undo(undo, make_machine({PATH: edit.after})).edits
    assert text == back.after
    again = ci_path.plan(want(GITHUB, TOOLS, "/opt/x"), make_machine({PATH: edit.after}))
    assert () == again.edits


def test_undo_of_one_directory_leaves_the_other() -> None:
    entries = tuple(Entry(File(PATH), d, PREPEND) for d in ("/opt/x", TOOLS))
    undo = replace(want(GITHUB, "/opt/x"), find_receipt=lambda: Receipt(entries=entries))
    (edit,) = ci_path.undo(undo, make_machine({PATH: f"/opt/x\n{TOOLS}\n"})).edits
    assert (f"{TOOLS}\n", entries[:1]) == (edit.after, edit.settled)


def test_lines_of_ours_change_places_where_an_order_is_asked_for() -> None:
    """The last one is the first on PATH. The user's own stay where they are."""
    entries = tuple(Entry(File(PATH), d, PREPEND) for d in ("/opt/x", TOOLS))
    text = f"/opt/x\n/opt/mine\n{TOOLS}\n"
    known = replace(
        want(GITHUB, "/opt/x", TOOLS, order=PREPEND), find_receipt=lambda: Receipt(entries=entries)
    )
    (edit,) = ci_path.plan(known, make_machine({PATH: text})).edits
    assert f"/opt/mine\n{TOOLS}\n/opt/x\n" == edit.after
    assert (entries, [TOOLS, "/opt/x"]) == (edit.settled, [entry.text for entry in edit.entries])
    unknown = want(GITHUB, "/opt/x", TOOLS, order=PREPEND)
    assert () == ci_path.plan(unknown, make_machine({PATH: text})).edits
    assert () == ci_path.plan(replace(known, order=None), make_machine({PATH: text})).edits


def test_undo_leaves_a_line_that_the_receipt_does_not_know() -> None:
    undo = replace(want(GITHUB), directories=())
    assert () == ci_path.undo(undo, make_machine({PATH: f"{TOOLS}\n"})).edits


@pytest.mark.parametrize("environ", [GITHUB, CIRCLE])
def test_a_link_and_what_may_not_be_edited_are_refused(environ: dict[str, str]) -> None:
    machine = make_machine({PATH: ""}, links=[PATH])
    (refusal,) = ci_path.plan(want(environ), machine).refusals
    assert refusal.reason.startswith("is a link")
    machine = make_machine({PATH: ""}, refused={PATH: "is read-only"})
    (refusal,) = ci_path.plan(want(environ), machine).refusals
    assert refusal.reason == "is read-only"


@pytest.mark.parametrize("directory", ["/a\rb", "/caf\udce9"])
def test_a_name_that_is_not_one_line_of_utf_8_is_refused(directory: str) -> None:
    (refusal,) = ci_path.plan(want(GITHUB, directory), make_machine({PATH: ""})).refusals
    assert "is not one line of UTF-8; rename the directory" in refusal.reason


def test_a_missing_file_is_refused_for_lines_and_made_for_a_script() -> None:
    (refusal,) = ci_path.plan(want(GITHUB), make_machine()).refusals
    assert "does not exist" in refusal.reason
    (edit,) = ci_path.plan(want(CIRCLE), make_machine()).edits
    assert (None, (CI,)) == (edit.before, edit.serves)


def test_lines_can_only_be_put_in_front() -> None:
    (refusal,) = ci_path.plan(want(GITHUB, order=APPEND), make_machine({PATH: ""})).refusals
    assert "leave out --append" in refusal.reason
    assert () == ci_path.plan(want(CIRCLE, order=APPEND), make_machine({PATH: ""})).refusals


def test_the_user_is_told_when_it_counts() -> None:
    planned = ci_path.plan(want(CIRCLE), make_machine())
    assert 'source "$BASH_ENV"' in ci_path.remarks(want(CIRCLE), planned, make_machine())[0]
    assert () == ci_path.remarks(want(CIRCLE), replace(planned, edits=()), make_machine())


# Other CIs.


@pytest.mark.parametrize(
    ("environ", "lines"),
    [
        ({"TF_BUILD": "True"}, ("##vso[task.prependpath]/opt/b%AZP25", "##vso[task.prependpath]/opt/a")),
        (
            {"TEAMCITY_VERSION": "9", "PATH": "/opt/a:/bin:/[|]'\u00e9"},
            ("##teamcity[setParameter name='env.PATH' value='/opt/a:/opt/b%:/bin:/|[|||]|'|0x00e9']",),
        ),
        ({"GITLAB_CI": "true"}, ()),
        ({"CI": "true"}, ()),
    ],
)
def test_what_a_ci_takes_from_standard_output_is_planned_as_lines(
    environ: dict[str, str], lines: tuple[str, ...]
) -> None:
    wanted = Want(make_host(environ=environ), ("/opt/a", "/opt/b%"), (CI,))
    assert Plan(announcements=lines) == ci_path.plan(wanted, make_machine({}))


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"GITLAB_CI": "true"}, "export PATH='/opt/a b':\"$PATH\""),
        ({"JENKINS_URL": "http://x"}, "withEnv(['PATH+ONPATH=/opt/a b']) { }"),
        ({"DRONE": "true"}, "/opt/a b/COMMAND"),
        ({"CI": "woodpecker"}, "/opt/a b/COMMAND"),
        ({"CIRRUS_CI": "true"}, 'echo PATH=\'/opt/a b\':"$PATH" >>"$CIRRUS_ENV"'),
        ({"CI": "true"}, "export PATH='/opt/a b':\"$PATH\""),
    ],
)
def test_where_no_file_carries_a_path_there_is_a_line(environ: dict[str, str], line: str) -> None:
    assert isinstance(ci_path.ask(host(environ), CI, make_machine({})), str)
    assert line == contexts.line(contexts.CI, host(environ), ("/opt/a b",))


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"GITLAB_CI": "true"}, "$env:Path = 'C:\\a b;D:\\c' + ';' + $env:Path"),
        ({"JENKINS_URL": "x"}, r"withEnv(['PATH+ONPATH=C:\\a b;D:\\c']) { }"),
        (
            {"TEAMCITY_VERSION": "9", "PATH": r"C:\W\system32;D:\c;C:\W"},
            r"##teamcity[setParameter name='env.PATH' value='C:\a b;D:\c;C:\W\system32;C:\W']",
        ),
        ({"CI": "true"}, "$env:Path = 'C:\\a b;D:\\c' + ';' + $env:Path"),
    ],
)
def test_on_windows_the_line_is_one_of_windows(environ: dict[str, str], line: str) -> None:
    """By `:` TeamCity's next steps had lost the first entry of PATH."""
    there = replace(host(environ), system=windows, environ=environ)
    assert line == contexts.line(contexts.CI, there, ("C:\\a b", "D:\\c"))
