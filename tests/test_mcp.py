"""The tool for other assistants, asked by the real client over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from mcp import Client, StdioServerParameters

from bot.answer import Answer
from bot.mcp import server
from tests.conftest import ROOT, Command, complaint, environment
from tests.small_bot import SmallBot

T = TypeVar("T")


def talk(with_server: Any, do: Callable[[Client], Awaitable[T]]) -> T:
    async def talking() -> T:
        async with Client(with_server) as client:
            return await do(client)

    return asyncio.run(talking())


def test_another_assistant_asks_over_standard_input_and_output(home: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "bot.cli", "mcp"], env=environment(home, {"NORTHBOUND_JOURNAL": "on"}), cwd=ROOT
    )

    async def ask(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "programs"} and set(tools["ask"].input_schema["required"]) == {"question"}
        assert tools["ask"].output_schema is not None and "citations" in tools["ask"].output_schema["properties"]
        said = await client.call_tool("ask", {"question": "Is the H-1B open work permit still open?"})
        answer = Answer.model_validate(said.structured_content)
        assert answer.status == "answered" and "closed on 17 July 2023" in answer.answer
        history = [{"role": "user", "content": answer.question}, {"role": "assistant", "content": answer.answer}]
        then = await client.call_tool("ask", {"question": "and on that day before?", "history": history, "at": "2023-07-16"})
        assert Answer.model_validate(then.structured_content).at == "2023-07-16"
        refused = await client.call_tool("ask", {"question": " "})
        assert refused.is_error and "the question is empty" in str(refused.content)

    talk(command, ask)
    assert not (home / "journal.sqlite").exists()


def test_the_programs_with_their_standing() -> None:
    async def look(client: Client) -> None:
        found = (await client.call_tool("programs", {})).structured_content
        assert found is not None and [(p["id"], p["standing"], p["since"]) for p in found["result"]] == [
            ("h1b-open-work-permit-2023", "closed", "2023-07-17"),
            ("accelerated", "announced", "2025-11-04"),
        ]

    talk(server(SmallBot()), look)


def test_a_failure_tells_no_detail() -> None:
    async def ask(client: Client) -> None:
        said = await client.call_tool("ask", {"question": "broken"})
        assert said.is_error and "secret" not in str(said.content)

    talk(server(SmallBot()), ask)


def test_without_an_index_it_is_one_line(northbound: Command, empty_home: Path) -> None:
    assert "index" in complaint(northbound("mcp", home=empty_home))
