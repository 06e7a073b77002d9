"""The table of how near the sandbox is to the API, for the operations and for their common behaviour.

``GET /_sandbox/parity`` shows it. An operation without a row is shown as the sandbox's own.
"""

from __future__ import annotations

from typing import Any, Literal

from ...api import operations

Level = Literal["faithful", "approximated", "own"]
LEVELS: dict[Level, str] = {
    "faithful": "The public contract says so, and the sandbox does it.",
    "approximated": "The public contract says a part of it; the rest is made up, and reasonable.",
    "own": "The public contract says where it is and little else; expect other fields and other rules from the API.",
}
OPERATIONS: dict[Level, dict[str, str]] = {
    "faithful": {
        "end_users.create": "201 for a new one, 200 for one that is there and stays unchanged, 409 under deletion; "
        "respond makes the same row.",
        "end_users.update": "metadata replaces the whole object, {} clears it, nothing sent changes nothing; 409 under "
        "deletion.",
        "end_users.delete": "202 with a receipt for all, model_only or memory_only, and again 202 when repeated; "
        "memory_only keeps the relationships, where sources differ.",
        "relationships.delete": "202 with deletion_pending for all, partial_deletion_pending for memory_only; the next "
        "turn begins anew.",
        "sessions.revoke_all": "Answers how many, and the one that asks is among them.",
        "organizations.request_deletion": "confirm_name must be the name; 200 with deletion_pending, and 30 days of "
        "grace.",
        "invitations.accept": "Only for the person with the invited address; answers organization_id.",
    },
    "approximated": {
        "engine.respond": "Modes, refusals, usage and events are the API's; words, emotion and the modulator pack are "
        "the sandbox's.",
        "engine.infer_state": "The six fields are the API's and no turn is counted; the emotion comes from a lexicon, "
        "and the body's key message is a guess.",
        "personalities.create": "name, source, source_ref and default_mode are the API's; big_five and its range from "
        "0 to 1 are a guess.",
        "personalities.get": "The same fields as create; an id always behaves the same.",
        "personalities.archive": "An archived personality can be read and no longer invoked, as the API says; status "
        "and answer are a guess.",
        "personalities.new_version": "What is not sent is inherited, as the API says; the number of the version is the "
        "sandbox's.",
        "personalities.from_guided_prompt": "Proposes, keeps and bills nothing, as the API says; single words choose "
        "the traits, at once instead of in 20 to 60 seconds.",
        "personalities.from_catalog": "Clones by slug into a stateful personality, as the API says; the slugs are the "
        "sandbox's.",
        "personalities.dry_run": "Only for the portal, keeps and counts nothing, as the API says; body and answer are "
        "modelled on respond.",
        "personalities.versions": "The whole lineage, newest first, as the API says; the fields are those of get.",
        "personalities.submit_for_review": "Answers pending_review and blocks turns until approved, as the API says; "
        "nobody reviews, a mark in the name decides.",
        "end_users.list": "Cursor pages as of interactions, which the API is presumed to have here too; the fields are "
        "a guess.",
        "end_users.get": "Holds the relationships, as the API says; their fields are a guess.",
        "end_users.model": "Traits, style, topics and preferences, as the API says; their names come from the sandbox, "
        "their values from word lists.",
        "end_users.model_readable": "In English or Spanish, as the API says; the sentences are templates.",
        "end_users.export": "All that is held, also under deletion, as the API says; the shape is a guess.",
        "deletions.get": "pending, then completed, as the API says; after 2 seconds of the sandbox's clock instead of "
        "within 24 hours.",
        "relationships.list": "The filters are the API's; pages and fields are a guess.",
        "relationships.memory.get": "Summary, significant moments and metrics, as the API says; their fields and the "
        "summary's words are the sandbox's.",
        "relationships.memory.regenerate_summary": "Once an hour per relationship, else 429, as the API says; the same "
        "facts give the same summary.",
        "relationships.memory.delete": "Deletes the memory and keeps the relationship, as the API says; the receipt is "
        "presumed.",
        "interactions.list": "Filters, order, cursor and 180 days are the API's; the fields of a turn are a guess, and "
        "never its text.",
        "interactions.get": "The same as an item of the list, 404 for another organization's, as the API says.",
        "interactions.aggregates": "The fields of a bucket are the API's; the envelope data is presumed.",
        "me.switch_organization": "A new token for a person who is a member, else 404, as the API says; access_token "
        "is a guess.",
        "sessions.list": "One per login, only for the portal, as the API says; the fields are a guess.",
        "organizations.cancel_deletion": "Possible within the days of grace; the answer is a guess.",
        "organizations.export": "Holds organization, as the API says; what else is a guess.",
        "organizations.members.invite": "201 with the id of the invitation, as the API says; the mail's token is in "
        "the answer, since no mail is sent.",
        "organizations.members.update_role": "Answers id and role, as the API says; which roles there are and who may "
        "is a guess.",
        "invitations.get": "Public; organization, role and inviter, as the API says; their keys are a guess.",
        "api_keys.create": "The scope read_write is the API's; the scope read, the end and the field key are a guess.",
        "billing.subscription.suspend": "Turns are then refused with payment_required, as the API says; the answer is "
        "a guess.",
        "billing.invoices.list": "Cursor pages, which the API is presumed to have; one invoice per period of 30 days.",
        "billing.invoices.pdf": "A real PDF of one page; what the API's looks like is not public.",
        "billing.usage.turns": "data with the organization's turns, as the API says; by day, as a guess.",
        "billing.alerts.create": "threshold is a fraction and quota.threshold_reached is told, as the API says; "
        "component is a guess.",
        "billing.plans.list": "Free, Pro, Scale and Enterprise in data, as the API says; prices and limits are made "
        "up.",
        "webhooks.list": "data, as the API says; no secrets; the fields are a guess.",
        "webhooks.create": "201 with id and the secret, once, as the API says; http is allowed for this machine, and "
        "any type.",
        "webhooks.disable": "It is kept and told of nothing more; the answer is a guess.",
        "webhooks.regenerate_secret": "The new secret, once, as the API says; the old one is worth nothing at once.",
        "webhooks.redeliver": "202 with the id of a fresh delivery, as the API says; the other fields are a guess.",
    },
    "own": {
        "engine.recall_memory": "Body and answer are guesses; topics are chosen by the words of the query, not by "
        "meaning.",
        "personalities.list": "All of the organization, newest first; filters and pages of the API are unknown.",
        "personalities.review_status": "Status words other than pending_review are a guess.",
        "personalities.appeal": "Only a rejection can be appealed; nobody answers.",
        "catalog.list": "Five personalities of the sandbox's; the API's catalog is not public.",
        "catalog.get": "An entry of the same catalog.",
        "vocabularies.topics.current": "A list of topics made for the sandbox; the API's is not public.",
        "vocabularies.topics.version": "Two versions that differ by two topics.",
        "vocabularies.topics.changelog": "What the second version added.",
        "vocabularies.emotions.current": "The eight emotions the sandbox can infer; of the API's only joy is public.",
        "vocabularies.emotions.version": "Two versions that differ by two emotions.",
        "vocabularies.emotions.changelog": "What the second version added.",
        "relationships.get": "The fields are a guess.",
        "me.get": "A profile of the person, or of the key.",
        "me.update": "Takes any field that is not fixed.",
        "sessions.revoke": "The token is refused from then on.",
        "organizations.list": "Those the caller is a member of.",
        "organizations.create": "name is required, any other field is kept.",
        "organizations.get": "The fields are a guess.",
        "organizations.update": "Takes any field that is not fixed.",
        "organizations.update_declaration": "Any object; with the first one the review begins.",
        "organizations.review_status": "Nobody reviews; a mark in the name decides.",
        "organizations.appeal": "Only a rejection can be appealed; nobody answers.",
        "organizations.request_transfer": "The mail's token is in the answer, since no mail is sent.",
        "organizations.cancel_transfer": "404 when none is open.",
        "organizations.confirm_transfer": "The present owner confirms with the token, within 7 days.",
        "organizations.deletion_status": "The fields are a guess.",
        "organizations.members.list": "The fields are a guess.",
        "organizations.members.remove": "The last owner stays; who goes is logged out of the organization.",
        "organizations.invitations.list": "Those that are open.",
        "organizations.invitations.revoke": "The token is worth nothing from then on.",
        "api_keys.list": "Never a secret, only its last letters.",
        "api_keys.get": "The fields are a guess.",
        "api_keys.revoke": "The key is refused from then on.",
        "billing.subscription.get": "Plan, period and use; the fields are a guess.",
        "billing.subscription.update": "A plan changes at once and is billed by the day.",
        "billing.subscription.reactivate": "Charges what is open; the card decides whether it is active again.",
        "billing.payment_methods.list": "Cards, with their last four digits.",
        "billing.payment_methods.add": "A number is sent as it is, and a card that ends in 0002 is declined later.",
        "billing.payment_methods.update": "Expiry, name and default.",
        "billing.payment_methods.remove": "The last one stays while something must be paid.",
        "billing.invoices.get": "Lines in cents; prices are made up.",
        "billing.usage.active_relationships": "Relationships with a turn in the period.",
        "billing.usage.credits": "What is left of each component.",
        "billing.overage_policy.update": "block or allow.",
        "billing.alerts.list": "The fields are a guess.",
        "billing.alerts.delete": "The answer is a guess.",
        "webhooks.get": "The fields are a guess; no secret.",
        "webhooks.list_deliveries": "Each with its attempts; the fields are a guess.",
    },
}
BEHAVIOURS: dict[Level, dict[str, str]] = {
    "faithful": {
        "events of a stream": "metadata, text, guardrail_modulation, completion or error, in that order.",
        "webhook signature": "HMAC-SHA256 of the body as it is sent; the delivery's id is the same in every attempt.",
    },
    "approximated": {
        "error envelope": "Codes, statuses and keys are the API's; types, messages, the shape of details and the code "
        "of the 501 are a guess.",
        "request ids": "A ULID behind req_ on every answer and in every error; public examples show one or the other.",
        "rate limit": "A bucket of tokens per second with the API's headers; one for the whole sandbox, not one per "
        "organization, and of a made-up size.",
        "authentication": "Keys by their prefix, tokens of the portal, and the codes of a 401 are the API's; tokens "
        "are plain text, not JWT.",
        "scopes": "read_write is the API's; read is the sandbox's.",
        "pages": "limit, cursor and next_cursor are the API's for interactions; the range of limit is a guess.",
        "emotional state": "The six fields are the API's; words of intensity, ranges and emotions are the sandbox's.",
        "memory": "Only of stateful turns and never their text, as the API says; facts come from word lists.",
        "time limit of a turn": "504 after 60 seconds and not billed, as the API says; only with --llm, or on demand.",
        "llm_override": "501, as the API says; its code not_implemented is a guess.",
        "deletion": "Statuses, conflicts and what stays readable are the API's; erasure follows in seconds of the "
        "sandbox's clock.",
        "organizations apart": "Resources of others are not_found, as the API says; three personalities are for all.",
    },
    "own": {
        "quota headers": "Absent, since their names are not public.",
        "token refresh": "Absent: POST /v1/auth/refresh is outside every SDK; a login is a token that anybody may "
        "write.",
        "idempotency": "A repeated key gets the stored answer with Idempotent-Replayed, for ever, and a 409 with "
        "another body; the API's rules are not public.",
        "replies": "Templates coloured by the Big Five, or with --llm a language model; not the engine of the API.",
        "guardrails": "None judges a message; blocks and modulations come on demand only.",
        "webhook deliveries": "Which events there are, the pauses between attempts, and that 2xx within 5 seconds "
        "takes it.",
        "time": "The sandbox's clock can be frozen and moved on.",
        "marks, rules and the proxy": "Errors and faults on demand; the API knows none of it.",
    },
}
_WITHOUT_ROW = {"level": "own", "what": "How it behaves is made up by the sandbox."}


def shown() -> dict[str, Any]:
    """Return the table as JSON, with the operations in the order of the API."""
    rows = _rows(OPERATIONS)
    return {
        "levels": LEVELS,
        "operations": {name: rows.get(name, _WITHOUT_ROW) for name in operations()},
        "behaviours": _rows(BEHAVIOURS),
    }


def _rows(table: dict[Level, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {"level": level, "what": what} for level, rows in table.items() for name, what in rows.items()}
