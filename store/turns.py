"""What the engine may work on, and whose turn it is: what waits on each Dropbox account that nobody stopped."""

from dataclasses import dataclass

from rules.retry import BREAKER_AFTER
from store.connect import Db, rows

IS_MINDED = """
    exists (
        select 1 from members m
        where m.workspace_id = w.id and m.role in ('owner', 'admin')
            and not exists (select 1 from access_requests q where q.account_id = m.account_id and q.state != 'approved')
    )
"""
# An export may be claimed under today's epochs alone: a stop flips one row, and everything older is out at once.
# And only while somebody minds them: an owner or admin whose access was not taken back (the site owner needs none).
# Walked project by project, so that what waits behind a stop or a pause is never read through.
OPEN_PROJECTS = f"""
    connections c
    join workspaces w on w.id = c.workspace_id and w.deleted_at is null and {IS_MINDED}
    join projects p on p.workspace_id = c.workspace_id and p.deleted_at is null
    join export_settings s on s.project_id = p.id and s.enabled = 1 and s.paused_reason is null
"""
NEXT_OF_PROJECT = """
    from exports e
    join results r on r.id = e.result_id and r.deleted_at is null
    join experiences x on x.id = e.experience_id and x.deleted_at is null
    where e.project_id = s.project_id and e.settings_epoch = s.epoch and e.state = 'waiting'
        and e.connection_id = c.id and e.connection_epoch = c.epoch
"""
# After several failures in a row one try goes at a time, to see whether Dropbox is back.
PROBES = f"""
    c.failures_in_a_row >= {BREAKER_AFTER}
    and not exists (select 1 from exports u where u.connection_id = c.id and u.state = 'uploading')
"""  # noqa: S608 - made of our own texts
# Materialized, or the planner would look for the first due export again for each mention of it.
_TURNS = f"""
    with firsts as materialized (
        select c.dropbox_account_id as account, c.paused_until,
            (select e.due_at {NEXT_OF_PROJECT} order by e.due_at, e.id limit 1) as first_due
        from {OPEN_PROJECTS}
        where c.status = 'connected' and (c.failures_in_a_row < {BREAKER_AFTER} or ({PROBES}))
    )
    select account, min(case when paused_until > first_due then paused_until else first_due end) as due_at
    from firsts where first_due is not null
    group by account order by due_at
"""  # noqa: S608 - made of our own texts


@dataclass(frozen=True)
class Turn:
    """A Dropbox account with something to do from `at` on (milliseconds UTC; in the past: now)."""

    account: str
    at: int


def due_accounts(db: Db) -> list[Turn]:
    """Every Dropbox account on which something waits that nobody stopped, with its time; the earliest first."""
    found = rows(db, _TURNS)
    return [Turn(str(row["account"]), int(str(row["due_at"]))) for row in found]
