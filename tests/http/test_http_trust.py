"""Who may call: https://cds-hooks.hl7.org/2.0/#trusting-cds-clients."""

from __future__ import annotations

import json
import random
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from publisher.issue import IssueError
from server.outcome import RefusalError, status_of
from server.replay import WAIT, ReplayStore
from server.trust import Trust, read_clients
from tests.http.test_http_cds_hooks import CALL, Services

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = "https://cds.example"
ISSUER = "https://ehr.example"
EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = ec.generate_private_key(ec.SECP384R1())
DISCOVERY, SERVICE = f"{BASE}/cds-services", f"{BASE}/cds-services/leg-cramps"


def jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePublicKey) else jwt.algorithms.RSAAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key)), "kid": kid, **more}


def clients(*keys: dict[str, Any], issuer: str = ISSUER) -> str:
    return json.dumps({"clients": [{"iss": issuer, "keys": list(keys)}]})


KEYS = clients(jwk(EC_KEY.public_key(), "ec"), jwk(RSA_KEY.public_key(), "rsa"))
COUNTER = iter(range(10_000))


def token(key: Any = EC_KEY, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a token that is right but for what `header` and `claims` change; None leaves a claim out."""
    seconds = int(NOW.timestamp())
    said = {"iss": ISSUER, "aud": SERVICE, "exp": seconds + 300, "iat": seconds, "jti": str(next(COUNTER)), **claims}
    said = {name: value for name, value in said.items() if value is not None}
    head = {"kid": "ec", "alg": "ES384", **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(said, key, algorithm=head.pop("alg"), headers=head)


@pytest.fixture
def trusted(make_client: Callable[..., FlaskClient], tmp_path: Path) -> FlaskClient:
    (tmp_path / "clients.json").write_text(KEYS, encoding="utf-8")
    gate = Trust(tmp_path / "clients.json", ReplayStore(tmp_path / "tokens.sqlite"), lambda: NOW)
    return make_client(hooks=Services(), gate=gate, base_url=BASE)


def call(client: FlaskClient, bearer: str | None, path: str = "/cds-services/leg-cramps") -> Any:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post(path, json=CALL, headers=headers) if path.count("/") > 1 else client.get(path, headers=headers)


@pytest.mark.parametrize(
    ("key", "header"), [(EC_KEY, {}), (RSA_KEY, {"kid": "rsa", "alg": "RS384"})], ids=["ES384", "RS384"]
)
def test_a_known_client_may_call(trusted: FlaskClient, key: Any, header: dict[str, Any]) -> None:
    assert call(trusted, token(key, header=header)).status_code == 200


def test_discovery_asks_for_a_token_of_its_own(trusted: FlaskClient) -> None:
    assert call(trusted, token(aud=DISCOVERY), "/cds-services").status_code == 200
    assert call(trusted, token(), "/cds-services").status_code == 401
    assert call(trusted, None, "/cds-services").status_code == 401


def test_one_of_several_audiences_is_enough(trusted: FlaskClient) -> None:
    assert call(trusted, token(aud=["https://other.example", SERVICE])).status_code == 200


SECONDS = int(NOW.timestamp())
WRONG: dict[str, Callable[[], str | None]] = {
    "no token": lambda: None,
    "no JWT": lambda: "x.y.z",
    "empty": lambda: "",
    "another key": lambda: token(OTHER_KEY),
    "an unknown key id": lambda: token(header={"kid": "none"}),
    "no key id": lambda: token(header={"kid": None}),
    "an unknown issuer": lambda: token(iss="https://stranger.example"),
    "the algorithm none": lambda: jwt.encode({"iss": ISSUER, "aud": SERVICE}, None, algorithm="none"),
    "a shared secret": lambda: token("s" * 64, header={"alg": "HS384"}),
    "an algorithm that is not offered": lambda: token(RSA_KEY, header={"kid": "rsa", "alg": "RS256"}),
    "the algorithm of another key": lambda: token(RSA_KEY, header={"kid": "ec", "alg": "RS384"}),
    "another type": lambda: token(header={"typ": "at+jwt"}),
    "an extension that is critical": lambda: token(header={"crit": ["exp"]}),
    "another audience": lambda: token(aud=f"{SERVICE}/"),
    "the audience of discovery": lambda: token(aud=DISCOVERY),
    "the host alone": lambda: token(aud=BASE),
    "no audience": lambda: token(aud=None),
    "no issuer": lambda: token(iss=None),
    "no end": lambda: token(exp=None),
    "no start": lambda: token(iat=None),
    "no id": lambda: token(jti=None),
    "an empty id": lambda: token(jti=""),
    "an id that is no text": lambda: token(jti=7),
    "a long id": lambda: token(jti="x" * 300),
    "an end in the past": lambda: token(iat=SECONDS - 600, exp=SECONDS - 61),
    "a start in the future": lambda: token(iat=SECONDS + 61),
    "a later beginning": lambda: token(nbf=SECONDS + 61),
    "a beginning that is no number": lambda: token(nbf=float("nan")),
    "a life of days": lambda: token(exp=SECONDS + 86_400),
    "an end before its start": lambda: token(exp=SECONDS - 1),
    "an end that is a text": lambda: token(exp=None, nbf=None, iat=None) and "x." + token().split(".", 1)[1],
    "an end beyond any number": lambda: token(iat=SECONDS + 0.5, exp=10**400),
    "more than is read": lambda: token(padding="x" * 9000),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_a_token_that_is_not_right_is_401_and_nothing_is_told(
    trusted: FlaskClient, refused: Callable[..., str], make: Callable[[], str | None]
) -> None:
    answer = call(trusted, make())
    diagnostics = refused(answer, 401, "login", "token-refused")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert diagnostics.startswith("Anrop behöver Authorization: Bearer med en signerad token")


def test_the_scheme_must_be_bearer(trusted: FlaskClient) -> None:
    answer = trusted.post("/cds-services/leg-cramps", json=CALL, headers={"Authorization": f"Basic {token()}"})
    assert answer.status_code == 401


def test_more_than_one_blank_may_stand_before_the_token(trusted: FlaskClient) -> None:
    """As https://www.rfc-editor.org/rfc/rfc9110#section-11.4 has it."""
    answer = trusted.post("/cds-services/leg-cramps", json=CALL, headers={"Authorization": f"bearer   {token()}"})
    assert answer.status_code == 200


def test_a_clock_may_be_off_by_a_minute(trusted: FlaskClient) -> None:
    assert call(trusted, token(iat=SECONDS + 59, exp=SECONDS + 300)).status_code == 200
    assert call(trusted, token(iat=SECONDS - 400, exp=SECONDS - 59)).status_code == 200


def test_a_token_is_for_one_use(trusted: FlaskClient) -> None:
    once = token()
    assert [call(trusted, once).status_code for _ in range(3)] == [200, 401, 401]
    assert call(trusted, token()).status_code == 200


def test_a_key_address_in_the_token_is_not_looked_at(trusted: FlaskClient) -> None:
    assert call(trusted, token(header={"jku": "https://stranger.example/jwks.json"})).status_code == 200
    assert call(trusted, token(OTHER_KEY, header={"jku": "https://stranger.example/jwks.json"})).status_code == 401


def test_two_issuers_may_use_the_same_token_id(make_client: Callable[..., FlaskClient], tmp_path: Path) -> None:
    key = jwk(EC_KEY.public_key(), "ec")
    listed = [{"iss": iss, "keys": [key]} for iss in (ISSUER, "https://second.example")]
    (tmp_path / "clients.json").write_text(json.dumps({"clients": listed}), encoding="utf-8")
    gate = Trust(tmp_path / "clients.json", ReplayStore(tmp_path / "tokens.sqlite"), lambda: NOW)
    client = make_client(hooks=Services(), gate=gate, base_url=BASE)
    assert call(client, token(jti="same")).status_code == 200
    assert call(client, token(jti="same", iss="https://second.example")).status_code == 200


def test_a_change_of_the_file_counts_at_once(trusted: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    path.write_text(clients(jwk(OTHER_KEY.public_key(), "ec")), encoding="utf-8")
    assert call(trusted, token()).status_code == 401
    assert call(trusted, token(OTHER_KEY)).status_code == 200


@pytest.mark.parametrize("text", ["{", "{}", '{"clients": [{"iss": "x"}]}', '{"clients": 3}'])
def test_a_file_that_became_wrong_lets_nobody_in(trusted: FlaskClient, tmp_path: Path, text: str) -> None:
    (tmp_path / "clients.json").write_text(text, encoding="utf-8")
    assert [call(trusted, token()).status_code for _ in range(2)] == [401, 401]
    (tmp_path / "clients.json").unlink()
    assert call(trusted, token()).status_code == 401
    (tmp_path / "clients.json").write_text(KEYS, encoding="utf-8")
    assert call(trusted, token()).status_code == 200


def test_who_runs_the_server_is_told_once_that_the_file_became_wrong(
    trusted: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clients.json").write_text("{", encoding="utf-8")
    assert [call(trusted, token()).status_code for _ in range(3)] == [401, 401, 401]
    (tmp_path / "clients.json").unlink()
    assert [call(trusted, token()).status_code for _ in range(3)] == [401, 401, 401]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [line for line in lines if "issue" in line]
    assert [(line["time"], line["level"]) for line in told] == [(NOW.isoformat(timespec="milliseconds"), "error")] * 2
    assert told[0]["issue"].startswith(
        f"{tmp_path / 'clients.json'}:1:1: error clients-file: The file of clients must be "
    )
    assert told[0]["issue"].endswith("(JSONDecodeError); correct it.")
    assert told[1]["issue"].endswith("(FileNotFoundError); correct it.")


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
        jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), "x"),
        jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(), "x"),  # noqa: S505
        jwk(EC_KEY.public_key(), "x", alg="ES256"),
        {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY)), "kid": "x"},
        {name: value for name, value in jwk(EC_KEY.public_key(), "x").items() if name != "kid"},
        {**jwk(EC_KEY.public_key(), "x"), "kid": None},
        {**jwk(EC_KEY.public_key(), "x"), "kid": ""},
    ],
    ids=["secret", "P-256", "short RSA", "another algorithm", "private key", "no key id", "null", "empty"],
)
def test_a_key_that_must_not_be_trusted_stops_the_start(tmp_path: Path, key: dict[str, Any]) -> None:
    (tmp_path / "clients.json").write_text(clients(key), encoding="utf-8")
    with pytest.raises(IssueError) as refusal:
        Trust(tmp_path / "clients.json", ReplayStore(tmp_path / "tokens.sqlite"), lambda: NOW)
    assert [issue.rule for issue in refusal.value.report] == ["clients-file"]


