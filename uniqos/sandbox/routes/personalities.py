"""The handlers of personalities, with their versions and reviews.

Each personality belongs to one organization. The built-in ones belong to none, and every organization sees them. The
first change of a built-in one makes a copy with the same id for the organization that changes it.

Chosen by the sandbox: all fields but ``id``, ``name``, ``source``, ``source_ref``, ``default_mode`` and
``big_five_facets``; ``big_five`` holds the five traits from 0 to 1.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from ..faults.magic import check_id, read
from ..http.call import Answer, Call, Handler
from ..http.checks import check_read_only
from ..persona.seeds import CATALOG, SEEDS, traits
from ..persona.voice import TRAITS
from ..refusal import Refusal
from ..state.store import Store, dumps
from .engine import dry_run

_BUILT_IN = ""
"""The organization_id of the built-in personalities."""
_READ_ONLY = ("id", "version", "status", "created_at", "review_status", "lineage_id")
"""The fields that no body may set."""


def seed(store: Store, now: str) -> None:
    """Store the built-in personalities."""
    for identifier, (name, values) in SEEDS.items():
        if find(store, _BUILT_IN, identifier) is None:
            fields = {"name": name, "default_mode": "stateless", "big_five": traits(values), "big_five_facets": None}
            _insert(store, _BUILT_IN, identifier, identifier, 1, fields, now)


def find(store: Store, organization_id: str, identifier: str) -> dict[str, Any] | None:
    """Return a personality that an organization sees, as the API shows it, or None."""
    found = _seen_by(store, organization_id, "and id = ?", identifier)
    return found[0] if found else None


def existing(call: Call, identifier: str) -> dict[str, Any]:
    """Return a personality, which the caller's organization must see.

    Raises:
        Refusal: ``not_found``, or the error that an id such as ``pers_error_conflict`` asks for.
    """
    check_id(identifier)
    found = find(call.store, call.caller.organization_id, identifier)
    if found is None:
        raise Refusal("not_found", f"There is no personality {identifier}.")
    return found


def seen_by(store: Store, organization_id: str) -> list[dict[str, Any]]:
    """Return all personalities that an organization sees, newest first. A copy is as old as its original."""
    age = "(select min(rowid) from personalities as made where made.id = personalities.id)"
    return _seen_by(store, organization_id, f"order by {age} desc")


def _seen_by(store: Store, organization_id: str, condition: str, *values: str) -> list[dict[str, Any]]:
    sql = (
        "select * from personalities where (organization_id = ? or (organization_id = ? and id not in"
        f" (select id from personalities where organization_id = ?))) {condition}"
    )
    return [_view(row) for row in store.all(sql, organization_id, _BUILT_IN, organization_id, *values)]


def _view(row: dict[str, Any]) -> dict[str, Any]:
    columns = {**row, "review_status": row["review"], "lineage_id": row["lineage"]}
    return {**{name: columns[name] for name in _READ_ONLY}, **json.loads(row["fields"])}


def _insert(
    store: Store, organization_id: str, identifier: str, lineage: str, version: int, fields: dict[str, Any], now: str
) -> dict[str, Any]:
    store.run(
        "insert into personalities values (?, ?, ?, ?, 'active', 'not_submitted', ?, ?)",
        organization_id,
        identifier,
        lineage,
        version,
        now,
        dumps(fields),
    )
    found = find(store, organization_id, identifier)
    assert found is not None
    return found


def _make(call: Call, fields: dict[str, Any], lineage: str | None = None, version: int = 1) -> Answer:
    identifier, whose = call.store.new_id("pers"), call.caller.organization_id
    return Answer(_insert(call.store, whose, identifier, lineage or identifier, version, fields, call.now), 201)


def _change(call: Call, identifier: str, column: Literal["status", "review"], value: str) -> None:
    whose = call.caller.organization_id
    call.store.run(
        "insert or ignore into personalities select ?, id, lineage, version, status, review, created_at, fields"
        " from personalities where organization_id = ? and id = ?",
        whose,
        _BUILT_IN,
        identifier,
    )
    sql = f"update personalities set {column} = ? where organization_id = ? and id = ?"
    call.store.run(sql, value, whose, identifier)


def _are_traits(given: Any) -> bool:
    def is_share(value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1

    if not isinstance(given, dict):
        return False
    shares: dict[Any, Any] = given
    return shares.keys() <= set(TRAITS) and all(map(is_share, shares.values()))


def _validate(fields: dict[str, Any]) -> dict[str, Any]:
    name, big_five, mode = fields.get("name"), fields.get("big_five"), fields.get("default_mode")
    if not isinstance(name, str) or not name.strip():
        raise Refusal("validation_error", "A personality needs a name.", details=[{"field": "name"}])
    if mode not in ("stateless", "stateful"):
        raise Refusal("validation_error", "default_mode is stateless or stateful.", details=[{"field": "default_mode"}])
    if not _are_traits(big_five):
        raise Refusal(
            "validation_error", f"big_five holds {', '.join(TRAITS)} from 0 to 1.", details=[{"field": "big_five"}]
        )
    return fields


def _list(call: Call) -> Answer:
    return Answer({"data": seen_by(call.store, call.caller.organization_id)})


def _create(call: Call) -> Answer:
    defaults = {"default_mode": "stateless", "big_five": traits((0.5,) * 5), "big_five_facets": None}
    check_read_only(call.fields(), _READ_ONLY)
    return _make(call, _validate({**defaults, **call.fields()}))


def _get(call: Call) -> Answer:
    return Answer(existing(call, call.path["personality_id"]))


def _archive(call: Call) -> Answer:
    found = existing(call, call.path["personality_id"])
    _change(call, found["id"], "status", "archived")
    return Answer(existing(call, found["id"]))


def _new_version(call: Call) -> Answer:
    parent = existing(call, call.path["personality_id"])
    check_read_only(call.fields(), _READ_ONLY)
    fields = _validate({**{n: v for n, v in parent.items() if n not in _READ_ONLY}, **call.fields()})
    newest = _lineage(call, parent["lineage_id"])[0]
    return _make(call, fields, parent["lineage_id"], newest["version"] + 1)


def _versions(call: Call) -> Answer:
    lineage = existing(call, call.path["personality_id"])["lineage_id"]
    return Answer({"data": _lineage(call, lineage)})


def _lineage(call: Call, lineage: str) -> list[dict[str, Any]]:
    return _seen_by(call.store, call.caller.organization_id, "and lineage = ? order by version desc", lineage)


def _from_catalog(call: Call) -> Answer:
    fields = call.fields()
    if fields["slug"] not in CATALOG:
        raise Refusal("not_found", f"The catalog holds {', '.join(CATALOG)}.")
    name, values = CATALOG[fields["slug"]]
    copied = {"name": fields.get("name") or name, "default_mode": "stateful", "big_five": traits(values)}
    return _make(call, {**copied, "big_five_facets": None, "source": "catalog", "source_ref": fields["slug"]})


_HINTS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("warm", "kind", "gentle", "caring", "friendly"), ("agreeableness", 0.9)),
    **dict.fromkeys(("blunt", "harsh", "direct", "cold"), ("agreeableness", 0.2)),
    **dict.fromkeys(("curious", "creative", "poetic", "imaginative"), ("openness", 0.9)),
    **dict.fromkeys(("organised", "organized", "precise", "strict", "reliable"), ("conscientiousness", 0.9)),
    **dict.fromkeys(("lively", "energetic", "outgoing", "loud"), ("extraversion", 0.9)),
    **dict.fromkeys(("quiet", "shy", "calm", "reserved"), ("extraversion", 0.2)),
    **dict.fromkeys(("anxious", "worried", "nervous"), ("neuroticism", 0.9)),
    **dict.fromkeys(("stoic", "relaxed", "steady"), ("neuroticism", 0.1)),
}


def _from_guided_prompt(call: Call) -> Answer:
    """Propose a personality by the words of all texts in the body, since the key of the description is not public."""
    text = " ".join(value for value in call.fields().values() if isinstance(value, str))
    words = re.findall(r"[a-z]+", text.lower())
    if not words:
        raise Refusal("validation_error", "Describe the personality in words.", details=[{"field": "description"}])
    found = dict(_HINTS[word] for word in words if word in _HINTS)
    big_five = {**traits((0.5,) * 5), **found}
    proposal = {"name": text.strip()[:40], "default_mode": "stateless", "big_five": big_five}
    return Answer({"proposal": {**proposal, "source": "guided_prompt", "source_ref": text.strip()}})


def _submit(call: Call) -> Answer:
    """Submit for review. A mark in the name decides on the review at once: see ``faults/magic.py``."""
    found = existing(call, call.path["personality_id"])
    if found["status"] == "archived":
        raise Refusal("conflict", f"{found['id']} is archived.")
    if found["review_status"] == "not_submitted":
        outcome = read(found["name"]).review or "pending_review"
        _change(call, found["id"], "review", outcome)
    return Answer({"id": found["id"], "status": "pending_review"})


def _review_status(call: Call) -> Answer:
    found = existing(call, call.path["personality_id"])
    return Answer({"id": found["id"], "status": found["review_status"]})


def _appeal(call: Call) -> Answer:
    """Appeal a rejection. The sandbox never decides on an appeal."""
    found = existing(call, call.path["personality_id"])
    if found["review_status"] != "rejected":
        raise Refusal("conflict", f"The review of {found['id']} is {found['review_status']}, not rejected.")
    _change(call, found["id"], "review", "appealed")
    return Answer({"id": found["id"], "status": "appealed"})


def _dry_run(call: Call) -> Answer:
    call.require_portal()
    return Answer(dry_run(call, existing(call, call.path["personality_id"])))


HANDLERS: dict[str, Handler] = {
    "personalities.list": _list,
    "personalities.create": _create,
    "personalities.get": _get,
    "personalities.archive": _archive,
    "personalities.new_version": _new_version,
    "personalities.from_guided_prompt": _from_guided_prompt,
    "personalities.from_catalog": _from_catalog,
    "personalities.dry_run": _dry_run,
    "personalities.versions": _versions,
    "personalities.submit_for_review": _submit,
    "personalities.review_status": _review_status,
    "personalities.appeal": _appeal,
}
