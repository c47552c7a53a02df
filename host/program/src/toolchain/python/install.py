"""Installs what a function depends on: the newest versions that run without machine code, which no sandbox runs.

Run by `packages.rs` with TARGET, WORK and VERSION, and what pip is given for the requirements. A line that begins with `note: ` is for the user, whatever comes of the build.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

# How packages are told to do without their optional machine code; where there is no such word, no compiler is found.
WITHOUT_MACHINE_CODE = {
    "CARGO": "false",
    "CC": "false",
    "CXX": "false",
    "MATURIN_NO_INSTALL_RUST": "1",
    "AIOHTTP_NO_EXTENSIONS": "1",
    "DISABLE_SQLALCHEMY_CEXT": "1",
    "FROZENLIST_NO_EXTENSIONS": "1",
    "MSGPACK_PUREPYTHON": "1",
    "MULTIDICT_NO_EXTENSIONS": "1",
    "PROPCACHE_NO_EXTENSIONS": "1",
    "PURE_PYTHON": "1",
    "PYYAML_FORCE_LIBYAML": "0",
    "WRAPT_INSTALL_EXTENSIONS": "false",
    "YARL_NO_EXTENSIONS": "1",
}

# Wheels of the machine on which these packages would run elsewhere.
ELSEWHERE = ["manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64", "any"]

# Packages without any wheel, each of which is found by one more try.
TRIES_MAX = 30

MISSING = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)")
MACHINE_CODE = (".so", ".pyd", ".dylib")


class Package:
    """One that pip would take on another machine."""

    def __init__(self, item):
        self.name = canonical(item["metadata"]["name"])
        self.version = item["metadata"]["version"]
        self.requires = {
            canonical(re.match(r"[A-Za-z0-9._-]+", text)[0])
            for text in item["metadata"].get("requires_dist", [])
        }
        self.is_pure = item["download_info"]["url"].split("#")[0].endswith("-none-any.whl")

    def __str__(self):
        return f"{self.name} {self.version}"


def main(target, work, version, *wanted):
    wheels = Path(work)
    wheels.mkdir(parents=True, exist_ok=True)
    own = ["--find-links", str(wheels)]
    elsewhere = resolve(version, [*own, *wanted], wheels)
    bound = {package.name for package in elsewhere if not package.is_pure and not made(package, wheels)}
    options = ["--target", target, "--no-compile", *pure(version), *own]
    if pip("install", *options, *wanted, is_shown=True).returncode != 0:
        for package in elsewhere:
            if package.name in bound:
                print(f"{package} has machine code, and cannot be built without.")
        return 1
    tell(elsewhere, bound, installed(target))
    return 0


def pure(version):
    """Options for packages without machine code."""
    platform = ["--platform", "any", "--implementation", "py", "--abi", "none"]
    return ["--only-binary=:all:", *platform, "--python-version", version]


def resolve(version, wanted, wheels):
    """What pip would install elsewhere; nothing where it cannot be told."""
    report = wheels / "report.json"
    short = version.replace(".", "")
    # Older versions of pip want a folder even if they put nothing there.
    options = ["--dry-run", "--target", str(wheels / "nothing"), "--ignore-installed"]
    options += ["--report", str(report), "--only-binary=:all:"]
    options += [f"--platform={name}" for name in ELSEWHERE]
    options += ["--implementation", "cp", "--python-version", version]
    options += [f"--abi={abi}" for abi in (f"cp{short}", "abi3", "none")]
    tried = set()
    while len(tried) < TRIES_MAX:
        run = pip("install", *options, *wanted)
        if run.returncode == 0:
            return [Package(item) for item in json.loads(report.read_text())["install"]]
        missing = MISSING.search(run.stdout)
        if not missing or missing[1] in tried or not built(missing[1], wheels):
            return []
        tried.add(missing[1])
    return []


def made(package, wheels):
    """Whether there is a wheel of it without machine code, by now."""
    stem = f"{package.name.replace('-', '_')}-{package.version}-"
    return any(wheel.name.lower().startswith(stem) for wheel in wheels.glob("*.whl")) or built(
        f"{package.name}=={package.version}", wheels
    )


def built(requirement, wheels):
    """Builds a package from its sources; says whether that gives a wheel without machine code."""
    print(f"Building {requirement} without machine code")
    place = wheels / "new"
    name = requirement.partition("==")[0]
    options = ["--no-deps", f"--no-binary={name}", "--wheel-dir", str(place), requirement]
    run = pip("wheel", *options, environment=WITHOUT_MACHINE_CODE)
    found = list(place.glob("*.whl")) if run.returncode == 0 else []
    kept = [wheel for wheel in found if is_pure(wheel)]
    for wheel in found:
        if wheel in kept:
            name, version = wheel.name.split("-")[:2]
            wheel.rename(wheels / f"{name}-{version}-py3-none-any.whl")
        else:
            wheel.unlink()
    return bool(kept)


def is_pure(wheel):
    with zipfile.ZipFile(wheel) as file:
        return not any(name.endswith(MACHINE_CODE) for name in file.namelist())


def installed(target):
    """The versions that were taken, by the names of their packages."""
    found = [folder.name.removesuffix(".dist-info") for folder in Path(target).glob("*.dist-info")]
    return {canonical(name.rpartition("-")[0]): name.rpartition("-")[2] for name in found}


def tell(elsewhere, bound, taken):
    """Says of each package that is older than elsewhere, why that is."""
    for package in elsewhere:
        version = taken.get(package.name)
        if version not in (None, package.version):
            causes = sorted(bound & ({package.name} | package.requires)) or ["what it depends on"]
            print(
                f"note: {package.name} {version} is used, and not {package.version}: "
                f"{' and '.join(causes)} has machine code, which does not run in the sandbox. Code for the "
                f"newer version fails with it; where the older one is meant, ask for {package.name}=={version}."
            )


def pip(*arguments, environment=None, is_shown=False):
    run = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if is_shown:
        print(run.stdout, end="")
    return run


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


sys.stdout.reconfigure(line_buffering=True)
sys.exit(main(*sys.argv[1:]))
