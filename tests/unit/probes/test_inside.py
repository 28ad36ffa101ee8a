"""A run inside of a probe is recognized, whatever a startup file has done to hide it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import onpath
from onpath.errors import InsideProbeError
from onpath.host import proc
from onpath.probes import inside

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("processes of Unix", allow_module_level=True)

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="there is no /proc")
ASK = """
import os
from onpath.host import proc
from onpath.probes import inside
print(inside.is_below_a_probe(proc.lineage(os.getpid())))
"""
OWN = [sys.executable, "-c", ASK]


@pytest.mark.parametrize("verb", ["ensure", "check", "diff", "undo"])
@pytest.mark.parametrize("is_own", [True, False])
def test_no_verb_does_anything_inside_of_a_probe(
    home: Path, monkeypatch: pytest.MonkeyPatch, verb: str, *, is_own: bool
) -> None:
    """Neither in a process of the probe's nor for a session of one."""
    environ = {**os.environ, inside.MARK: "0123456789ab"}
    if is_own:
        monkeypatch.setenv(inside.MARK, "0123456789ab")
    with pytest.raises(
        InsideProbeError, match="nothing was looked at or changed; if it is not, run"
    ) as e:
        getattr(onpath, verb)(environ=None if is_own else environ)
    assert 3 == e.value.exit_code
    assert [] == os.listdir(home)


@pytest.mark.usefixtures("home")
def test_elsewhere_nothing_is_refused() -> None:
    inside.refuse(dict(os.environ), proc.lineage(os.getpid()))


def ask(words: list[str], pass_fds: tuple[int, ...] = (), **environ: str) -> str:
    """Return what a process that `words` start says of itself."""
    env = {"PATH": os.environ["PATH"], "HOME": "/", **environ}
    run = subprocess.run(
        words, env=env, pass_fds=pass_fds, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout.strip()


@needs_proc
def test_a_cleared_environment_hides_nothing() -> None:
    cleared = ["env", "-i", "HOME=/", *OWN]
    assert "False" == ask(cleared)
    assert "False" == ask(["sh", "-c", '"$@"; :', "sh", *OWN], ONPATH_PROBES="x")
    assert "True" == ask(["sh", "-c", '"$@"; :', "sh", *cleared], ONPATH_PROBE="0123456789ab")


HOLD = """
import os, subprocess, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
subprocess.run(sys.argv[2:], start_new_session=True)
"""


@needs_proc
@pytest.mark.parametrize(("name", "is_bench"), [("onpath-0123456789ab", True), ("onpath-mine", False)])
def test_a_daemon_that_has_become_a_child_of_the_run_is_inside_too(
    tmp_path: Path, name: str, is_bench: bool
) -> None:
    (tmp_path / name).mkdir()
    found = ask([sys.executable, "-c", HOLD, str(tmp_path / name), "env", "-i", "HOME=/", *OWN])
    assert str(is_bench) == found


def test_where_nothing_tells_it_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not inside.is_below_a_probe(())
    assert not inside.is_below_a_probe(((os.getpid(), b"7"), (2**30, b"8")))

    def fail(_: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", fail)
    assert not inside.is_below_a_probe(((2**30, b"7"), (os.getpid(), b"8")))


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [("onpath-0123456789ab", True), ("onpath-", False), ("onpath-mine", False), ("other-00", False)],
)
def test_a_private_folder_is_known_by_its_name(name: str, is_ours: bool) -> None:
    assert is_ours == inside.is_private_name(name)
