"""install.sh killed, with all that it has started, or failing, before any program that it starts.

And before any call with which one of its Pythons changes something.
"""

from __future__ import annotations

import functools
import os
import shutil
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

import faults
import installing
from commands import changed, snapshot
from faults import RECEIPT, stray
from judging import as_user
from scenarios import BOTH

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Snapshot

STRIDE = 29  # of a sample
SHELL = ("--shell", "bash")
# Counts the programs, and before that of the number in `at` does what is in `act`. A Python knows itself
# by this name, so that install.sh comes back to it.
COUNTED = """#!/bin/bash
number=$(($(/bin/cat {root}/count) + 1))
echo "$number" >{root}/count
if [ "$number" = "$(/bin/cat {root}/at)" ]; then . {root}/act; fi
exec -a "$0" {program} "$@"
"""
# As above, and its calls are counted.
TRACED = """#!/bin/sh
number=$(($(/bin/cat {root}/count) + 1))
echo "$number" >{root}/count
fault=$(/bin/cat {root}/inject.$number 2>/dev/null)
{strace} -qq -y -s 0 -o {root}/calls.$number -e trace={names} $fault \
    /bin/bash -c 'exec -a "$0" "$@"' "$0" {program} "$@"
code=$?
if [ "$code" = 137 ]; then kill -9 "-$(/bin/cat {root}/group)"; fi
exit "$code"
"""
LEAD = 'echo "$$" >"$0" && exec "$@"'
ACTS = {"kill": 'kill -9 "-$(/bin/cat {root}/group)"; exit 1', "fail": "exit 1"}

Act = Literal["kill", "fail"]


