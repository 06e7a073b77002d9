"""Wrong lines about what is the same in both flavours: ``# E`` says why both type checkers object. Never run."""

from __future__ import annotations

import uniqos
from uniqos import (
    HttpInfo,
    Logger,
    LogLevel,
    NetworkError,
    RateLimit,
    StreamEventText,
    UniqOSError,
    WebhookEvent,
    construct_event,
    models,
)


def names() -> None:
    uniqos.UniqOs  # E: misspelt name
    uniqos.errors.RateLimitErorr  # E: misspelt name
    models.RespondReqest  # E: misspelt name
    uniqos.RespondResult  # E: models live in uniqos.models


def fields(result: models.RespondResult, personality: models.Personality, page: models.InteractionPage) -> None:
    result.reponse  # E: misspelt field
    result.usage.turns_consumed  # E: may be None
    result.http.request_id  # E: may be None
    result.response.value  # E: it is text
    result[0]  # E: keys are text
    personality.big_five  # E: no such field
    page.next  # E: it is called next_cursor
    page.data[0].user_id  # E: undocumented: subscripts only
    count: int = page.next_cursor  # E: it is text or None
    print(count)


def frozen(
    result: models.RespondResult,
    personality: models.Personality,
    event: StreamEventText,
    delivery: WebhookEvent,
    http: HttpInfo,
    limit: RateLimit,
) -> None:
    result.http = None  # E: a property
    result["response"] = "x"  # E: read-only
    del result["response"]  # E: read-only
    http.status = 3  # E: frozen
    limit.limit = 3  # E: a tuple


def requests() -> None:
    models.RespondRequest()  # E: fields are missing
    models.RespondRequest(personality_id="p")  # E: message is missing
    models.RespondRequest("p", "m")  # E: fields have names
    models.RespondRequest(personality_id="p", message="m", mode="x")  # E: no such mode
    models.RespondRequest(personality_id="p", message="m").mode = "x"  # E: no such mode
    models.CatalogClone(name="n")  # E: slug is missing
    models.InteractionQuery(limit="many")  # E: a number wanted
    models.AggregateQuery(group_by="year")  # E: no such bucket


def errors(error: UniqOSError, cut: NetworkError) -> None:
    error.status  # E: it is called http_status
    error.retry_after_seconds  # E: only APIError has it
    error.request_id.upper()  # E: may be None
    cut.body  # E: another error's


def webhooks(raw: bytes) -> None:
    construct_event(raw, "sha256=")  # E: the secret is missing
    construct_event(raw, "sha256=", 7)  # E: text wanted
    construct_event({"id": "x"}, "sha256=", "s")  # E: the raw body wanted
    construct_event(raw, "sha256=", "s", 300)  # E: tolerance has a name
    construct_event(raw, "sha256=", "s", tolerence=3)  # E: misspelt argument
    construct_event(raw, "sha256=", "s").kind  # E: it is called type


class HalfASink:
    def debug(self, message: str) -> None: ...


def logging_of_ones_own() -> None:
    level: LogLevel = "loud"  # E: no such level
    sink: Logger = HalfASink()  # E: methods are missing
    uniqos.UniqOS(logger=HalfASink())  # E: methods are missing
    print(level, sink)


def options_of_a_sandbox() -> None:
    uniqos.sandbox.serve(prot=4010)  # E: misspelt option
    uniqos.sandbox.serve(port="4010")  # E: a whole number wanted
    uniqos.sandbox.in_process(port=4010)  # E: no server, no port
    uniqos.sandbox.run(pause="0.1")  # E: seconds wanted
