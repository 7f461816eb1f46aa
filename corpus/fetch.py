"""Fetch the registered sources' own pages. `northbound corpus refresh` calls `refresh`; nothing else in Northbound uses the network.

Only verified addresses of the registry are asked for, over https, and only on public addresses: each host's name is resolved once, what
it resolves to is checked, and the connection goes to the very address that was checked, also after each redirect.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.robotparser import RobotFileParser

import httpx

from corpus.errors import CorpusError
from corpus.model import Source
from corpus.pages import Snapshot, decode, keep, latest, to_markdown, unusable

AGENT = "northbound/0.1 (corpus refresh)"
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_WAIT = 30.0  # seconds that a server may ask us to wait, by Retry-After or Crawl-delay
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Limits:
    """How patient and how polite. `timeout`, `delay` (between two requests to a host) and `backoff` (before the first retry, doubled
    before the next) are seconds; `timeout` also bounds reading one whole body. `size` is bytes, after decompression."""

    timeout: float = 20.0
    size: int = 5_000_000
    delay: float = 1.0
    retries: int = 2
    backoff: float = 2.0
    redirects: int = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one source: "new", "changed", "unchanged", "skipped" (we may not or cannot read it) or "failed"."""

    source_id: str
    status: str
    detail: str


def refresh(
    sources: Mapping[str, Source], folder: Path, *, only: Iterable[str] = (), loopback: str = "", limits: Limits = Limits()
) -> Iterator[Outcome]:
    """Fetch each source that has a verified address, or those that `only` names, and keep what is new in `folder`.

    Yields an outcome as each is done. A page that cannot be used leaves its last good snapshot as it was. `loopback` is the one
    host:port on this machine that may be asked, also over http. Raises CorpusError for an id that is not registered or has no verified
    address, and for a folder that cannot be written.
    """
    named = tuple(dict.fromkeys(only))
    unknown = [repr(i) for i in named if i not in sources]
    without = [repr(i) for i in named if i in sources and not sources[i].link]
    if unknown or without:
        raise CorpusError(
            *([f"no source {', '.join(unknown)}; ids: northbound corpus list"] if unknown else []),
            *([f"{', '.join(without)}: no verified address; set url_verified in sources.toml"] if without else []),
        )
    web = _Web((source.link for source in sources.values() if source.link), loopback, limits)
    return (_refreshed(sources[i], folder, web) for i in named or sources if sources[i].link)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when an IPv4 address is wrapped in it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class _Failed(Exception):
    """Why a page was not fetched."""


class _Forbidden(_Failed):
    """The site asks programs not to read the page."""


@dataclass(frozen=True)
class _Reply:
    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes


def _refreshed(source: Source, folder: Path, web: _Web) -> Outcome:
    held = latest(folder, source)
    stays = f"; the page as of {held.checked[:10]} stays" if held else "; the brief stays"
    asked = {}
    if held and held.etag:
        asked["If-None-Match"] = held.etag
    if held and held.last_modified:
        asked["If-Modified-Since"] = held.last_modified
    address = _address(source.link, web.loopback)
    try:
        reply = web.get(address, asked)
        now = datetime.now(UTC).isoformat()
        if reply.status == 304 and held and asked:
            keep(folder, source, replace(held, checked=now))
            return Outcome(source.id, "unchanged", "not modified since the last time")
        kind = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if reply.status == 200 and kind not in ("text/html", "application/xhtml+xml"):
            return Outcome(source.id, "skipped", f"not a web page but {kind}{stays}")
        made = _snapshot(source, reply, now)
    except _Forbidden as error:
        return Outcome(source.id, "skipped", f"{error}{stays}")
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


def _snapshot(source: Source, reply: _Reply, now: str) -> Snapshot:
    if reply.status in (404, 410):
        raise _Failed(f"vanished: the server answers {reply.status}")
    if reply.status != 200:
        raise _Failed(f"the server answers {reply.status}")
    if reply.url.path in ("", "/") and httpx.URL(source.link).path not in ("", "/"):
        raise _Failed(f"vanished: its address now leads to the front page, {reply.url}")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", reply.headers.get("content-type", ""), re.IGNORECASE)
    text, language = to_markdown(decode(reply.body, charset[1] if charset else ""))
    if problem := unusable(text):
        raise _Failed(f"the page is {problem}")
    etag, last_modified = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
    return Snapshot(source.link, str(reply.url), now, now, etag, last_modified, language, text)


