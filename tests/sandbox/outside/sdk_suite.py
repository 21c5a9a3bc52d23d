"""The official Python SDK's own integration tests, from a downloaded copy, against a sandbox of their own.

`python -m tests.sandbox.outside.sdk_suite COPY`: the copy is a checkout of the SDK's repository; only its tests are
used, with the SDK that is installed here.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox_server import REPOSITORY, SandboxServer

SUITE = Path("test/integration/test_dropbox.py")
CANNOT = {
    "TestDropbox::test_multi_auth": "looks at a file through a shared link; the sandbox has no sharing",
    "TestDropboxTeam::test_team": "lists the members of a team; the sandbox has people, not teams",
}
# They expect a certificate that no trusted authority vouches for, so they run where the sandbox's is not trusted.
UNTRUSTING = "test_bad_pins"


def credentials(server: SandboxServer) -> dict[str, str]:
    """What the suite reads from its environment. Its tests of team clients that call nobody take any credentials."""
    values = {
        "REFRESH_TOKEN": server.link("studio@example.com")["refresh_token"],
        "CLIENT_ID": DEFAULT_APP_KEY,
        "CLIENT_SECRET": DEFAULT_APP_SECRET,
    }
    named = {f"SCOPED_{who}_{name}": value for who in ("USER", "TEAM") for name, value in values.items()}
    return {**named, "DROPBOX_SHARED_LINK": "https://www.dropbox.com/scl/fi/none"}


def run(copy: Path, server: SandboxServer) -> int:
    """Run the suite in two passes, with and without trust in the sandbox's authority; the worse exit code."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(server.directory),
        "HTTPS_PROXY": server.proxy_url,
        **credentials(server),
    }
    trusting = {**environment, "REQUESTS_CA_BUNDLE": str(server.authority)}
    leaving_out = [f"--deselect={SUITE}::{name}" for name in CANNOT]
    # -P: the copy's own package stays out of the way of the SDK that is installed here.
    command = [sys.executable, "-P", "-m", "pytest", str(copy / SUITE), "-c", os.devnull, "--rootdir", str(copy)]
    command += ["-p", "no:cacheprovider", "-q", *leaving_out]
    passes = (("-k", f"not {UNTRUSTING}"), trusting), (("-k", UNTRUSTING), environment)
    return max(
        subprocess.run([*command, *chosen], cwd=server.directory, env=variables).returncode
        for chosen, variables in passes
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.sandbox.outside.sdk_suite", description=__doc__)
    parser.add_argument("copy", type=Path, help="a checkout of the Python SDK's repository")
    copy = parser.parse_args().copy.resolve()
    if not (copy / SUITE).is_file() or REPOSITORY in copy.parents:
        print(f"{copy} must be a copy of the SDK's repository, outside of this one: it lacks {SUITE}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, SandboxServer(Path(folder) / "sandbox", ways_in=True) as server:
        code = run(copy, server)
    for name, why in CANNOT.items():
        print(f"left out: {name}: it {why}.")
    return code


if __name__ == "__main__":
    sys.exit(main())
