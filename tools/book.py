"""The command line behind the Makefile: python tools/book.py COMMAND.

It needs nothing but Python and keeps what it installs in .venv. The syntax stays old
enough for Python 2.7 to parse, so that an old Python is told what is wrong.
"""

from __future__ import print_function

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BUILD = os.path.join(ROOT, "_build")
SITE = os.path.join(BUILD, "html")
OLDEST = (3, 11)

# A change in one of these can change any page, and Sphinx does not see it.
MACHINERY = (
    "lstm_core",
    "results",
    "book/_ext",
    "_config.yml",
    "_toc.yml",
    "requirements.txt",
)
PAGES = ("book",)
# Every kernel says so of the port that it opens on this machine.
NOISE = ("[IPKernelApp] WARNING | Kernel is running over TCP without encryption",)
# Its own traceback, which follows Sphinx's messages, would bury them.
JUPYTER_BOOK = """
import sys
from jupyter_book.cli.main import main
try:
    main()
except RuntimeError:
    sys.exit(1)
"""
# Tests run in three processes, one more than a small machine has cores, for a browser
# is often waited for; those that measure time run after all others and in one. A file
# of tests stays in one process, with what it has built; conftest.py orders them.
TOGETHER = ["-m", "not clock", "-n", "3", "--dist", "loadfile"]
TOGETHER += ["--no-loadscope-reorder", "--durations=20"]
WHOLE = [TOGETHER, ["-m", "clock"]]
SCRATCH = ("__pycache__", ".ipynb_checkpoints")


class Stop(Exception):
    """An end that one sentence explains."""


def say(text):
    print(text)
    sys.stdout.flush()


# ---------------------------------------------------------------- the environment


def check_python():
    if sys.version_info < OLDEST:
        raise Stop(
            "This book needs Python 3.11 or newer and this is Python {}.{}: "
            "install a newer one and name it, for instance "
            "make book PYTHON=python3.11.".format(*sys.version_info[:2])
        )


def venv_python(venv=VENV):
    where = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(venv, *where)


