"""Every message that can end a run says which fact it is, and then the cure: "fact; cure"."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import onpath
from cures import CURE, uncured
from onpath.errors import OnpathError
from onpath.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(onpath.__file__).parent
MODULES = [
    ".".join(("onpath", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if path.name != "__main__.py" and "snippets" not in path.parts
]
# Texts that are made elsewhere: the expression, and the function whose texts are looked at here, or
# the module that raised it first.
MADE_ELSEWHERE = {
    "reason": "what the stores and places give as the reason of a refusal: REASONS",
    "str(error)": "an error of ours, which was looked at where it was raised",
    "_why_no_shell(host, directories)": "REASONS",
    "_busy(": "REASONS",
    "rivals.not_ours(": "tests/unit/installers/test_rivals.py looks at each of its cures",
    "causes.explained(": "tests/unit/installers/test_causes.py looks at each of its causes",
    "_refused(verb, name)": "REASONS",
    "'; '.join(": "a fact and its cure are put together",
    "_sentence(": "the same",
    "unpaired_words(": "REASONS",
    "_no_file_reason(": "REASONS",
    "_closed_reason(": "REASONS",
    "harm": "REASONS",
    "repeated(request, str(error))": "an error of ours, of which a command was made whole",
    "survey.danger": "REASONS",
    "_cannot_become(": "REASONS",
}
# Functions that return such a text, or parts of it.
REASONS = [
    "onpath.host.directories.danger",
    "onpath.host.every_user.why_closed",
    "onpath.host.folders.write_cure",
    "onpath.host.lock._busy",
    "onpath.host.unix._why_no_shell",
    "onpath.places.ci_path._refusal",
    "onpath.places.user_registry.doubled",
    "onpath.places.user_registry.too_long",
    "onpath.places.user_registry.unpaired_words",
    "onpath.probes.every_user._cannot_become",
    "onpath.probes.judge.misplaced",
    "onpath.probes.sights._closed_reason",
    "onpath.probes.sights.unstarted_reason",
    "onpath.probes.sights.unusable_reason",
    "onpath.request._refused",
    "onpath.stores.files._no_file_reason",
    "onpath.stores.files.refusal",
    "onpath.stores.registry.refusal",
]
# Errors in which the caller learns the report, whose outcomes have their own cures.
HAS_REPORT = "NotEffectiveError"


def is_ours(node: ast.expr, names: dict[str, object]) -> bool:
    """Say whether a call makes an error that ends a run with a message."""
    name = node.id if isinstance(node, ast.Name) else ""
    found = names.get(name)
    return isinstance(found, type) and issubclass(found, OnpathError) and name != HAS_REPORT


def text_of(node: ast.expr, names: dict[str, object]) -> str:
    """Return the text of an expression as far as the source tells; the rest as `{expression}`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(value, names) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left, names) + text_of(node.right, names)
    found = names.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(names.get(node.value.id), node.attr, None)
    return found if isinstance(found, str) else f"{{{ast.unparse(node)}}}"


def messages() -> Iterator[tuple[str, str]]:
    """Yield where each error and each refusal is made, and with which text."""
    for name in MODULES:
        module = importlib.import_module(name)
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if is_ours(node.func, vars(module)) and node.args:
                yield f"{name}:{node.lineno}", text_of(node.args[0], vars(module))
            elif isinstance(node.func, ast.Name) and node.func.id == Refusal.__name__:
                yield f"{name}:{node.lineno}", text_of(node.args[1], vars(module))


MESSAGES = dict(messages())


def has_cure(text: str) -> bool:
    """Say whether a text has the form "fact; cure", or is one that is looked at elsewhere."""
    return is_cured(text) or any(f"{{{made}" in text for made in MADE_ELSEWHERE)


@pytest.mark.parametrize("where", MESSAGES)
def test_an_error_names_its_cure(where: str) -> None:
    assert has_cure(MESSAGES[where]), MESSAGES[where]


def test_the_walk_finds_the_errors() -> None:
    assert len(MESSAGES) > 70
    sources = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    for made in MADE_ELSEWHERE:
        assert made.replace("'", '"') in sources, f"nothing is made of {made} any more"


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_names_its_cure(name: str) -> None:
    module_name, _, function = name.rpartition(".")
    module = importlib.import_module(module_name)
    tree = ast.parse(inspect.getsource(getattr(module, function)))
    returns = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
    returned = [x for r in returns for x in ((r.body, r.orelse) if isinstance(r, ast.IfExp) else (r,))]
    texts = [text_of(value, vars(module)) for value in returned if is_text(value)]
    told = [text for text in texts if text not in {"", "None"}]
    assert told, "it returns no text any more"
    for text in told:
        assert has_cure(text) or text.startswith("run "), text


def is_cured(text: str) -> bool:
    """Say whether a text has the form "fact; cure", where the cure may be an expression."""
    return bool(CURE.search(text)) or "; {" in text


def is_text(node: ast.expr) -> bool:
    """Say whether an expression is a text that stands in the source."""
    is_sum = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
    return is_sum or isinstance(node, (ast.JoinedStr, ast.Constant))


def row(words: str) -> str:
    """Return a row of a report."""
    return f"  bash       login        {words}\n"


@pytest.mark.parametrize(
    ("output", "errors", "is_look", "is_cured"),
    [
        (row("missing"), "", False, False),
        (row("missing"), "", True, False),
        (row("missing") + "To put it there:  ensure-path\n", "", True, True),
        (row("missing: reads no startup file"), "", True, False),
        (row("missing: reads no startup file; start it as posh -l"), "", True, True),
        (row("unknown: no answer in 10 s"), "", False, False),
        (row("unknown: no answer in 10 s; if it is slow: ensure-path --timeout 60"), "", False, True),
        ("  desktop                 missing\n", "", False, False),
        (row("already there"), "ensure-path: there is none\n", False, False),
        (row("already there"), "ensure-path: there is none; make one\n", False, True),
    ],
)
def test_what_a_run_says_is_judged_by_its_cures(
    output: str, errors: str, is_look: bool, is_cured: bool
) -> None:
    found = uncured(1, output, errors, is_look=is_look)
    assert is_cured == (not found)
    assert not uncured(0, output, errors, is_look=is_look)
