"""`python -m sandbox`: the stand-in Dropbox alone."""

import argparse
import sys
from pathlib import Path

from sandbox.server import Options, run


def main() -> int:
    """Read the command line and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in Dropbox server for this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on; 0 takes any free one")
    parser.add_argument("--dir", type=Path, default=Path("data/sandbox"), help="folder that keeps everything")
    parser.add_argument("--tls", action="store_true", help="answer TLS too, with a certificate of the sandbox's own CA")
    parser.add_argument("--proxy", type=int, metavar="PORT", help="be a proxy that answers for Dropbox's own hosts")
    parser.add_argument("--reset", action="store_true", help="wipe the data first")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input ends")
    given = parser.parse_args()
    options = Options(
        directory=given.dir,
        host=given.host,
        port=given.port,
        tls=given.tls,
        proxy=given.proxy,
        fresh=given.reset,
        parent_watch=given.until_stdin_closes,
    )
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
