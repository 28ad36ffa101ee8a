#!/usr/bin/env python3
"""Build the Ansible collection: the tree that `ansible-galaxy collection install` takes.

    python3 tools/build_collection.py [--output FOLDER]

FOLDER (default: dist) gets `ansible_collections/onpath/onpath`: what lies in `ansible/`, with the
onpath.pyz of this checkout in it, without bytecode, since it is sent to each host. The same sources give
the same bytes. Needs what `build_pyz.py` needs, and no Ansible.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import build_pyz

SOURCE = build_pyz.ROOT / "ansible"
TREE = Path("ansible_collections", "onpath", "onpath")
PAYLOAD = Path("plugins", "module_utils", "payload.py")
LINE = 100  # characters of base64
PAYLOAD_TEXT = '''\
"""The onpath.pyz that the module runs on the host. `tools/build_collection.py` has written this file."""

from __future__ import annotations

SHA256 = "{digest}"
PACKED = """
{packed}
"""
'''


def main() -> int:
    """Build, say how it is installed, and return the exit code."""
    parser = argparse.ArgumentParser(description="Build the Ansible collection.")
    parser.add_argument("--output", type=Path, default=build_pyz.ROOT / "dist", metavar="FOLDER")
    options = parser.parse_args()
    try:
        tree = build(options.output)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"build_collection.py: {error}\n")
        return 1
    sys.stdout.write(f"ansible-galaxy collection install --force {tree}\n")
    return 0


def build(folder: Path) -> Path:
    """Write the tree into `folder`, and return where it is. Raises OSError or ValueError."""
    tree = folder / TREE
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(build_pyz.ROOT / "LICENSE", tree)
    with tempfile.TemporaryDirectory() as name:
        build_pyz.build(Path(name), [], "")
        archive = Path(name, build_pyz.NAME).read_bytes()
    (tree / PAYLOAD).write_text(payload(archive), encoding="ascii")
    galaxy = tree / "galaxy.yml"
    version = build_pyz.field((build_pyz.ROOT / "pyproject.toml").read_text(encoding="utf-8"), "version")
    galaxy.write_text(galaxy.read_text(encoding="utf-8").replace("@VERSION@", version), encoding="utf-8")
    return tree


def payload(archive: bytes) -> str:
    """Return the module that carries `archive`. Pure, but for the version of zlib."""
    packed = base64.b64encode(zlib.compress(archive, 9)).decode("ascii")
    lines = (packed[start : start + LINE] for start in range(0, len(packed), LINE))
    digest = hashlib.sha256(archive).hexdigest()
    return PAYLOAD_TEXT.format(digest=digest, packed="\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
