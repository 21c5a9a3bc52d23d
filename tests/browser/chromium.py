"""Finding the Chromium that the browser tests drive and, run as a module, installing Debian's where that may be done.

`python -m tests.browser.chromium` ends with 0 when one is there, else with 2 and the one line to type.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome")
UPDATE = ("apt-get", "update")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
BY_HAND = f"sudo {' '.join(UPDATE)} && sudo {' '.join(INSTALL)}"


def find(environment: Mapping[str, str] = os.environ) -> str | None:
    """The executable: what CHROMIUM names (a path or a command), else the first known name on the PATH."""
    path = environment.get("PATH", os.defpath)
    names = (environment["CHROMIUM"],) if environment.get("CHROMIUM") else NAMES
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def advice(environment: Mapping[str, str] = os.environ) -> str:
    """What a person should type when no Chromium is found."""
    if environment.get("CHROMIUM"):
        return f"CHROMIUM names {environment['CHROMIUM']}, which is no program that can be started: unset CHROMIUM"
    if shutil.which("apt-get", path=environment.get("PATH", os.defpath)):
        return BY_HAND
    return "CHROMIUM=/path/to/chromium make test"


def rights() -> tuple[str, ...] | None:
    """What to put before a command that needs root: nothing for root, sudo if it asks for no password; None: no way."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and subprocess.run(("sudo", "-n", "true"), capture_output=True).returncode == 0:
        return ("sudo", "-n")
    return None


def install(before: tuple[str, ...]) -> bool:
    """Debian's Chromium by apt-get; says what it does, and shows apt-get's own words only when it fails."""
    print("No Chromium found for the browser tests: installing Debian's with apt-get (about 360 MB) …", flush=True)
    for command in (UPDATE, INSTALL):
        whole = (*before, "env", "DEBIAN_FRONTEND=noninteractive", *command)
        done = subprocess.run(whole, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout.decode(errors="replace"), file=sys.stderr)
            return False
    return find() is not None


def main() -> int:
    if find():
        return 0
    before = None if os.environ.get("CHROMIUM") else rights()
    if before is not None and install(before):
        return 0
    print(f"The browser tests need Chromium, and none was found. Type:\n  {advice()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
