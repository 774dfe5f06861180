"""The environment of Binder and a JupyterLab in it, made once for all tests."""

import os
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.conftest import one_at_a_time
from tests.notebooks import binder as recipe

TOKEN = "a-token-for-this-test"


@pytest.fixture(scope="session")
def binder():
    """(Python, clone) of an environment made from .binder."""
    if os.name == "nt":
        pytest.skip("needs bash: Binder runs Linux")
    with one_at_a_time("binder"):
        return recipe.make(recipe.kept(), os.environ.get("PYTEST_XDIST_TESTRUNUID"))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def own_places(folder):
    """Variables for a server that knows no settings of whoever runs the test."""
    names = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    places = {name: str(folder / name.lower()) for name in names}
    return places | {"JUPYTER_PREFER_ENV_PATH": "1"}


@pytest.fixture(scope="session")
def lab(binder, tmp_path_factory):
    """Address of Binder's JupyterLab in the clone, with its token in {}."""
    python, clone = binder
    folder = tmp_path_factory.mktemp("lab")
    address = f"http://127.0.0.1:{(port := free_port())}/"
    command = [
        python,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={clone}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command,
            cwd=clone,
            stdout=out,
            stderr=out,
            env=recipe.surroundings(python.parents[1], **own_places(folder)),
        )
        try:
            end = time.monotonic() + 120
            while not answers(f"{address}api"):
                assert server.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(120)  # it ends its kernels first
