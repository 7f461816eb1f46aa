"""Fetch the registered sources' own pages, and pages that a user names. `northbound corpus refresh` calls `refresh`, `corpus add` goes
through `Site`; nothing else in Northbound uses the network.

Only verified addresses of the registry are asked for, over https, and only on public addresses: each host's name is resolved once, what
it resolves to is checked, and the connection goes to the very address that was checked, also after each redirect.
"""

from __future__ import annotations

import hashlib
import inspect
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpcore
import httpx
from filelock import FileLock, Timeout

from corpus.charsets import decode
from corpus.errors import CorpusError
from corpus.html import to_markdown
from corpus.model import Source
from corpus.pages import Snapshot, keep, latest, unusable
from corpus.robots import FORBIDDEN, Rules, read_robots

NAME = "northbound"  # as robots.txt may call us
AGENT = f"{NAME}/0.1 (corpus refresh)"
_REDIRECTS = (301, 302, 303, 307, 308)
_SHRUNK = 0.25  # of its words: a page with less left is more often broken than short
_ALIKE = 0.5  # of its words: a page at another address with fewer of them is another page
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_FRONT = re.compile(r"/?(?:(?:en|fr|eng|fra|home|index|default|accueil)(?:[-_][a-z]{2})?(?:\.[a-z]{3,5})?/?)*", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How patient and how polite. All but `size`, `retries` and `redirects` are seconds: `timeout` for one whole request, `delay` between
    two requests to a host, `backoff` before the first retry, doubled before the next, `patience` the longest that a server may ask us to
    wait. `size` is bytes, after decompression."""

    timeout: float = 20.0
    size: int = 5_000_000
    delay: float = 1.0
    retries: int = 2
    backoff: float = 2.0
    patience: float = 30.0
    redirects: int = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one source: "new", "changed", "unchanged", "skipped" (we may not or cannot read it) or "failed"."""

    source_id: str
    status: str
    detail: str


def due(sources: Mapping[str, Source], only: Iterable[str] = ()) -> list[str]:
    """The ids that `refresh` would ask for: those that `only` names, or all with a verified address. Raises CorpusError for an id that
    is not registered or has no verified address."""
    named = list(dict.fromkeys(only))
    unknown = [repr(i) for i in named if i not in sources]
    without = [repr(i) for i in named if i in sources and not sources[i].link]
    if unknown or without:
        raise CorpusError(
            *([f"no source {', '.join(unknown)}; ids: northbound corpus list"] if unknown else []),
            *([f"{', '.join(without)}: no verified address; set url_verified in sources.toml"] if without else []),
        )
    return [i for i in named or sources if sources[i].link]


def refresh(
    sources: Mapping[str, Source],
    folder: Path,
    *,
    only: Iterable[str] = (),
    accept: bool = False,
    loopback: str = "",
    limits: Limits = Limits(),
) -> Iterator[Outcome]:
    """Fetch each source that has a verified address, or those that `only` names, and keep what is new in `folder`.

    Yields an outcome as each is done. A page that cannot be used leaves its last good snapshot as it was; so does one that shrank much or
    is another page at another address, unless `accept` says that it is right. `loopback` is the one host:port on this machine that may
    be asked, also over http. Raises CorpusError as `due` does, for a folder that cannot be written, and while another refresh runs.
    """
    asked = due(sources, only)
    web = _Web((source.link for source in sources.values() if source.link), loopback, limits)
    return _each([sources[i] for i in asked], folder, web, accept)


@dataclass(frozen=True)
class Fetched:
    """What a server sent. `url` is where its redirects led; `kind` and `charset` are of its content-type, lower case, "" if not told."""

    url: str
    kind: str
    charset: str
    body: bytes


class Site:
    """The host of an address that a user named, asked politely, one page after the other. `corpus add` reads addresses through it."""

    def __init__(self, link: str, *, loopback: str = "", limits: Limits = Limits(size=20_000_000)) -> None:
        try:
            self.host = _host(_address(link, loopback))
            self._web = _Web([link], loopback, limits, "which is another host; add that address if you mean it")
        except (httpx.InvalidURL, ValueError, KeyError) as error:
            raise CorpusError(f"{link}: not a web address ({error}); give one such as https://example.org/page") from None

    def holds(self, link: str) -> bool:
        """Whether an address is on this host."""
        try:
            return _host(_address(link, self._web.loopback)) == self.host
        except (httpx.InvalidURL, ValueError, KeyError):
            return False

    def fetch(self, link: str) -> Fetched:
        """Raises CorpusError with the reason where the page is not to be had, or its host asks programs not to read it."""
        try:
            reply = self._web.get(_address(link, self._web.loopback), {"Accept": "text/html, application/pdf, */*;q=0.5"})
        except _Failed as error:
            raise CorpusError(f"{link}: {error}") from None
        if reply.status != 200:
            raise CorpusError(f"{link}: the server answers {reply.status}")
        told = reply.headers.get("content-type", "")
        charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", told, re.IGNORECASE)
        return Fetched(str(reply.url), told.partition(";")[0].strip().lower(), charset[1].lower() if charset else "", reply.body)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when an IPv4 address is wrapped in it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        return ip.is_global and ip in _UNICAST
    return ip.is_global and not ip.is_multicast


class _Failed(Exception):
    """Why a page was not fetched."""


class _Forbidden(_Failed):
    """The site asks programs not to read the page."""


class _Broken(_Failed):
    """What may be over when we ask again: no answer, or half of one."""


class _Doubtful(_Failed):
    """A page that may be right but looks wrong; a person can accept it."""


@dataclass(frozen=True)
class _Reply:
    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes


def _each(asked: Sequence[Source], folder: Path, web: _Web, accept: bool) -> Iterator[Outcome]:
    """One refresh at a time: two would ask each site twice as fast as is polite."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "refresh.lock", timeout=0):
            for left in folder.glob("*/*.new"):  # of a refresh that was killed
                left.unlink()
            for source in asked:
                yield _refreshed(source, folder, web, accept)
    except Timeout:
        raise CorpusError(f"{folder}: another refresh is running; wait for it, then run this again") from None
    except OSError as error:
        raise CorpusError(f"{folder}: cannot be written ({error.strerror or error}); set NORTHBOUND_HOME to a folder that can") from None


def _refreshed(source: Source, folder: Path, web: _Web, accept: bool) -> Outcome:
    try:
        held = latest(folder, source)
    except CorpusError as error:
        return Outcome(source.id, "failed", str(error))
    stays = f"; the page as of {held.checked[:10]} stays" if held else "; the brief stays"
    asked = {}
    if held and held.reader == _reader():
        asked = {"If-None-Match": held.etag, "If-Modified-Since": held.last_modified}
        asked = {name: value for name, value in asked.items() if value}
    try:
        address = _address(source.link, web.loopback)
        reply = web.get(address, asked)
        now = datetime.now(UTC).isoformat()
        if reply.status == 304 and held and asked:
            keep(folder, source, replace(held, checked=now))
            return Outcome(source.id, "unchanged", "not modified since the last time")
        kind = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if reply.status == 200 and kind not in ("text/html", "application/xhtml+xml"):
            return Outcome(source.id, "skipped", f"not a web page but {kind}{stays}")
        made = _snapshot(source, address, reply, now)
        if not accept:
            _doubt(source, address, made, held)
    except httpx.InvalidURL as error:
        return Outcome(source.id, "failed", f"{source.link!r} is no web address ({error}); correct sources.toml{stays}")
    except _Forbidden as error:
        return Outcome(source.id, "skipped", f"{error}{stays}")
    except _Doubtful as error:
        return Outcome(source.id, "failed", f"{error}{stays}; if it is right: northbound corpus refresh {source.id} --accept")
    except _Failed as error:
        return Outcome(source.id, "failed", f"{error}{stays}")
    keep(folder, source, made)
    moved = f"; moved to {made.final_url}: correct sources.toml" if made.final_url != str(address) else ""
    words = len(made.text.split())
    if held is None:
        return Outcome(source.id, "new", f"{words} words{moved}")
    if made.name == held.name:
        return Outcome(source.id, "unchanged", f"the same text{moved}")
    return Outcome(source.id, "changed", f"{words} words, {len(held.text.split())} before{moved}")


def _snapshot(source: Source, address: httpx.URL, reply: _Reply, now: str) -> Snapshot:
    if reply.status in (404, 410):
        raise _Failed(f"vanished: the server answers {reply.status}")
    if reply.status != 200:
        raise _Failed(f"the server answers {reply.status}")
    if _is_front(reply.url) and not _is_front(address):
        raise _Failed(f"vanished: its address now leads to the front page, {reply.url}")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", reply.headers.get("content-type", ""), re.IGNORECASE)
    text, language = to_markdown(_decoded(reply.body, charset[1] if charset else ""))
    if problem := unusable(text):
        raise _Failed(f"the page is {problem}")
    etag, last_modified = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
    return Snapshot(source.link, str(reply.url), now, now, etag, last_modified, language, text, _reader())


def _decoded(body: bytes, charset: str) -> str:
    """A page's text although the charset told is often wrong: bytes that make good UTF-8 are that, whatever is told, and where the one
    told leaves gaps it was Windows-1252."""
    if not body.isascii() and b"\x00" not in body:
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8-sig")
    text = decode(body, charset)
    return body.decode("cp1252", "replace") if "\ufffd" in text else text


def _doubt(source: Source, address: httpx.URL, made: Snapshot, held: Snapshot | None) -> None:
    """Raise _Doubtful for a page of which far less is left than we hold, and for another page to which the address now leads. One that
    we hold nothing of is the same page when its headings name what the source's title does."""
    words = len(made.text.split())
    if held and words < _SHRUNK * (before := len(held.text.split())):
        raise _Doubtful(f"shrank from {before} to {words} words")
    if _bare(httpx.URL(made.final_url)) == _bare(address):
        return
    headings = "\n".join(line for line in made.text.split("\n") if line.startswith("#"))
    known, shown = (held.text, made.text) if held else (source.title, headings)
    wanted = set(re.findall(r"\w{4,}", known.lower()))
    if len(wanted & set(re.findall(r"\w{4,}", shown.lower()))) < _ALIKE * len(wanted):
        raise _Doubtful(f"moved: its address now leads to {made.final_url}, which is another page")


def _is_front(url: httpx.URL) -> bool:
    return not url.query and _FRONT.fullmatch(url.path) is not None


def _bare(url: httpx.URL) -> tuple[str, str, bytes]:
    """An address without what often changes while the page stays: scheme, "www.", a slash or .html at the end, and letter case."""
    return _host(url).removeprefix("www."), re.sub(r"(?:/|/?index\.\w+|\.html?)$", "", url.path.lower()), url.query


def _reader() -> str:
    """Changes when the code that makes text of a page does: then a page is to be read again though its server says it is unmodified."""
    module = inspect.getmodule(to_markdown)
    assert module is not None
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()[:12]


class _Web:
    """The hosts that may be asked, when each may be asked next, and what its robots.txt says."""

    def __init__(
        self, links: Iterable[str], loopback: str, limits: Limits, elsewhere: str = "which is no host of a registered source"
    ) -> None:
        self.loopback = loopback
        self._elsewhere = elsewhere  # what is said of a host to which a redirect leads
        self._hosts: set[str] = set()
        for link in links:
            with suppress(httpx.InvalidURL):  # told when it is asked for
                self._hosts.add(_host(_address(link, loopback)))
        self._limits = limits
        self._tls = httpx.create_ssl_context()
        self._next: dict[str, float] = {}  # by time.monotonic()
        self._robots: dict[str, Rules | str] = {}  # the rules, or why there are none to be had

    def get(self, url: httpx.URL, headers: Mapping[str, str], *, heed_robots: bool = True) -> _Reply:
        """The answer to a request and what it redirects to. Raises _Failed."""
        for _ in range(self._limits.redirects + 1):
            self._check(url)
            if heed_robots:
                self._heed_robots(url)
            reply = self._patiently(url, headers)
            if reply.status not in _REDIRECTS:
                return reply
            try:
                url = url.join(reply.headers.get("location", "")).copy_with(fragment=None)
            except (httpx.InvalidURL, ValueError):
                raise _Failed(f"{url} redirects to no address") from None
        raise _Failed(f"redirects more than {self._limits.redirects} times")

    def _check(self, url: httpx.URL) -> None:
        if _host(url) != self.loopback and url.scheme != "https":
            raise _Failed(f"{url} is not https")
        if url.scheme not in ("https", "http") or url.userinfo:
            raise _Failed(f"{url} is not a plain web address")
        if _host(url) not in self._hosts:
            raise _Failed(f"redirects to {_host(url)}, {self._elsewhere}")

    def _heed_robots(self, url: httpx.URL) -> None:
        host = _host(url)
        if host not in self._robots:
            self._robots[host] = self._read_robots(url)
        rules = self._robots[host]
        if isinstance(rules, str):
            raise _Failed(rules)
        if not rules.allow(url.raw_path.decode()):
            raise _Forbidden(f"robots.txt of {host} asks programs not to read it")
        if rules.delay > self._limits.patience:
            raise _Forbidden(f"robots.txt of {host} asks for {rules.delay:g} seconds between two requests, longer than we wait")

    def _read_robots(self, url: httpx.URL) -> Rules | str:
        try:
            reply = self.get(url.join("/robots.txt"), {}, heed_robots=False)
        except _Failed as error:
            return f"robots.txt: {error}"
        if reply.status in (401, 403):
            return FORBIDDEN
        rules = read_robots(decode(reply.body), NAME) if reply.status == 200 else Rules()
        host = _host(url)
        self._next[host] = self._next.get(host, 0.0) + max(0.0, rules.delay - self._limits.delay)
        return rules

    def _patiently(self, url: httpx.URL, headers: Mapping[str, str]) -> _Reply:
        """Try again while the server is busy or broken."""
        problem = _Failed()
        for attempt in range(self._limits.retries + 1):
            if attempt:
                time.sleep(self._limits.backoff * 2 ** (attempt - 1))
            try:
                reply = self._once(url, headers)
            except _Broken as error:
                problem = error
                continue
            if reply.status != 429 and reply.status < 500:
                return reply
            problem = _Failed(f"the server answers {reply.status}")
            self._not_before(_host(url), _told_to_wait(reply.headers.get("retry-after", "")))
        raise problem

    def _once(self, url: httpx.URL, headers: Mapping[str, str]) -> _Reply:
        self._wait_for_turn(_host(url))
        name, limits = url.raw_host.decode(), self._limits
        wire = _Wire(own=_host(url) == self.loopback, ends=time.monotonic() + limits.timeout)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        ours = {"Host": url.netloc.decode(), "User-Agent": AGENT, "Accept": "text/html", "Accept-Encoding": "gzip"}
        wanted = [(key.encode(), value.encode()) for key, value in {**ours, **headers}.items()]
        answering = False
        try:
            # A pool for each request: hosts that share an address must not share a connection.
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=wire) as pool,
                pool.stream("GET", target, headers=wanted) as response,
            ):
                answering = True
                told = httpx.Headers(response.headers)
                packed = told.get("content-encoding", "")
                body = _unpacked(response.iter_stream(), packed, limits.size) if response.status == 200 else b""
                return _Reply(url, response.status, told, body)
        except httpcore.TimeoutException:
            reason = "is not read" if answering else "does not answer"
            raise _Broken(f"{name} {reason} within {limits.timeout:g} seconds") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            certificate = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            problem = f"{name} cannot be read: {str(error) or type(error).__name__}"
            raise (_Failed if certificate else _Broken)(problem) from None
        except (ValueError, httpcore.UnsupportedProtocol) as error:
            raise _Failed(f"{name} cannot be read: {error}") from None

    def _wait_for_turn(self, host: str) -> None:
        wait = self._next.get(host, 0.0) - time.monotonic()
        if wait > self._limits.patience:
            raise _Failed(f"{host} asks to wait for {wait:.0f} seconds; run this again then")
        time.sleep(max(0.0, wait))
        rules = self._robots.get(host)
        self._not_before(host, max(self._limits.delay, rules.delay if isinstance(rules, Rules) else 0.0))

    def _not_before(self, host: str, seconds: float) -> None:
        self._next[host] = max(self._next.get(host, 0.0), time.monotonic() + seconds)


