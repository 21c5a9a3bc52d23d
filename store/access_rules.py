"""The site owner's rules about addresses: which are never listened to, and which domains are approved by themselves.

There are none until the owner makes one. A block goes before an approval, an address before its domain. A blocked
domain stands for those within it too; an approved one for itself alone.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from rules.addresses import domain_key, domains_of, spellings, validate_domain
from rules.approval import email_key, validate_email
from store import audit
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound

MOST_RULES = 500
MOST_COUNTED = 10_000


class Effect(StrEnum):
    """What a rule does with requests of the addresses that it is about."""

    BLOCK = "block"
    """They are set aside: nobody is told, and nothing waits for a decision."""
    APPROVE = "approve"
    """They are approved as they come in."""


class Kind(StrEnum):
    """What a rule is about."""

    ADDRESS = "address"
    DOMAIN = "domain"


@dataclass(frozen=True)
class AccessRule:
    """One rule. `pattern` is the address or domain as it is compared; `hits` counts the requests that it met."""

    id: str
    kind: Kind
    pattern: str
    effect: Effect
    created_by: str | None
    created_at: int
    hits: int
    last_hit_at: int | None


def listed(db: Db) -> list[AccessRule]:
    """Every rule: approvals first, then blocks, each by what it is about. `created_by` is a name."""
    found = rows(
        db,
        """
        select r.id, r.kind, r.pattern, r.effect, coalesce(nullif(a.display_name, ''), a.email) as created_by,
            r.created_at, r.hits, r.last_hit_at
        from access_rules r left join accounts a on a.id = r.created_by
        order by r.effect, r.kind desc, r.pattern
        """,
    )
    return [_rule(row) for row in found]


def add(db: Db, *, effect: Effect, about: str, by: str | None, ip: str, now: int) -> AccessRule:
    """Make a rule about an address or a domain. Invalid for what is neither, Conflict where there is one already."""
    kind, pattern = _read(effect, about)
    if int(str(rows(db, "select count(*) as n from access_rules")[0]["n"])) >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES} rules already. Remove some that are no longer needed.")
    rule = AccessRule(secrets.token_urlsafe(12), kind, pattern, effect, by, now, 0, None)
    made = rows(
        db,
        """
        insert into access_rules (id, kind, pattern, effect, created_by, created_at)
        values (:id, :kind, :pattern, :effect, :by, :now)
        on conflict (kind, pattern) do nothing returning id
        """,
        id=rule.id,
        kind=kind,
        pattern=pattern,
        effect=effect,
        by=by,
        now=now,
    )
    if not made:
        raise Conflict(f"There is a rule about {pattern} already. Remove it first.")
    _record(db, rule, "access_rule.made", by=by, ip=ip, now=now)
    return rule


def remove(db: Db, rule_id: str, *, by: str | None, ip: str, now: int) -> AccessRule:
    """End a rule; what it did stays done. NotFound for an unknown one."""
    found = [rule for rule in listed(db) if rule.id == rule_id]
    if not found:
        raise NotFound
    db.conn.execute("delete from access_rules where id = :id", {"id": rule_id})
    _record(db, found[0], "access_rule.removed", by=by, ip=ip, now=now)
    return found[0]


def meet(db: Db, email: str, *, now: int) -> Effect | None:
    """What is to be done with a request of this address, None when no rule is about it. Counts the hit."""
    found = _about(db, email)
    if found is None:
        return None
    db.conn.execute(
        "update access_rules set hits = hits + 1, last_hit_at = :now where id = :id", {"now": now, "id": found["id"]}
    )
    return Effect(str(found["effect"]))


def is_blocked(db: Db, email: str) -> bool:
    """Whether the site owner listens to nothing of this address. Counts nothing."""
    found = _about(db, email)
    return found is not None and found["effect"] == Effect.BLOCK


def _about(db: Db, email: str) -> dict[str, object] | None:
    """The rule that counts for the address."""
    places = domains_of(email)
    found = rows(
        db,
        f"""
        select id, effect from access_rules
        where (kind = 'address' and pattern = :address)
            or (kind = 'domain' and pattern in ({", ".join(f":d{n}" for n in range(len(places))) or "''"})
                and (effect = 'block' or pattern = :own))
        order by effect = 'block' desc, kind limit 1
        """,  # noqa: S608 - names of parameters
        address=email_key(email),
        own=places[0] if places else "",
        **{f"d{number}": place for number, place in enumerate(places)},
    )
    return found[0] if found else None


def pending_under(db: Db, about: str, *, most: int) -> list[str]:
    """Ids of pending requests that a block of this address or domain is about, oldest first."""
    kind, pattern = _read(Effect.BLOCK, about)
    ascii_form, written = spellings(pattern) if kind is Kind.DOMAIN else (pattern, pattern)
    found = rows(
        db,
        """
        select id, email from access_requests
        where state = 'pending' and (
            email_key = :pattern
            or substr(email_key, -length(:ascii)) = :ascii or substr(email_key, -length(:written)) = :written
        )
        order by requested_at, id
        """,
        pattern=pattern,
        ascii=ascii_form,
        written=written,
    )
    meant = [row for row in found if _is_about(kind, pattern, str(row["email"]))]
    return [str(row["id"]) for row in meant[:most]]


def _is_about(kind: Kind, pattern: str, email: str) -> bool:
    return email_key(email) == pattern if kind is Kind.ADDRESS else pattern in domains_of(email)


def _rule(row: dict[str, object]) -> AccessRule:
    typed = {"kind": Kind(str(row["kind"])), "effect": Effect(str(row["effect"]))}
    return AccessRule(**{**row, **typed})  # type: ignore[arg-type]


def _read(effect: Effect, about: str) -> tuple[Kind, str]:
    text = about.strip().removeprefix("@")
    if "@" not in text:
        if (wrong := validate_domain(text)) is not None:
            raise Invalid({"about": wrong})
        return Kind.DOMAIN, domain_key(text)
    if (wrong := validate_email(text)) is not None:
        raise Invalid({"about": wrong})
    if effect is Effect.APPROVE:
        raise Invalid({"about": "Only a domain can be approved by a rule. Approve an address under People."})
    return Kind.ADDRESS, email_key(text)


def _record(db: Db, rule: AccessRule, action: str, *, by: str | None, ip: str, now: int) -> None:
    audit.record(db, at=now, actor=by, way="page", action=action, subject=rule.pattern, detail=rule.effect, ip=ip)
