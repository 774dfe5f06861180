"""A version is pinned once for everybody, and nothing that is installed is unpinned."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {
    "Linux": {"sys_platform": "linux", "os_name": "posix"},
    "Darwin": {"sys_platform": "darwin", "os_name": "posix"},
    "Windows": {"sys_platform": "win32", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(lines):
    """{name: version}; a line that is neither a pin, a comment nor ours is an error."""
    pins = {}
    for line in lines:
        line = line.split("#")[0].strip()
        if line in ("", "-e ."):
            continue
        requirement = Requirement(line)
        exact = re.fullmatch(r"==([\w.]+)", str(requirement.specifier))
        assert exact, f"{line!r} is not an exact pin"
        assert normal(requirement.name) not in pins, f"{line!r} is there twice"
        pins[normal(requirement.name)] = exact.group(1)
    return pins


def pins_of_file(name):
    return pins_of((ROOT / name).read_text("utf-8").splitlines())


def project():
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


def environments():
    for system, names in PLATFORMS.items():
        for python in PYTHONS:
            yield names | {
                "platform_system": system,
                "python_version": python,
                "python_full_version": python + ".0",
                "implementation_name": "cpython",
                "extra": "",
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
            }


def unpinned(pins, requires):
    """(who, what) for each requirement, on any platform, that no pin satisfies."""
    missing = set()
    todo = {(name, ()) for name in pins}
    done = set()
    while todo:
        name, extras = todo.pop()
        done.add((name, extras))
        for requirement in map(Requirement, requires(name)):
            if not wanted(requirement.marker, extras):
                continue
            needed = normal(requirement.name)
            if needed not in pins or not requirement.specifier.contains(
                pins[needed], prereleases=True
            ):
                missing.add((name, str(requirement)))
            elif (again := (needed, tuple(sorted(requirement.extras)))) not in done:
                todo.add(again)
    return missing


def wanted(marker, extras):
    return marker is None or any(
        marker.evaluate(environment | {"extra": extra})
        for environment in environments()
        for extra in ("", *extras)
    )


def installed_requires(name):
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []  # of another platform


@pytest.mark.parametrize("extra", ["book", "tests"])
def test_extras_have_the_pins_of_requirements(extra):
    pins = pins_of_file("requirements.txt")
    wanted = pins_of(project()["optional-dependencies"][extra])
    assert wanted.items() <= pins.items()


def test_binder_has_the_pins_of_requirements():
    pins = pins_of_file(".binder/requirements.txt")
    assert pins.items() <= pins_of_file("requirements.txt").items()


def test_requirements_pin_what_they_bring():
    assert unpinned(pins_of_file("requirements.txt"), installed_requires) == set()


def test_the_package_accepts_the_pins():
    pins = pins_of_file("requirements.txt")
    for line in project()["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[normal(requirement.name)])


def test_peers_are_pinned_pytorch_first():
    assert list(pins_of(project()["optional-dependencies"]["peers"])) == [
        "torch",
        "keras",
    ]


def test_dask_is_pinned():
    assert list(pins_of(project()["optional-dependencies"]["dask"])) == ["distributed"]


def test_pythons_agree():
    assert "3.10" not in SpecifierSet(project()["requires-python"])
    assert PYTHONS[0] in SpecifierSet(project()["requires-python"])
    runtime = (ROOT / ".binder/runtime.txt").read_text("utf-8").strip()
    assert runtime == "python-" + PYTHONS[0]


def test_versions_agree():
    version = project()["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_planted_bugs_are_caught():
    with pytest.raises(AssertionError, match="exact"):
        pins_of(["numpy>=2"])
    with pytest.raises(AssertionError, match="twice"):
        pins_of(["a-b==1", "a_b==2"])
    needs = {
        "a": [
            "b>=2",
            'c; sys_platform == "win32"',
            'd; python_version < "3"',
            'e; extra == "x"',
        ],
        "f": ["a[x]"],
    }
    lacking = unpinned({"a": "1", "b": "1", "f": "1"}, lambda n: needs.get(n, []))
    assert {what.split(";")[0].rstrip() for _, what in lacking} == {"b>=2", "c", "e"}
