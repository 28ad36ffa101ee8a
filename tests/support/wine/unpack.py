"""Put Windows' Python together: unpack.py FOLDER-OF-WHEEL ROOT. For setup.sh."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

LEFT_OUT = (
    "EXTERNALLY-MANAGED",  # of a distribution: pip would refuse
    *("test", "tests", "idlelib", "tkinter", "turtledemo", "config-3*", "_sysconfigdata*"),
    *("__pycache__", "site-packages", "dist-packages", "lib-dynload"),
)


def place(name: str) -> str | None:
    """Return the folder for a file of the wheel's `deploy_libs`, or None for what is not needed."""
    if name.startswith(("api-ms-", "tcl", "tk", "_tkinter")) or name.endswith(".exe"):
        return None
    if name.endswith(".pyd") or name.startswith(("lib", "sqlite")):
        return "DLLs"
    return "." if name.startswith(("python3", "vcruntime")) else None


def main(wheels: Path, root: Path) -> None:
    """Unpack the wheel in `wheels`, and copy the library of this Python."""
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        for member in wheel.namelist():
            folder, _, name = member.rpartition("/")
            target = place(name.lower()) if folder == "deploy_libs" else None
            if target:
                (root / target / name).write_bytes(wheel.read(member))
    ignored = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(sysconfig.get_path("stdlib"), root / "Lib", ignore=ignored)
    (root / "Lib" / "site-packages").mkdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
