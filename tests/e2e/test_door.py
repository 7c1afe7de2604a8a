"""The door and what is behind it: names, passwords, addresses that do not exist, pages that are not for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.browser import by
from tests.e2e.people import CONNECTED, PASSWORD, WELCOME_MINOR, Person

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def dora(arrive: Callable[..., Person]) -> Person:
    """Somebody who has an account and has logged out."""
    dora = arrive("dora")
    dora.register()
    dora.see_balance(WELCOME_MINOR)
    dora.page.click(by("logout"))
    dora.page.see(by("login-form"))
    return dora


def test_unknown_address_without_login_leads_to_the_door(dora: Person) -> None:
    dora.page.goto("/no/such/page")
    dora.page.see(by("login-form"))
    assert dora.page.path().startswith("/login")


def test_wrong_password_is_refused_in_words(dora: Person) -> None:
    dora.page.goto("/login")
    dora.fill_door("login", "dora", "not the password")
    dora.page.see(by("auth-error"))
    assert "password" in dora.page.text(by("auth-error")).lower()


def test_taken_name_is_refused_in_words(dora: Person) -> None:
    dora.page.goto("/register")
    dora.fill_door("register", "DORA", PASSWORD)
    dora.page.see(by("auth-error"))
    assert "name" in dora.page.text(by("auth-error")).lower()


def test_weak_password_is_refused_in_words(dora: Person) -> None:
    dora.page.goto("/register")
    dora.fill_door("register", "dora2", "short")
    dora.page.see(by("auth-error"))
    assert "password" in dora.page.text(by("auth-error")).lower()


def test_login_leads_back_to_the_page_that_was_asked_for(dora: Person) -> None:
    dora.page.goto("/history")
    dora.fill_door("login", "dora", PASSWORD)
    dora.page.see(by("history"))
    dora.page.see(CONNECTED)
    assert dora.page.path() == "/history"


def test_unknown_address_with_login_leads_to_the_lobby(dora: Person) -> None:
    dora.page.goto("/no/such/page")
    dora.page.see(by("lobby"))
    assert dora.page.path() == "/lobby"


def test_unknown_table_says_so(dora: Person) -> None:
    dora.page.goto("/table/no-such-table")
    dora.page.see(by("table-error"))
    assert "table" in dora.page.text(by("table-error")).lower()


def test_dealers_desk_is_closed_to_players(dora: Person) -> None:
    dora.page.goto("/dealer")
    dora.page.see(by("dealer-forbidden"))


def test_script_that_got_into_the_page_does_not_run(dora: Person) -> None:
    """What an injection would leave there: a script, a handler, a style, a word to somebody else's server."""
    dora.page.goto("/lobby")
    dora.page.see(by("lobby"))
    assert [text for text in dora.page.complaints() if "Content Security Policy" in text] == []
    dora.page.do("evaluate", INJECTION)
    dora.page.do("evaluate", ALL_REFUSED)  # waitForFunction evaluates a string, which is refused as well
    assert dora.page.do("evaluate", "window.ran.length") == 0
    refused = sorted(set(dora.page.do("evaluate", "window.refused")))
    assert refused == ["connect-src", "script-src", "script-src-attr", "script-src-elem", "style-src-attr"]
    dora.page.complaints()  # about what was refused here


INJECTION = """(() => {
  window.ran = [];
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.effectiveDirective));
  const script = document.createElement("script");
  script.textContent = "window.ran.push('inline')";
  document.body.append(script);
  const foreign = document.createElement("script");
  foreign.src = "http://127.0.0.1:9/evil.js";
  document.body.append(foreign);
  const box = document.createElement("div");
  box.innerHTML = `<img src="/none" onerror="window.ran.push('handler')"><i style="color: red"></i>`;
  document.body.append(box);
  fetch("http://127.0.0.1:9/").catch(() => {});
  setTimeout("window.ran.push('evaluated')");
})()"""

ALL_REFUSED = """new Promise((done) => {
  const look = () => (window.refused.length >= 6 ? done() : setTimeout(look, 20));
  look();
})"""
