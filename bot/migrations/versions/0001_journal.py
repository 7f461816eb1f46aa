"""The journal. A SQLite file of version 0.3.0 is taken over with every row, and given back by the way down."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_KEPT = ("id", "at", "question", "standalone_question", "status", "passages", "support", "total_ms")  # what version 0.3.0 kept


def upgrade() -> None:
    kind = sa.JSON().with_variant(JSONB(), "postgresql")
    table = op.create_table(
        "journal",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("standalone_question", sa.Text(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("programs", kind, nullable=False),
        sa.Column("passages", kind, nullable=False),
        sa.Column("support", sa.Float(53), nullable=False),
        sa.Column("mode", sa.String(200), nullable=False),
        sa.Column("corpus_version", sa.String(64), nullable=False),
        sa.Column("understand_ms", sa.Float(53), nullable=False),
        sa.Column("search_ms", sa.Float(53), nullable=False),
        sa.Column("compose_ms", sa.Float(53), nullable=False),
        sa.Column("check_ms", sa.Float(53), nullable=False),
        sa.Column("total_ms", sa.Float(53), nullable=False),
        sa.Column("thumb", sa.String(8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if sa.inspect(connection).has_table("asked"):
        unknown: dict[str, object] = {
            "language": "en",
            "programs": [],
            "mode": "extractive",
            "corpus_version": "",
            "thumb": "",
            "reason": "",
        }
        unknown |= {f"{step}_ms": 0.0 for step in ("understand", "search", "compose", "check")}
        rows = connection.exec_driver_sql(f"SELECT {', '.join(_KEPT)} FROM asked ORDER BY rowid").mappings().all()
        if rows:
            connection.execute(sa.insert(table), [{**unknown, **row, "passages": json.loads(row["passages"])} for row in rows])
        op.drop_table("asked")
    connection.exec_driver_sql("PRAGMA user_version = 2")  # version 0.3.0 then says that it is of a later one, and leaves it alone


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TABLE asked (id TEXT PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, standalone_question TEXT NOT NULL, "
            "status TEXT NOT NULL, passages TEXT NOT NULL, support REAL NOT NULL, total_ms REAL NOT NULL)"
        )
        connection.exec_driver_sql("CREATE INDEX asked_at ON asked (at)")
        connection.exec_driver_sql(f"INSERT INTO asked SELECT {', '.join(_KEPT)} FROM journal ORDER BY number")
        connection.exec_driver_sql("PRAGMA user_version = 1")
    op.drop_index("ix_journal_at", "journal")
    op.drop_table("journal")
