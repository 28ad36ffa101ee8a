"""To which question the answers of a report are, and whether another run asks the same."""

from __future__ import annotations

import os
import pickle
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from onpath import seen
from onpath.model import Installed, Report
from onpath.request import make
from onpath.values import replace
from samples import make_host

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.model import Question

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

BASH, FISH = Installed("bash", "/bin/bash"), Installed("fish", "/bin/fish")


def question(
    *files: str, home: str = "/home/ada", shells: tuple[Installed, ...] = (BASH,), **options: Any
) -> Question:
    """Return what an edit in `home` asks these shells."""
    environ = options.pop("environ", {"HOME": home, "LANG": "C"})
    request = make("ensure", ("/opt/x",), {"environ": environ, **options})
    return seen.question(request, make_host(home), shells, files)


def report(asked: Question | None, *files: str) -> Report:
    """Return a report whose answers are to `asked`."""
    return Report("missing", ("/opt/x",), question=asked, startup_files=files)


def test_the_same_question_is_answered_also_by_a_report_that_was_pickled() -> None:
    given = pickle.loads(pickle.dumps(report(question())))  # noqa: S301  (our own)
    assert seen.is_answered(given, question())
    assert seen.is_answered(given, question(order="append", keep_order=True))  # no part of the proof


@pytest.mark.parametrize(
    "other",
    [
        {"home": "/home/bob", "environ": {"HOME": "/home/ada", "LANG": "C"}},
        {"environ": {"HOME": "/home/ada", "LANG": "C", "ZDOTDIR": "/x"}},
        {"order": "prepend"},
        {"order": "append"},
        {"timeout": 60},
        {"shells": (Installed("bash", "/opt/bash"),)},
        {"shells": (BASH, FISH)},
    ],
)
def test_a_question_of_which_anything_differs_is_another_one(other: dict[str, Any]) -> None:
    assert not seen.is_answered(report(question()), question(**other))


def test_fewer_shells_are_answered_by_a_report_of_more() -> None:
    assert seen.is_answered(report(question(shells=(BASH, FISH))), question())


def test_a_report_that_does_not_say_to_what_its_answers_are_answers_nothing() -> None:
    """As that of a run that has changed something: they were true before."""
    assert not seen.is_answered(report(None), question())


def test_whatever_happens_to_a_file_makes_it_another_question(tmp_path: Path) -> None:
    file = tmp_path / "rc"
    name = str(file)

    def write(text: str) -> None:
        new = tmp_path / "new"
        new.write_text(text)
        new.replace(file)

    changes: tuple[Callable[[], object], ...] = (
        lambda: write("a"),
        lambda: write("b"),  # of the same length
        lambda: file.chmod(0o400),
        file.unlink,
    )
    states = {question(name).files}
    for change in changes:
        change()
        states.add(question(name).files)
    assert 4 == len(states)  # at last it is as it was at first
    assert question("/a\0b") == question("/a\0b")


def test_all_that_the_shells_read_is_known(tmp_path: Path) -> None:
    """Also what is beside ours in a folder, what a file names, and where a shell told of its folder."""
    home = tmp_path / "home"
    folder = home / ".config" / "fish" / "conf.d"
    folder.mkdir(parents=True)
    (folder / "theirs.fish").write_text("source ~/.fish_own\n")
    (home / ".bashrc").write_text('[ -f ~/.mine ] && . "$HOME/sub/more"\n')
    host = make_host(str(home))
    hosts = (host, replace(host, environ={"HOME": str(home), "XDG_CONFIG_HOME": "/inside"}))
    told = {"nushell": f"{home}/nu"}
    found = seen.startup_files(hosts, (BASH, FISH, Installed("nushell", "/bin/nu")), [told])
    expected = {
        *(f"{home}/{name}" for name in (".bashrc", ".profile", ".bash_login", ".mine", "sub/more")),
        *(f"{home}/.config/fish/{name}" for name in ("config.fish", "conf.d", "conf.d/theirs.fish")),
        *(f"{home}/.fish_own", f"{home}/nu/config.nu", "/inside/fish/config.fish", "/etc/profile"),
    }
    assert expected <= set(found)
    assert all(map(os.path.isabs, found))
    assert len(found) == len(set(found))
