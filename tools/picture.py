"""Make docs/run.svg, the picture of the README, from what a real run prints on a terminal.

    python3 tools/picture.py [ENSURE-PATH]

The run is a first one, in the home of a new user of bash and fish; only the name of the temporary home
is replaced.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "ensure-path"
COLORS = {"32": "#3fb950", "31": "#f85149", "33": "#d29922", "2": "#8b949e"}
FRONT, BACK, PROMPT = "#e6edf3", "#0d1117", "#58a6ff"
SIZE, ADVANCE, LEADING, MARGIN = 14, 8.43, 20, 18
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


def main() -> None:
    """Run, draw, write."""
    program = sys.argv[1] if len(sys.argv) > 1 else str(Path(sys.executable).with_name(COMMAND))
    with tempfile.TemporaryDirectory() as folder:
        lines = screen(program, Path(folder))
    (ROOT / "docs" / "run.svg").write_text(draw([f"\x1b[prompt]$\x1b[] {COMMAND}", *lines]))


def screen(program: str, home: Path) -> list[str]:
    """Return the lines that a first run leaves on a terminal, colors included."""
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".config" / "fish" / "config.fish").write_text("")
    skeleton = Path("/etc/skel")
    for name in (".bashrc", ".profile"):
        text = (skeleton / name).read_text() if (skeleton / name).exists() else ""
        (home / name).write_text(text)
    outer, inner = pty.openpty()
    env = {
        "HOME": str(home),
        "SHELL": "/bin/bash",
        "TERM": "xterm",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    process = subprocess.Popen([program], env=env, stdin=inner, stdout=inner, stderr=inner)
    os.close(inner)
    shown = b""
    while True:
        try:
            chunk = os.read(outer, 65536)
        except OSError:  # the last holder of the other end is gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(outer)
    if process.wait() != 0:
        raise SystemExit(f"the run failed:\n{shown.decode()}")
    text = shown.decode().replace(str(home), "/home/ada").replace("\r\n", "\n")
    return [line.rpartition("\r\x1b[K")[2] for line in text.rstrip("\n").split("\n")]


def draw(lines: list[str]) -> str:
    """Return an SVG of `lines`."""
    columns = max(len(SEQUENCE.sub("", line)) for line in lines)
    width, height = columns * ADVANCE + 2 * MARGIN, len(lines) * LEADING + 2 * MARGIN
    top = MARGIN + SIZE
    body = "\n".join(
        f'<text xml:space="preserve" x="{MARGIN}" y="{top + LEADING * number}">{spans(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" role="img" '
        f'aria-label="A run of {COMMAND}">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>\n'
        f'<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" '
        f'font-size="{SIZE}" fill="{FRONT}">\n{body}\n</g>\n</svg>\n'
    )


def spans(line: str) -> str:
    """Return `line` with its color sequences as spans."""
    line = line.replace("\x1b[prompt]", "\x1b[34m").replace("\x1b[]", "\x1b[0m")
    parts = SEQUENCE.split(line)  # text, code, text, code, text ...
    drawn = escape(parts[0])
    for code, text in zip(parts[1::2], parts[2::2]):
        color = PROMPT if code == "34" else COLORS.get(code)
        words = escape(text)
        drawn += f'<tspan fill="{color}">{words}</tspan>' if color else words
    return drawn


if __name__ == "__main__":
    main()
