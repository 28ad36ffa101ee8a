"""Programs that manage dotfiles: who they are for a file, and their own way to change it. Reads only."""

from __future__ import annotations

import os


def note(path: str, home: str) -> str | None:
    """Return who else writes `path` and what the user should do about it, or None."""
    real = os.path.realpath(path)
    below = os.path.relpath(path, home)
    if real.startswith("/nix/store/"):
        return (
            "home-manager or NixOS writes it: add the directory to `home.sessionPath` "
            "(or environment.sessionVariables) there"
        )
    if _chezmoi_has(below, home):
        return f"chezmoi manages it: run `chezmoi re-add {path}` to keep an edit"
    if _yadm_has(below, home):
        return f"yadm manages it: commit an edit with `yadm commit {path}`"
    repository = _repository(real) if real != os.path.abspath(path) else None
    if repository:
        return f"it is a link into the repository {repository}: commit an edit there"
    return None


def _chezmoi_has(below: str, home: str) -> bool:
    """chezmoi's source names: `.zshrc` is `dot_zshrc`, with attributes before and `.tmpl` behind."""
    source = os.path.join(home, ".local", "share", "chezmoi")
    folder, _, name = f"/{below}".rpartition("/")
    parts = [p for p in folder.split("/") if p]
    wanted = "dot_" + name[1:] if name.startswith(".") else name
    for part in parts:
        names = _names(source)
        plain = "dot_" + part[1:] if part.startswith(".") else part
        match = next((n for n in names if n == plain or n.endswith("_" + plain)), None)
        if match is None:
            return False
        source = os.path.join(source, match)
    return any(
        n.removesuffix(".tmpl") == wanted or n.removesuffix(".tmpl").endswith("_" + wanted)
        for n in _names(source)
    )


def _yadm_has(below: str, home: str) -> bool:
    """The index of a git repository holds the names of its files as they are."""
    index = os.path.join(home, ".local", "share", "yadm", "repo.git", "index")
    try:
        with open(index, "rb") as file:
            return os.fsencode(below) + b"\0" in file.read()
    except OSError:
        return False


def _repository(path: str) -> str | None:
    folder = os.path.dirname(path)
    while folder not in {"", "/"}:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        folder = os.path.dirname(folder)
    return None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
