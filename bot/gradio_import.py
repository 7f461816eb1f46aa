"""Gradio as the server imports it: it reports nothing, asks no hub, and writes no type stubs. bot/page.py and bot/server.py take `gr` here.

For each class of a component Gradio reads its source again and compares the stub beside it, which is for whoever writes components in an
editor. It takes as long as the rest of the import, at each start, and writes into the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # both must stand before gradio is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")


class _WithoutStubs(SourceFileLoader):
    """Takes out of its module what makes the stubs."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        vars(module)["create_or_modify_pyi"] = lambda *_: None


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != "gradio.component_meta" or (spec := PathFinder.find_spec(fullname, path)) is None or spec.origin is None:
            return None
        spec.loader = _WithoutStubs(fullname, spec.origin)
        return spec


_finder = _Finder()
sys.meta_path.insert(0, _finder)
try:
    import gradio as gr
finally:
    sys.meta_path.remove(_finder)

__all__ = ["gr"]
