"""Measure a written install.sh beside `uv tool install` and `pipx install`, with cold caches.

    python3 benchmarks/installers.py [--tool NAME] [--rounds N] [--check]

Each is run in turn, the last two where there is no uv, in a new home, round after round; what is printed
are medians and ratios, and what the script's own steps took. `--check` exits with 1 if a bar is missed.
Needs the network, Bash, and uv on PATH or in the environment that runs this.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from onpath.installers import script

WITH_UV, WITHOUT = 1.3, 1.0  # of uv's time, and of pipx's
STEPS = re.compile(r"done in [\d.]+ s \(.*, its start ([\d.]+), PATH and its proof ([\d.]+)\)")
PYTHON = getattr(sys, "_base_executable", "") or sys.executable
# How this machine reaches the index; all else is new in each home.
REACH = ("PIP_", "SSL_", "UV_INDEX", "UV_DEFAULT_INDEX")


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure install.sh beside uv and pipx.")
    parser.add_argument("--tool", default="httpie")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onpath-bench-") as name:
        return measure(Path(name), options.tool, options.rounds, is_check=options.check)


def measure(folder: Path, tool: str, rounds: int, *, is_check: bool) -> int:
    """Run all four, `rounds` times, in homes below `folder`."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if uv is None:
        sys.stderr.write("uv is not installed; pip install uv\n")
        return 2
    file = folder / "install.sh"
    file.write_bytes(script.write(script.settings(tool))["install.sh"])
    pipx = folder / "pipx"
    subprocess.run([PYTHON, "-m", "venv", pipx], check=True)
    subprocess.run([pipx / "bin" / "python", "-m", "pip", "install", "-q", "pipx"], check=True)
    (folder / "uv").mkdir()
    (folder / "uv" / "uv").symlink_to(uv)
    with_uv, without = f"{folder}/uv:/usr/bin:/bin", "/usr/bin:/bin"
    ours = ["sh", str(file), "--shell", "bash"]
    commands = {
        "uv tool install": ([uv, "tool", "install", "-q", "--python", PYTHON, tool], with_uv),
        "install.sh, with uv": (ours, with_uv),
        "pipx install": (
            [str(pipx / "bin" / "pipx"), "install", "-q", "--python", PYTHON, tool],
            without,
        ),
        "install.sh, without": (ours, without),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    own: list[float] = []
    for number in range(rounds):
        for name, (command, path) in commands.items():
            home = folder / f"home-{number}-{len(own)}-{name.replace(' ', '-')}"
            home.mkdir()
            environ = {n: v for n, v in os.environ.items() if n.startswith(REACH)}
            environ.update(HOME=str(home), PATH=path, ONPATH_PYTHON=PYTHON, SHELL="/bin/bash")
            start = time.monotonic()
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            times[name].append(time.monotonic() - start)
            if done.returncode:
                sys.stderr.write(f"{name}: {done.stderr}\n")
                return 2
            if found := STEPS.search(done.stderr):
                own.append(sum(map(float, found.groups())))
            shutil.rmtree(home)
    return report(tool, {name: statistics.median(each) for name, each in times.items()}, own, is_check)


def report(tool: str, medians: dict[str, float], own: list[float], is_check: bool) -> int:
    """Print what was measured, and return the exit code."""
    for name, median in medians.items():
        print(f"  {name:<22} {tool}  {median:6.2f} s")
    print(f"  the script's own steps after the installation: {statistics.median(own):.2f} s")
    is_missed = False
    for one, other, limit in (
        ("install.sh, with uv", "uv tool install", WITH_UV),
        ("install.sh, without", "pipx install", WITHOUT),
    ):
        ratio = medians[one] / medians[other]
        is_missed = is_missed or ratio > limit
        print(f"  {'ok  ' if ratio <= limit else 'MISS'} {one} / {other}: {ratio:.2f} (at most {limit})")
    return 1 if is_check and is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
