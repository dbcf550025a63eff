"""The registrar and the gate, on a clock of the test's own: no socket, no PJSIP."""

from typing import Any

import attrs
import pytest

from hal.api import RegistrationRefused
from hal.sip.digest import credentials, ha1, response
from hal.sip.gate import Admitted, Gate
from hal.sip.guard import Answer, Guard
from hal.sip.message import parse_request
from hal.sip.registrar import Registrar
from hal.sip.settings import Bans, SipSettings, Stations, Trunk
from hal.sip.wire import Ban, Bindings, Contact, Digests

pytestmark = pytest.mark.requirement("ACC-01")

PHONE = "127.0.0.1:5401"


@attrs.define
class World:
    """One worker's door, with its clock and what it told."""

    settings: SipSettings
    now: float = 1000.0
    told: list[Any] = attrs.field(factory=list)
    open: bool = True
    calls: int = 0
    registrar: Registrar = attrs.field(init=False)
    gate: Gate = attrs.field(init=False)
    _cseq: int = 0

    def __attrs_post_init__(self) -> None:
        guard = Guard(self.settings.stations, self.digests, self.told.append)
        self.registrar = Registrar(self.settings.stations, guard, 0, self.told.append)
        self.gate = Gate("l", self.settings, self.registrar, {"net": ["192.0.2.7"]}, lambda: self.open, lambda: self.calls)

    def digests(self, station: str, wait: bool) -> Digests:
        if not station.startswith("80"):
            return Digests()
        return Digests({a: ha1(a, station, "hotline", f"secret{station}") for a in ("MD5", "SHA-256")})

    def text(self, method: str, user: str, *headers: str, uri: str = "sip:127.0.0.1", cseq: int = 0) -> str:
        self._cseq += 1
        return "\r\n".join(
            [
                f"{method} {uri} SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:5401;branch=z9hG4bKx",
                f"f: <sip:{user}@h>;tag=1", f"To: <sip:{user}@h>",
                f"Call-ID: c-{user}", f"CSeq: {cseq or self._cseq} {method}", *headers, "", "",
            ]
        )  # fmt: skip

    def send(
        self, method: str, user: str, *headers: str, source: str = PHONE, uri: str = "sip:127.0.0.1", cseq: int = 0
    ) -> Answer | Admitted:
        return self.gate.decide(parse_request(self.text(method, user, *headers, uri=uri, cseq=cseq)), source, self.now)

    def log_in(
        self, method: str, user: str, *headers: str, password: str = "", source: str = PHONE, uri: str = "sip:127.0.0.1", cseq: int = 0,
        algorithm: str = "MD5",
    ) -> Answer | Admitted:  # fmt: skip
        """Send, and answer the challenge."""
        asked = self.send(method, user, *headers, source=source, uri=uri)
        if isinstance(asked, Admitted) or asked.status != 401:
            return asked
        found = next(c for _, h in asked.headers if (c := credentials(h))["algorithm"] == algorithm)
        given = {"nonce": found["nonce"], "uri": uri, "qop": "auth", "nc": "00000001", "cnonce": "c"}
        right = response(algorithm, ha1(algorithm, user, found["realm"], password or f"secret{user}"), method, given)
        proof = f'Authorization: Digest username="{user}",realm="{found["realm"]}",algorithm={algorithm},response="{right}",' + ",".join(
            f'{k}="{v}"' for k, v in given.items()
        )
        return self.send(method, user, *headers, proof, source=source, uri=uri, cseq=cseq)

    def register(self, user: str = "8001", contact: str = "<sip:8001@127.0.0.1:5401>", expires: int | None = 60, **more: Any) -> Answer:
        headers = [f"m: {contact}"] if contact else []
        answer = self.log_in("REGISTER", user, *headers, *([f"Expires: {expires}"] if expires is not None else []), **more)
        assert isinstance(answer, Answer)
        return answer

    def uris(self, station: str = "8001") -> list[str]:
        return [c.uri for c in self.registrar.contacts(station, self.now)]


@pytest.fixture
def world() -> World:
    return World(
        SipSettings(from_=("10.0.0.0/8",), stations=Stations(digest=("SHA-256", "MD5"), bans=Bans(after=3, within_s=60, for_s=300)))
    )


