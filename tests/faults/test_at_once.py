"""Fifty runs at once beside an editor that saves all the time: none is lost, one block, undo exact."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import faults
from commands import PATIENCE_S, PROGRAM, TIMEOUT_S, changed, environment, snapshot
from onpath.places import fence
from scenarios import BOTH, BY_NAME

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 50
SETTLES_S = 2.0  # in which a save that was swapped out for a moment is back
NO_LOSS = ("has changed since", "another ensure-path")  # a run may stand back
MINE = "# saved: "


class Editor(threading.Thread):
    """An editor that has `file` open and saves it again and again, each time with a higher number."""

    def __init__(self, file: Path, pause_s: float) -> None:
        super().__init__()
        self.file, self.pause_s = file, pause_s
        self.number = 0
        self.lost: list[str] = []
        self.is_closing = threading.Event()

    def run(self) -> None:
        """Save until told to close: a new file with a new number, put in the place of the old one."""
        while not self.is_closing.wait(self.pause_s):
            if self.number and not self.has_last():
                self.lost.append(f"save {self.number} of {self.file.name}")
            self.save()

    def save(self) -> None:
        """Save once."""
        lines = self.file.read_text().splitlines(keepends=True)
        self.number += 1
        mine = f"{MINE}{self.number}\n"
        beside = self.file.with_name(f"{self.file.name}.swp")
        beside.write_text("".join(mine if line.startswith(MINE) else line for line in lines))
        beside.chmod(self.file.stat().st_mode & 0o777)
        beside.replace(self.file)

    def has_last(self) -> bool:
        """Tell whether the last save is there, or comes back at once."""
        deadline = time.monotonic() + SETTLES_S
        while f"{MINE}{self.number}\n" not in self.file.read_text():
            if time.monotonic() > deadline:
                return False
        return True

    def close(self) -> None:
        """End, after a last look."""
        self.is_closing.set()
        self.join()
        if not self.has_last():
            self.lost.append(f"the last save of {self.file.name}")


@pytest.mark.parametrize("pause_s", [0.002, 0.05])
def test_fifty_runs_at_once_lose_no_save_and_leave_one_block(home: Path, pause_s: float) -> None:
    """Each run ends well, or stands back from a file that changes under its hands, and says so."""
    texts = {name: f"{text}{MINE}0\n" for name, text in BOTH.items()}
    for name, text in texts.items():
        (home / name).write_text(text)
    editors = [Editor(home / name, pause_s) for name in texts]
    for editor in editors:
        editor.start()
    try:
        runs = [
            subprocess.Popen(
                [PROGRAM, "--shell", "bash", "--timeout", PATIENCE_S],
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for _ in range(RUNS)
        ]
        said = [os.fsdecode(run.communicate(timeout=TIMEOUT_S)[1]) for run in runs]
    finally:
        for editor in editors:
            editor.close()
    assert [] == [lost for editor in editors for lost in editor.lost]
    for run, words in zip(runs, said):
        assert run.returncode == 0 or any(word in words for word in NO_LOSS), (run.returncode, words)
    world = faults.World(home.parent, faults.ME)
    assert ended(world, "--shell", "bash")
    for name in texts:
        assert len(fence.blocks((home / name).read_text())) == 1, name
    saved = {
        name: text.replace(f"{MINE}0\n", f"{MINE}{editor.number}\n")
        for editor, (name, text) in zip(editors, texts.items())
    }
    assert ended(world, "--undo")
    assert saved == {name: (home / name).read_text() for name in texts}
    assert set(texts) == set(changed({}, snapshot(home))), set(said)


# A run that waits for the other one for a second, and not for a minute.
HURRIED = """
import sys
from onpath.cli import main
from onpath.host import lock

lock.TIMEOUT_S = 1.0
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("words", [("--shell", "bash"), ("--undo",)], ids=["run", "undo"])
def test_a_run_that_is_stopped_in_the_middle_is_told_and_can_go_on(words: tuple[str, ...]) -> None:
    """With its process id, once the time is over; what waited changes nothing, and the cure works."""
    with faults.world(faults.ME) as world:
        scenario = BY_NAME["first run"]
        ends = faults.undisturbed(world, scenario)
        world.renew(scenario)
        call = next(call for call in ends.calls if call.name == "renameat2")  # with the lock held
        waited: list[subprocess.CompletedProcess[str]] = []

        def wait() -> None:
            before, (holder, *_) = world.tree(scenario), (world.home / faults.LOCK).read_text().split()
            waited.append(
                subprocess.run(
                    [sys.executable, "-c", HURRIED, *words],
                    env={**environment(world.home), "TMPDIR": str(world.temporary)},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=TIMEOUT_S,
                    check=False,
                )
            )
            assert before == world.tree(scenario)
            said = rf"process {holder}, which is stopped\); run (kill -CONT {holder}) "
            cure = re.search(said, told())
            assert cure, told()
            subprocess.run(cure[1].split(), check=True)

        def told() -> str:
            return "".join(each.stderr for each in waited)

        first = world.stopped(*scenario.words, call=call, act=wait)
        assert (0, [1]) == (first.code, [each.returncode for each in waited]), (first, told())
        assert ends.after.keys() == world.tree(scenario).keys()


def ended(world: faults.World, *words: str) -> bool:
    """Run in `world`, and tell whether it ended well."""
    (world.root / "tmp").mkdir(exist_ok=True)
    run = world.run(*words)
    assert run.code == 0, run
    return True
