"""Answers to queries: callback, inline, pre-checkout. Each is taken once and only while it is fresh."""

from typing import TYPE_CHECKING

from playground.bots import BotAccount
from playground.params import Params
from playground.queries import AnsweredQuery, Query
from playground.refusals import bad_request
from playground.taps import deep_link_payload

if TYPE_CHECKING:
    from playground.world import World

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
ANSWER_LENGTH = 200
RESULTS = 50


def answer_callback(world: "World", bot: BotAccount, asked: Params) -> bool:
    query = _open_query(world, bot, asked["callback_query_id"], "callback_query")
    if len(asked.text("text")) > ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    url = asked.get("url")
    if url is not None and deep_link_payload(url, bot.username) is None:
        raise bad_request("URL_INVALID")
    answer = AnsweredQuery(asked.text("text"), asked.get("show_alert") is True, url)
    query.person.answers.append(answer)
    query.answer(answer)
    if query.message is not None:
        world.bump(query.message.chat)
    return True


def answer_inline(world: "World", bot: BotAccount, asked: Params) -> bool:
    query = _open_query(world, bot, asked["inline_query_id"], "inline_query")
    if len(asked["results"]) > RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    query.answer(asked["results"])
    return True


def answer_pre_checkout(world: "World", bot: BotAccount, asked: Params) -> bool:
    query = _open_query(world, bot, asked["pre_checkout_query_id"], "pre_checkout_query")
    if not asked["ok"] and not asked.text("error_message"):
        raise bad_request("error message must be non-empty")
    query.answer((asked["ok"], asked.text("error_message")))
    return True


def _open_query(world: "World", bot: BotAccount, query_id: str, kind: str) -> Query:
    query = bot.queries.get(query_id)
    if query is None or query.kind != kind or query.answered:
        raise bad_request(TOO_OLD)
    if world.clock.monotonic() - query.asked_at > world.query_lifetime:
        raise bad_request(TOO_OLD)
    del bot.queries[query_id]
    return query


HANDLERS = {
    "answerCallbackQuery": answer_callback,
    "answerInlineQuery": answer_inline,
    "answerPreCheckoutQuery": answer_pre_checkout,
}