def test_two_keys_of_one_name_stop_the_start(tmp_path: Path) -> None:
    keys = (jwk(EC_KEY.public_key(), "x"), jwk(OTHER_KEY.public_key(), "x"), jwk(RSA_KEY.public_key(), "x"))
    (tmp_path / "clients.json").write_text(clients(*keys[1:]), encoding="utf-8")
    assert len(read_clients(tmp_path / "clients.json")) == 2
    (tmp_path / "clients.json").write_text(clients(*keys), encoding="utf-8")
    with pytest.raises(IssueError, match="each key with a kid of its own"):
        read_clients(tmp_path / "clients.json")


def test_the_store_is_shared_bounded_and_forgets_what_ended(tmp_path: Path) -> None:
    first, second = (ReplayStore(tmp_path / "tokens.sqlite", most=2) for _ in range(2))
    assert first.accept("a", "1", 100, 0)
    assert not second.accept("a", "1", 100, 0)
    assert second.accept("a", "2", 100, 0)
    with pytest.raises(RefusalError) as full:
        first.accept("a", "3", 100, 0)
    assert (full.value.rule, status_of(full.value.report)) == ("tokens-unusable", 503)
    with pytest.raises(RefusalError):
        first.accept("a", "3", 300, 100 + WAIT)
    assert first.accept("a", "3", 300, 101 + WAIT)
    assert second.accept("a", "1", 300, 101 + WAIT)


