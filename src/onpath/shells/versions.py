"""Which version a shell is. The only user of packaging."""

from __future__ import annotations

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.model import Installed

TIMEOUT_S = 5.0


def version_matches(shell: Installed, specifier: str) -> bool:
    """Say whether the version of `shell` is one of `specifier`; one that is not told is the newest."""
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415  (a bare Python start's worth)

    version = parse(_told(shell.program))
    return SpecifierSet(specifier).contains(version or "9999", prereleases=True)


def parse(text: str) -> str | None:
    """Return the version number in what a shell says of itself, or None."""
    for word in text.replace("/", " ").split():
        number = word.lstrip("v").split("+")[0].split("-")[0].strip(".,()")
        parts = number.split(".")
        if len(parts) > 1 and all(part.isdigit() for part in parts):
            return number
    return None


def _told(program: str) -> str:
    import subprocess  # noqa: PLC0415  (as above)

    try:
        run = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.decode("utf-8", "replace")