def status(answer: Answer | Admitted) -> int:
    assert isinstance(answer, Answer), answer
    return answer.status


# --- REGISTER ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_phone_logs_in_and_its_contact_is_told(world: World, algorithm: str) -> None:
    answer = world.register(algorithm=algorithm)
    assert answer == Answer(200, (("Contact", "<sip:8001@127.0.0.1:5401>;expires=60"),))
    assert [type(t) for t in world.told] == [Bindings]
    assert world.told[0].contacts[0] == Contact("sip:8001@127.0.0.1:5401", PHONE, "udp", 60, "c-8001", world.told[0].contacts[0].cseq, 0)


def test_the_best_algorithm_is_offered_first(world: World) -> None:
    asked = world.send("REGISTER", "8001")
    assert isinstance(asked, Answer)
    assert [credentials(h)["algorithm"] for _, h in asked.headers] == ["SHA-256", "MD5"]


def test_a_wrong_password_and_an_unknown_station_look_the_same(world: World) -> None:
    wrong, unknown = world.register(password="guess"), world.register("9999")
    assert wrong.status == unknown.status == 401
    assert [t for t in world.told if isinstance(t, RegistrationRefused)] == [
        RegistrationRefused("", "8001", "127.0.0.1"),
        RegistrationRefused("", "9999", "127.0.0.1"),
    ]


def test_one_station_cannot_log_in_as_another(world: World) -> None:
    assert world.register("8002", "<sip:8002@127.0.0.1>", password="secret8001").status == 401


def test_a_nonce_that_is_too_old_is_stale_and_nobodys_fault(world: World) -> None:
    asked = world.send("REGISTER", "8001")
    assert isinstance(asked, Answer)
    nonce = credentials(asked.headers[1][1])["nonce"]
    world.now += world.settings.stations.nonce_s + 1
    given = {"nonce": nonce, "uri": "sip:h", "qop": "auth", "nc": "1", "cnonce": "c"}
    right = response("MD5", ha1("MD5", "8001", "hotline", "secret8001"), "REGISTER", given)
    proof = f'Authorization: Digest username="8001",realm="hotline",response="{right}",' + ",".join(f'{k}="{v}"' for k, v in given.items())
    answer = world.send("REGISTER", "8001", proof)
    assert status(answer) == 401
    assert isinstance(answer, Answer)
    assert all(h.endswith("stale=true") for _, h in answer.headers)
    assert not world.told


def test_contacts_expire_and_are_withdrawn(world: World) -> None:
    world.register(expires=60)
    world.register(contact="<sip:8001@127.0.0.1:5402>;expires=120", source="127.0.0.1:5402")
    assert world.uris() == ["sip:8001@127.0.0.1:5402", "sip:8001@127.0.0.1:5401"]
    world.now += 61
    assert world.uris() == ["sip:8001@127.0.0.1:5402"]
    world.told.clear()
    world.registrar.expire(world.now)
    assert [len(t.contacts) for t in world.told] == [1]
    assert world.register(contact="<sip:8001@127.0.0.1:5402>", expires=0, source="127.0.0.1:5402") == Answer(200)
    assert world.uris() == []
    assert world.told[-1] == Bindings("8001", [])


def test_all_contacts_are_withdrawn_by_a_star(world: World) -> None:
    world.register()
    assert world.register(contact="*", expires=60).status == 400
    assert world.register(contact="*, <sip:8001@h>", expires=0).status == 400
    assert world.uris()
    assert world.register(contact="*", expires=0).status == 200
    assert world.uris() == []


def test_a_phone_can_ask_who_is_logged_in(world: World) -> None:
    world.register()
    world.now += 10
    assert world.register(contact="").headers == (("Contact", "<sip:8001@127.0.0.1:5401>;expires=50"),)


def test_times_are_kept_within_limits(world: World) -> None:
    assert world.register(expires=5) == Answer(423, (("Min-Expires", "30"),))
    assert world.uris() == []
    assert world.register(expires=999_999).headers == (("Contact", "<sip:8001@127.0.0.1:5401>;expires=3600"),)
    assert world.register(contact="<sip:8001@127.0.0.1:5403>", expires=None, source="127.0.0.1:5403").headers[1][1].endswith("expires=300")


