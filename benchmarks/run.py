"""Measure onpath beside its rivals, in one run.

    python3 benchmarks/run.py [--rounds N] [--check]

Machines are noisy and absolute times mean little: every command is run in turn, round after round, and
what is printed are medians and ratios. `--check` exits with 1 if a bar is missed. Builds its own
environments in .cache/bench: with the project's wheel, userpath and pipx, and with the same pipx on this
repository's userpath.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".cache" / "bench"
COMPAT = BENCH / "compat"  # with our userpath in place of the original
BINS = (ROOT / ".cache" / "shells" / "bin", "/usr/local/bin", "/usr/bin", "/bin")
PATH = ":".join(map(str, BINS))
SNIPPETS = ROOT / "shells"
PROFILE = 'PATH="$HOME/.local/bin:$PATH"\n'
# As much work as bash-completion and one version manager are.
BUSY = 'i=0; while [ "$i" -lt 20000 ]; do i=$((i+1)); done\n'


@dataclass(frozen=True)
class Bar:
    """A promise: `what` must not be above `limit`."""

    what: str
    value: float
    limit: float
    unit: str = ""

    def __str__(self) -> str:
        word = "ok  " if self.value <= self.limit else "MISS"
        return (
            f"  {word} {self.what:<62} {self.value:8.2f}{self.unit} (at most {self.limit:g}{self.unit})"
        )


@dataclass(frozen=True)
class Loop:
    """How a shell runs a piece of code many times. `@N` is how often, `@CODE` the code."""

    program: str
    argv: tuple[str, ...]
    source: str
    snippet: str
    word: str  # ~/.local/bin, spelled in the language
    limit_us: float
    rounds: int = 20_000
    indent: str = ""
    repeats: int = 9
    # What PLAIN took on the machine on which the limit was set, where a machine slower than that
    # one would miss a limit of so few microseconds; None: the limit is taken as it is.
    plain_us: float | None = None


QUOTED = '"$HOME/.local/bin"'
# The same job as everyone spells it.
PLAIN = """case ":${PATH-}:" in
  *:__DIR__:*|*:__DIR__/:*) ;;
  *) PATH=__DIR__${PATH:+:$PATH}; export PATH ;;
