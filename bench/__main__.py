"""`make bench`: runs the races and prints their tables."""

import tempfile
from pathlib import Path

from bench import first_figures, small_files


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print("| figure | |\n|---|---|")
        print("\n".join(first_figures.run(Path(folder))))
        print("\n".join(small_files.run(Path(folder))))


if __name__ == "__main__":
    main()
