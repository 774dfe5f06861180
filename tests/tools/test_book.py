"""tools/book.py as a stranger meets it: each test runs it in a small project."""

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "tools/book.py"


def make_wheel(folder, version):
    """A real wheel of a package with one number in it, for installs without network."""
    folder.mkdir(exist_ok=True)
    info = f"toy-{version}.dist-info/"
    files = {
        "toy.py": f"version = '{version}'\n",
        info + "METADATA": f"Metadata-Version: 2.1\nName: toy\nVersion: {version}\n",
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        info + "RECORD": "",
    }
    with zipfile.ZipFile(folder / f"toy-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


class Project:
    """A folder with the real tools/book.py and a package that pip finds beside it."""

    def __init__(self, root):
        self.root = root
        (root / "tools").mkdir()
        shutil.copy(ROOT / SCRIPT, root / "tools")
        self.pin("1.0")
        self.online = {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(root / "wheels"),
            "PIP_CONFIG_FILE": os.devnull,
        }

    def pin(self, version):
        make_wheel(self.root / "wheels", version)
        (self.root / "requirements.txt").write_text(f"toy=={version}\n")

    def environment(self, extra):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PIP_")
        }
        return kept | {"PYTHONIOENCODING": "utf-8"} | extra

    def start(self, *args, prefix=(SCRIPT,), **extra):
        return subprocess.Popen(
            [sys.executable, *prefix, *args],
            cwd=self.root,
            text=True,
            encoding="utf-8",
            env=self.environment(self.online | extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *args, **options):
        process = self.start(*args, **options)
        out, err = process.communicate()
        return process.returncode, out, err

    def python(self, code):
        """What the Python of the project's .venv prints for this code."""
        python = next(
            path
            for path in (
                self.root / ".venv/bin/python",
                self.root / ".venv/Scripts/python.exe",
            )
            if path.exists()
        )
        return subprocess.run(
            [str(python), "-c", code], text=True, check=True, stdout=subprocess.PIPE
        ).stdout.strip()

    def has_venv(self):
        return (self.root / ".venv").exists()

    def works(self):
        code, out, err = self.run("env")
        assert code == 0, err
        return out

    def toy(self):
        return self.python("import toy; print(toy.version)")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A project with its .venv, shared, for making one takes seconds."""
    project = Project(tmp_path_factory.mktemp("ready"))
    assert "Installing" in project.works()
    return project


def one_sentence(result, *words):
    """The command failed with one sentence on stderr that says these words."""
    code, _, err = result
    assert code != 0
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1, err
    assert err.strip().endswith(".")
    for word in words:
        assert word in err, err


# ------------------------------------------------------------------ old Pythons

NEWER = (
    ast.JoinedStr,
    ast.AnnAssign,
    ast.NamedExpr,
    ast.Nonlocal,
    ast.YieldFrom,
    ast.AsyncFunctionDef,
    ast.Await,
    ast.MatMult,
    ast.Match,
    ast.TryStar,
)


def newer_than_python_2(source):
    """The constructs of `source` that Python 2.7 cannot parse."""
    found = [] if source.isascii() else ["not ASCII"]
    for node in ast.walk(ast.parse(source)):
        name = type(node).__name__
        if isinstance(node, NEWER):
            found.append(name)
        elif isinstance(node, ast.FunctionDef) and node.returns:
            found.append("return annotation")
        elif isinstance(node, ast.arguments) and node.kwonlyargs:
            found.append("keyword-only argument")
        elif isinstance(node, ast.arg) and node.annotation:
            found.append("argument annotation")
        elif isinstance(node, ast.Raise) and node.cause:
            found.append("raise from")
        elif isinstance(node, ast.ClassDef) and node.keywords:
            found.append("class keyword")
        elif isinstance(node, ast.Starred):
            if isinstance(node.ctx, ast.Store):
                found.append("starred target")
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            if any(isinstance(one, ast.Starred) for one in node.elts):
                found.append("starred element")
        elif isinstance(node, ast.Dict) and None in node.keys:
            found.append("unpacked dictionary")
    return found


def test_old_pythons_can_parse_it():
    assert newer_than_python_2((ROOT / SCRIPT).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "f'{x}'",
        "x: int = 1",
        "(y := 1)",
        "def f(*, a): pass",
        "def f(a: int): pass",
        "def f() -> int: pass",
        "a @ b",
        "async def f(): pass",
        "a, *b = c",
        "[*a]",
        "{**a}",
        "x = 'é'",
        "try: pass\nexcept E as e: raise F from e",
        "class A(metaclass=B): pass",
    ],
)
def test_newer_syntax_is_noticed(source):
    assert newer_than_python_2(source)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 9), (3, 10, 14)])
def test_old_python(project, version):
    pretend = (
        f"import runpy, sys; sys.version_info = {version}; "
        f"sys.argv[0] = {SCRIPT!r}; runpy.run_path({SCRIPT!r}, "
        "run_name='__main__')"
    )
    result = project.run("build", prefix=("-c", pretend))
    one_sentence(result, "3.11", "{}.{}".format(*version))
    assert not project.has_venv()


# ------------------------------------------------------------------ the environment


def test_environment_is_made_once(ready):
    ready.works()
    assert "Installing" not in ready.works()


def test_new_pins_are_installed(ready):
    ready.pin("2.0")
    ready.works()
    assert ready.toy() == "2.0"


def test_impossible_pin(ready):
    (ready.root / "requirements.txt").write_text("toy==7.0\n")
    _, _, err = ready.run("env")
    assert "toy==7.0" in err
    assert "network" not in err
    ready.pin("1.0")
    ready.works()
    assert ready.toy() == "1.0"


def test_peers_come_from_the_package_metadata(ready):
    make_wheel(ready.root / "wheels", "3.0")
    (ready.root / "pyproject.toml").write_text(
        '[project.optional-dependencies]\npeers = ["toy==3.0"]\n'
    )
    code, _, err = ready.run("env", "--peers")
    assert code == 0, err
    assert ready.toy() == "3.0"


def test_no_venv_module(project, tmp_path):
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "ensurepip.py").write_text("raise ImportError('taken out by Debian')")
    one_sentence(project.run("build", PYTHONPATH=str(stub)), "venv module")
    assert not project.has_venv()
    project.works()


def test_failing_venv_module(project, tmp_path):
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "venv.py").write_text(
        "if __name__ == '__main__':\n    import os, sys\n"
        "    os.makedirs(sys.argv[-1])\n    sys.exit('The disc is full.')"
    )
    one_sentence(project.run("build", PYTHONPATH=str(stub)), "The disc is full")
    assert not project.has_venv()


@pytest.fixture
def closed_port():
    """A port where nobody listens, and nobody else can meanwhile."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        yield silent.getsockname()[1]


def test_no_network(project, closed_port):
    offline = {
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
        "PIP_INDEX_URL": f"http://127.0.0.1:{closed_port}/simple",
    }
    one_sentence(project.run("build", **offline), "network", "install.log")
    one_sentence(project.run("build", **offline), "network")
    assert "Making" not in project.works(), "what there was could be used"
    assert project.toy() == "1.0"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_install_is_done_again(project):
    """An index that never answers keeps pip waiting until everything is killed."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        process = project.start(
            "env",
            PIP_NO_INDEX="",
            PIP_FIND_LINKS="",
            PIP_INDEX_URL="http://127.0.0.1:{}/simple".format(silent.getsockname()[1]),
        )
        with process:
            for line in process.stdout:
                if "Installing" in line:
                    break
            silent.settimeout(60)
            connection, _ = silent.accept()
            process.send_signal(signal.SIGKILL)
            connection.close()
    half_made = project.root / ".venv/half-made"
    half_made.write_text("")
    project.works()
    assert not half_made.exists()
    assert project.toy() == "1.0"


def test_environment_without_its_python_is_made_again(project):
    project.works()
    for name in ("bin", "Scripts"):
        shutil.rmtree(project.root / ".venv" / name, ignore_errors=True)
    project.works()
    assert project.toy() == "1.0"


# ------------------------------------------------------------------ the site


def here(*args):
    return ("--no-env", *args)


def write_book(root):
    """The smallest book whose page shows a number of its package."""
    (root / "lstm_core").mkdir()
    (root / "book").mkdir()
    (root / "lstm_core/__init__.py").write_text("number = 1001\n")
    (root / "_config.yml").write_text(
        "title: T\nonly_build_toc_files: true\nexecute: {execute_notebooks: force}\n"
        "repository:\n  branch: main\n  url: https://github.com/old/name\n"
        "sphinx: {config: {nb_execution_raise_on_error: true}}\n"
    )
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index.md\n")
    write_page(root, "print(lstm_core.number)")


def write_page(root, code, prose=""):
    (root / "book/index.md").write_text(
        "---\njupytext: {text_representation: {format_name: myst}}\n"
        "kernelspec: {name: python3, display_name: Python 3}\n---\n# T\n\n"
        f"```{{code-cell}}\nimport lstm_core\n{code}\n```\n\n{prose}\n"
    )


def page(project):
    return (project.root / "_build/html/book/index.html").read_text("utf-8")


def build(project):
    return project.run(*here("build"), PYTHONPATH=str(project.root))


def test_build(project):
    """Kept in one test, for each build takes seconds."""
    write_book(project.root)
    code, out, err = build(project)
    assert code == 0, out + err
    assert "1001" in page(project)
    assert str(project.root / "_build/html/index.html") in re.sub(
        r"/private/", "/", out
    )

    code, out, _ = build(project)
    assert code == 0
    assert "Building" not in out, "nothing had changed"

    package = project.root / "lstm_core/__init__.py"
    package.write_text("number = 2002\n")
    assert build(project)[0] == 0
    assert "2002" in page(project)

    write_page(project.root, "print(3 * lstm_core.number)")
    code, out, _ = build(project)
    assert code == 0
    assert "pages that changed" in out
    assert "6006" in page(project)

    package.write_text("numero = 2002\n")
    first = build(project)
    one_sentence(first, "not built")
    assert "3 * lstm_core.number" in first[1], "the cell that failed is not shown"
    assert "AttributeError" in first[1]

    package.write_text("number = 2002\n")
    write_page(project.root, "print(1)", "[nowhere](nowhere.md)")
    assert build(project)[0] != 0
    assert build(project)[0] != 0, "a failed build was taken for a finished one"


def test_taken_port(project):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = project.run("serve", "--no-open", "--port", str(port))
    one_sentence(result, str(port), "taken", "PORT=")
    assert not project.has_venv()


def test_impossible_port(project):
    one_sentence(project.run("serve", "--port", "70000"), "65535")


def test_serve(project):
    from tools import book

    write_book(project.root)
    site = project.root / "_build/html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>here</p>")
    (site / "engine.js").write_text("export default 1")
    stamp = book.what_it_is_made_from(str(project.root))
    (project.root / "_build/stamp").write_text(stamp)
    with project.start(*here("serve", "--no-open", "--port", "0")) as server:
        line = next(line for line in server.stdout if "http://" in line)
        address = re.search(r"http://\S+/", line).group()
        with urllib.request.urlopen(address + "engine.js") as answer:
            assert answer.headers["Content-Type"].startswith("text/javascript")
        with urllib.request.urlopen(address) as answer:
            assert b"here" in answer.read()
        server.terminate()


@pytest.mark.parametrize(
    "path, whole",
    [
        ("lstm_core/cells/lstm.py", True),
        ("lstm_core/widgets/static/engine.js", True),
        ("results/claim.json", True),
        ("book/_ext/book_site.py", True),
        ("_config.yml", True),
        ("_toc.yml", True),
        ("requirements.txt", True),
        ("book/gates.md", False),
        ("book/assets/book.css", False),
    ],
)
def test_what_a_change_rebuilds(tmp_path, path, whole):
    from tools import book

    before = book.what_it_is_made_from(str(tmp_path))
    changed = tmp_path / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("changed")
    after = book.what_it_is_made_from(str(tmp_path))
    assert before != after
    assert book.only_pages_changed(before, after) is not whole


@pytest.mark.parametrize(
    "path",
    ["book/gates.ipynb", "lstm_core/__pycache__/a.pyc", "README.md", "tests/test_a.py"],
)
def test_what_a_change_leaves_alone(tmp_path, path):
    from tools import book

    before = book.what_it_is_made_from(str(tmp_path))
    changed = tmp_path / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("changed")
    assert book.what_it_is_made_from(str(tmp_path)) == before


# ------------------------------------------------------------------ the repository


@pytest.fixture
def addressed(project):
    """A project whose notebooks copy the address, as the real generator does."""
    write_book(project.root)
    (project.root / "tools/notebooks.py").write_text(
        "open('colab', 'w').write(open('_config.yml').read())\n"
    )
    return project


def test_address(addressed):
    code, _, err = addressed.run(*here("address", "https://github.com/new/book"))
    assert code == 0, err
    config = (addressed.root / "_config.yml").read_text()
    assert "  url: https://github.com/new/book\n" in config
    assert "old/name" not in config
    assert (addressed.root / "colab").read_text() == config


def test_same_address_changes_nothing(addressed):
    before = (addressed.root / "_config.yml").read_bytes()
    assert addressed.run(*here("address", "https://github.com/old/name"))[0] == 0
    assert (addressed.root / "_config.yml").read_bytes() == before
    assert not (addressed.root / "colab").exists()


def test_wrong_address(addressed):
    result = addressed.run(*here("address", "new/book"))
    one_sentence(result, "new/book", "https://")
    assert "old/name" in (addressed.root / "_config.yml").read_text()


def test_the_address_of_the_real_book_can_be_set(addressed):
    shutil.copy(ROOT / "_config.yml", addressed.root)
    addressed.run(*here("address", "https://github.com/new/book"))
    changed = (addressed.root / "_config.yml").read_text("utf-8").splitlines()
    kept = (ROOT / "_config.yml").read_text("utf-8").splitlines()
    different = [new for old, new in zip(kept, changed, strict=True) if old != new]
    assert different == ["  url: https://github.com/new/book"]


def test_clean(project):
    write_book(project.root)
    (project.root / "_build/html").mkdir(parents=True)
    assert project.run("clean")[0] == 0
    assert not (project.root / "_build").exists()
    assert (project.root / "book/index.md").exists()


PYTEST = """
import os, sys
print(" ".join(sys.argv[1:]))
sys.exit(os.environ["FAILING"] in sys.argv)
"""


@pytest.mark.parametrize("failing", ["not clock", "clock", "none"])
def test_what_measures_time_runs_after_all_others(project, failing):
    (project.root / "pytest.py").write_text(PYTEST)
    code, out, _ = project.run(*here("test"), FAILING=failing)
    assert code == (failing != "none")
    together, alone = out.splitlines()
    assert together.startswith("-m not clock -n 3 ") and alone == "-m clock"


def test_pytest_takes_what_follows(project):
    (project.root / "pytest.py").write_text(PYTEST)
    assert project.run(*here("test", "tests/a", "-x"), FAILING="-x")[:2] == (
        1,
        "tests/a -x\n",
    )


def test_make_runs_commands_that_exist():
    from tools import book

    lines = re.findall(r"tools/book\.py (.+)", (ROOT / "Makefile").read_text("utf-8"))
    commands = [line for line in lines if not line.startswith("build, ")]
    assert len(commands) >= 6
    for command in commands:
        book.parse(command.replace("$(PORT)", "8000").replace("$(ARGS)", "-x").split())
