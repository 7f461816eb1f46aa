"""Reviewed answers with their history, gaps that somebody took up, staff and their logins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    kind = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "reviewed",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("programs", kind, nullable=False),
        sa.Column("conditions", kind, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("claims", kind, nullable=False),
        sa.Column("citations", kind, nullable=False),
        sa.Column("passages", kind, nullable=False),
        sa.Column("standings", kind, nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("reviewed", sa.String(10), nullable=False),
        sa.Column("expires", sa.String(10), nullable=False),
        sa.Column("withdrawn", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_table(
        "reviewed_history",
        sa.Column("reviewed_id", sa.String(64), sa.ForeignKey("reviewed.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("content", kind, nullable=False),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("questions", kind, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("opened", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("checked", sa.String(10), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created", sa.String(10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(32), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("used", sa.String(32), nullable=False),
        sa.Column("ends", sa.String(32), nullable=False),
    )
    op.create_index("ix_sessions_name", "sessions", ["name"])


def downgrade() -> None:
    op.drop_index("ix_sessions_name", "sessions")
    for table in ("sessions", "users", "gaps", "reviewed_history", "reviewed"):
        op.drop_table(table)