HOUR = 3600
YEAR = 365 * 24 * HOUR


def unusable(store: ReplayStore, token_id: str, ends: int, now: int) -> bool:
    """Return whether the store cannot tell if a token was used."""
    try:
        store.accept("a", token_id, ends, now)
    except RefusalError as refusal:
        assert (refusal.rule, status_of(refusal.report)) == ("tokens-unusable", 503)
        return True
    return False


def test_a_clock_that_is_put_ahead_and_back_makes_no_token_usable_twice(tmp_path: Path) -> None:
    store = ReplayStore(tmp_path / "tokens.sqlite")
    assert store.accept("a", "used", 400, 0)
    assert store.accept("a", "later", YEAR + 400, YEAR)  # its clients' clocks are ahead as well
    assert unusable(store, "used", 400, 100)
    assert unusable(store, "later", 400 - 1, 100)  # as it may be one that was used
    assert store.accept("a", "new", 400 + 1, 100)
    assert not store.accept("a", "new", 400 + 1, 100)


@pytest.mark.parametrize("seed", range(12))
def test_no_course_of_a_clock_makes_a_token_usable_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = ReplayStore(tmp_path / "tokens.sqlite", hours=chance.choice((2, 5, 10_000)))
    now, tokens, used, barred = 100 * YEAR, [("first", 100 * YEAR + 300)], set(), 0
    for step in range(300):
        now += chance.choice((1, 40, 400, 4_000, -1, -400, -4_000, YEAR, -YEAR)) if chance.random() < 0.3 else 5
        if chance.random() < 0.5:
            tokens.append((str(step), now + chance.randint(1, HOUR)))
        token_id, ends = chance.choice(tokens)
        if ends < now or unusable(store, f"probe-{step}", ends, now):
            barred += 1
        elif store.accept("a", token_id, ends, now):
            assert token_id not in used
            used.add(token_id)
    assert min(len(used), barred) > 0


