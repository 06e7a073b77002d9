"""A crowd of workers against a rate limit, over real sockets: all of it is done, and hardly anything asked twice."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from uniqos.sandbox import Sandbox, serve

WORKERS, CALLS_EACH, PER_SECOND = 64, 12, 300


def in_threads(sandbox: Sandbox) -> list[str]:
    with sandbox.client(log_level="silent") as client, ThreadPoolExecutor(WORKERS) as threads:

        def work(worker: int) -> list[str]:
            turns = (
                client.respond(personality_id=sandbox.personality_id, message=f"{worker}: {number}")
                for number in range(CALLS_EACH)
            )
            return [str(turn.interaction_id) for turn in turns]

        return [answer for done in threads.map(work, range(WORKERS)) for answer in done]


def in_tasks(sandbox: Sandbox) -> list[str]:
    async def main() -> list[str]:
        async with sandbox.async_client(log_level="silent") as client:

            async def work(worker: int) -> list[str]:
                answers = []
                for number in range(CALLS_EACH):
                    turn = await client.respond(personality_id=sandbox.personality_id, message=f"{worker}: {number}")
                    answers.append(str(turn.interaction_id))
                return answers

            return [answer for done in await asyncio.gather(*map(work, range(WORKERS))) for answer in done]

    return asyncio.run(main())


@pytest.mark.parametrize("crowd", [in_threads, in_tasks])
def test_64_workers_above_the_rate_limit_all_get_their_answers_for_a_tenth_more_requests(crowd: object) -> None:
    assert callable(crowd)
    with serve(pause=0, requests_per_second=PER_SECOND) as sandbox:
        answers = crowd(sandbox)
        asked = [entry["status"] for entry in sandbox.journal.entries()]
        assert len(set(answers)) == WORKERS * CALLS_EACH == sandbox.turns_billed
        assert set(asked) <= {200, 429}
        assert len(asked) <= 1.1 * WORKERS * CALLS_EACH