def test_the_oldest_of_too_many_contacts_gives_way(world: World) -> None:
    for port in range(5410, 5416):
        world.register(contact=f"<sip:8001@127.0.0.1:{port}>", expires=100, source=f"127.0.0.1:{port}")
        world.now += 1
    assert world.uris() == [f"sip:8001@127.0.0.1:{port}" for port in range(5415, 5410, -1)]


def test_a_request_that_was_overtaken_changes_nothing(world: World) -> None:
    world.register(cseq=50)
    assert world.register(expires=0, cseq=49).status == 500
    assert world.uris()


def test_a_phone_that_started_again_leaves_no_ghost(world: World) -> None:
    world.registrar.learn("8001", [Contact("sip:8001-old@127.0.0.1:5401", PHONE, "udp", 60, "another call id")], world.now)
    world.register(contact="<sip:8001-new@127.0.0.1:5401>")
    assert world.uris() == ["sip:8001-new@127.0.0.1:5401"]


@pytest.mark.parametrize(
    "contact", ["<tel:123>", "<mailto:a@b>", "<sip:>", "nonsense", f"<sip:{'x' * 600}@h>", ", ".join(["<sip:a@b>"] * 5)]
)
def test_a_contact_that_no_call_could_reach_is_refused(world: World, contact: str) -> None:
    assert world.register(contact=contact).status == 400


def test_too_many_failures_shut_an_address_out(world: World) -> None:
    assert [world.register(password="guess").status for _ in range(3)] == [401, 401, 403]
    refused = [t for t in world.told if isinstance(t, RegistrationRefused)]
    assert [r.banned for r in refused] == [False, False, True]
    assert Ban("127.0.0.1", 300) in world.told
    assert world.register().status == 403
    assert world.register(source="127.0.0.2:5401").status == 200
    world.now += 301
    assert world.register().status == 200


def test_failures_far_apart_are_forgiven(world: World) -> None:
    for _ in range(10):
        assert world.register(password="guess").status == 401
        world.now += 31


def test_a_ban_does_not_lock_out_a_phone_that_is_logged_in_from_there(world: World) -> None:
    world.register()
    for _ in range(3):
        world.register("8002", "<sip:8002@127.0.0.1>", password="guess")
    assert world.register("8003", "<sip:8003@127.0.0.1>").status == 403
    assert world.register().status == 200
    assert world.register(password="guess").status == 403


def test_from_a_banned_address_one_password_a_second_is_judged_even_where_a_phone_is_logged_in(world: World) -> None:
    world.register()
    for _ in range(3):
        world.register(password="guess")
    world.told.clear()
    for _ in range(100):
        assert world.register(password="guess").status == 403
    assert len([t for t in world.told if isinstance(t, RegistrationRefused)]) == 1, "one was judged, the others not even looked at"
    assert world.register().status == 403, "the right one has to wait as well: nothing tells it from a guess"
    world.now += 1.0
    assert world.register().status == 200


def test_who_floods_with_addresses_grows_nothing(world: World) -> None:
    bans = world.registrar.guard.bans
    for n in range(30_000):
        bans.failed(f"a{n}", world.now)
        bans.ban(f"b{n}", world.now + 10)
    assert len(bans._failures) <= 10_001
    assert len(bans._until) <= 10_001


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_a_call_from_a_network_let_in_is_a_trunk_call(world: World) -> None:
    assert world.send("INVITE", "13800138000", source="10.1.2.3:5060", uri="sip:95500@h") == Admitted("13800138000", "95500", trunk="l")
    assert world.send("INVITE", "13800138000", source="192.0.2.7:5060", uri="sip:95500@h") == Admitted("13800138000", "95500", trunk="net")
    assert status(world.send("INVITE", "13800138000", source="203.0.113.5:5060", uri="sip:95500@h")) == 403


def test_a_station_proves_who_it_is(world: World) -> None:
    world.register()
    asked = world.send("INVITE", "8001", uri="sip:*10@h")
    assert status(asked) == 401
    assert world.log_in("INVITE", "8001", uri="sip:*10@h") == Admitted("8001", "*10", station="8001")
    assert status(world.log_in("INVITE", "8001", password="guess", uri="sip:*10@h")) == 401


