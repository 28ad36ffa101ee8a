"""Real ansible-core from the package index, and the collection as it is built from this checkout.

The environment goes to `.cache/ansible`, once. Without the index its tests are skipped.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import compat
import fleet
from installing import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet import Fleet

CACHE = ROOT / ".cache" / "ansible"
PLUGINS = Path(__file__).with_name("ansible_plugins")
BUILD = ROOT / "tools" / "build_collection.py"
MODULE = "onpath.onpath.onpath"
PYTHON = "/usr/bin/python3"  # of the hosts, unless they have another
# `ansible-test` wants a script from an address of its own, for a pip that Python has.
GET_PIP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip"])
words = [word for word in sys.argv[1:] if not word.startswith("--no-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *words]))
"""


@dataclass(frozen=True)
class Said:
    """What Ansible said of one task on one host."""

    host: str
    task: str
    is_ok: bool
    took_s: float
    result: dict[str, Any]

    @property
    def is_changed(self) -> bool:
        """Whether the task says that it has changed the host."""
        return bool(self.result.get("changed"))


@dataclass(frozen=True)
class Playbook:
    """What a playbook gave: each result, and what Ansible counted."""

    said: tuple[Said, ...]
    output: str

    def of(self, task: str) -> dict[str, Said]:
        """Return what each host said of a task."""
        return {each.host: each for each in self.said if each.task == task}

    @property
    def counted(self) -> Counter[str]:
        """The sums of the recap: ok, changed, failed and so on."""
        recap = self.output.partition("PLAY RECAP")[2]
        found: Counter[str] = Counter()
        for name, number in re.findall(r"(\w+)=(\d+)", recap):
            found[name] += int(number)
        return found


@dataclass(frozen=True)
class Controller:
    """The machine that Ansible runs on: its programs, and the collection."""

    bin: Path
    collections: Path
    folder: Path  # of its own HOME, and all else that it writes

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment in which Ansible reads no file of anybody's."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True, parents=True)
        return {
            "PATH": f"{self.bin}:{fleet.SBIN}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            # Else ssh notes each host in the home that the password database knows, whatever HOME says.
            "ANSIBLE_SSH_COMMON_ARGS": "-o UserKnownHostsFile=/dev/null",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "10",
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS),
            "ANSIBLE_CALLBACKS_ENABLED": "telling",
            **more,
        }

    def play(
        self,
        hosts: Fleet,
        *tasks: dict[str, Any],
        words: tuple[str, ...] = (),
        only: tuple[str, ...] = (),
        user: str = "root",
        env: Mapping[str, str] | None = None,
    ) -> Playbook:
        """Run these tasks on all hosts, or `only` on these, as `user`."""
        told, book = self.folder / "told", self.folder / "book.json"
        told.write_text("")
        play = {"hosts": ",".join(only) or "all", "gather_facts": False, "tasks": list(tasks)}
        book.write_text(json.dumps([play]))
        inventory = self.folder / "inventory"
        inventory.write_text("".join(map(line_of, *zip(*enumerate(hosts.hosts)))))
        more = {"ONPATH_TOLD": str(told), "ANSIBLE_PRIVATE_KEY_FILE": str(hosts.folder / "key")}
        done = hosts.run(
            self.bin / "ansible-playbook",
            *("-i", str(inventory), "-u", user, *words, str(book)),
            env=self.environment(**more, **(env or {})),
        )
        assert done.returncode in {0, 2}, done.stdout + done.stderr  # 2: a host has failed
        lines = [json.loads(line) for line in told.read_text().splitlines()]
        return Playbook(tuple(Said(**line) for line in lines), done.stdout)


def line_of(index: int, host: fleet.Host) -> str:
    """Return the line of the inventory for a host."""
    python = "/opt/python/bin/python3" if host.python else PYTHON
    return (
        f"{host.name} ansible_host={fleet.address(index)} ansible_python_interpreter={python} "
        "ansible_become_method=su\n"
    )


def controller(folder: Path) -> Controller:
    """Return a controller with the collection of this checkout; skip without an index."""
    made = CACHE / "environment"
    with compat.locked(CACHE / "lock"):
        base, wanted = made / "base", sys.version
        if not base.exists() or base.read_text() != wanted:
            shutil.rmtree(made, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", made], check=True)
            compat.pip(made / "bin" / "python", "install", "ansible-core")
            base.write_text(wanted)
    collections = folder / "collections"
    subprocess.run([sys.executable, BUILD, "--output", collections], check=True, capture_output=True)
    return Controller(made / "bin", collections, folder)


def provide_pip(controller: Controller) -> None:
    """Have `ansible-test` find the script that it would fetch, and what earlier runs have installed."""
    (sources,) = controller.bin.parent.glob("lib/python*/site-packages/ansible_test/_internal")
    text = (sources / "python_requirements.py").read_text()
    own = Path(controller.environment()["HOME"]) / ".ansible" / "test"
    own.parent.mkdir(exist_ok=True)
    kept = CACHE / "test"
    (kept / "cache").mkdir(parents=True, exist_ok=True)
    own.symlink_to(kept)
    for version in re.findall(r"\bpip='([0-9.]+)'", text):
        (kept / "cache" / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP)
