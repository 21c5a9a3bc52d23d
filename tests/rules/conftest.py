"""How hypothesis runs here: the same examples each time and no stopwatch, so that a busy machine fails no test.

`pytest tests/rules --hypothesis-profile=explore` looks further, with new examples each time.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("explore", settings.get_profile("repeatable"), derandomize=False, max_examples=5000)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")