def test_a_station_that_is_not_logged_in_cannot_call(world: World) -> None:
    assert status(world.send("INVITE", "8001", uri="sip:*10@h")) == 403


def test_a_gateway_says_by_which_of_its_trunks_a_call_comes() -> None:
    gateway = {name: Trunk(host="192.0.2.7", labelled=True) for name in ("public", "mobile")}
    world = World(SipSettings(from_=("10.0.0.0/8",), trunks={**gateway, "other": Trunk(host="192.0.2.8")}))
    world.gate.trunk_addresses = {"public": ["192.0.2.7"], "mobile": ["192.0.2.7"], "other": ["192.0.2.8"]}

    def sent(source: str, *headers: str) -> tuple[str, str]:
        admitted = world.send("INVITE", "1", *headers, source=source, uri="sip:95500@h")
        assert isinstance(admitted, Admitted)
        return admitted.trunk, admitted.channel

    assert sent("192.0.2.7:5060", "X-Hotline-Trunk: mobile", "X-Hotline-Channel: span 2 channel 40") == ("mobile", "span 2 channel 40")
    assert sent("192.0.2.7:5060") == ("public", "")
    assert sent("192.0.2.7:5060", "X-Hotline-Trunk: other") == ("public", ""), "a gateway speaks for its own trunks only"
    assert sent("192.0.2.8:5060", "X-Hotline-Trunk: mobile", "X-Hotline-Channel: x") == ("other", "")
    assert sent("10.1.2.3:5060", "X-Hotline-Trunk: mobile", "X-Hotline-Channel: x") == ("l", "")


def test_a_station_cannot_be_played_from_a_trunk(world: World) -> None:
    world.register()
    assert world.send("INVITE", "8001", source="10.1.2.3:5060", uri="sip:95500@h") == Admitted("8001", "95500", trunk="l")


def test_an_asserted_identity_is_believed_from_a_trusted_trunk_only() -> None:
    world = World(SipSettings(from_=("10.0.0.0/8",), trunks={"net": Trunk(host="192.0.2.7")}))
    said = 'P-Asserted-Identity: "Li, Q" <sip:+8657112345@h>, <tel:+8657112345>'
    assert world.send("INVITE", "anonymous", said, source="192.0.2.7:5060", uri="sip:95500@h") == Admitted(
        "+8657112345", "95500", trunk="net"
    )
    assert world.send("INVITE", "1", said, "Privacy: id", source="192.0.2.7:5060", uri="sip:95500@h") == Admitted("", "95500", trunk="net")
    assert world.send("INVITE", "anonymous", said, source="10.0.0.1:5060", uri="sip:95500@h") == Admitted("", "95500", trunk="l")


def test_overload_refuses_new_calls_before_they_cost_anything(world: World) -> None:
    world.calls = world.settings.channels
    assert status(world.send("INVITE", "1", source="10.0.0.1:5060")) == 503
    world.calls, world.open = 0, False
    assert status(world.send("INVITE", "1", source="10.0.0.1:5060")) == 503
    assert status(world.send("OPTIONS", "1", source="10.0.0.1:5060")) == 503
    world.open = True
    assert status(world.send("OPTIONS", "1", source="10.0.0.1:5060")) == 200


def test_strangers_get_nothing() -> None:
    world = World(SipSettings(from_=("10.0.0.0/8",), stations=Stations(from_=("10.0.0.0/8",))))
    for method in ("OPTIONS", "INVITE", "REGISTER"):
        assert world.send(method, "8001", source="203.0.113.5:5060") == Answer(403)


def test_a_call_that_would_take_over_another_is_refused(world: World) -> None:
    assert status(world.send("INVITE", "1", "Replaces: abc;to-tag=1;from-tag=2", source="10.0.0.1:5060")) == 488


def test_a_password_that_cannot_be_learnt_in_time_is_no_failure(world: World) -> None:
    world.registrar.guard.digests = lambda *_: None
    assert world.register().status == 503
    assert not world.told