class _Web:
    """The hosts that may be asked, when each was last asked, and what its robots.txt says."""

    def __init__(self, links: Iterable[str], loopback: str, limits: Limits) -> None:
        self.loopback = loopback
        self._hosts = {_host(_address(link, loopback)) for link in links}
        self._limits = limits
        self._tls = httpx.create_ssl_context()
        self._asked: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser | str] = {}  # the rules, or why there are none to be had

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
            raise _Failed(f"redirects to {_host(url)}, which is no host of a registered source")

    def _heed_robots(self, url: httpx.URL) -> None:
        host = _host(url)
        if host not in self._robots:
            self._robots[host] = self._read_robots(url)
        rules = self._robots[host]
        if isinstance(rules, str):
            raise _Failed(rules)
        if not rules.can_fetch(AGENT, str(url)):
            raise _Forbidden(f"robots.txt of {host} asks programs not to read it")

    def _read_robots(self, url: httpx.URL) -> RobotFileParser | str:
        rules = RobotFileParser()
        try:
            reply = self.get(url.join("/robots.txt"), {}, heed_robots=False)
        except _Failed as error:
            return f"robots.txt: {error}"
        if reply.status in (401, 403):
            rules.parse(["User-agent: *", "Disallow: /"])
        elif reply.status >= 500 or reply.status == 429:
            return f"robots.txt: the server answers {reply.status}"
        else:
            rules.parse(decode(reply.body).splitlines() if reply.status == 200 else [])
        return rules

    def _patiently(self, url: httpx.URL, headers: Mapping[str, str]) -> _Reply:
        """Try again while the server is busy or broken."""
        for attempt in range(self._limits.retries + 1):
            reply = self._once(url, headers)
            if reply.status != 429 and reply.status < 500:
                break
            if attempt < self._limits.retries:
                told = reply.headers.get("retry-after", "")
                time.sleep(max(self._limits.backoff * 2**attempt, min(float(told), _LONGEST_WAIT) if told.isdecimal() else 0))
        return reply

    def _once(self, url: httpx.URL, headers: Mapping[str, str]) -> _Reply:
        self._be_polite(_host(url))
        name = url.raw_host.decode()
        pinned = url.copy_with(host=self._resolved(url))
        # A client for each request: hosts that share an address must share neither a connection nor cookies.
        client = httpx.Client(verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._limits.timeout)
        ends = time.monotonic() + self._limits.timeout
        wanted = {"Host": url.netloc.decode(), "User-Agent": AGENT, "Accept": "text/html", "Accept-Encoding": "gzip", **headers}
        try:
            with client, client.stream("GET", pinned, headers=wanted, extensions={"sni_hostname": name}) as response:
                body = bytearray()
                if response.status_code == 200:
                    for piece in response.iter_bytes():
                        body += piece
                        if len(body) > self._limits.size:
                            raise _Failed(f"larger than {self._limits.size / 1e6:g} MB")
                        if time.monotonic() > ends:
                            raise _Failed(f"not read within {self._limits.timeout:g} seconds")
                return _Reply(url, response.status_code, response.headers, bytes(body))
        except httpx.TimeoutException:
            raise _Failed(f"{name} does not answer within {self._limits.timeout:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise _Failed(f"{name} cannot be read: {str(error) or type(error).__name__}") from None

    def _resolved(self, url: httpx.URL) -> str:
        """The address to connect to. Raises _Failed unless every address of the host is public (or loopback, for the one allowed)."""
        name = url.raw_host.decode()
        try:
            rows = socket.getaddrinfo(name, url.port or _PORTS[url.scheme], type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _Failed(f"{name} cannot be found ({getattr(error, 'strerror', None) or error})") from None
        addresses = sorted((str(row[4][0]) for row in rows), key=lambda address: ":" in address)  # not every network speaks IPv6
        own = _host(url) == self.loopback
        for address in addresses:
            if not (ipaddress.ip_address(address.partition("%")[0]).is_loopback if own else is_public(address)):
                raise _Failed(f"{name} is at {address}, which is {'not loopback' if own else 'not a public address'}; refused")
        return addresses[0]

    def _be_polite(self, host: str) -> None:
        rules = self._robots.get(host)
        told = rules.crawl_delay(AGENT) if isinstance(rules, RobotFileParser) else None
        delay = max(self._limits.delay, min(float(told or 0), _LONGEST_WAIT))
        if host in self._asked:
            time.sleep(max(0.0, self._asked[host] + delay - time.monotonic()))
        self._asked[host] = time.monotonic()


_PORTS = {"https": 443, "http": 80}


def _address(link: str, loopback: str) -> httpx.URL:
    """A registered address as it is asked for: http is never spoken, but to the loopback host, so an old http:// link becomes https."""
    url = httpx.URL(link).copy_with(fragment=None)
    if url.scheme == "http" and _host(url) != loopback:
        return url.copy_with(scheme="https")
    return url


def _host(url: httpx.URL) -> str:
    """The host with its port, where that is not the usual one for https. Lower case, as httpx makes it."""
    port = url.port or _PORTS.get(url.scheme)
    name = url.raw_host.decode()
    shown = f"[{name}]" if ":" in name else name
    return shown if port == 443 else f"{shown}:{port}"
