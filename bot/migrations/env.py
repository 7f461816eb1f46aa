"""What Alembic runs for each command: the migrations, on the connection and in the transaction of bot/database.py."""

from __future__ import annotations

from alembic import context

from bot.database import metadata

connection = context.config.attributes["connection"]
# Both databases take back a change of tables that failed; Alembic believes it of PostgreSQL only.
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