class _Wire(httpcore.NetworkBackend):
    """Connections to addresses that were checked. Everything on them, from the first to the last byte, ends by `ends`
    (time.monotonic()): a limit for each read alone would let a server drip for ever. `own` asks for loopback instead of public."""

    def __init__(self, own: bool, ends: float) -> None:
        self._own, self._ends = own, ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _checked_addresses(host, port, self._own)
        for place, address in enumerate(addresses, 1):
            try:
                return _Timed(httpcore.SyncBackend().connect_tcp(address, port, _left(self._ends)), self._ends)
            except httpcore.ConnectError:
                if place == len(addresses):
                    raise
        raise AssertionError("a name that was found has an address")


class _Timed(httpcore.NetworkStream):
    """A stream with one end for all that is done on it."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._ends)), self._ends)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(ends: float) -> float:
    """Seconds until then. Raises ReadTimeout when none is left."""
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("too late")
    return left


def _checked_addresses(name: str, port: int, own: bool) -> list[str]:
    """The addresses to connect to. Raises _Failed unless every address of the name is public (or loopback, for the one allowed)."""
    try:
        rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        problem = f"{name} cannot be found ({getattr(error, 'strerror', None) or error})"
        raise (_Broken if getattr(error, "errno", 0) == socket.EAI_AGAIN else _Failed)(problem) from None
    addresses = sorted({str(row[4][0]) for row in rows}, key=lambda address: (":" in address, address))  # not every network speaks IPv6
    for address in addresses:
        if not (ipaddress.ip_address(address.partition("%")[0]).is_loopback if own else is_public(address)):
            raise _Failed(f"{name} is at {address}, which is {'not loopback' if own else 'not a public address'}; refused")
    return addresses


def _unpacked(pieces: Iterable[bytes], encoding: str, size: int) -> bytes:
    """The body, at most `size` bytes. Never more than that is unpacked: a gzip of one megabyte can hold a thousand.

    Raises _Failed for a larger one, one in another encoding than we asked for, and one that is no gzip; _Broken where its end is missing.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise _Failed(f"sent as {encoding!r}, which was not asked for")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in encoding else None
    body = bytearray()
    for piece in pieces:
        try:
            body += unpack.decompress(piece, size + 1 - len(body)) if unpack else piece
        except zlib.error as error:
            raise _Failed(f"cannot be read: its gzip is damaged ({error})") from None
        if len(body) > size:
            raise _Failed(f"larger than {size / 1e6:g} MB")
    if unpack and not unpack.eof:
        raise _Broken("cannot be read: its gzip ends too early")
    return bytes(body)


def _told_to_wait(retry_after: str) -> float:
    """Seconds that a Retry-After header asks for: it holds a number of seconds or a date. 0 where it says neither."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _address(link: str, loopback: str) -> httpx.URL:
    """A registered address as it is asked for: http is never spoken, but to the loopback host, so an old http:// link becomes https.
    Raises httpx.InvalidURL for what is no address."""
    url = httpx.URL(link).copy_with(fragment=None)
    if url.scheme == "http" and _host(url) != loopback:
        return url.copy_with(scheme="https")
    return url


_PORTS = {"https": 443, "http": 80}


def _host(url: httpx.URL) -> str:
    """The host with its port, where that is not the usual one for https. Lower case, as httpx makes it."""
    port = url.port or _PORTS.get(url.scheme)
    name = url.raw_host.decode()
    shown = f"[{name}]" if ":" in name else name
    return shown if port == 443 else f"{shown}:{port}"
