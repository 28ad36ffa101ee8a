"""The collection as it is built: by Ansible's own rules, with the onpath of this checkout."""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Callable

import pytest

import playing
import pythons
from installing import ROOT
from onpath.contexts import MODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playing import Controller

if sys.platform == "win32":
    pytest.skip("hosts of Unix", allow_module_level=True)

SOURCE = ROOT / "ansible"
TREE = Path("ansible_collections", "onpath", "onpath")
# Without pylint, which takes a minute, and what a git repository of its own would tell.
SANITY = ("validate-modules", "ansible-doc", "ignores", "compile", "use-argspec-type-path", "shebang")
# A program that imports onpath as the module does, and says from where.
IMPORT = """
import sys
sys.path.insert(0, {tree!r})
from ansible_collections.onpath.onpath.plugins.module_utils import carried, payload
import hashlib
assert hashlib.sha256(carried.unpacked()).hexdigest() == payload.SHA256
carried.carry()
import onpath, platformdirs, shellingham, onpath.shells.render
from onpath import SHELLS
assert onpath.shells.render.now("bash", "/opt/x", "/home/ada")
try:
    import onpath.no_such_module
except ModuleNotFoundError:
    pass
print(onpath.__file__, platformdirs.__file__, len(SHELLS) > 20)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the collection, built."""
    folder = tmp_path_factory.mktemp("built")
    done = subprocess.run(
        [sys.executable, playing.BUILD, "--output", folder], check=True, capture_output=True, text=True
    )
    assert f"ansible-galaxy collection install --force {folder / TREE}\n" == done.stdout
    return folder / TREE


@pytest.fixture
def child(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the module by which something is done in a process of its own."""
    return part(tree, monkeypatch, "child")


def part(tree: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    """Import a part of the collection, as Ansible names it."""
    monkeypatch.syspath_prepend(str(tree.parents[2]))
    return importlib.import_module(f"ansible_collections.onpath.onpath.plugins.module_utils.{name}")


def constant(name: str) -> Any:
    """Return a constant of the module, which cannot be imported without Ansible."""
    module = ast.parse((SOURCE / "plugins" / "modules" / "onpath.py").read_text())
    (value,) = (
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    return ast.literal_eval(value)


def test_the_same_sources_give_the_same_collection(tree: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, playing.BUILD, "--output", tmp_path], check=True, capture_output=True
    )
    again = tmp_path / TREE
    names = sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [] == [name for name in names if (tree / name).read_bytes() != (again / name).read_bytes()]
    assert not any("__pycache__" in name.parts for name in names)
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f'version: "{version[1]}"\n' in (tree / "galaxy.yml").read_text()


@pytest.mark.parametrize("version", ["3.9", "3.11", "3.13"])
def test_onpath_comes_from_the_collection_whatever_the_host_has(tree: Path, version: str) -> None:
    """And no file is written for it."""
    python = pythons.find(version) or pytest.skip(f"there is no Python {version}")
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}
    code = IMPORT.format(tree=str(tree.parents[2]))
    done = subprocess.run(
        [str(python), "-B", "-c", code], capture_output=True, text=True, check=False, cwd="/"
    )
    assert "/carried/onpath/__init__.py /carried/platformdirs/__init__.py True\n" == done.stdout
    assert "" == done.stderr
    assert before == {path: path.stat().st_mtime_ns for path in tree.rglob("*")}


@pytest.fixture
def files(tree: Path, monkeypatch: pytest.MonkeyPatch) -> zipfile.ZipFile:
    """Give what is sent to each host."""
    return zipfile.ZipFile(io.BytesIO(part(tree, monkeypatch, "carried").unpacked()))


def test_all_that_a_carried_module_imports_is_carried_too(files: zipfile.ZipFile) -> None:
    """What a host lacks would be missed in the rarest of runs."""
    source = ROOT / "src"
    ours = {path.relative_to(source).as_posix() for path in source.rglob("*.py")}
    left_out = {*map(dotted, ours.difference(files.namelist())), "packaging"}
    lacking = set()
    for name in filter(re.compile(r".*\.py$").match, files.namelist()):
        package = name.rpartition("/")[0].replace("/", ".")
        for module in imported(files.read(name).decode(), package):
            parts = module.split(".")
            if not left_out.isdisjoint(".".join(parts[:end]) for end in range(1, len(parts) + 1)):
                lacking.add((name, module))
    assert {"onpath.cli", "onpath.installers", "onpath.__main__"} <= left_out
    assert set() == lacking


def dotted(name: str) -> str:
    """Return the module in the file `name`."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(source: str, package: str) -> Iterator[str]:
    """Yield what a source of `package` imports: modules, and names that may be some."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            module = ".".join([*(above if node.level else ()), *filter(None, [node.module])])
            yield from (f"{module}.{each.name}" for each in node.names)


def test_a_carried_module_is_that_of_the_checkout_line_by_line(files: zipfile.ZipFile) -> None:
    """But for what a reader alone needs: so a traceback names the line."""
    sources = {path.relative_to(ROOT / "src").as_posix(): path for path in (ROOT / "src").rglob("*.py")}
    seen = 0
    for name in sources.keys() & set(files.namelist()):
        source, bare = sources[name].read_text("utf-8"), files.read(name).decode()
        assert shape(source) == shape(bare), name
        assert source.count("\n") == bare.count("\n")
        seen += 1
    assert seen > 60
    whole = sum(len(path.read_bytes()) for path in sources.values())
    assert sum(each.file_size for each in files.infolist()) < whole * 0.8  # with two dependencies


def shape(source: str) -> str:
    """Return a source as Python reads it, with its lines, and without what its docstrings say."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in ("end_lineno", "col_offset", "end_col_offset"):
            if hasattr(node, name):
                delattr(node, name)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.dump(tree, include_attributes=True)


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('"""One.\n\ntwo"""  # three\nx = 1  # four\n', '""\n\n\nx = 1\n'),
        (
            'def f():\n    """A."""\n\n\nx = "# no comment"\n',
            'def f():\n    ""\n\n\nx = "# no comment"\n',
        ),
        ('x = (  # a\n    """b"""  # c\n    # d\n)\n', 'x = (\n    """b"""\n\n)\n'),
        ('"a" "b"\n"c".join(y)\n', '"a" "b"\n"c".join(y)\n'),
        ("x = 'é'  # é", "x = 'é'"),
    ],
)
def test_comments_and_docstrings_go_and_nothing_else(source: str, bare: str) -> None:
    assert bare == builder().bare(source)
    assert bare == builder().bare(bare)


