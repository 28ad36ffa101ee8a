"""The library as a stranger meets it: the examples of docs/api.md, its names, signatures and help."""

from __future__ import annotations

import doctest
import gc
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import onpath
from onpath import errors, model, request
from onpath.cli import grammar
from onpath.host import unix

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
VERBS = ("ensure", "check", "diff", "undo")


@pytest.fixture(autouse=True)
def _bash_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody sit in a shell, and bash as the login shell."""
    if sys.platform == "win32":
        pytest.skip("shells of Unix")
    program = shutil.which("bash") or pytest.skip("bash is not installed")
    monkeypatch.setattr(unix, "running_shell", lambda _: None)
    monkeypatch.setattr(unix, "own_entry", lambda: ("ada", "/nowhere", program))


# pytest-xdist has threads, and new Pythons warn of a fork then.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_examples_of_the_documentation_are_true(home: Path) -> None:
    (home / ".local" / "bin").mkdir(parents=True)
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(text, {}, "api.md", "docs/api.md", 0)
    assert len(example.examples) > 10
    assert 0 == doctest.DocTestRunner(verbose=False).run(example).failed
    assert [".local"] == os.listdir(home)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_lines_for_installers_are_true(home: Path) -> None:
    (home / ".local" / "bin").mkdir(parents=True)
    text = (ROOT / "docs" / "integrating.md").read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(text, {}, "integrating.md", "docs", 0)
    assert len(example.examples) == 6
    assert 0 == doctest.DocTestRunner(verbose=False).run(example).failed


def test_every_name_that_is_exported_is_there_and_documented() -> None:
    for name in onpath.__all__:
        assert (inspect.getdoc(getattr(onpath, name)) or "").strip(), name


def test_every_name_that_is_exported_is_listed_before_it_is_loaded() -> None:
    code = "import onpath; print(set(onpath.__all__) <= set(dir(onpath)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "True\n" == done.stdout


def test_all_errors_and_all_types_of_a_report_are_exported() -> None:
    exported = set(onpath.__all__)
    assert {name for name, value in vars(errors).items() if inspect.isclass(value)} <= exported
    named = set()
    for kind in ("Report", "Outcome", "Edit", "Refusal", "Probe", "Context", "Installed", "Entry"):
        words = " ".join(map(str, vars(model)[kind].__annotations__.values()))
        named |= {name for name in vars(model) if name[0].isupper() and f"{name}" in words.split()}
    assert named <= exported | {"Status", "Target"}


@pytest.mark.parametrize("is_collecting", [True, False])
def test_a_call_leaves_the_callers_garbage_collection_as_it_is(
    monkeypatch: pytest.MonkeyPatch, *, is_collecting: bool
) -> None:
    """It is off meanwhile, also where the call fails."""
    seen = []

    def fail(*_: object) -> None:
        seen.append(gc.isenabled())
        raise onpath.UsageError("no")

    monkeypatch.setattr(request, "make", fail)
    was_collecting = gc.isenabled()
    (gc.enable if is_collecting else gc.disable)()
    try:
        with pytest.raises(onpath.UsageError):
            onpath.check()
        seen.append(gc.isenabled())
    finally:
        (gc.enable if was_collecting else gc.disable)()
    assert [False, is_collecting] == seen


def test_a_name_that_is_not_there_is_the_usual_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ensured'"):
        _ = onpath.ensured  # type: ignore[attr-defined, unused-ignore]


@pytest.mark.parametrize("name", VERBS)
def test_each_keyword_is_spelled_and_typed_and_taken(name: str) -> None:
    verb: Callable[..., object] = getattr(onpath, name)
    first, *keywords = inspect.signature(verb).parameters.values()
    assert (first.kind, first.name) == (inspect.Parameter.VAR_POSITIONAL, "directories")
    assert set(request.TAKES[name]) == {each.name for each in keywords}
    for each in keywords:
        assert each.kind is inspect.Parameter.KEYWORD_ONLY
        assert each.default is not inspect.Parameter.empty
        assert each.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize("name", VERBS)
def test_each_default_is_what_leaving_it_out_means(name: str) -> None:
    verb: Callable[..., object] = getattr(onpath, name)
    _, *keywords = inspect.signature(verb).parameters.values()
    spelled = {each.name: each.default for each in keywords}
    assert request.make(name) == request.make(name, (), spelled)


def test_the_options_of_the_command_line_are_the_keywords_of_the_library() -> None:
    options = {option.sets for option in grammar.OPTIONS} - set(grammar.SHOWN)
    keywords = {name for verb in VERBS for name in request.TAKES[verb]}
    assert options == keywords - {"environ", "progress", "keep_order", "seen", "whole", "dry_run"}
    actions = {str(option.value) for option in grammar.OPTIONS if option.sets == "action"}
    assert {*actions, "ensure"} == {*request.TAKES, *grammar.ACTIONS}


def test_help_names_every_argument_and_every_unit() -> None:
    text = inspect.getdoc(onpath.ensure) or ""
    for name in request.TAKES["ensure"]:
        assert f"\n{name}: " in text
    assert "seconds" in text


def test_importing_the_library_imports_next_to_nothing() -> None:
    code = "import sys; import onpath; print(*(n for n in sys.modules if n.startswith('onpath')))"
    path = str(Path(onpath.__file__).parents[1])
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = [{path!r}]; {code}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert {"onpath", "onpath.errors", "onpath.values"} == set(done.stdout.split())
