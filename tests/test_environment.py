"""One environment, said four times: requirements.in, the lock, pyproject.toml, environment.yml."""

import importlib.metadata
import platform
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from workshop.extension.provenance import locked_versions
from workshop.places import LOCK, ROOT

PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = (LOCK, ROOT / "requirements-uv.lock")


def requirements_in() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    texts = [line.partition("#")[0].strip() for line in lines]
    return {canonicalize_name(r.name): r for r in map(Requirement, filter(None, texts))}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def project_requirements() -> dict[str, Requirement]:
    metadata = project()
    texts = [
        *metadata["build-system"]["requires"],
        *metadata["project"]["dependencies"],
        *(t for group in metadata["project"]["optional-dependencies"].values() for t in group),
    ]
    return {canonicalize_name(r.name): r for r in map(Requirement, texts)}


def locked_for(python: str) -> dict[str, str]:
    versions = {}
    for name, version, condition in locked_versions():
        requirement = Requirement(f"{name}; {condition}" if condition else name)
        environment = {
            "python_version": python,
            "python_full_version": f"{python}.7",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }
        if requirement.marker is None or requirement.marker.evaluate(environment):
            versions[canonicalize_name(name)] = version
    return versions


def test_project_asks_for_what_requirements_in_asks_for() -> None:
    wanted = {name: r.specifier for name, r in requirements_in().items()}
    assert {name: r.specifier for name, r in project_requirements().items()} == wanted


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_fulfils_every_requirement(python: str) -> None:
    locked = locked_for(python)
    unmet = [
        str(requirement)
        for name, requirement in requirements_in().items()
        if name not in locked or not requirement.specifier.contains(locked[name])
    ]
    assert unmet == []


def test_installed_versions_are_the_locked_ones() -> None:
    locked = locked_for(platform.python_version().rpartition(".")[0])
    installed = {name: importlib.metadata.version(name) for name in requirements_in()}
    assert installed == {name: locked[name] for name in installed}


def test_environment_yml_is_python_pip_and_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, pips = environment["dependencies"]
    assert environment["name"] == project()["project"]["name"]
    assert pip == "pip"
    assert pips == {"pip": ["-r requirements.lock"]}
    bounds = Requirement(python)
    assert bounds.name == "python"
    lowest = SpecifierSet(project()["project"]["requires-python"])
    accepted = [f"3.{minor}" for minor in range(20) if bounds.specifier.contains(f"3.{minor}")]
    assert accepted == list(PYTHONS)
    assert [v for v in accepted if not lowest.contains(v)] == []
    assert not lowest.contains("3.10")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_is_hashed_and_names_no_place(lock) -> None:
    text = lock.read_text()
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links| @ ", text) == []
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert entries
    assert [e.splitlines()[0] for e in entries if "--hash=sha256:" not in e] == []
    assert [e.splitlines()[0] for e in entries if "==" not in e.splitlines()[0]] == []


# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(
    r"(?<![\w.])/" + r"(?:tmp|home/\w+|Users/\w+|root|work|opt)" + "/"
    "|" + r"py" + r"pi\.org|python" + r"hosted\.org|registry\." + r"npmjs|deb\.debian\." + "org"
)  # fmt: skip
UNREADABLE = {".png", ".jpg", ".woff2", ".parquet", ".pdf", ".ico"}


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return list(filter(None, listing.stdout.split("\0")))


def test_no_tracked_file_knows_the_machine_or_a_registry() -> None:
    found = {}
    for name in tracked_files():
        path = ROOT / name
        if path.suffix in UNREADABLE or not path.is_file():
            continue
        if hits := MACHINE.findall(path.read_text(encoding="utf-8", errors="replace")):
            found[name] = hits[:3]
    assert found == {}


@pytest.mark.parametrize("leak", ["/" + "tmp/x", "/" + "home/me/x", "py" + "pi.org"])
def test_leaks_would_be_found(leak: str) -> None:
    assert MACHINE.search(f"see {leak} for more")
