"""Which CDS clients may call: a signed token for one use, checked against keys that the operator was given.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients. The file of clients, `{"clients": [{"iss": ..., "keys": [JWK]}]}`,
is read anew when it changes. Nothing is ever fetched: `jku` is not looked at. A caller that is refused learns no more
than that, and an unknown client costs the same work as a wrong signature.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from publisher.issue import Issue, IssueError, Source
from server.log import write_line
from server.outcome import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from server.replay import ReplayStore

    Keys = Mapping[tuple[str, str, str], Any]  # by issuer, key id and algorithm
    State = tuple[int, int, int] | None  # when the file was changed, its size, its inode

LONGEST_TOKEN = 8000
LONGEST_LIFE = 3600
SKEW = 60
LONGEST_ID = 256
SMALLEST_RSA = 2048
REQUIRED = ("iss", "aud", "exp", "iat", "jti")
_TYPES = {"ES384": "EC", "RS384": "RSA"}


class _RefusedError(Exception):
    """Ends the check of a token; why is nobody's business."""


@dataclass(slots=True)
class Trust:
    """The clients of one server, and the check of their tokens."""

    clients: Path
    store: ReplayStore
    now: Callable[[], datetime]
    _held: tuple[State, Keys] = field(init=False)
    _nobody: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Read the file of clients; IssueError where it is not right."""
        self._nobody = {
            "ES384": ec.generate_private_key(ec.SECP384R1()).public_key(),
            "RS384": rsa.generate_private_key(public_exponent=65537, key_size=SMALLEST_RSA).public_key(),
        }
        state = self._state()  # before the file is read, so that no change in between is missed
        self._held = state, read_clients(self.clients)

    def check(self, authorization: str | None, audience: str) -> None:
        """Refuse a request with 401, unless its Authorization has a fresh token for exactly this address."""
        try:
            self._refresh()
            self._check(authorization or "", audience)
        except RefusalError:
            raise
        except (_RefusedError, jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise RefusalError("token-refused", status=401) from None

    def _check(self, authorization: str, audience: str) -> None:
        scheme, _, token = authorization.partition(" ")
        token = token.lstrip(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
            raise _RefusedError
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in _TYPES or str(header.get("typ")).upper() != "JWT" or "crit" in header:
            raise _RefusedError
        said = jwt.decode(token, options={"verify_signature": False})
        key = self._held[1].get((str(said.get("iss")), str(header.get("kid")), algorithm))
        known = self._nobody[algorithm] if key is None else key
        unchecked = ("exp", "iat", "nbf", "aud", "jti")  # by the clock of this server, below
        options: Any = {"require": list(REQUIRED), **{f"verify_{name}": False for name in unchecked}}
        claims = jwt.decode(token, known, algorithms=[algorithm], options=options)
        if key is None or audience not in _listed(claims["aud"]) or not self._is_used_once(claims):
            raise _RefusedError

    def _is_used_once(self, claims: Mapping[str, Any]) -> bool:
        now, begins, ends = self.now().timestamp(), _number(claims["iat"]), _number(claims["exp"])
        starts = _number(claims.get("nbf", begins))
        in_time = ends > now - SKEW and max(begins, starts) <= now + SKEW and 0 < ends - begins <= LONGEST_LIFE
        token_id = claims["jti"]
        if not in_time or not isinstance(token_id, str) or not 0 < len(token_id) <= LONGEST_ID:
            return False
        return self.store.accept(claims["iss"], token_id, int(ends) + SKEW + 1, int(now))

    def _refresh(self) -> None:
        state = self._state()
        if state == self._held[0]:
            return
        keys: Keys = {}  # a file that cannot be read lets nobody in
        try:
            keys = read_clients(self.clients)
        except IssueError as error:
            time = self.now().isoformat(timespec="milliseconds")
            write_line({"time": time, "level": "error", "issue": str(error).rstrip()})
        self._held = state, keys

    def _state(self) -> State:
        try:
            found = self.clients.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read_clients(path: Path) -> Keys:
    """Return the public keys by issuer, key id and algorithm; IssueError where the file is not right."""
    try:
        named = [
            (_named(client["iss"]), _named(key["kid"]), _algorithm(key), key)
            for client in json.loads(path.read_bytes())["clients"]
            for key in client["keys"]
        ]
        keys = {(issuer, key_id, algorithm): _key(key, algorithm) for issuer, key_id, algorithm, key in named}
        if len(keys) < len(named):
            raise ValueError("twice")  # noqa: TRY301  told as any other mistake in the file
    except (OSError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        wrong = (
            'The file of clients must be {"clients": [{"iss": ..., "keys": [JWK]}]}, each key with a kid of its own, '
            f"public, and for ES384 or RS384 ({type(error).__name__}); correct it."
        )
        raise IssueError(Issue.error("security", "clients-file", wrong, source=Source(str(path)))) from None
    return keys


def _named(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("name")
    return value


def _algorithm(key: Mapping[str, Any]) -> str:
    algorithm = next((name for name, kind in _TYPES.items() if key.get("kty") == kind), None)
    if algorithm is None or key.get("alg", algorithm) != algorithm or "d" in key:
        raise ValueError("key")
    return algorithm


def _key(jwk: Mapping[str, Any], algorithm: str) -> Any:
    key = jwt.PyJWK(dict(jwk), algorithm=algorithm).key
    if algorithm == "RS384" and key.key_size < SMALLEST_RSA:
        raise ValueError("size")
    if algorithm == "ES384" and not isinstance(key.curve, ec.SECP384R1):
        raise ValueError("curve")
    return key


def _listed(audience: Any) -> list[Any]:
    return audience if isinstance(audience, list) else [audience]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _RefusedError
    return value
