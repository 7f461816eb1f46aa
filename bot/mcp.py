"""A tool for other assistants, by the Model Context Protocol over standard input and output. `northbound mcp` calls `serve`.

The assistant gets the answer contract as it is: it can show the quotes, and need not be believed. Nothing is kept of what it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field

from bot.answer import Answer, ProgramStanding, Turn
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.server.mcpserver import MCPServer

    from corpus.model import Program

INSTRUCTIONS = (
    "Northbound answers questions about moving to Canada from a US H-1B, from named sources with exact quotes and dates. Pass its claims "
    "on with their sources, dates and standings, and do not add to them: what it declines, its sources do not hold. It is information, "
    "not legal advice."
)


class Answering(Protocol):
    """What the tools ask of a bot."""

    @property
    def programs(self) -> Mapping[str, Program]: ...

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer: ...


def serve(settings: Settings) -> None:
    """Serve until standard input ends. Raises SearchIndexError when there is no index, NorthboundError without the package mcp."""
    from bot.chain import open_bot

    server(open_bot(settings)).run("stdio")


def server(bot: Answering) -> MCPServer:
    """The tools over `bot`, not yet served."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ModuleNotFoundError as error:
        raise NorthboundError("the package mcp is missing; install it: pip install 'northbound[mcp]'") from error

    tools = MCPServer("northbound", instructions=INSTRUCTIONS, version=version("northbound"), log_level="WARNING")

    @tools.tool(title="Ask about moving to Canada from a US H-1B")
    def ask(
        question: Annotated[str, Field(description="The question, in the words of whoever asks it.")],
        history: Annotated[tuple[Turn, ...], Field(description="What was said before, oldest first.")] = (),
        at: Annotated[str, Field(description="A past ISO day to answer as of, such as 2024-03-01; empty is today.")] = "",
    ) -> Answer:
        """Answer one question about work permits, permanent residence, programs, fees and family for US H-1B holders who think of Canada.
        `status` tells whether it is answered; each claim names the citations that support it, each citation its source, quote and dates."""
        try:
            return bot.answer(question, history, at=at)
        except RequestError as error:
            raise ToolError(str(error)) from None

    @tools.tool(title="Programs and whether they are open")
    def programs() -> tuple[ProgramStanding, ...]:
        """Every program with its standing (open, closed, paused, announced, proposed, replaced), since when, and as of when."""
        return tuple(
            ProgramStanding(id=p.id, name=p.name, standing=p.standing, since=p.since, as_of=p.as_of)
            for p in bot.programs.values()
            if p.standing
        )

    return tools
