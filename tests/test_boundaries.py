"""Who may import, write, print and name what: the architecture, read from the source itself."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import onpath
from onpath import places
from onpath.probes import every_user
from onpath.shells import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(onpath.__file__).parent


def module_name(path: Path) -> str:
    """Return the name below `onpath` of the module in `path`; a room has that of its folder."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


TREES = {module_name(path): ast.parse(path.read_bytes()) for path in sorted(SOURCE.rglob("*.py"))}

# Each imports only from those before it: helpers, the rooms in the direction of the data, the verbs.
ORDER = (
    *("values", "errors", "model", "protocols", "pathlist", "winpath", "homes"),
    *("shells.quote", "shells.powershell", "shells", "shells.startup", "shells.render"),
    *("host.c_library", "host.proc", "host.given", "host.user_scheme"),
    *("host.installed", "host.running"),
    *("host.session", "host.flags", "host.lock", "host.ways", "host.unix", "host.folders"),
    *("host.windows", "host.every_user", "host.rights"),
    *("host.machine", "host", "host.desktop", "host.directories"),
    *(
        "contexts",
        "places",
        "places.fence",
        "places.blocks",
        "places.lines",
        "places.managers",
        "places.foreign",
    ),
    *("places.startup_files", "places.registry_entries"),
    *("places.user_registry", "places.machine_registry"),
    *("places.environment_d", "places.ci_path"),
    *("places.session_script", "places.told", "places.system_files"),
    *("stores.rename", "stores.folder", "stores.attributes", "stores.whose", "stores.in_place"),
    *("stores.replacing", "stores.files", "stores.trees", "stores.registry", "stores"),
    *(
        "probes.judge",
        "probes.exports",
        "probes.inside",
        "probes.spawn",
        "probes.orphans",
        "probes.agents",
        "probes.multiplexers",
        "probes.readers",
        "probes.bench",
        "probes.worlds",
        "probes.sights",
        "probes.histories",
        "probes.meanings",
        "probes.successors",
        "probes.attempts",
        "probes.questions",
        "probes.unix",
        "probes.every_user",
        "probes.jobs",
        "probes.windows",
        "probes.machine",
        "probes",
    ),
    *("receipts", "changes", "recovery", "blame", "listing", "request", "beginning", "seen", "survey"),
    *("planning", "prove", "standings", "consent", "undoing", "verbs"),
    *("cli.grammar", "cli.show", "cli", "__init__"),
    *("installers.settings", "installers.rivals", "installers.place"),
    *("installers.about", "installers.patience"),
    *("installers.answers", "installers.configuration", "installers.jobs", "installers.causes"),
    *("installers.steps", "installers.environments", "installers.launchers"),
    *("installers.commands", "installers.proof", "installers.engine", "installers.bootstrap"),
    *("installers.locks", "installers.script", "installers.rehearsal", "installers.command"),
    *("installers.download", "installers.own", "installers", "__main__"),
)
ROOMS = ("shells", "host", "places", "stores", "probes", "cli", "installers")
THIRD_PARTY = {
    # Nothing that a written script carries: the author's may be for newer Pythons than the user's.
    "packaging": {"installers.locks", "installers.script"},
    "platformdirs": {"host.directories"},
    "shellingham": {"host.running"},
}
# These are not on every system, so that each module can be imported on all of them.
OF_ONE_SYSTEM = {"pwd", "grp", "fcntl", "termios", "resource", "pty", "tty", "winreg", "msvcrt"}
PURE = {
    *("values", "errors", "model", "pathlist", "winpath", "shells.quote", "shells", "cli.grammar"),
    *("places", "places.fence", "places.blocks", "places.startup_files", "places.user_registry"),
    *("places.registry_entries", "places.machine_registry"),
    *("places.told", "places.lines", "probes.judge", "probes.exports"),
}

