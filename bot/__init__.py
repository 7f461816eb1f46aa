"""Question and history to Answer. The command line, the page and the evaluation are doors to one chain (bot/chain.py)."""