def test_what_was_used_while_the_clock_was_ahead_bars_no_others_when_it_is_right(tmp_path: Path) -> None:
    store = ReplayStore(tmp_path / "tokens.sqlite")
    assert store.accept("a", "ahead", YEAR + 400, YEAR)
    assert store.accept("a", "farther", 2 * YEAR, 2 * YEAR - 10)
    assert store.accept("a", "now", 400, 0)
    assert unusable(store, "ahead", YEAR + 400, YEAR)
    assert store.accept("a", "then", YEAR + 401, YEAR + 1)


def test_a_clock_that_goes_on_bars_no_token(tmp_path: Path) -> None:
    store = ReplayStore(tmp_path / "tokens.sqlite")
    for second in range(0, 20_000, 61):
        assert store.accept("a", f"{second}", second + 121, second)
        assert store.accept("a", f"{second}-", second + 62, second)


def test_of_what_was_forgotten_so_many_hours_are_known_at_most(tmp_path: Path) -> None:
    store = ReplayStore(tmp_path / "tokens.sqlite", hours=3)
    for hour in range(6):
        assert store.accept("a", f"{hour}", hour * HOUR + 1, hour * HOUR)
    assert [unusable(store, "again", hour * HOUR + 1, 0) for hour in range(6)] == [True] * 5 + [False]
    database = sqlite3.connect(tmp_path / "tokens.sqlite")
    assert database.execute("SELECT hour, latest FROM forgotten").fetchall() == [(2, 7201), (3, 10801), (4, 14401)]
    database.close()


def test_the_store_holds_neither_issuer_nor_token(trusted: FlaskClient, tmp_path: Path) -> None:
    once = token(jti="token-id-in-clear")
    assert call(trusted, once).status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("tokens*"))
    assert kept
    for word in ("token-id-in-clear", ISSUER, once):
        assert word.encode() not in kept


def test_a_store_that_was_deleted_is_made_anew(trusted: FlaskClient, tmp_path: Path) -> None:
    assert call(trusted, token()).status_code == 200
    for path in tmp_path.glob("tokens*"):
        path.unlink()  # as those do that clean up temporary folders
    once = token()
    assert call(trusted, once).status_code == 200
    assert call(trusted, once).status_code == 401
    assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("tokens*")] == [0o600]


def test_where_used_tokens_cannot_be_remembered_nobody_is_let_in(
    trusted: FlaskClient, tmp_path: Path, refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("tokens*")] == [0o600]
    (tmp_path / "tokens.sqlite").write_bytes(b"no database" * 1000)
    refused(call(trusted, token()), 503, "no-store", "tokens-unusable")
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["error"] == "tokens-unusable"
    refused(call(trusted, token(OTHER_KEY)), 401, "login", "token-refused")


def test_a_store_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(IssueError, match=r"cannot be kept in this file \(unable to open database file\), which must"):
        ReplayStore(tmp_path)


def test_reading_knowledge_needs_no_token(trusted: FlaskClient) -> None:
    assert trusted.get("/fhir/metadata").status_code == 200
    assert trusted.get("/").status_code == 200


def test_a_preflight_needs_no_token(trusted: FlaskClient) -> None:
    answer = trusted.options("/cds-services/leg-cramps", headers={"Origin": "https://ehr.example"})
    assert answer.status_code == 200
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_tokens_expire_by_the_clock_of_the_server(trusted: FlaskClient) -> None:
    later = int((NOW + timedelta(days=400)).timestamp())
    assert call(trusted, token(iat=later, exp=later + 60)).status_code == 401
