"""Text to vectors by a server, over the OpenAI interface (POST /v1/embeddings) or that of Text Embeddings Inference, TEI (POST /embed).

    https://host/v1              OpenAI's interface, with the one model that the server lists
    https://host/v1#name         OpenAI's interface, with this model
    http://host:8080             TEI's
    openai+http://host/path#name, tei+http://host/path      said outright, whatever the path ends in

What is asked is waited for 2 seconds and asked twice where the texts are few, which is a question; 60 seconds and three times where they
are many, which is a build. A server that is away is left alone for some seconds: questions are answered by their words meanwhile
(index/by_words.py), and none waits for it but the one that tries it again.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from corpus.errors import ModelError

_FEW = 8  # texts, or fewer, are a question and what was said before it
_QUESTION_SECONDS, _QUESTION_TRIES = 2.0, 2
_BUILD_SECONDS, _BUILD_TRIES = 60.0, 3
_CONNECT_SECONDS = 1.0
_BATCH = 32  # texts in a request; TEI says how many it takes
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))  # answers after which the same request may succeed
_LONGEST_WAIT = 5.0  # seconds that a server may ask to be waited for between tries
# Texts whose vectors tell one model from another. They ride along with a question once in _PROBE_EVERY seconds.
_PROBES = ("How long may I work in Canada?", "The fee is 155 dollars; it is not refunded.")
_PROBE_EVERY = 60.0
REST_SECONDS = 5.0  # a server that was away is not asked again for so long
_FINGERPRINT = re.compile(r".+@[0-9]+-[0-9a-f]{8}")  # of a model behind an address
_SAME = 0.99  # cosine of a probe's vector to what it was; half precision and other batches stay above .999


@dataclass(frozen=True)
class Address:
    """Where a server embeds: `interface` is "openai" or "tei"; `base` has no slash at its end; `model` may be "" for the only one."""

    interface: str
    base: str
    model: str


class EmbedderAway(ModelError):
    """The server cannot be reached, does not answer in time, or is not able to: what may pass by itself."""


def is_address(model: str) -> bool:
    """Whether the setting names a server rather than a model."""
    return re.match(r"(?:(?:openai|tei)\+)?https?://", model) is not None


def parse_address(text: str) -> Address:
    """Raises ModelError for what is not one of the forms at the top."""
    stated, _, url = text.partition("+") if re.match(r"(?:openai|tei)\+", text) else ("", "", text)
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or bool(parts.query) or (parts.port == 0)
    except ValueError:
        wrong = True
    if wrong:
        raise ModelError(f"NORTHBOUND_EMBEDDER={text!r}: give https://HOST/v1#MODEL (OpenAI's interface) or http://HOST:PORT (TEI's)")
    if parts.username is not None or parts.password is not None:
        raise ModelError("NORTHBOUND_EMBEDDER holds a name or password; set NORTHBOUND_EMBEDDER_KEY instead")
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return Address(stated or ("openai" if base.endswith("/v1") else "tei"), base, parts.fragment)


class RemoteEmbedder:
    """A model behind an address. Safe to share between threads.

    `fingerprint` is the model's name as the server states it, the dimension, and eight hex digits of what it makes of two texts, so that
    another model behind the same address is another fingerprint. Raises ModelError, now and when embedding, with what to do; EmbedderAway
    where the server is away, unless a fingerprint is `expected`: that is taken for its own, and held against the server when that is back.
    """

    def __init__(self, text: str, key: str = "", expected: str = "") -> None:
        import httpx

        self._address = parse_address(text)
        self.engine = self._address.interface
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(headers=headers)
        self._batch = _BATCH
        self._model = self._address.model
        self._named = ""  # by the server, of what it embeds with
        self._dimension = 0
        self._lock = threading.Lock()
        self._away, self._again = "", 0.0  # why the server was away last time, and when it may be asked next, on the monotonic clock
        self._probes: np.ndarray | None = None  # None until the server has answered once
        self._probed = 0.0
        self.fingerprint = expected
        try:
            self.fingerprint, self._probes = self._learn()
            self._probed = time.monotonic()
        except EmbedderAway as error:
            if not _FINGERPRINT.fullmatch(expected):
                raise
            self._rest(error)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32, shape (len(texts), dimension), rows of length 1. Raises ModelError where the server fails, or has another model now."""
        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        if len(texts) > _FEW:
            return self._embed(texts, _BUILD_SECONDS, _BUILD_TRIES)
        self._may_ask()
        try:
            made = self._embed(texts, _QUESTION_SECONDS, _QUESTION_TRIES)
        except EmbedderAway as error:
            self._rest(error)
            raise
        self._away = ""
        return made

    def _may_ask(self) -> None:
        """Raise EmbedderAway at once while the server is left alone; of the questions after that, one tries it."""
        with self._lock:
            if self._away and time.monotonic() < self._again:
                raise EmbedderAway(self._away)
            self._again = time.monotonic() + REST_SECONDS

    def _rest(self, error: EmbedderAway) -> None:
        with self._lock:
            self._away, self._again = str(error), time.monotonic() + REST_SECONDS

    def _embed(self, texts: Sequence[str], seconds: float, tries: int) -> np.ndarray:
        probes = self._probes
        if probes is None:  # it was away when the process started
            named, probes = self._learn()
            if named != self.fingerprint:
                raise self._changed(f"gives {named}, and the index was made by {self.fingerprint}")
            self._probes, self._probed = probes, time.monotonic()
        asked = [*texts, *_PROBES] if self._is_due() else list(texts)
        made = np.concatenate(
            [self._asked(asked[start : start + self._batch], seconds, tries) for start in range(0, len(asked), self._batch)]
        )
        if len(asked) > len(texts):
            cosines = (made[len(texts) :] * probes).sum(axis=1)
            if cosines.min() < _SAME:
                raise self._changed(f"gives other vectors than before (cosine {cosines.min():.2f})")
            self._probed = time.monotonic()
        return made[: len(texts)]

    def _learn(self) -> tuple[str, np.ndarray]:
        """The fingerprint of what the server embeds with, and what that makes of the probes."""
        (self._learn_tei if self.engine == "tei" else self._learn_openai)()
        probes = self._asked(list(_PROBES), _QUESTION_SECONDS, _QUESTION_TRIES)
        # The largest component of each: noise in the last digits, which servers have, leaves it where it is.
        largest = [f"{row.argmax()}" if row.max() > -row.min() else f"-{row.argmin()}" for row in probes]
        digest = hashlib.sha256(" ".join(largest).encode()).hexdigest()[:8]
        return f"{self._named}@{self._dimension}-{digest}", probes

    def _is_due(self) -> bool:
        """Whether the probes ride along now: for one thread at a time."""
        with self._lock:
            due = time.monotonic() >= self._probed + _PROBE_EVERY
            if due:
                self._probed = time.monotonic() - _PROBE_EVERY + 1  # should it fail, the next try is in a second
            return due

    def _learn_tei(self) -> None:
        told = self._sent("GET", "/info", None, _QUESTION_SECONDS, _QUESTION_TRIES)
        if not isinstance(told, dict) or not isinstance(told.get("model_id"), str):
            raise self._unusable(told)
        self._named = told["model_id"].rstrip("/").rsplit("/", 1)[-1]
        most = told.get("max_client_batch_size")
        self._batch = max(1, min(_BATCH, most)) if isinstance(most, int) else _BATCH

    def _learn_openai(self) -> None:
        if self._model:
            return
        told = self._sent("GET", "/models", None, _QUESTION_SECONDS, _QUESTION_TRIES)
        try:
            names = [str(model["id"]) for model in told["data"]]
        except (KeyError, TypeError):
            raise self._unusable(told) from None
        if len(names) != 1:
            base, some = self._address.base, ", ".join(names[:5]) or "none"
            raise ModelError(f"{base} lists {len(names)} models ({some}); name one: NORTHBOUND_EMBEDDER={base}#MODEL")
        self._model = names[0]

    def _asked(self, texts: list[str], seconds: float, tries: int) -> np.ndarray:
        """Vectors for as many texts as go into one request."""
        if self.engine == "tei":
            rows = self._sent("POST", "/embed", {"inputs": texts, "normalize": True, "truncate": True}, seconds, tries)
        else:
            body = {"model": self._model, "input": texts, "encoding_format": "float"}
            rows = self._openai_rows(self._sent("POST", "/embeddings", body, seconds, tries))
        try:
            vectors = np.array(rows, dtype=np.float32)
        except (TypeError, ValueError):
            raise self._unusable(rows) from None
        if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
            raise self._unusable(f"{len(texts)} texts, vectors of shape {vectors.shape}")
        self._dimension = self._dimension or vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise self._changed(f"gives {vectors.shape[1]} numbers for a text, and gave {self._dimension}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._unusable("a vector without length")
        return np.asarray(vectors / lengths)

    def _openai_rows(self, told: Any) -> list[Any]:
        """The vectors of an answer in the order of the texts. Notices another model's name."""
        try:
            rows = [row["embedding"] for row in sorted(told["data"], key=lambda row: int(row["index"]))]
            named = str(told.get("model") or self._model)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._unusable(told) from None
        self._named = self._named or named
        if named != self._named:
            raise self._changed(f"embeds with {named!r}, and did with {self._named!r}")
        return rows

    def _sent(self, method: str, path: str, body: object, seconds: float, tries: int) -> Any:
        """What the server answers, read as JSON; tried again where that may help."""
        wait = 0.2
        for left in reversed(range(tries)):
            try:
                status, told, after = self._once(method, path, body, seconds)
            except ModelError:
                if not left:
                    raise
            else:
                if status < 300:
                    try:
                        return json.loads(told)
                    except ValueError:
                        raise self._unusable(told) from None
                if status not in _AGAIN or not left:
                    raise self._refused(status, path, told)
                wait = max(wait, min(after, _LONGEST_WAIT, seconds))
            time.sleep(wait)
            wait *= 4
        raise AssertionError("tries is at least 1")

    def _once(self, method: str, path: str, body: object, seconds: float) -> tuple[int, str, float]:
        """Status, text, and how many seconds the server asks to be left alone."""
        import httpx

        until = time.monotonic() + seconds
        received = bytearray()
        try:
            timeout = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
            with self._http.stream(method, self._address.base + path, json=body, timeout=timeout) as response:
                for piece in response.iter_bytes():
                    received += piece
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout(f"no whole answer in {seconds:g} seconds")
        except httpx.TimeoutException:
            raise EmbedderAway(
                f"the embedding server at {self._address.base} did not answer in {seconds:g} seconds; see that it runs, then ask again"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            todo = "see that it runs and that NORTHBOUND_EMBEDDER is right"
            raise EmbedderAway(f"the embedding server at {self._address.base} cannot be reached ({error}); {todo}") from None
        after = response.headers.get("retry-after", "")
        return response.status_code, bytes(received).decode("utf-8", "replace"), float(after) if re.fullmatch(r"\d{1,4}", after) else 0.0

    def _refused(self, status: int, path: str, told: str) -> ModelError:
        where = f"the embedding server at {self._address.base}"
        if status in (401, 403):
            return ModelError(f"{where} refuses ({status}); set NORTHBOUND_EMBEDDER_KEY")
        if status == 404:
            return ModelError(f"{where} has no {path}; OpenAI's interface ends in /v1 (https://HOST/v1#MODEL), TEI's is http://HOST:PORT")
        kind = EmbedderAway if status in _AGAIN else ModelError
        return kind(f"{where} answers {status} ({' '.join(told.split())[:200]}); see its log, then ask again")

    def _changed(self, how: str) -> ModelError:
        todo = "change it back, or build the index again: northbound index build"
        return ModelError(f"the embedding server at {self._address.base} {how}: its model was changed; {todo}")

    def _unusable(self, told: object) -> ModelError:
        what = f"answers what is not of {self.engine}'s interface ({' '.join(str(told).split())[:200]})"
        return ModelError(f"the embedding server at {self._address.base} {what}; say which it has: openai+http://… or tei+http://…")
