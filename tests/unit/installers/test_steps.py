"""A program that runs to its end, within its limits."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from jobs import job
from onpath.errors import OnpathError
from onpath.installers import steps
from onpath.installers.jobs import Job
from onpath.installers.settings import Settings
from onpath.values import replace

if TYPE_CHECKING:
    from pathlib import Path


def test_what_programs_have_said_is_told_without_the_commands() -> None:
    """A path in a command may look like a complaint."""
    with steps.Log() as log:
        log.note("$ pip install /home/timed out/x")
        log.note("ERROR: odd")
        assert "ERROR: odd\n" == log.said()
        log.is_kept = False


@pytest.mark.parametrize(("error", "stays"), [(KeyboardInterrupt, False), (OnpathError, True)])
def test_a_log_stays_where_an_error_names_it(error: type[BaseException], *, stays: bool) -> None:
    log = steps.Log()
    with pytest.raises(error), log:  # noqa: PT012
        log.note("said")
        raise error
    assert stays == os.path.exists(log.file)
    if stays:
        os.unlink(log.file)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_what_a_signal_ends_is_told(tmp_path: Path) -> None:
    asked = job(str(tmp_path / "1"))
    with steps.Log() as log:
        with pytest.raises(OnpathError, match=r"quiet failed \(error: Aborted\); see the log"):
            steps.run(asked, log, ["/bin/sh", "-c", "kill -ABRT $$"], {}, "quiet")
        log.is_kept = False


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_what_takes_too_long_or_writes_too_much_is_ended(tmp_path: Path) -> None:
    asked = Job(
        Settings("cow", "cow"),
        ("cow",),
        str(tmp_path / "1"),
        {"ONPATH_TIMEOUT_S": "0.01"},
        is_windows=False,
    )
    with steps.Log() as log:
        with pytest.raises(OnpathError, match="slow takes more than 0"):
            steps.run(asked, log, ["sleep", "600"], {"PATH": os.environ["PATH"]}, "slow")
        code = f"import os; os.truncate(os.open({str(tmp_path / 'x')!r}, os.O_CREAT | 1), 5 << 30)"
        asked = replace(asked, environ={})
        with pytest.raises(OnpathError, match="ulimit -f unlimited"):
            steps.run(asked, log, [sys.executable, "-c", code], {}, "big")
        log.is_kept = False


def test_why_pip_skips_a_page_is_taken_from_its_own_log(tmp_path: Path) -> None:
    (tmp_path / "pip.log").write_text("noise\n2026 Could not fetch URL x: why - skipping\n")
    found = steps._skipped(str(tmp_path / "pip.log"))  # noqa: SLF001
    assert ["2026 Could not fetch URL x: why - skipping"] == found
    assert [] == steps._skipped("")  # noqa: SLF001


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
@pytest.mark.parametrize(
    ("before", "after"),
    [((12, 99), (64, 99)), ((65, 99), (65, 99)), ((-1, -1), (-1, -1)), ((12, 12), None)],
)
def test_too_few_open_files_are_told_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, before: tuple[int, int], after: tuple[int, int] | None
) -> None:
    resource = pytest.importorskip("resource")
    limits = [before]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    if after:
        steps.check_files()
        assert after == limits[-1]
    else:
        with pytest.raises(OnpathError, match=r"only 12 files open at once; lift that \(ulimit -n 64"):
            steps.check_files()