WRITERS = {
    *("stores.attributes", "stores.folder", "stores.in_place", "stores.replacing"),  # what stays
    "stores.trees",
    *("probes.bench", "probes.attempts", "probes.unix", "probes.every_user", "probes.windows"),
    "probes.machine",  # gone with the bench
    "probes.histories",  # only takes out what a probe has put there
    "host.lock",  # and with the run
    # An installed tool: folders that are its installer's own, and the two scripts that are written.
    *("installers.place", "installers.environments", "installers.steps", "installers.commands"),
    "installers.command",
    "installers.own",  # the file that install.sh places, and what is beside it
}
# The only modules that ask which system it is; in others it may be asked for the sake of type checkers.
ASKS_THE_SYSTEM = {
    *("host", "host.directories", "host.user_scheme", "host.unix", "host.every_user", "host.machine"),
    *("installers.place", "installers.steps"),  # what is there to wait for, and to limit
    *("installers.download", "installers.own"),  # run before there is a host
}
CHANGES = {
    *("mkdir", "makedirs", "unlink", "remove", "rmdir", "removedirs", "rename", "renames", "replace"),
    *(
        "chmod",
        "chown",
        "lchown",
        "fchmod",
        "fchown",
        "truncate",
        "ftruncate",
        "utime",
        "symlink",
        "link",
        "mkfifo",
    ),
    *("setxattr", "removexattr", "copystat", "copy", "copy2", "copyfile", "copytree", "move", "rmtree"),
}
PRINTS = {
    *("cli", "cli.show", "host.user_scheme", "__main__"),
    # A program of its own.
    *("installers.about", "installers.bootstrap", "installers.engine", "installers.steps"),
    *("installers.download", "installers.own"),
    *("installers.command", "installers.rehearsal"),  # another command line
}
WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT")
SLOW = {
    *("re", "json", "argparse", "dataclasses", "typing", "subprocess", "enum", "signal"),
    *("platformdirs", "shellingham", "packaging"),
}


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return all that is in `tree`; once, as hundreds of tests look at the same few."""
    return tuple(ast.walk(tree))


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield each module of others that is imported by `tree`."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and not is_own(node.module):
            yield node.module or ""


def is_own(module: str | None) -> bool:
    """Say whether `module` is one of ours."""
    return f"{module}.".startswith("onpath.")


def own_imports(name: str, tree: ast.AST | None = None) -> Iterator[str]:
    """Yield each module of ours that `name`, or `tree` in it, imports: in functions, for types."""
    is_room = (SOURCE / name.replace(".", "/") / "__init__.py").exists()
    package = ["onpath", *name.split(".")] if name not in {"__init__", "__main__"} else ["onpath", ""]
    if not is_room:
        package.pop()
    for node in nodes(tree or TREES[name]):
        if not isinstance(node, ast.ImportFrom):
            continue
        words = (node.module or "").split(".")
        if node.level:
            above = package[1 : len(package) - node.level + 1]
        elif words.pop(0) == "onpath":
            above = []
        else:
            continue
        base = ".".join([*above, *filter(None, words)])
        for alias in node.names:
            full = f"{base}.{alias.name}".lstrip(".")
            yield full if full in TREES or full == "snippets" else base


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each call: of what, its name, and itself."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id, node


def docstrings(tree: ast.AST) -> set[int]:
    """Return the identities of the strings that are documentation."""
    return {
        id(node.body[0].value)
        for node in nodes(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and isinstance(node.body[0], ast.Expr)
    }


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield each string of the code, but for documentation."""
    known = docstrings(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in known:
            yield node.value


def test_every_module_has_its_place() -> None:
    assert sorted(ORDER) == sorted(TREES)


def test_what_asks_without_rights_has_imported_all_before() -> None:
    """It may not be able to read where Python, or this, lies."""
    of_windows = {"probes.windows", "probes.machine", "probes.jobs"}
    asking = {name for name in TREES if name.startswith("probes.")} - of_windows - {"probes.every_user"}
    needed = set()
    for name in (*asking, "host.proc", "host.running", "shells", "shells.startup"):
        for node in nodes(TREES[name]):
            if isinstance(node, ast.FunctionDef):
                needed |= {f"onpath.{own}" for own in own_imports(name, node)} | {*imports(node)}
    assert {"onpath.probes.readers", "termios"} < needed
    # A type's name is no module; shellingham is asked where there is no /proc, and not by a probe.
    assert needed - {"onpath.snippets", "shellingham"} <= {*every_user.LATER}


@pytest.mark.parametrize("name", ORDER)
def test_imports_go_only_downwards(name: str) -> None:
    """Also those inside functions and those for types alone, so that there is no cycle."""
    below = set(ORDER[: ORDER.index(name)]) | {"snippets"}
    assert set() == set(own_imports(name)) - below


@pytest.mark.parametrize("name", ROOMS)
def test_no_room_imports_from_a_later_room(name: str) -> None:
    """Whatever the order of the modules inside the rooms may be."""
    later = ROOMS[ROOMS.index(name) + 1 :]
    inside = [module for module in ORDER if module.partition(".")[0] == name]
    found = {module for each in inside for module in own_imports(each)}
    assert set() == {module for module in found if module.partition(".")[0] in later}


@pytest.mark.parametrize("name", sorted(set(ORDER) - ASKS_THE_SYSTEM))
def test_only_the_host_knows_which_system_it_is(name: str) -> None:
    """Guards for type checkers excepted: a function that another system cannot have ends at once."""
    guards = {
        id(node.test)
        for node in nodes(TREES[name])
        if isinstance(node, ast.If) and ast.unparse(node.body[0]) == "raise NotImplementedError"
    }
    asked = [
        ast.unparse(node)
        for node in nodes(TREES[name])
        if isinstance(node, (ast.Compare, ast.Attribute))
        and any(word in ast.unparse(node) for word in ("sys.platform", "os.name", "system.FAMILY"))
        and not any(id(node) == guard or is_inside(node, guard, TREES[name]) for guard in guards)
    ]
    known = {"places": ["host.system.FAMILY in row.families", "host.system.FAMILY"]}
    known["probes"] = ["host.system.FAMILY"]  # two tables, in which the system is looked up
    assert known.get(name, []) == asked


def is_inside(node: ast.AST, outer: int, tree: ast.AST) -> bool:
    """Say whether `node` is a part of the node of `tree` with the identity `outer`."""
    return any(node is part for each in nodes(tree) if id(each) == outer for part in nodes(each))


PLACES = [name for name in ORDER if name.rpartition(".")[2] in {row.module for row in places.PLACES}]


@pytest.mark.parametrize("name", PLACES)
def test_a_place_has_the_six_members_of_the_protocol(name: str) -> None:
    """Small on purpose. What else is in its file is its own, or pure and tested by itself."""
    protocol = next(
        node
        for node in nodes(TREES["protocols"])
        if isinstance(node, ast.ClassDef) and node.name == "Place"
    )
    members = [node.name for node in protocol.body if isinstance(node, ast.FunctionDef)]
    assert len(members) <= 6
    functions = [node.name for node in TREES[name].body if isinstance(node, ast.FunctionDef)]
    assert members == [name for name in functions if name in members]


def test_every_place_is_in_the_list() -> None:
    helpers = {"places", "places.fence", "places.blocks", "places.lines", "places.managers"}
    helpers |= {"places.foreign", "places.registry_entries"}
    rooms = {name for name in TREES if name.startswith("places")}
    assert rooms - helpers == set(PLACES)


def test_each_package_of_others_is_used_by_one_module() -> None:
    users = defaultdict(set)
    standard = getattr(sys, "stdlib_module_names", None)
    for name, tree in TREES.items():
        for module in imports(tree):
            top = module.partition(".")[0]
            if top not in standard if standard else top in THIRD_PARTY:
                users[top].add(name)
    assert THIRD_PARTY == users


@pytest.mark.parametrize("name", ORDER)
def test_what_only_one_system_has_is_imported_where_it_is_used(name: str) -> None:
    """And so is every package of others: most runs need none."""
    functions = [
        node for node in nodes(TREES[name]) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    inside = {id(node) for function in functions for node in nodes(function)}
    outside = {
        module.partition(".")[0]
        for node in nodes(TREES[name])
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in inside
        for module in imports(node)
    }
    assert set() == outside & (OF_ONE_SYSTEM | set(THIRD_PARTY))


@pytest.mark.parametrize("name", [name for name in ORDER if name not in {"shells", "shells.quote"}])
def test_no_shell_is_named_outside_of_the_table(name: str) -> None:
    """What differs between shells is data, so that no code asks which one it has.

    `quote` knows languages and says which of them cannot spell a name; busybox is many programs.
    """
    names = {word for row in TABLE for word in (row.name, *row.programs)} - {"busybox"}
    assert [] == [text for text in strings(TREES[name]) if text in names]


def opens_for_writing(owner: str, name: str, call: ast.Call) -> bool:
    """Say whether a call opens a file so that it can be changed."""
    if call.args and ast.unparse(call.args[0]) == "os.devnull":
        return False
    words = [ast.unparse(argument) for argument in call.args[1:]]
    words += [
        ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg in {"mode", "flags"}
    ]
    if name == "open" and any(sign in word for word in words for sign in WRITING):
        return True
    if name in {"open", "fdopen"} and owner in {"", "os", "io"}:
        modes = [word for word in words if word.startswith(("'", '"'))]
        return any(sign in mode for mode in modes[:1] for sign in "wax+")
    return False


def changes_files(owner: str, name: str, call: ast.Call) -> bool:
    """Say whether a call changes a file, or opens one so that it can be changed."""
    return (
        opens_for_writing(owner, name, call)
        or (owner in {"os", "shutil", "any_os"} and name in CHANGES)
        or name in {"write_text", "write_bytes", "touch"}
    )


@pytest.mark.parametrize("name", sorted(set(ORDER) - WRITERS))
def test_only_the_stores_and_the_bench_write(name: str) -> None:
    found = [
        ast.unparse(call)
        for owner, attribute, call in calls(TREES[name])
        if changes_files(owner, attribute, call)
    ]
    assert [] == found


def test_the_eye_for_writes_sees_them() -> None:
    """Else the test above would hold for nothing."""
    for name in WRITERS:
        assert any(changes_files(*call) for call in calls(TREES[name]))


def test_only_these_have_the_stores_write() -> None:
    callers = {
        name
        for name, tree in TREES.items()
        for owner, attribute, _ in calls(tree)
        if owner == "stores" and attribute in {"write", "put", "take", "restore"}
    }
    assert {"changes", "recovery"} == callers


@pytest.mark.parametrize("name", sorted(set(ORDER) - PRINTS))
def test_only_the_command_line_prints_and_exits(name: str) -> None:
    """`user_scheme` answers on stdout where it is the whole program of another Python."""
    used = {ast.unparse(node) for node in nodes(TREES[name]) if isinstance(node, ast.Attribute)}
    assert set() == used & {"sys.stdout", "sys.stderr", "sys.exit"}
    called = {attribute for owner, attribute, _ in calls(TREES[name]) if not owner}
    assert set() == called & {"print", "input", "exit", "quit"}


@pytest.mark.parametrize("name", sorted(PURE))
def test_what_thinks_does_not_look(name: str) -> None:
    """These modules are the same on every machine."""
    assert set() == set(imports(TREES[name])) - {
        *("__future__", "typing", "collections.abc", "contextlib", "dataclasses", "ntpath", "zlib"),
    }


def test_nothing_asks_for_less_than_a_bare_except() -> None:
    """Every handler names what it expects; `BaseException` only to put back and raise again."""
    for name, tree in TREES.items():
        for node in nodes(tree):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, name
                if ast.unparse(node.type) == "BaseException":
                    assert isinstance(node.body[-1], ast.Raise), name


FACES = [
    path for name in ("compat", "ansible") for path in sorted((SOURCE.parents[1] / name).rglob("*.py"))
]


@pytest.mark.parametrize("path", FACES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_what_stands_in_for_others_calls_the_library_alone(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    for_types = {id(part) for node in nodes(tree) if is_for_types(node) for part in nodes(node)}
    live = [node for node in nodes(tree) if id(node) not in for_types]
    own = {node.module for node in live if isinstance(node, ast.ImportFrom) and not node.level}
    own |= {a.name for node in nodes(tree) if isinstance(node, ast.Import) for a in node.names}
    assert {"onpath"} >= {name for name in own if is_own(name)}
    assert all(owner != "subprocess" for owner, _, _ in calls(tree))


def is_for_types(node: ast.AST) -> bool:
    """Say whether a node is `if TYPE_CHECKING`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


CHECK = f"""
import sys
sys.path[:0] = [{str(SOURCE.parent)!r}]
from onpath import cli
code = cli.main(sys.argv[1:])
sys.stderr.write(" ".join(sorted(sys.modules)))
sys.exit(code)
"""


def test_a_check_imports_nothing_that_is_slow(home: Path) -> None:
    """Together these cost several times as much as all the rest of a look."""
    if sys.platform == "win32" or not shutil.which("bash"):
        pytest.skip("bash is not installed")
    (home / "tools").mkdir()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHECK, "--check", "--shell", "bash", f"{home}/tools"],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert 1 == done.returncode, done.stderr
    assert b"missing" in done.stdout
    modules = done.stderr.decode().split()
    assert "onpath.probes.unix" in modules
    assert [] == [name for name in modules if name in SLOW]
