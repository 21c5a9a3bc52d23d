"""The kill campaign at the size of a test run; the full size is one command (see campaign.py)."""

from pathlib import Path

from tests.faults.campaign import Campaign
from tests.sandbox_server import SandboxServer


def test_sigkill_at_random_moments_loses_nothing_and_exports_nothing_twice(
    tmp_path: Path, sandbox: SandboxServer
) -> None:
    report = Campaign(tmp_path, sandbox, kills=10, exports=40, seed=20260211, large=2).run()
    assert report.wrong == []
    assert (report.kills, report.files, report.revisions) == (10, 40, 40)
