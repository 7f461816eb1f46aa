"""A conversation with the real bot, each message answered before the next."""

from __future__ import annotations

from bot.answer import Answer, Turn
from bot.chain import Bot


def talk(bot: Bot, *asked: str) -> Answer:
    """The answer to the last of these messages, each answered before the next."""
    history: list[Turn] = []
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    return answer
