"""The Pythons of this machine, of any version. Independent of onpath and of its builder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

TELL = "import sys; print('%d.%d' % sys.version_info[:2])"


@cache
def find(version: str) -> Path | None:
    """Return a program of Python `version`, such as 3.9, or None where there is none that runs."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [*sorted(root.glob(f"versions/{version}.*/bin/python"))]
    for name in (f"python{version}", "python3"):
        found = shutil.which(name)
        candidates += [Path(found)] if found else []
    return next((path for path in candidates if tell(path) == version), None)


def tell(python: Path) -> str | None:
    """Return the version that `python` says it has."""
    run = subprocess.run([python, "-c", TELL], capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def copy(folder: Path, **modules: str) -> Path | None:
    """Make a Python of its own in `folder`, as another build of this one is, and return its program.

    Its `modules` lie beside the standard library's, as a distribution puts them; in its site-packages is
    nothing. None where a copy of the program does not find its library.
    """
    program, library = folder / "bin" / "python3", Path(os.__file__).parent
    own = folder / "lib" / library.name
    (own / "site-packages").mkdir(parents=True)
    program.parent.mkdir()
    shutil.copy2(Path(sys.executable).resolve(), program)
    for each in library.iterdir():
        if each.name not in {"site-packages", "dist-packages", "sitecustomize.py"}:
            (own / each.name).symlink_to(each)
    for name, text in modules.items():
        (own / f"{name}.py").write_text(text)
    told = subprocess.run(
        [program, "-c", "import os; print(os.__file__)"], capture_output=True, check=False
    )
    return program if told.stdout.decode().strip() == str(own / "os.py") else None
