"""Staff: who they are, and their logins. `northbound desk user` makes them; bot/staff.py lets them in.

A password is kept as its argon2 hash, a login as the SHA-256 of the token that the browser holds. Five wrong passwords in a row lock a name
for a quarter of an hour. Where a trusted proxy names the member of staff, its word stands in for the password.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, insert, select, update

from bot.database import exists, sessions, transaction, users
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError

ROLES = ("desk", "maintainer")  # a maintainer may do all that the desk may
SHORTEST_PASSWORD = 10
FAILURES = 5  # wrong passwords in a row
LOCKED = timedelta(minutes=15)
_LONGEST = 3  # times the minutes without use
_hasher = PasswordHasher()


class LoginError(NorthboundError):
    """A login that is refused. The message is the same for an unknown name and a wrong password."""


@dataclass(frozen=True)
class User:
    """A member of staff. `locked_until` is a moment in UTC, "" when not locked."""

    name: str
    role: str
    created: str = ""
    locked_until: str = ""


@dataclass(frozen=True)
class Login:
    """Who is logged in, and what each of their changes must carry to prove that their own page made it."""

    name: str
    role: str
    csrf: str

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def staffed(settings: Settings) -> bool:
    """Whether anybody can log in. Without users, and without a proxy that names them, the pages for staff do not exist."""
    if settings.staff_header:
        return True
    if not exists(settings):
        return False
    with transaction(settings) as connection:
        return connection.execute(select(users.c.name).limit(1)).first() is not None


def add_user(name: str, password: str, role: str, settings: Settings) -> bool:
    """Add a member of staff, or give one a new password and role: all their logins end then. Whether they are new.

    Raises RequestError for a name, a password or a role that cannot be used.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._@-]{0,62}", name):
        raise RequestError(f"{name!r}: give a name of small letters, digits, dots, hyphens and @, at most 63")
    if len(password) < SHORTEST_PASSWORD or len(password) > 1_000:
        raise RequestError(f"the password has {len(password)} characters; give {SHORTEST_PASSWORD} to 1,000")
    if role not in ROLES:
        raise RequestError(f"role {role!r}: choose from {', '.join(ROLES)}")
    made = {"hash": _hasher.hash(password), "role": role, "failures": 0, "locked_until": ""}
    with transaction(settings) as connection:
        connection.execute(delete(sessions).where(sessions.c.name == name))
        if connection.execute(update(users).where(users.c.name == name).values(made)).rowcount:
            return False
        connection.execute(insert(users).values(name=name, created=_now().date().isoformat(), **made))
        return True


def remove_user(name: str, settings: Settings) -> None:
    """Take a member of staff away and end their logins. Raises RequestError when there is no such user."""
    with transaction(settings) as connection:
        connection.execute(delete(sessions).where(sessions.c.name == name))
        if not connection.execute(delete(users).where(users.c.name == name)).rowcount:
            raise RequestError(f"no user {name!r}; see them: northbound desk user list")


def list_users(settings: Settings) -> list[User]:
    if not exists(settings):
        return []
    with transaction(settings) as connection:
        found = connection.execute(select(users).order_by(users.c.name)).mappings().all()
    return [User(row["name"], row["role"], row["created"], row["locked_until"]) for row in found]


def log_in(name: str, password: str, settings: Settings) -> tuple[str, Login]:
    """A new login: the token for the browser, and the login. Raises LoginError.

    The hash is compared outside any transaction, since that takes long on purpose, and for an unknown name too, so that it takes as long.
    """
    with transaction(settings) as connection:
        found = connection.execute(select(users).where(users.c.name == name)).mappings().first()
        if found is not None and found["locked_until"] > _iso(_now()):
            raise LoginError("too many wrong passwords for this name; wait a quarter of an hour, or ask a maintainer for a new password")
    right = _matches(found["hash"] if found is not None else _nobody(), password)
    with transaction(settings) as connection:
        if found is None or not right:
            _count_failure(name, connection)
        else:
            kept = {"failures": 0, "locked_until": ""}
            if _hasher.check_needs_rehash(found["hash"]):
                kept["hash"] = _hasher.hash(password)
            open_still = (users.c.name == name) & (users.c.hash == found["hash"]) & (users.c.locked_until <= _iso(_now()))
            if connection.execute(update(users).where(open_still).values(kept)).rowcount:
                return _begin(name, found["role"], settings, connection)
    raise LoginError("the name or the password is wrong")


def proxied(name: str, settings: Settings) -> tuple[str, Login]:
    """A login for whom the trusted proxy names; of the role that the user of this name has, if there is one, else the desk's."""
    name = name.strip().lower()
    if not re.fullmatch(r"[ -~]{1,63}", name):
        raise LoginError("the proxy's header holds no name")
    with transaction(settings) as connection:
        role = connection.execute(select(users.c.role).where(users.c.name == name)).scalar() or ROLES[0]
        return _begin(name, role, settings, connection)


def log_out(token: str, settings: Settings) -> None:
    with transaction(settings) as connection:
        connection.execute(delete(sessions).where(sessions.c.digest == _digest(token)))


def logged_in(token: str, settings: Settings) -> Login | None:
    """Who holds this token, if the login has not ended; it counts as used now."""
    if not token or not exists(settings):
        return None
    now = _now()
    with transaction(settings) as connection:
        unused = _iso(now - timedelta(minutes=settings.staff_minutes))
        connection.execute(delete(sessions).where((sessions.c.used < unused) | (sessions.c.ends < _iso(now))))
        found = connection.execute(select(sessions).where(sessions.c.digest == _digest(token))).mappings().first()
        if found is None:
            return None
        role = connection.execute(select(users.c.role).where(users.c.name == found["name"])).scalar()
        if role is None and not settings.staff_header:
            return None  # taken away meanwhile
        if found["used"] < _iso(now - timedelta(minutes=1)):  # not each request needs to write
            connection.execute(update(sessions).where(sessions.c.digest == found["digest"]).values(used=_iso(now)))
    return Login(found["name"], role or ROLES[0], found["csrf"])


def trusted(peer: str, settings: Settings) -> bool:
    """Whether an address is that of a proxy in front."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.proxy.split(",") if network)


def _begin(name: str, role: str, settings: Settings, connection: Connection) -> tuple[str, Login]:
    token, now = secrets.token_urlsafe(32), _now()
    login = Login(name, role, secrets.token_urlsafe(24))
    ends = now + timedelta(minutes=_LONGEST * settings.staff_minutes)
    row = {"digest": _digest(token), "name": name, "csrf": login.csrf, "used": _iso(now), "ends": _iso(ends)}
    connection.execute(insert(sessions).values(row))
    return token, login


def _count_failure(name: str, connection: Connection) -> None:
    """One more wrong password; the fifth locks, and the count begins again after that."""
    of_name = users.c.name == name
    connection.execute(update(users).where(of_name).values(failures=func.coalesce(users.c.failures, 0) + 1))
    locked = {"failures": 0, "locked_until": _iso(_now() + LOCKED)}
    connection.execute(update(users).where(of_name & (users.c.failures >= FAILURES)).values(locked))


def _matches(hash: str, password: str) -> bool:
    try:
        return _hasher.verify(hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


@lru_cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