esac"""
POSIX = "i=0; while [ $i -lt @N ]; do\n:\n@CODE\ni=$((i+1)); done"
CSH = "set i = 0\nwhile ( $i < @N )\n@CODE\n@ i++\nend\n"
LOOPS = {
    **{
        name: Loop(name, (name,), POSIX, "posix.sh", QUOTED, 2, plain_us=plain_us)
        for name, plain_us in (
            ("dash", 0.6),
            ("bash", 1.2),
            ("zsh", 1.3),
            ("ksh93", 0.2),
            ("mksh", 1.1),
            ("posh", 0.8),
            ("yash", 1.3),
            ("ash", 0.4),
        )
    },
    "bash (.bashrc)": Loop("bash", ("bash",), POSIX, "bashrc.sh", QUOTED, 2, plain_us=1.2),
    "fish": Loop(
        "fish", ("fish",), "for i in (seq @N)\ntrue\n@CODE\nend", "fish.fish", QUOTED, 20, 5_000
    ),
    "nushell": Loop(
        "nu",
        ("nu",),
        "for i in 1..@N {\n@CODE\n}",
        "nushell.nu",
        '($env.HOME + "/.local/bin")',
        20,
        20_000,
    ),
    "tcsh": Loop("tcsh", ("tcsh", "-f"), CSH, "csh.csh", '"${HOME}/.local/bin"', 40, 5_000),
    "csh": Loop("bsd-csh", ("bsd-csh", "-f"), CSH, "csh.csh", '"${HOME}/.local/bin"', 40, 5_000),
    "elvish": Loop(
        "elvish",
        ("elvish",),
        "for i [(range @N)] {\nnop\n@CODE\n}",
        "elvish.elv",
        "$E:HOME'/.local/bin'",
        60,
        5_000,
    ),
    "xonsh": Loop(
        "xonsh",
        ("xonsh", "--no-rc"),
        "for i in range(@N):\n    pass\n@CODE",
        "xonsh.xsh",
        "(__xonsh__.env['HOME'] + '/.local/bin')",
        90,
        5_000,
        "    ",
    ),
}


def main() -> int:
    """Print all measurements and return 1 if `--check` was given and a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="how often each command is run")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    options = parser.parse_args()
    prepare()
    with tempfile.TemporaryDirectory(prefix="") as folder:  # a home's name is short
        bars = [
            *compare(Path(folder), options.rounds),
            *side_by_side(Path(folder), max(3, options.rounds // 5)),
            memory(Path(folder)),
        ]
        bars += snippets(Path(folder))
    print("\nbars")
    for bar in bars:
        print(bar)
    is_missed = any(bar.value > bar.limit for bar in bars)
    return 1 if options.check and is_missed else 0


def prepare() -> None:
    """Make the environment of the commands under test. The project is built again each time."""
    python = str(BENCH / "bin" / "python")
    if not Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", BENCH], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--upgrade", "pip"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "userpath", "pipx"], check=True)
    compat = str(COMPAT / "bin" / "python")
    if not Path(compat).exists():
        subprocess.run([sys.executable, "-m", "venv", COMPAT], check=True)
        told = subprocess.run([f"{BENCH}/bin/pipx", "--version"], capture_output=True, check=True).stdout
        wanted = [f"pipx=={told.decode().strip()}", "click>=8"]
        subprocess.run([compat, "-m", "pip", "install", "-q", *wanted], check=True)
    with tempfile.TemporaryDirectory() as folder:  # a build folder in the checkout would go stale
        source = Path(folder) / "source"
        ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT, source, ignore=ignored)
        pip = [python, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", str(source)]
        subprocess.run(pip, check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", str(source)], check=True)
        ours = [compat, "-m", "pip", "install", "-q", str(source), str(source / "compat" / "userpath")]
        subprocess.run([*ours, "--force-reinstall", "--no-deps"], check=True)
        subprocess.run(ours, check=True)


def environment(home: Path) -> dict[str, str]:
    """Return what a user of bash with this home has."""
    return {"HOME": str(home), "SHELL": "/bin/bash", "PATH": PATH, "TERM": "xterm", "LANG": "C.UTF-8"}


def fresh_home(folder: Path, name: str, profile: str = "") -> Path:
    """Make a home with the scripts directory, and with startup files if `profile` is given."""
    home = folder / name
    shutil.rmtree(home, ignore_errors=True)
    (home / ".local" / "bin").mkdir(parents=True)
    for file in (".bashrc", ".profile") if profile else ():
        (home / file).write_text(profile)
    return home


def run(argv: list[str], home: Path) -> float:
    """Run a command to its end, and return the seconds."""
    start = time.perf_counter()
    subprocess.run(argv, env=environment(home), stdin=-3, stdout=-3, stderr=-3, check=False, cwd=home)
    return time.perf_counter() - start


def compare(folder: Path, rounds: int) -> list[Bar]:
    """Run each command in turn, round after round, each in a fresh home where it writes."""
    bins = BENCH / "bin"
    target = "{home}/.local/bin"
    commands = {
        "python -c pass": ([f"{bins}/python", "-c", "pass"], PROFILE),
        "ensure-path --check": ([f"{bins}/ensure-path", "--check"], PROFILE),
        "userpath verify": ([f"{bins}/userpath", "verify", target], PROFILE),
        "ensure-path, first run": ([f"{bins}/ensure-path"], ""),
        "userpath append": ([f"{bins}/userpath", "append", target], ""),
        "pipx ensurepath": ([f"{bins}/pipx", "ensurepath"], ""),
        "pipx ensurepath, ours": ([f"{COMPAT}/bin/pipx", "ensurepath"], ""),
        "pipx ensurepath, busy": ([f"{bins}/pipx", "ensurepath"], BUSY),
        "pipx ensurepath, busy, ours": ([f"{COMPAT}/bin/pipx", "ensurepath"], BUSY),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (argv, profile) in commands.items():
            home = fresh_home(folder, "home", profile)
            times[name].append(run([word.format(home=home) for word in argv], home))
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["python -c pass"]
    print(f"{'a bash user, median of ' + str(rounds):<34}{'ms':>8}{'x bare python':>16}")
    for name, median in medians.items():
        print(f"  {name:<32}{median * 1000:8.1f}{median / bare:16.2f}")
    look, first = medians["ensure-path --check"], medians["ensure-path, first run"]
    return [
        Bar("--check / userpath verify", look / medians["userpath verify"], 0.6),
        Bar("--check / python -c pass", look / bare, 2.5),
        Bar("first run / pipx ensurepath", first / medians["pipx ensurepath"], 0.4),
        *(
            Bar(f"{name}, ours / the original", medians[f"{name}, ours"] / medians[name], 1.0)
            for name in ("pipx ensurepath", "pipx ensurepath, busy")
        ),
    ]


def side_by_side(folder: Path, rounds: int) -> list[Bar]:
    """Compare a look at all shells with the slowest alone, and with half of the CPU time."""
    home = fresh_home(folder, "all")
    ensure = f"{BENCH}/bin/ensure-path"
    run([ensure, "--all-shells"], home)
    names = shells_here(ensure, home)
    alone: dict[str, list[float]] = {}
    cpu: list[float] = []
    together: list[float] = []
    for _ in range(rounds):
        for name in names:
            alone.setdefault(name, []).append(run([ensure, "--check", "--shell", name], home))
        before = cpu_s()
        together.append(run([ensure, "--check", "--all-shells"], home))
        cpu.append(cpu_s() - before)
    medians = {name: statistics.median(values) for name, values in alone.items()}
    slowest = max(medians, key=lambda name: medians[name])
    wall, half = statistics.median(together), statistics.median(cpu) / 2
    print(f"\nall shells, median of {rounds}")
    print(f"  side by side {wall * 1000:6.0f} ms; CPU {half * 2000:.0f} ms; alone:")
    print("  " + "  ".join(f"{name} {median * 1000:.0f}" for name, median in medians.items()))
    least = max(medians[slowest], half)
    return [Bar(f"all shells / the longer of {slowest} alone and half the CPU time", wall / least, 1.3)]


def shells_here(ensure: str, home: Path) -> list[str]:
    """Return the shells that the tool finds: of one that is not installed, the error would be timed."""
    argv = [ensure, "--check", "--all-shells", "--json"]
    done = subprocess.run(argv, env=environment(home), stdin=-3, capture_output=True, check=False)
    return [shell["name"] for shell in json.loads(done.stdout)["shells"]]


def memory(folder: Path) -> Bar:
    """Return the peak memory of a first run for all shells, of the tool's own process."""
    home = fresh_home(folder, "memory")
    code = (
        "import resource, sys\nfrom onpath.cli import main\nmain(['--all-shells', '-q'])\n"
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    argv = [f"{BENCH}/bin/python", "-c", code]
    shown = subprocess.run(argv, env=environment(home), stdin=-3, capture_output=True, check=False)
    return Bar("peak memory", int(shown.stderr.split()[-1]) / 1024, 30, " MiB")


def snippets(folder: Path) -> list[Bar]:
    """Time each snippet where the directory is on PATH already, as in every nested shell."""
    print("\na snippet's cost for a shell start, beside that of the plain text, in us")
    bars = []
    for name, loop in LOOPS.items():
        program = shutil.which(loop.program, path=PATH)
        if program is None:
            print(f"  {name:<16} not installed")
            continue
        code = filled((SNIPPETS / loop.snippet).read_text(), loop)
        if loop.plain_us is None:
            (cost,) = costs_us(loop, program, folder, code)
            print(f"  {name:<16}{cost:8.2f}")
        else:
            own, plain = costs_us(loop, program, folder, code, filled(PLAIN, loop))
            cost = own / plain * loop.plain_us
            print(f"  {name:<16}{own:8.2f}{plain:8.2f}{own / plain:8.2f}")
        bars.append(Bar(f"snippet of {name}", cost, loop.limit_us, " us"))
    return bars


def filled(template: str, loop: Loop) -> str:
    """Return the code of a snippet that prepends the directory."""
    lines = template.splitlines()
    kept = [line for line in lines if not line.startswith("#") and not line.endswith("# append")]
    code = "\n".join(loop.indent + line.removesuffix(" # prepend") for line in kept)
    return code.replace("__DIR__", loop.word)


def costs_us(loop: Loop, program: str, folder: Path, *codes: str) -> list[float]:
    """Return the microseconds of one run of each of `codes`: a loop with it less one without."""
    # Twelve entries, ours first: that is where the shell that this one was started from has put it.
    path = ":".join([f"{folder}/.local/bin", *(f"/opt/entry{i}" for i in range(9)), "/usr/bin", "/bin"])
    # Processor time, and the least of several: whatever else the machine does can only add to it.
    seconds = dict.fromkeys((*codes, ""), float("inf"))
    for _ in range(loop.repeats):
        for body in seconds:
            script = folder / "loop"
            script.write_text(loop.source.replace("@N", str(loop.rounds)).replace("@CODE", body) + "\n")
            before = cpu_s()
            subprocess.run(
                [*loop.argv, script],
                executable=program,
                env={**environment(folder), "PATH": path},
                stdin=-3,
                stdout=-3,
                check=True,
            )
            seconds[body] = min(seconds[body], cpu_s() - before)
    return [(seconds[code] - seconds[""]) / loop.rounds * 1e6 for code in codes]


def cpu_s() -> float:
    """Return the processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