def environment():
    """Environment variables of every job: one thread for BLAS, UTF-8, no chatter."""
    extra = {
        name + "_NUM_THREADS": "1"
        for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")
    }
    extra["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    extra["PYTHONUTF8"] = "1"  # Windows would read and print another encoding
    extra["PIP_DISABLE_PIP_VERSION_CHECK"] = extra["PIP_NO_INPUT"] = "1"
    return dict(os.environ, **extra)


def start(command, folder=ROOT):
    """A job whose words, errors included, come line by line."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def healthy(python):
    """Whether this interpreter starts, is new enough and has pip."""
    test = "import sys, pip; sys.exit(sys.version_info < {})".format(OLDEST)
    try:
        return (
            subprocess.call(
                [python, "-c", test],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            == 0
        )
    except OSError:
        return False


def make_venv():
    try:
        import ensurepip  # noqa: F401 (Debian's Python has venv but not this)
        import venv  # noqa: F401
    except ImportError:
        raise Stop(
            "This Python cannot make virtual environments: install its venv "
            "module (Debian and Ubuntu: apt install python3-venv) and run the "
            "same command again."
        )
    say("Making the virtual environment .venv")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop(
            "Python could not make the virtual environment .venv: "
            + last_line(made.stdout.decode("utf-8", "replace"))
        )


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason."


def pins_stamp():
    """What .venv was made from; its own place counts, for a venv cannot be moved."""
    return digest(("requirements.txt", "pyproject.toml")) + " " + VENV


def ensure_env():
    """The interpreter of a complete .venv, made or repaired if need be.

    `installed` is written last. `installing` outlives only an install that was
    killed, after which nothing in the folder can be trusted.
    """
    python = venv_python()
    installed = os.path.join(VENV, "installed")
    installing = os.path.join(VENV, "installing")
    sound = healthy(python) and not os.path.exists(installing)
    if sound and read(installed) == pins_stamp():
        return python
    if not sound:
        make_venv()
    write(installing, "")
    write(installed, "")
    try:
        pip_install(python, ["-r", "requirements.txt"])
    except Stop:
        os.remove(installing)
        raise
    write(installed, pins_stamp())
    os.remove(installing)
    return python


def pip_install(python, what):
    """Run pip with a line of progress; its own words go to .venv/install.log."""
    log = os.path.join(VENV, "install.log")
    total = len(pinned_lines()) if "-r" in what else 0
    say(
        "Installing {} into .venv".format(
            "{} packages".format(total) if total else " ".join(what)
        )
    )
    command = [python, "-m", "pip", "install", "--progress-bar", "off"] + what
    pip = start(command)
    seen = set()
    with open(log, "wb") as out:
        for line in pip.stdout:
            out.write(line)
            show_progress(line.decode("utf-8", "replace"), seen, total)
    if pip.wait():
        raise Stop(why_pip_failed(read(log)))


def show_progress(line, seen, total):
    found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
    if found and found.group(1) not in seen:
        seen.add(found.group(1))
        if total and len(seen) % 40 == 0 and len(seen) < total:
            say("  found {} of {}".format(len(seen), total))
    elif line.startswith("Installing collected packages"):
        say("  found all; unpacking")


def why_pip_failed(log):
    unreachable = (
        "NewConnectionError",
        "Connection refused",
        "name resolution",
        "getaddrinfo failed",
        "Network is unreachable",
        "ProxyError",
        "ConnectTimeout",
        "ReadTimeout",
        "(from versions: none)",
    )
    if any(words in log for words in unreachable):
        return (
            "The packages could not be downloaded: connect to the network and run "
            "the same command again (.venv/install.log has the details)."
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1][len("ERROR: ") :] if errors else last_line(log)
    return "pip could not install the packages, see .venv/install.log: " + reason


def pinned_lines():
    with open(os.path.join(ROOT, "requirements.txt")) as lines:
        return [line.strip() for line in lines if "==" in line.split("#")[0]]


def peers():
    """The pinned PyTorch, Keras and Dask of pyproject.toml, PyTorch first."""
    import tomllib

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    return extras["peers"] + extras.get("dask", [])


def install_peers(python):
    # One at a time, so that what depends on PyTorch finds it and takes no other.
    for peer in peers():
        pip_install(python, [peer])


# ---------------------------------------------------------------- files and stamps


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (IOError, OSError):
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def files_of(names, root=ROOT, notebooks=False):
    """Every file under these names, sorted, without scratch, notebooks if asked for."""
    found = []
    for name in names:
        top = os.path.join(root, *name.split("/"))
        if os.path.isfile(top):
            found.append(top)
        for folder, inner, files in os.walk(top):
            inner[:] = [one for one in inner if one not in SCRATCH]
            found += [
                os.path.join(folder, file)
                for file in files
                if notebooks or not file.endswith(".ipynb")
            ]
    return sorted(found)


def digest(names, root=ROOT):
    total = hashlib.sha256()
    for path in files_of(names, root):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
        total.update((os.path.relpath(path, root) + " " + content + "\n").encode())
    return total.hexdigest()


# ---------------------------------------------------------------- the site


def build(python):
    """Build the site; do nothing if nothing it is made from has changed."""
    stamp = os.path.join(BUILD, "stamp")
    before = read(stamp)
    now = what_it_is_made_from()
    if before != now or not os.path.exists(os.path.join(SITE, "index.html")):
        run_jupyter_book(python, stamp, only_pages_changed(before, now))
        write(stamp, now)
    say("The pages are in {}".format(os.path.join(SITE, "index.html")))


def what_it_is_made_from(root=ROOT):
    return json.dumps(
        {"machinery": digest(MACHINERY, root), "pages": digest(PAGES, root)},
        sort_keys=True,
    )


def only_pages_changed(before, now):
    """A build that failed left no stamp: Sphinx would not repeat its warnings."""
    return bool(before) and (
        json.loads(before)["machinery"] == json.loads(now)["machinery"]
    )


def run_jupyter_book(python, stamp, some):
    if os.path.exists(stamp):
        os.remove(stamp)
    if not some:
        for old in ("html", ".doctrees", "jupyter_execute"):
            shutil.rmtree(os.path.join(BUILD, old), ignore_errors=True)
    say(
        "Building the {} (every notebook runs)".format(
            "pages that changed" if some else "whole book, a few minutes"
        )
    )
    command = [python, "-c", JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    failed, report = stream(command)
    if failed:
        say(failed_cell(read(report)))
        raise Stop("The book was not built: the messages above say why.")


def stream(command, folder=ROOT):
    """Show what a job says as it says it; return its exit code and Sphinx's report."""
    report = ""
    job = start(command, folder)
    for line in job.stdout:
        line = line.decode("utf-8", "replace").rstrip()
        found = re.search(r"traceback has been saved in (.+?\.log)", line)
        report = found.group(1) if found else report
        if line and not line.startswith(NOISE):
            say(line)
    return job.wait(), report


def failed_cell(report):
    """The cell and the error for which Sphinx's own message names only the page."""
    cell = re.search(r"(?s)CellExecutionError: (.*?)\n+The above exception", report)
    return cell.group(1) if cell else ""


def listen(port):
    """A server for the site, bound before the build so that a taken port shows."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Handler(SimpleHTTPRequestHandler):
        # Windows may have registered another type for scripts.
        extensions_map = dict(
            SimpleHTTPRequestHandler.extensions_map,
            **{".js": "text/javascript", ".svg": "image/svg+xml"},
        )

        def log_message(self, *words):
            pass

    class Server(ThreadingHTTPServer):
        # Elsewhere this only skips a wait; on Windows it shares a taken port.
        allow_reuse_address = os.name != "nt"

    try:
        return Server(("127.0.0.1", port), partial(Handler, directory=SITE))
    except OverflowError:
        raise Stop("A port is a number up to 65535, not {}.".format(port))
    except OSError:
        raise Stop(
            "Port {} is taken: stop what uses it or choose another, for "
            "instance make serve PORT={}.".format(port, port + 1)
        )


def serve(python, port, browser):
    with listen(port) as server:
        build(python)
        address = "http://localhost:{}/".format(server.server_address[1])
        say("Serving them at {} (Ctrl-C stops)".format(address))
        if browser:
            import webbrowser

            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")
    return 0


# ---------------------------------------------------------------- for teachers

EDITION = os.path.join(BUILD, "teach")
# What students and their site need; the tests would ask for the solutions.
FOR_STUDENTS = (
    "book",
    "lstm_core",
    "tools",
    ".binder",
    "_config.yml",
    "_toc.yml",
    "requirements.txt",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    ".gitattributes",
    ".gitignore",
    ".github/workflows/pages.yml",
)
SOLUTIONS = "book/solutions"


def teach(python):
    """Write the book without its solutions into _build/teach, and build its site."""
    shutil.rmtree(EDITION, ignore_errors=True)
    copy_for_students(ROOT, EDITION)
    command = [python, "-c", JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    say("Building the book without its solutions (every notebook runs)")
    failed, report = stream(command, EDITION)
    if failed:
        say(failed_cell(read(report)))
        raise Stop("The book was not built: the messages above say why.")
    say(
        "Without solutions: the repository is {}, its pages are in {}".format(
            EDITION, os.path.join(EDITION, "_build", "html", "index.html")
        )
    )


def copy_for_students(root, out):
    """Copy what FOR_STUDENTS names, without solutions and the links to them."""
    for path in files_of(FOR_STUDENTS, root, notebooks=True):
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if name.startswith(SOLUTIONS + "/"):
            continue
        copy = os.path.join(out, *name.split("/"))
        if not os.path.isdir(os.path.dirname(copy)):
            os.makedirs(os.path.dirname(copy))
        shutil.copyfile(path, copy)
        if name == "_toc.yml":
            write(copy, without_solution_pages(read(path)))
        elif name.startswith("book/") and name.endswith((".md", ".ipynb")):
            write(copy, without_solution_links(read(path)))


def without_solution_pages(toc):
    """The table of contents without the pages of solutions and their titles."""
    return re.sub(r"(?m)^( *)- file: {}/.*\n(?:\1  .*\n)*".format(SOLUTIONS), "", toc)


def without_solution_links(text):
    """A page or a notebook without links to solutions: of others the words stay."""
    target = r"(?:\.\./)?(?:book/)?solutions/[^)>`]*"
    text = re.sub(r"\s?\[Solutions?\]\(" + target + r"\)", "", text)
    text = re.sub(r"\[([^][]*)\]\(" + target + r"\)", r"\1", text)
    text = re.sub(r"\{doc\}`([^`<]*?) *<" + target + r">`", r"\1", text)
    return re.sub(r"\{doc\}`" + target + r"`", "solutions", text)


# ---------------------------------------------------------------- the repository


def address(python, url):
    """Set the one place that holds the repository address, and what follows it."""
    path = os.path.join(ROOT, "_config.yml")
    old = read(path)
    new, count = re.subn(
        r"(?m)^(repository:\n(?:[ ]+.*\n|\n)*?[ ]+url:[ ]*)\S+",
        lambda found: found.group(1) + url,
        old,
        count=1,
    )
    if not count:
        raise Stop("_config.yml has no line url under repository: add one.")
    if not re.match(r"https://[\w.-]+(/[\w.-]+)+$", url):
        raise Stop(
            "An address looks like https://github.com/OWNER/NAME, not {}.".format(url)
        )
    if new == old:
        say("The address was {} already".format(url))
        return 0
    write(path, new)
    return notebooks(python)


def notebooks(python):
    return subprocess.call(
        [python, os.path.join("tools", "notebooks.py")], cwd=ROOT, env=environment()
    )


def clean():
    for folder in ("_build", "build", ".pytest_cache", ".hypothesis", ".ruff_cache"):
        shutil.rmtree(os.path.join(ROOT, folder), ignore_errors=True)
    say("Removed what was built; delete .venv by hand to install everything again")
    return 0


def test(python, runs):
    """Run pytest with each of these arguments; the first exit code that is not 0."""
    codes = [
        subprocess.call([python, "-m", "pytest"] + given, cwd=ROOT, env=environment())
        for given in runs
    ]
    return next((code for code in codes if code), 0)


# ---------------------------------------------------------------- the command line


def parse(argv):
    parser = argparse.ArgumentParser(prog="python tools/book.py")
    parser.add_argument(
        "--no-env",
        action="store_true",
        help="use the Python that runs this instead of .venv",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    env = commands.add_parser("env", help="make or repair .venv")
    env.add_argument(
        "--peers",
        action="store_true",
        help="also install PyTorch, Keras and Dask, which some tests use",
    )
    commands.add_parser("build", help="build the site into _build/html")
    server = commands.add_parser("serve", help="build it and open it on localhost")
    server.add_argument("--port", type=int, default=8000)
    server.add_argument("--no-open", action="store_true", help="open no browser")
    commands.add_parser("teach", help="build the book without solutions")
    commands.add_parser("test", help="run the tests; pytest takes what follows")
    commands.add_parser("lab", help="open the chapters in JupyterLab")
    commands.add_parser("notebooks", help="write the .ipynb again from the .md")
    place = commands.add_parser("address", help="set the repository address")
    place.add_argument("url")
    commands.add_parser("clean", help="remove what was built")
    args, rest = parser.parse_known_args(argv)
    if rest and args.command not in ("test", "lab"):
        parser.error("unrecognised: " + " ".join(rest))
    return args, rest


def run(args, rest):
    if args.command == "clean":
        return clean()
    if args.command == "serve":
        listen(args.port).server_close()
    python = sys.executable if args.no_env else ensure_env()
    if args.command == "env":
        if args.peers:
            install_peers(python)
        say("{} is ready".format(python))
    elif args.command == "build":
        build(python)
    elif args.command == "teach":
        teach(python)
    elif args.command == "serve":
        return serve(python, args.port, not args.no_open)
    elif args.command == "test":
        return test(python, [rest] if rest else WHOLE)
    elif args.command == "lab":
        return subprocess.call(
            [python, "-m", "jupyterlab"] + rest,
            env=environment(),
            cwd=os.path.join(ROOT, "book"),
        )
    elif args.command == "notebooks":
        return notebooks(python)
    elif args.command == "address":
        return address(python, args.url)
    return 0


def main(argv=None):
    try:
        check_python()
        sys.stdout.reconfigure(errors="replace")
        return run(*parse(argv))
    except Stop as stop:
        sys.stderr.write(str(stop) + "\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
