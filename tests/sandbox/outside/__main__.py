"""Installs the outside clients that are missing and tries the sandbox with all of them, large files included.

`python -m tests.sandbox.outside [--sdk-tests COPY]`; COPY is a checkout of the Python SDK's repository.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.sandbox.outside.clients import CLIENTS, CannotInstall, Client
from tests.sandbox.outside.conftest import EVERYTHING
from tests.sandbox_server import REPOSITORY


def ready(client: Client) -> bool:
    """Install a client unless it is here; False, and a sentence on the terminal, when it can't be had."""
    if client.present():
        return True
    print(f"Installing {client.name} …", flush=True)
    try:
        client.install()
    except CannotInstall as problem:
        print(f"{client.name} can't be installed: {problem}. The sandbox is not tried with it.", flush=True)
    return client.present()


def main() -> int:
    """0 when every client is here and everything passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.outside", description=__doc__)
    parser.add_argument("--sdk-tests", type=Path, metavar="COPY", help="also run the Python SDK's own tests")
    copy = parser.parse_args().sdk_tests
    complete = all([ready(client) for client in CLIENTS])
    tests = [sys.executable, "-m", "pytest", "tests/sandbox/outside", "-n0", "-v"]
    codes = [subprocess.run(tests, cwd=REPOSITORY, env={**os.environ, EVERYTHING: "yes"}).returncode]
    if copy is not None:
        suite = [sys.executable, "-m", "tests.sandbox.outside.sdk_suite", str(copy.resolve())]
        codes.append(subprocess.run(suite, cwd=REPOSITORY).returncode)
    return 0 if complete and not any(codes) else 1


if __name__ == "__main__":
    sys.exit(main())
