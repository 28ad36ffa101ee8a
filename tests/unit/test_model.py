"""What a report and its parts say of themselves, for every status."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import onpath
from onpath import changes as changes  # noqa: PLC0414  (it has an error of its own)
from onpath import model
from onpath.errors import OnpathError
from onpath.model import (
    EFFECTIVE,
    EXIT_CODES,
    INTERACTIVE,
    LOGIN,
    MISSING,
    SHADOWED,
    UNKNOWN,
    Context,
    Edit,
    File,
    Installed,
    NotEffectiveError,
    Outcome,
    Probe,
    Receipt,
    Refusal,
    RegistryValue,
    Report,
    Want,
)
from onpath.request import make
from samples import installed, make_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onpath.model import Status

BASH = Context(LOGIN, "bash")


# Reports.


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("effective", 0),
        ("changed", 0),
        ("unchanged", 0),
        ("missing", 1),
        ("refused", 1),
        ("partial", 3),
    ],
)
def test_every_status_has_its_exit_code_and_only_0_is_ok(status: Status, code: int) -> None:
    report = Report(status, ("/opt/x",))
    assert (code, code == 0) == (report.exit_code, report.ok)
    if report.ok:
        assert report is report.require()
        return
    with pytest.raises(NotEffectiveError, match=f"^/opt/x: {status}$") as raised:
        report.require()
    assert report is raised.value.report
    assert isinstance(raised.value, OnpathError)
    assert code == raised.value.exit_code


def test_no_status_is_without_an_exit_code() -> None:
    source = Path(model.__file__).read_text(encoding="utf-8")
    (line,) = re.findall(r"^    Status = Literal\[(.*)\]$", source, re.MULTILINE)
    assert set(re.findall(r'"(\w+)"', line)) == set(EXIT_CODES)


def test_what_is_required_names_every_reason_once() -> None:
    """And nothing that is served, or does not count."""
    session, command = Context("session", "bash"), Context("command", "bash")
    interactive = Context(INTERACTIVE, "bash")
    report = Report(
        "partial",
        ("/opt/x", "/opt/y"),
        (
            Outcome(BASH, Probe(BASH, MISSING), note="/rc is read-only"),
            Outcome(interactive, Probe(interactive, UNKNOWN, "no answer in 5 s")),
            Outcome(session, Probe(session, MISSING), is_required=False),
            Outcome(command, Probe(command, MISSING), Probe(command, EFFECTIVE)),
            Outcome(Context("desktop"), Probe(Context("desktop"), MISSING)),
            Outcome(Context("ci"), None),
        ),
        refusals=(Refusal(File("/rc"), "is read-only", (BASH,)),),
    )
    with pytest.raises(NotEffectiveError) as raised:
        report.require()
    expected = (
        "/opt/x, /opt/y: partial (bash login: /rc is read-only; bash interactive: no answer in 5 s; "
        "desktop, ci: missing)"
    )
    assert expected == str(raised.value)


def _every_kind(kind: type[OnpathError] = OnpathError) -> Iterator[type[OnpathError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _every_kind(each)


@pytest.mark.parametrize("kind", tuple(_every_kind()), ids=lambda kind: kind.__name__)
def test_an_error_is_the_same_after_it_was_pickled_or_copied(kind: type[OnpathError]) -> None:
    """As it is on its way out of a worker of a pool: one that is not would end the pool."""
    report = Report("missing", ("/x",), outcomes=(Outcome(BASH, Probe(BASH, MISSING)),))
    more: dict[str, tuple[Any, ...]] = {
        "NotEffectiveError": (report,),
        "TornError": ("no room", "/kept"),
    }
    error = kind("it did not work; do this", *more.get(kind.__name__, ()))
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  (our own)
        assert (kind, str(error), vars(error)) == (type(copied), str(copied), vars(copied))
        assert error.args == copied.args


def test_an_undo_that_was_refused_names_what_stays() -> None:
    report = Report("refused", (), refusals=(Refusal(File("/rc"), "is read-only", ()),))
    with pytest.raises(NotEffectiveError, match=r"^onpath: refused \(/rc is read-only\)$"):
        report.require()


# Outcomes and probes.


@pytest.mark.parametrize(
    ("verdict", "is_served"),
    [(EFFECTIVE, True), (SHADOWED, True), (MISSING, False), (UNKNOWN, False)],
)
def test_a_context_is_served_where_commands_run_by_name(verdict: str, is_served: bool) -> None:
    probe = Probe(BASH, verdict)
    assert is_served == probe.is_served
    assert is_served == Outcome(BASH, probe).is_served
    assert is_served == Outcome(BASH, Probe(BASH, MISSING), probe).is_served
    assert is_served == Outcome(BASH, Probe(BASH, EFFECTIVE), probe).is_served


def test_an_outcome_has_the_newest_answer_if_there_is_any() -> None:
    before, after = Probe(BASH, MISSING), Probe(BASH, EFFECTIVE)
    assert after == Outcome(BASH, before, after).probe
    assert before == Outcome(BASH, before).probe
    assert (None, False) == (Outcome(BASH, None).probe, Outcome(BASH, None).is_served)


def test_an_outcome_has_the_shell_and_the_mode_of_its_context() -> None:
    assert ("bash", LOGIN) == (Outcome(BASH, None).shell, Outcome(BASH, None).mode)
    desktop = Outcome(Context("desktop"), None)
    assert ("", "desktop") == (desktop.shell, desktop.mode)


def test_a_shell_that_used_up_its_time_is_late() -> None:
    assert Probe(BASH, UNKNOWN, "no answer in 5 s").is_late
    assert not Probe(BASH, UNKNOWN, "ended with status 1 before it answered").is_late
    assert not Probe(BASH, MISSING, "no answer").is_late


# What is written as text.


def test_targets_and_contexts_are_written_as_people_call_them() -> None:
    assert "/rc" == str(File("/rc"))
    assert "HKCU\\Environment\\Path" == str(RegistryValue("HKCU\\Environment", "Path"))
    assert ["bash login", "desktop"] == [str(BASH), str(Context("desktop"))]


def test_a_file_and_a_registry_value_are_of_different_media() -> None:
    assert ("file", "registry") == (File("/rc").medium, RegistryValue("k", "n").medium)


def test_the_media_are_no_part_of_a_targets_value() -> None:
    assert {"path": "/rc"} == vars(File("/rc"))
    assert File("/rc") == File("/rc")
    value: object = RegistryValue("k", "n")
    assert File("k\\n") != value
    assert 1 == len({Edit(File("/rc"), "a", "b"), Edit(File("/rc"), "a", "b")})


# What a place is asked.


def test_a_want_finds_the_shell_and_its_folders_by_the_context() -> None:
    told: Mapping[str, str] = {"zdotdir": "/z"}
    zsh = Context(LOGIN, "zsh")
    want = Want(make_host(), ("/opt/x",), (zsh,), (installed("bash"), installed("zsh")), ((zsh, told),))
    assert Installed("zsh", "/bin/zsh") == want.shell(zsh)
    assert told == want.folders(zsh)
    assert {} == want.folders(BASH)


def test_a_receipt_is_looked_for_only_where_it_is_needed() -> None:
    assert Receipt() == Want(make_host(), ()).receipt
    calls: list[Receipt] = []

    def find() -> Receipt:
        calls.append(Receipt(("/rc",)))
        return calls[-1]

    want = Want(make_host(), (), find_receipt=find)
    assert [] == calls
    assert ("/rc",) == want.receipt.files


# What callers see.


def test_every_public_name_can_be_imported() -> None:
    for name in onpath.__all__:
        assert getattr(onpath, name) is not None
    assert sorted(onpath.__all__, key=lambda name: (not name.isupper(), name)) == onpath.__all__


def test_what_a_caller_may_inherit_from_is_there_at_run_time() -> None:
    """`Progress` is in a module of protocols, which no run loads."""

    class Mine(onpath.Progress):
        def started(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
            """Do nothing."""

        def settled(self, outcome: Outcome) -> None:
            """Do nothing."""

    request = make("check", (), {"progress": Mine()})
    assert isinstance(request.progress, Mine)
