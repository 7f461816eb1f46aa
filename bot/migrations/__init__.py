"""The changes of the database's tables, one file each in versions/; bot/database.py runs them."""