def builder() -> Any:
    """Return the tool as a module: `tools/` is no package."""
    sys.path.insert(0, str(playing.BUILD.parent))
    try:
        return importlib.import_module(playing.BUILD.stem)
    finally:
        sys.path.remove(str(playing.BUILD.parent))


def test_a_checkout_that_was_not_built_says_how_it_is(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / TREE)
    code = IMPORT.format(tree=str(tmp_path)).replace("assert", "carried.unpacked() #")
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False
    )
    assert "NotBuiltError: this collection is a source tree" in done.stderr
    assert f"; run python3 {playing.BUILD.relative_to(ROOT)}, and" in done.stderr


def test_every_context_of_the_library_is_a_choice() -> None:
    choices = re.search(r"choices: \[(login,[^]]*)\]", constant("DOCUMENTATION"))
    assert choices
    assert list(MODES) == re.split(r",\s+", choices[1])


def test_what_is_said_otherwise_here_is_what_the_library_says() -> None:
    """Else a word of the command line would reach somebody who has none."""
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", sources)
    for theirs, ours in constant("WORDS"):
        assert theirs in joined, f"nobody says {theirs} any more"
        assert "ensure-path" not in ours
        assert "--" not in ours


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("it waits; ensure-path --timeout 60", "it waits; set timeout: 60"),
        ("it waits; ensure-path /opt/b --shell zsh --timeout 60", "it waits; set timeout: 60"),
        ("ensure-path: x; run this again", "ensure-path: x; run the task again"),
        ("after ensure-path ~/b --for session: ssh HOST", "after for: [session]: ssh HOST"),
    ],
)
def test_a_cure_that_repeats_what_was_asked_for_is_told_in_the_words_of_a_task(
    text: str, told: str
) -> None:
    source = ast.parse((SOURCE / "plugins" / "modules" / "onpath.py").read_text())
    names = {"worded", "printable"}
    body: list[ast.stmt] = [
        node for node in source.body if isinstance(node, ast.FunctionDef) and node.name in names
    ]
    scope: dict[str, Any] = {"re": re, "WORDS": constant("WORDS")}
    exec(compile(ast.Module(body, []), "onpath.py", "exec"), scope)  # noqa: S102  (a part of our own)
    assert told == scope["worded"](text)


