"""Fuzz for a night, and print the figures.

    python tests/fuzz/run.py --cases 1000000 --shells 20000

Each target gets that many cases: a twentieth from Hypothesis, the others from atheris, which looks for
what has not run yet; where atheris is missing (pip install atheris), from words and the corpus,
at random, which is said. Real shells get that many names, in turn. What fails is put into the corpus.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARE_OF_HYPOTHESIS = 20
LENGTH = 600  # bytes of a text
# Of a hundred names, how many a slow shell gets.
RARELY = 1
sys.path[:0] = [str(HERE.parent / "support"), str(HERE), str(ROOT / "src")]

if TYPE_CHECKING:
    from collections.abc import Callable

    from targets import Target


def main() -> int:
    """Fuzz as the command line says, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", type=int, default=0, help="cases for each target")
    parser.add_argument("--shells", type=int, default=0, help="names for real shells, in all")
    parser.add_argument("--target", action="append", help="this one only (repeatable)")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other cases")
    parser.add_argument("--guided", metavar="TARGET", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.guided:
        return guided(asked.guided, asked.cases, asked.seed)
    from targets import TARGETS  # noqa: PLC0415  (atheris must load it itself)

    is_guided = importlib.util.find_spec("atheris") is not None
    if asked.cases and not is_guided:
        print("atheris is not installed; its cases are made up at random")
    failed = 0
    for name in asked.target or TARGETS if asked.cases else ():
        failed += fuzz(TARGETS[name], asked.cases, asked.seed, is_guided=is_guided)
    if asked.shells:
        failed += in_shells(asked.shells, asked.seed)
    return min(failed, 1)


def fuzz(target: Target, cases: int, seed: int, *, is_guided: bool) -> int:
    """Try `cases` on `target`, say what came of it, and return how many engines found a fault."""
    few = cases // SHARE_OF_HYPOTHESIS
    engines: dict[str, Callable[[], str]] = {"Hypothesis": lambda: by_hypothesis(target, few, seed)}
    if is_guided:
        engines["atheris"] = lambda: by_atheris(target, cases - few, seed)
    else:
        engines["at random"] = lambda: at_random(target, cases - few, seed)
    failed = 0
    for engine, run in engines.items():
        start = time.monotonic()
        fault = run()
        number = few if engine == "Hypothesis" else cases - few
        print(
            f"{target.name:10} {number:>9,} by {engine:10} {time.monotonic() - start:6.0f} s  ", end=""
        )
        print(fault or "0 faults", flush=True)
        failed += bool(fault)
    return failed


def by_hypothesis(target: Target, cases: int, seed: int) -> str:
    """Let Hypothesis try `cases`, and return the fault that it found, made small."""
    import hypothesis  # noqa: PLC0415  (as above)

    from test_targets import texts  # noqa: PLC0415

    last = b""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(texts(target))
    def law(text: bytes) -> None:
        nonlocal last
        last = text
        target.check(text)

    try:
        law()
    except Exception as error:  # noqa: BLE001  (any is a fault)
        return keep(target, last, error)
    return ""


def at_random(target: Target, cases: int, seed: int) -> str:
    """Try `cases` of words and the changed corpus, and return the first fault."""
    chance = random.Random(f"{target.name} {seed}")  # noqa: S311
    for _ in range(cases):
        text = target.make_up(chance)[:LENGTH]
        try:
            target.check(text)
        except Exception as error:  # noqa: BLE001  (as above)
            return keep(target, text, error)
    return ""


def by_atheris(target: Target, cases: int, seed: int) -> str:
    """Let atheris try `cases` in a process of its own, and return the fault that it found."""
    from targets import IN_MEMORY  # noqa: PLC0415  (as above)

    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=IN_MEMORY) as folder:
        done = subprocess.run(
            [
                sys.executable,
                __file__,
                "--guided",
                target.name,
                "--cases",
                str(cases),
                "--seed",
                str(seed),
            ],
            cwd=folder,
            env={**os.environ, "FUZZ_FOLDER": folder},
            capture_output=True,
            check=False,
        )
        found = [file for file in Path(folder).iterdir() if file.name.startswith("crash-")]
        if not found:
            return (
                f"atheris ended with {done.returncode}: {done.stderr[-500:]!r}"
                if done.returncode
                else ""
            )
        told = done.stderr.decode(errors="replace")
        return keep(target, found[0].read_bytes(), told[told.find("=== Uncaught") :][:500])


def guided(name: str, cases: int, seed: int) -> int:
    """Be the process in which atheris runs: the code that is tried is loaded under its eyes."""
    import atheris  # noqa: PLC0415

    with atheris.instrument_imports(include=["onpath"]):
        from targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    Path("words").write_text("".join(f'"{escaped(word)}"\n' for word in target.words if word))
    Path("new").mkdir()
    for number, text in enumerate(target.corpus()):
        Path("new", str(number)).write_bytes(text)
    options = [f"-runs={cases}", f"-seed={seed + 1}", f"-max_len={LENGTH}", "-dict=words", "new"]
    atheris.Setup([sys.argv[0], *options], target.check)
    atheris.Fuzz()
    return 0


def escaped(word: bytes) -> str:
    """Return `word` as a dictionary of libFuzzer spells it."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def keep(target: Target, text: bytes, error: object) -> str:
    """Put `text` into the corpus, and return what to say of it."""
    from targets import CORPUS  # noqa: PLC0415

    file = CORPUS / target.name / f"found-{hashlib.sha256(text).hexdigest()[:8]}"
    file.write_bytes(text)
    kind = "" if isinstance(error, str) else f"{type(error).__name__}: "
    return f"{file.relative_to(ROOT)}: {kind}{str(error)[:500]}"


def in_shells(number: int, seed: int) -> int:
    """Give `number` names to the real shells, say what came of it, and return how many went wrong."""
    import named_shells  # noqa: PLC0415  (as above)

    os.environ["PATH"] = f"{ROOT / '.cache/shells/bin'}:{os.environ['PATH']}"
    found = named_shells.names()
    quick = [name for name in found if named_shells.is_quick(name)]
    few = max(1, number * RARELY // 100)
    wrong = 0
    for name in found:
        share = few if name not in quick else (number - few * (len(found) - len(quick))) // len(quick)
        start, figures = time.monotonic(), named_shells.Figures()
        named_shells.attack(name, share, seed=seed, figures=figures)
        took_s = time.monotonic() - start
        print(
            f"{name:10} {share:>7,} names: {figures.served:,} literal, {figures.refused:,} refused, "
            f"{len(figures.wrong)} wrong, {took_s:.0f} s",
            flush=True,
        )
        for line in figures.wrong[:20]:
            print(f"    {line}")
        wrong += len(figures.wrong)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