@dataclass(frozen=True)
class Installer:
    """A release, run by a user in a world, with programs that are counted."""

    release: installing.Release
    world: faults.World
    tools: Path

    def trace_python(self) -> None:
        """Have the calls of each Python written down, and one of them go wrong if that is asked for."""
        names = ",".join(f"?{name}" for name in faults.CHANGING)
        program, strace = installing.PYTHON, shutil.which("strace")
        text = TRACED.format(root=self.tools.parent, program=program, names=names, strace=strace)
        (self.tools / "python3").write_text(text)
        self.tools.parent.chmod(0o777)

    def calls(self) -> list[tuple[int, faults.Call]]:
        """Return the calls of the last run that change something, and of which Python each is."""
        logs = sorted(self.tools.parent.glob("calls.*"), key=lambda log: int(log.suffix[1:]))
        return [(int(log.suffix[1:]), call) for log in logs for call in self.world.calls(log)]

    def aim(self, number: int, call: faults.Call) -> None:
        """Have the run be killed before that call of the program of that number."""
        for old in self.tools.parent.glob("inject.*"):
            old.unlink()
        if number:
            words = " ".join(call.inject("kill", 0))
            (self.tools.parent / f"inject.{number}").write_text(words)

    def put_tools(self) -> None:
        """Make the programs that are counted."""
        installing.tools(self.tools)
        for link in list(self.tools.iterdir()):
            program = os.path.realpath(link)
            link.unlink()
            link.write_text(COUNTED.format(root=self.tools.parent, program=program))
            link.chmod(0o755)

    def run(self, *words: str, at: int = 0, act: Act = "kill") -> installing.Run:
        """Run install.sh; before the program number `at` there is the `act`."""
        root = self.tools.parent
        for name, text in (("count", "0\n"), ("at", f"{at}\n"), ("group", "")):
            (root / name).write_text(text)
            (root / name).chmod(0o666)
        (root / "act").write_text(ACTS[act].format(root=root))
        become = as_user(self.world.uid) if self.world.uid != faults.ME else []
        # PATH has the counted programs alone.
        lead = [shutil.which(word) or word for word in (*become, "setsid")]
        return installing.install(
            self.release.script,
            self.world.home,
            *words,
            path=str(self.tools),
            prefix=(*lead, "/bin/sh", "-c", LEAD, str(root / "group")),
            env={"TMPDIR": str(self.world.temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def count(self) -> int:
        """Return how many programs the last run has started."""
        return int((self.tools.parent / "count").read_text())

    def tree(self) -> Snapshot:
        """Return what lies in the home."""
        return snapshot(self.world.home)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> installing.Release:
    """Build a release."""
    return installing.build(tmp_path_factory.mktemp("release"))


@pytest.mark.parametrize("uid", faults.users())
@pytest.mark.parametrize("act", ["kill", "fail"])
@pytest.mark.parametrize("is_undone", [False, True], ids=["install", "uninstall"])
def test_whatever_program_of_the_installer_goes_wrong_all_is_in_order_after_it(
    release: installing.Release, act: Act, is_undone: bool, uid: int, request: pytest.FixtureRequest
) -> None:
    """Nothing half placed; the next install ends well, and an uninstall leaves every byte as it was."""
    with faults.world(uid) as world:
        shutil.copytree(release.folder, world.root / "release")
        installer = Installer(
            installing.Release(world.root / "release"), world, world.root / "counted" / "bin"
        )
        installer.put_tools()
        scenario = faults.Scenario("install", files=BOTH)
        world.renew(scenario)
        origin = installer.tree()
        assert installer.run("--from", str(release.folder), *SHELL).code == 0
        after, number = installer.tree(), installer.count()
        last = installer.run("--uninstall")
        assert last.code == 0, last
        assert {} == changed(origin, installer.tree())
        if is_undone:
            number = installer.count()
        points = range(1, number + 1)
        bad = []
        for at in points:
            world.renew(scenario)
            if is_undone:
                assert installer.run("--from", str(release.folder), *SHELL).code == 0
            words = ("--uninstall",) if is_undone else ("--from", str(release.folder), *SHELL)
            done = installer.run(*words, at=at, act=act)
            wrong = after_it(installer, origin, after, at)
            bad += [f"{act} at program {at} of {number}: {w}; {done}" for w in wrong]
    request.node.user_properties += [
        ("fault", f"install.sh: {act}"),
        ("tried", len(points)),
        ("bad", len({line.partition(" of ")[0] for line in bad})),
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("uid", faults.users())
@pytest.mark.parametrize("is_undone", [False, True], ids=["install", "uninstall"])
def test_killed_before_any_call_of_its_pythons_all_is_in_order_after_it(
    release: installing.Release, is_undone: bool, uid: int, request: pytest.FixtureRequest
) -> None:
    """The whole group is killed, in the moment in which a Python of it is about to change something."""
    with faults.world(uid) as world:
        shutil.copytree(release.folder, world.root / "release")
        installer = Installer(
            installing.Release(world.root / "release"), world, world.root / "counted" / "bin"
        )
        installer.put_tools()
        installer.trace_python()
        scenario = faults.Scenario("install", files=BOTH)
        words = ("--from", str(release.folder), *SHELL)
        world.renew(scenario)
        origin = installer.tree()
        done = installer.run(*words)
        assert done.code == 0, done
        after, calls = installer.tree(), installer.calls()
        if is_undone:
            for log in installer.tools.parent.glob("calls.*"):
                log.unlink()
            assert installer.run("--uninstall").code == 0
            calls = installer.calls()
        assert calls
        stride = 1 if request.config.getoption("all") else STRIDE
        points = calls[zlib.crc32(f"{is_undone} {uid}".encode()) % stride :: stride]

        def killed(number: int, call: faults.Call) -> installing.Run | None:
            world.renew(scenario)
            if is_undone:
                assert installer.run(*words).code == 0
            installer.aim(number, call)
            done = installer.run(*(("--uninstall",) if is_undone else words))
            installer.aim(0, call)
            assert done.code in {0, -9}, (number, call, done)
            return done if done.code else None

        bad, tried = [], 0
        for turn, (number, call) in enumerate(points):
            done_to = faults.reached(functools.partial(killed, number, call))
            tried += done_to is not None
            at = f"killed at program {number}, {call.name} {call.number}: {call.shown}"
            bad += [f"{at}: {w}; {done_to}" for w in after_it(installer, origin, after, turn)]
    assert tried, "no call was reached"
    request.node.user_properties += [
        ("fault", "install.sh: kill in a Python"),
        ("tried", tried),
        ("bad", len({line.partition(": ")[0] for line in bad})),
    ]
    assert not bad, "\n".join(bad)


def after_it(installer: Installer, origin: Snapshot, after: Snapshot, at: int) -> list[str]:
    """Return what the next install, or at every other turn an uninstall at once, leaves out of order."""
    wrong = []
    if at % 2:
        again = installer.run("--from", str(installer.release.folder), *SHELL)
        if again.code:
            wrong.append(f"the next install ends with {again}")
        left = set(changed(after, installer.tree())) - {RECEIPT}
        wrong += [f"the next install leaves {sorted(left)}"] if left else []
    last = installer.run("--uninstall")
    if last.code:
        wrong.append(f"uninstall ends with {last}")
    left = set(changed(origin, installer.tree()))
    wrong += [f"uninstall leaves {sorted(left)}"] if left else []
    return wrong + [f"after uninstall: {each}" for each in stray(installer.world)]
