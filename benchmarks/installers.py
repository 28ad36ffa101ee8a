"""Measure a written install.sh beside `uv tool install` and `pipx install`, with cold caches.

    python3 benchmarks/installers.py [--tool NAME ...] [--rounds N] [--beside uv|pipx] [--offline]
                                     [--check]

Each is run in turn, the last two where there is no uv, in a new home, round after round; what is printed
are medians of time and of processor time, ratios, and what the script's own steps took. With --offline
the wheels are fetched once, and all four take them from that folder: what is left is the work alone.
`--check` exits with 1 if a bar is missed. TMPDIR says where the homes are: a file system in memory
leaves out what a disk takes. Needs Bash, and uv on PATH or in the environment that runs this.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from onpath.installers import script

TOOLS = ("httpie", "poetry", "black", "ruff", "pycowsay")
PAIRS = {  # ours, what it is measured beside, and how many times the time of that it may take
    "uv": ("install.sh, with uv", "uv tool install", 1.3),
    "pipx": ("install.sh, without", "pipx install", 1.0),
}
STEPS = re.compile(r"done in ([\d.]+) s \(.*, its start ([\d.]+), PATH and its proof ([\d.]+)\)")
PYTHON = getattr(sys, "_base_executable", "") or sys.executable
# How this machine reaches the index; all else is new in each home.
REACH = ("PIP_", "SSL_", "UV_INDEX", "UV_DEFAULT_INDEX")


@dataclass(frozen=True)
class Command:
    """What is measured, and the PATH that it has."""

    words: tuple[str, ...]
    path: str


@dataclass(frozen=True)
class Run:
    """What one run took, in seconds."""

    wall_s: float
    processor_s: float
    own_s: tuple[float, ...] = ()  # before the installation, the tool's start, PATH and its proof


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure install.sh beside uv and pipx.")
    parser.add_argument("--tool", action="append", help="may be repeated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", choices=PAIRS, help="one of the two (default: both)")
    parser.add_argument("--offline", action="store_true", help="take wheels that were fetched before")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if uv is None:
        sys.stderr.write("uv is not installed; pip install uv\n")
        return 2
    pairs = [pair for name, pair in PAIRS.items() if options.beside in {None, name}]
    is_missed = False
    with tempfile.TemporaryDirectory(prefix="onpath-bench-") as name:
        folder = Path(name)
        subprocess.run([PYTHON, "-m", "venv", folder / "pipx"], check=True)
        subprocess.run([folder / "pipx/bin/pip", "install", "-q", "pipx"], check=True)
        (folder / "uv").mkdir()
        (folder / "uv" / "uv").symlink_to(uv)
        for tool in options.tool or TOOLS:
            commands = commands_for(folder, tool, is_offline=options.offline)
            asked = {name: commands[name] for ours, other, _ in pairs for name in (other, ours)}
            is_missed = report(tool, measure(folder, asked, options.rounds), pairs) or is_missed
    return 1 if options.check and is_missed else 0


def commands_for(folder: Path, tool: str, *, is_offline: bool) -> dict[str, Command]:
    """Return what is measured for `tool`, by its name."""
    file = folder / f"{tool}.sh"
    file.write_bytes(script.write(script.settings(tool))["install.sh"])
    uv, pipx, wheels = str(folder / "uv" / "uv"), str(folder / "pipx/bin/pipx"), str(folder / tool)
    source = ["--no-index", "--find-links", wheels] if is_offline else []
    if is_offline:
        pip = folder / "pipx/bin/pip"
        subprocess.run([pip, "wheel", "-q", "--wheel-dir", wheels, tool], check=True)
    ours = ("sh", str(file), "--shell", "bash", *(["--from", wheels] if is_offline else []))
    by_uv = (uv, "tool", "install", "-q", "--python", PYTHON, *source, tool)
    by_pipx = [pipx, "install", "-q", "--python", PYTHON]
    by_pipx += ["--pip-args", " ".join(source)] if source else []
    with_uv, without = f"{folder}/uv:/usr/bin:/bin", "/usr/bin:/bin"
    return {
        "uv tool install": Command(by_uv, with_uv),
        "install.sh, with uv": Command(ours, with_uv),
        "pipx install": Command((*by_pipx, tool), without),
        "install.sh, without": Command(ours, without),
    }


def measure(folder: Path, commands: dict[str, Command], rounds: int) -> dict[str, list[Run]]:
    """Run all of them, `rounds` times, in homes below `folder`."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            home = folder / "home"
            home.mkdir()
            environ = {n: v for n, v in os.environ.items() if n.startswith(REACH)}
            environ.update(HOME=str(home), PATH=command.path, ONPATH_PYTHON=PYTHON, SHELL="/bin/bash")
            before, start = processor_time_s(), time.monotonic()
            done = subprocess.run(
                command.words, env=environ, capture_output=True, text=True, check=False
            )
            wall_s = time.monotonic() - start
            if done.returncode:
                sys.exit(f"{name}: {done.stderr}")
            own = tuple(map(float, found.groups())) if (found := STEPS.search(done.stderr)) else ()
            own = own and (wall_s - own[0], *own[1:])
            runs[name].append(Run(wall_s, processor_time_s() - before, own))
            shutil.rmtree(home)
    return runs


def processor_time_s() -> float:
    """Return what all programs that have ended have used of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(tool: str, runs: dict[str, list[Run]], pairs: list[tuple[str, str, float]]) -> bool:
    """Print what was measured, and return whether a bar was missed."""
    print(tool)
    wall = {name: statistics.median(run.wall_s for run in each) for name, each in runs.items()}
    work = {name: statistics.median(run.processor_s for run in each) for name, each in runs.items()}
    for name, each in runs.items():
        line = f"  {name:<22} {wall[name]:6.2f} s  {work[name]:6.2f} s of processor time"
        if each[0].own_s:
            own = [statistics.median(part) for part in zip(*(run.own_s for run in each))]
            line += "  (before: {:.2f}, the tool's start: {:.2f}, PATH and its proof: {:.2f})".format(
                *own
            )
        print(line)
    is_missed = False
    for one, other, limit in pairs:
        ratio = wall[one] / wall[other]
        is_missed = is_missed or ratio > limit
        print(
            f"  {'ok  ' if ratio <= limit else 'MISS'} {one} / {other}: {ratio:.2f} (at most {limit}; "
            f"of processor time {work[one] / work[other]:.2f})"
        )
    return is_missed


if __name__ == "__main__":
    sys.exit(main())
