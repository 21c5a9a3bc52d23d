"""Says on the terminal which outside clients are not on this machine, wherever the tests themselves run."""

from pathlib import Path

import pytest

from tests.sandbox.outside.clients import CLIENTS, COMMAND

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"heavy: only run by `{COMMAND}`")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    asked = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    if not any(HERE.is_relative_to(path) for path in asked):
        return
    for client in CLIENTS:
        if not client.present():
            line = f"{client.name} is not here, so the sandbox was not tried with it; `{COMMAND}` installs and tries it"
            terminalreporter.write_line(line)