def ansible(controller: Controller, tree: Path, program: str, *words: str) -> str:
    """Run a program of Ansible in the collection, and return what it prints."""
    env = controller.environment(ANSIBLE_COLLECTIONS_PATH=str(tree.parents[2]))
    del env["ANSIBLE_CALLBACK_PLUGINS"], env["ANSIBLE_CALLBACKS_ENABLED"]
    env |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    done = subprocess.run(
        [str(controller.bin / program), *words],
        env=env,
        cwd=tree,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_ansible_installs_it_and_shows_its_documentation(
    controller: Controller, tree: Path, tmp_path: Path
) -> None:
    """As a file, as a release has it, without an index."""
    ansible(controller, tree, "ansible-galaxy", "collection", "build", "--output-path", str(tmp_path))
    (archive,) = tmp_path.glob("onpath-onpath-*.tar.gz")
    there = tmp_path / "there"
    ansible(
        controller,
        tree,
        *(
            "ansible-galaxy",
            "collection",
            "install",
            "--offline",
            "--force",
            "-p",
            str(there),
            str(archive),
        ),
    )
    installed = there / TREE
    told = json.loads(ansible(controller, installed, "ansible-doc", "--json", playing.MODULE))
    doc = told[playing.MODULE]["doc"]
    assert {"directory", "user", "for", "shell", "state", "order", "python", "timeout", "force"} == set(
        doc["options"]
    )
    assert list(MODES) == doc["options"]["for"]["choices"]


def test_it_passes_ansibles_own_tests_of_collections(controller: Controller, tree: Path) -> None:
    """`validate-modules` above all: the documentation has each option as the module takes it."""
    playing.provide_pip(controller)
    words = ("--requirements", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}")
    tests = (word for name in SANITY for word in ("--test", name))
    ansible(controller, tree, "ansible-test", "sanity", *words, *tests)


def test_a_run_has_the_environment_of_a_login_and_nothing_of_ansibles_way(child: Any) -> None:
    ada = SimpleNamespace(pw_name="ada", pw_dir="/home/ada", pw_shell="/bin/zsh")
    inherited = {
        "SSH_CONNECTION": "1 2 3 4",
        "SUDO_USER": "admin",
        "HOME": "/root",
        "XDG_CONFIG_HOME": "/x",
        "TMPDIR": "/x",
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "ONPATH_NO_MODIFY_PATH": "1",
    }
    kept = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "ONPATH_NO_MODIFY_PATH": "1"}
    own = {"HOME": "/home/ada", "USER": "ada", "LOGNAME": "ada", "SHELL": "/bin/zsh"}
    assert {**kept, **own} == child.environment(ada, inherited)
    assert {**kept, "HOME": "/root"} == child.environment(None, inherited)  # a number without a name
    assert child.DEFAULT_PATH == child.environment(ada, {})["PATH"]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize(
    ("work", "words"),
    [
        (
            lambda: os.kill(os.getpid(), 9),
            "the run was ended before it could answer; run the task again",
        ),
        (lambda: os.kill(os.getpid(), 15), "interrupted, and nothing was changed; run the task again"),
        (
            lambda: 1 / 0,
            "this is a bug of onpath: ZeroDivisionError: division by zero; please report it",
        ),
    ],
)
def test_a_run_that_gives_no_answer_is_a_failure_with_words(
    child: Any, home: Path, work: Callable[[], object], words: str
) -> None:
    answer = child.run(None, work)
    assert answer["failed"]
    assert answer["msg"].startswith(words)
    assert {"home": str(home)} == child.run(None, lambda: {"home": os.getcwd()})


def test_a_python_that_is_too_old_is_told_with_the_cure(
    child: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "" == child.is_too_old()
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    assert "; set ansible_python_interpreter to a newer one" in child.is_too_old()


def test_mount_points_are_read_whatever_their_names(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = part(tree, monkeypatch, "rehearsal")
    file = tmp_path / "mountinfo"
    file.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "40 22 8:2 /a /home/a\\040b rw - xfs /dev/sdb rw\n"
    )
    points = {"/": "ext4", "/home/a b": "xfs"}
    assert points == dict(rehearsal.mounts(str(file)))
    assert ["/", "/home/a b", "/"] == [
        rehearsal._holder(path, points)  # noqa: SLF001
        for path in ("/", "/home/a b/x/y", "/home/a")
    ]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_what_is_written_in_a_rehearsal_is_gone_with_it(
    child: Any, tree: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = part(tree, monkeypatch, "rehearsal")
    stage = rehearsal.Stage(str(home), ["/opt/onpath-test/bin"])
    kept = home / "kept"
    kept.write_text("as it was")

    def write() -> dict[str, object]:
        if stage.is_set:
            kept.write_text("changed")
            os.makedirs("/opt/onpath-test/bin")
        return {"is_set": stage.is_set, "text": kept.read_text()}

    answer = child.run(None, write, stage.set)
    if not answer["is_set"]:
        pytest.skip("no file system can have a layer over it here")
    assert {"is_set": True, "text": "changed"} == answer
    assert "as it was" == kept.read_text()
    assert not os.path.exists("/opt/onpath-test")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_where_no_layer_can_be_laid_everything_is_seen_as_it_was(
    child: Any, tree: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = part(tree, monkeypatch, "rehearsal")

    def fail(*_: object) -> None:
        raise OSError("no overlayfs")

    def look() -> dict[str, object]:
        return {"is_set": stage.is_set, "mounts": sorted(map(list, rehearsal.mounts()))}

    monkeypatch.setattr(rehearsal, "_overlay", fail)
    stage = rehearsal.Stage(str(home), [])
    assert look() == child.run(None, look, stage.set)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("folder", ["/dev/onpath/bin", "/run/x", "/proc/x"])
def test_no_rehearsal_is_for_what_can_have_no_layer(
    child: Any, tree: Path, home: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Else it would be made for real, or the forecast would be another than the run."""
    stage = part(tree, monkeypatch, "rehearsal").Stage(str(home), ["~/tools", folder])
    assert {"is_set": False} == child.run(None, lambda: {"is_set": stage.is_set}, stage.set)
