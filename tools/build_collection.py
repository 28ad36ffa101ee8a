#!/usr/bin/env python3
"""Build the Ansible collection: the tree that `ansible-galaxy collection install` takes.

    python3 tools/build_collection.py [--output FOLDER]

FOLDER (default: dist) gets `ansible_collections/onpath/onpath`: what lies in `ansible/`, with the onpath
of this checkout in it. That is sent to each host with each task, so it is no more than what runs there.
The same sources give the same bytes. Needs what `build_pyz.py` needs, and no Ansible.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import tokenize
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import build_pyz

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = build_pyz.ROOT / "ansible"
TREE = Path("ansible_collections", "onpath", "onpath")
PAYLOAD = Path("plugins", "module_utils", "payload.py")
LINE = 100  # characters of base64
# What the library never imports.
LEFT_OUT = ("__main__.py", "onpath/__main__.py", "onpath/cli", "onpath/installers", "packaging")
PAYLOAD_TEXT = '''\
"""The onpath that the module runs on the host. `tools/build_collection.py` has written this file."""

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
        carried, file = Path(name, "tree"), Path(name, "onpath.zip")
        carried.mkdir()
        build_pyz.collect(carried)
        reduce(carried)
        build_pyz.archive(carried, file)
        (tree / PAYLOAD).write_text(payload(file.read_bytes()), encoding="ascii")
    galaxy = tree / "galaxy.yml"
    version = build_pyz.field((build_pyz.ROOT / "pyproject.toml").read_text(encoding="utf-8"), "version")
    galaxy.write_text(galaxy.read_text(encoding="utf-8").replace("@VERSION@", version), encoding="utf-8")
    return tree


def reduce(tree: Path) -> None:
    """Leave in `tree` what runs on a host, and the licenses of that."""
    for name in LEFT_OUT:
        path = tree / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for about in tree.glob("*.dist-info"):
        is_here = (tree / about.name.partition("-")[0]).exists()
        for path in [*about.rglob("*")]:
            if path.is_file() and not (is_here and path.name.startswith("LICENSE")):
                path.unlink()
    for path in tree.rglob("*.py"):
        path.write_bytes(bare(path.read_text(encoding="utf-8")).encode())


def bare(source: str) -> str:
    """Return `source` without its comments and with empty docstrings, each line where it was. Pure.

    So a traceback names the line of the checkout.
    """
    lines = io.StringIO(source).readlines()
    for (first, start), (last, end), text in sorted(_needless(source), reverse=True):
        line = (lines[first - 1][:start] + text).rstrip() + lines[last - 1][end:]
        lines[first - 1 : last] = [line, *["\n"] * (last - first)]
    return "".join(lines)


def _needless(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Yield from where to where nobody but a reader needs the text, and what stands there for it."""
    is_first = True  # of its statement
    string: tokenize.TokenInfo | None = None  # all of its statement so far
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start, token.end, ""
        elif token.type == tokenize.NEWLINE:
            if string:
                yield string.start, string.end, '""'
            is_first, string = True, None
        elif token.type not in {tokenize.NL, tokenize.INDENT, tokenize.DEDENT}:
            string = token if is_first and token.type == tokenize.STRING else None
            is_first = False


def payload(archive: bytes) -> str:
    """Return the module that carries `archive`. Pure, but for the version of zlib."""
    packed = base64.b64encode(zlib.compress(archive, 9)).decode("ascii")
    lines = (packed[start : start + LINE] for start in range(0, len(packed), LINE))
    digest = hashlib.sha256(archive).hexdigest()
    return PAYLOAD_TEXT.format(digest=digest, packed="\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
