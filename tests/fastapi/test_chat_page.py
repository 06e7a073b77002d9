"""Tests of the chat application in a real browser: typing, streaming, refusals and the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import chromium, picture, prefer, wait
from uniqos.sandbox import serve

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from tests.apps.chat.__main__ import sign
from tests.apps.chat.app import make_app
from tests.support.asgi import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        yield driver


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with serve(pause=0.03) as sandbox, serving(make_app(sandbox.async_client, sign)) as url:
        browser.get(url)
        wait(lambda: browser.find_elements("css selector", "#personality option"))
        yield browser


def say(page: Any, text: str) -> None:
    box = page.find_element("id", "message")
    box.send_keys(text)
    box.send_keys("\n")


def last(page: Any) -> Any:
    return page.find_elements("css selector", "#log li")[-1]


def answered(page: Any) -> str:
    wait(lambda: page.find_element("id", "send").is_enabled())
    return last(page).text


def test_an_answer_grows_before_the_eyes(page: Any) -> None:
    page.execute_script(
        """
        const log = document.getElementById("log");
        window.lengths = new Set();
        new MutationObserver(() => window.lengths.add(log.lastElementChild.innerText.length))
            .observe(log, { childList: true, subtree: true, characterData: true });
        """
    )
    say(page, "I got the job, I am so happy!")
    wait(lambda: len(page.find_elements("css selector", "#log li")) == 2)
    assert "ms" in answered(page)
    assert page.execute_script("return window.lengths.size") > 3


def test_the_emotion_of_each_turn_is_drawn_and_the_turns_are_in_the_history(page: Any) -> None:
    for text in ("I am so happy today!", "My dog died and I am very sad.", "I am furious at my landlord!"):
        say(page, text)
        answered(page)
    circles = page.find_elements("css selector", "#chart circle.valence")
    assert len(circles) == 3
    heights = [float(circle.get_attribute("cy")) for circle in circles]
    assert heights[0] < heights[1]  # happier is higher
    assert "Last turn:" in page.find_element("id", "mood-text").text
    wait(lambda: len(page.find_elements("css selector", "#history tr")) == 3)
    for scheme in ("light", "dark"):
        prefer(page, scheme)
        picture(page, f"chat-{scheme}")
    assert page.get_log("browser") == []


def test_a_refused_turn_is_a_message(page: Any) -> None:
    say(page, "[[uniqos:error=rate_limit_exceeded]] hello")
    assert "Try again in" in answered(page)
    assert "failed" in last(page).get_attribute("class")
    say(page, "[[uniqos:error=authentication_error]] hello")
    assert answered(page) == "The service is not available."
    picture(page, "chat-refused")


def test_a_stream_that_breaks_keeps_what_was_said_and_says_so(page: Any) -> None:
    say(page, "[[uniqos:stream=drop_after:6]] tell me something")
    text = answered(page)
    assert "interrupted" in text
    assert len(text.split("\n")[0]) > 0


def test_a_turn_can_be_stopped(page: Any) -> None:
    say(page, "Tell me something long, I am glad to listen to all of it.")
    wait(lambda: len(last(page).text) > 10)
    page.find_element("id", "stop").click()
    assert "Stopped." in answered(page)


def test_a_delivery_is_in_the_inbox(page: Any) -> None:
    button = wait(lambda: page.find_element("id", "try"))
    wait(button.is_displayed)
    button.click()
    wait(lambda: "quota.threshold_reached" in page.find_element("id", "inbox").text)


def test_all_of_it_can_be_reached_by_keyboard_and_fits_a_narrow_window(page: Any) -> None:
    page.find_element("id", "message").click()
    reached = []
    for _ in range(6):
        page.switch_to.active_element.send_keys("\t")
        reached.append(page.switch_to.active_element.get_attribute("id"))
    assert {"send", "try"} <= set(reached)
    page.set_window_size(420, 900)
    width = page.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_window_size(1200, 900)
    assert width == 0
