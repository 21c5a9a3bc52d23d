"""GET /metrics for Prometheus: counts by state, and the process's own figures. For the operator alone."""

import hmac
import ipaddress
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from handlers.state import State
from store import figures

FORWARDING = ("x-forwarded-for", "forwarded", "x-forwarded-host", "x-real-ip")


async def metrics(request: Request[State]) -> Response:
    """With METRICS_TOKEN: bearer only. Without: directly from this machine. To others it does not exist."""
    if not _allowed(request):
        raise HTTPException(404)
    counted = await request.state["database"].read(figures.by_state)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Counted(counted))
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


class Counted:
    """Hands one reading of the counts to Prometheus' renderer."""

    def __init__(self, counted: dict[str, dict[str, int]]) -> None:
        self.counted = counted

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for table, states in self.counted.items():
            family = GaugeMetricFamily(f"clementine_{table}", f"Number of {table} by state.", labels=["state"])
            for state, number in states.items():
                family.add_metric([state], number)
            yield family


def _allowed(request: Request[State]) -> bool:
    token = request.state["settings"].metrics_token
    if token is not None:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode())
    # Behind a proxy every peer is loopback; its forwarding header tells.
    return _is_loopback(request) and not any(name in request.headers for name in FORWARDING)


def _is_loopback(request: Request[State]) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
