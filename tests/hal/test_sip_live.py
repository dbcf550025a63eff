"""The SIP line with real phones: transports, encryption, codecs, log-ins, trunks, limits, and what it binds."""

import subprocess
import wave
from pathlib import Path

import pytest
import trio

from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    CommandFailed,
    LineAlarm,
    LineFault,
    LineSetup,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    RegistrationRefused,
    Release,
    Released,
    SendDigits,
    StartRecording,
    StationRegistered,
    StationUnregistered,
    StopRecording,
    TransferAsked,
)
from hal.sip import SipBackend, SipSettings
from hal.sip.settings import Bans, Stations, Tls, Trunk, host_port
from tests.hal import ports
from tests.hal.baresip import Baresip
from tests.hal.peer import Bench, Does, EventLog, Tone
from tests.hal.processes import bound_addresses, workers_of
from tests.hal.sip_peer import PASSWORD, SipPeer, sip_bench
from tests.hal.wire_phone import WirePhone, authorization

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]

CALLER = "13800138000"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return Tls(certificate=str(folder / "cert.pem"), key=str(folder / "key.pem"))


def peer(bench: Bench) -> SipPeer:
    assert isinstance(bench.peer, SipPeer)
    return bench.peer


def server(bench: Bench) -> tuple[str, int]:
    return host_port(peer(bench).settings.listen)


async def talk(bench: Bench, phone: Baresip, leg: str) -> None:
    """Both directions carry sound: a prompt is heard at the phone, the phone's tone is in a recording."""
    file = bench.directory / f"{leg}.wav"
    bench.do(StartRecording(bench.line.name, f"r-{leg}", str(file), leg))
    bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 0.6),), loop=True))
    await phone.wait_hears(Tone.A)
    bench.do(StopRecording(bench.line.name, f"r-{leg}"))
    ended = await bench.log.wait(RecordingEnded, recording=f"r-{leg}")
    assert await bench.peer.recorded(ended) == (frozenset({Tone.B}),)


# --- transports and encryption ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_phone_logs_in_is_called_and_calls_over(tmp_path: Path, certificate: Tls, transport: str) -> None:
    async with sip_bench(tmp_path, transports=("udp", "tcp", "tls"), tls=certificate) as bench:
        tls = f"sip_certificate {bundle(certificate, tmp_path)}"
        phone = await peer(bench).station("8001", Does.ANSWERS, Tone.B, transport, tls=tls if transport == "tls" else "")
        assert isinstance(phone, Baresip)
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="out")
        await talk(bench, phone, "out")
        await phone.hang_up()
        await bench.log.wait(Released, leg="out")
        await phone.wait("CALL_CLOSED")
        await phone.dial("*10")
        leg = (await bench.log.wait(Arrived, station="8001", dnis="*10")).leg
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await phone.wait("CALL_ESTABLISHED", count=2)
    bench.check_life_of_legs()


def bundle(certificate: Tls, folder: Path) -> Path:
    """Certificate and key in one file, as baresip wants them."""
    file = folder / "phone.pem"
    file.write_text(Path(certificate.certificate).read_text() + Path(certificate.key).read_text())
    return file


@pytest.mark.parametrize(
    ("ours", "theirs", "through"), [("required", "srtp-mand", True), ("optional", "srtp-mand", True), ("required", "", False)]
)
async def test_speech_is_encrypted_where_it_must_be(tmp_path: Path, ours: str, theirs: str, through: bool) -> None:
    async with sip_bench(tmp_path, srtp=ours) as bench:
        account = f"regint=0;{f'mediaenc={theirs}' if theirs else ''}"
        phone = peer(bench).phone(f"sip:{CALLER}@127.0.0.1", account, Tone.B, codecs="pcma", file_ear=True)
        await peer(bench).start(phone)
        await phone.dial("95500")
        if through:
            leg = await bench.arrived(CALLER)
            bench.do(Answer(bench.line.name, leg))
            await bench.log.wait(Answered, leg=leg)
            await talk(bench, phone, leg)
        else:
            assert await phone.wait_released() is Cause.INCOMPATIBLE_DESTINATION


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722", "opus"])
async def test_each_codec_carries_speech_both_ways(tmp_path: Path, codec: str) -> None:
    async with sip_bench(tmp_path, codecs=(codec,)) as bench:
        phone = await peer(bench).call("95500", CALLER, Tone.B, codecs=codec.lower(), file_ear=True)
        assert isinstance(phone, Baresip)
        leg = await bench.arrived(CALLER)
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await talk(bench, phone, leg)


# --- log-ins ----------------------------------------------------------------------------------------------------------


async def test_a_wrong_password_is_refused_and_after_too_many_the_address_is_shut_out(tmp_path: Path) -> None:
    stations = Stations(bans=Bans(after=3, within_s=60, for_s=60))
    async with sip_bench(tmp_path, stations=stations) as bench:
        async with WirePhone(server(bench)) as phone:
            assert [(await phone.register("8001", "guess")).status for _ in range(3)] == [401, 401, 403]
            await bench.log.wait(RegistrationRefused, station="8001", banned=True)
            assert (await phone.register("8001", PASSWORD)).status == 403
        assert not bench.log.matching(StationRegistered)


async def test_baresip_is_told_that_its_password_is_wrong(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        host, port = server(bench)
        phone = peer(bench).phone(f"sip:8001@{host}:{port}", "auth_user=8001;auth_pass=guess;regint=60", None)
        await peer(bench).start(phone)
        await bench.log.wait(RegistrationRefused, station="8001")
        assert not bench.log.matching(StationRegistered)


async def test_an_unknown_station_gets_what_a_wrong_password_gets(tmp_path: Path) -> None:
    async with (
        sip_bench(tmp_path, secret=lambda name: PASSWORD if name == "station:8001" else None) as bench,
        WirePhone(server(bench)) as phone,
    ):
        unknown, wrong = await phone.register("8009", "guess"), await phone.register("8001", "guess")
        assert unknown.status == wrong.status == 401
        assert set(unknown.headers) == set(wrong.headers)


async def test_sha_256_for_phones_that_have_it(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, stations=Stations(digest=("SHA-256", "MD5"))) as bench, WirePhone(server(bench)) as phone:
        assert (await phone.register("8001", PASSWORD, algorithm="SHA-256")).status == 200
        await bench.log.wait(StationRegistered, station="8001")


async def test_two_phones_of_one_station_ring_and_the_first_to_answer_has_the_call(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        rings = await peer(bench).station("8001", Does.RINGS)
        async with WirePhone(server(bench)) as declines:
            assert len((await declines.register("8001", PASSWORD)).headers["contact"]) == 2
            async with trio.open_nursery() as nursery:
                nursery.start_soon(declines.answer_invites, lambda _: (486, "Busy Here"))
                bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
                assert isinstance(rings, Baresip)
                await rings.wait("CALL_INCOMING")
                await rings.command("accept")
                await bench.log.wait(Answered, leg="out")
                nursery.cancel_scope.cancel()
    bench.check_life_of_legs()


async def test_a_phone_logs_out(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, WirePhone(server(bench)) as phone:
        assert (await phone.register("8001", PASSWORD)).status == 200
        await bench.log.wait(StationRegistered, station="8001", address=f"127.0.0.1:{phone.port}")
        assert (await phone.register("8001", PASSWORD, contact="*", expires=0)).status == 200
        await bench.log.wait(StationUnregistered, station="8001")


async def test_log_ins_outlive_a_restart(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        settings = peer(bench).settings
        async with WirePhone(server(bench)) as phone:
            assert (await phone.register("8001", PASSWORD)).status == 200
            await bench.log.wait(StationRegistered, station="8001")
            await bench.close()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(phone.answer_invites, lambda _: (486, "Busy Here"))
                log = EventLog()
                setup = LineSetup("sip1", settings, log.sink, tmp_path / "data", lambda _: PASSWORD)
                async with SipBackend().open(setup) as line:
                    await log.wait(StationRegistered, station="8001", address=f"127.0.0.1:{phone.port}")
                    line.submit(Originate("sip1", "out", "station:8001", "95500"))
                    assert (await log.wait(Released, leg="out")).cause is Cause.USER_BUSY
                nursery.cancel_scope.cancel()


# --- speech -----------------------------------------------------------------------------------------------------------


async def test_speech_put_together_of_very_many_parts_is_played_whole(tmp_path: Path) -> None:
    """PJSIP takes 64 files at once; a number read out in an announcement of many figures has more."""
    async with sip_bench(tmp_path) as bench:
        caller = await bench.peer.call("95500", CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        short = bench.peer.prompt(Tone.B, 0.02)  # shorter than PJMEDIA plays: passed over
        parts = (bench.peer.prompt(Tone.A, 0.03),) * 66 + (short, bench.peer.prompt(Tone.C, 0.5))
        bench.do(Play(bench.line.name, leg, 1, parts))
        await caller.wait_hears(Tone.A)
        await caller.wait_hears(Tone.C)
        assert (await bench.log.wait(PlayEnded, leg=leg)).end is PlayEnd.COMPLETED
        bench.do(Play(bench.line.name, leg, 2, (*parts[:66], bench.peer.prompt(Tone.D, 0.5)), loop=True))
        for _ in range(2):
            await caller.wait_hears(Tone.A)
            await caller.wait_hears(Tone.D)
        bench.do(Play(bench.line.name, leg, 3, (short,)))
        assert (await bench.log.wait(PlayEnded, leg=leg, play=2)).end is PlayEnd.STOPPED
        assert (await bench.log.wait(PlayEnded, leg=leg, play=3)).end is PlayEnd.COMPLETED


async def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        await bench.peer.call("95500", CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Answer(bench.line.name, leg))
        file = tmp_path / "wide.wav"
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, 16000, 0, "NONE", ""))
            sound.writeframes(bytes(32000))
        bench.do(Play(bench.line.name, leg, 1, (str(file),)))
        assert (await bench.log.wait(PlayEnded, leg=leg)).end is PlayEnd.FAILED


# --- trunks, requests, limits -----------------------------------------------------------------------------------------


async def test_a_trunk_with_registration_logs_in_and_an_alarm_tells_when_it_cannot(tmp_path: Path) -> None:
    """The provider is another line of ours; the trunk's account is one of its stations."""
    passwords = {"trunk:net": "let me in", "station:95500": "let me in"}
    async with sip_bench(tmp_path / "provider", lambda name: passwords.get(name), name="provider") as provider:
        at = peer(provider).settings.listen
        trunks = {"net": Trunk(host=at, register=True, user="95500"), "bad": Trunk(host=at, register=True, user="95501")}
        async with sip_bench(tmp_path / "ours", lambda _: "let me in", trunks=trunks) as ours:
            await provider.log.wait(StationRegistered, station="95500")
            alarm = await ours.log.wait(LineAlarm, cleared=False)
            assert alarm.source == "sip1 trunk bad"
            assert "'trunk:bad'" in alarm.advice
            ours.do(Originate(ours.line.name, "out", "number:13800138000", "95500", trunk="net"))
            arrived = await provider.log.wait(Arrived)
            assert (arrived.ani, arrived.dnis) == ("95500", "13800138000")
            provider.do(Answer(provider.line.name, arrived.leg))
            await ours.log.wait(Answered, leg="out")


async def test_a_phone_that_asks_for_a_transfer_stays_until_it_is_let_go(tmp_path: Path) -> None:
    """RFC 5589: 202, then the call goes on until the one who carries the transfer out ends it."""
    async with sip_bench(tmp_path) as bench:
        phone = await bench.peer.station("8001", Does.ANSWERS)
        assert isinstance(phone, Baresip)
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="out")
        await phone.wait_answered()
        await phone.transfer("8002")
        assert (await bench.log.wait(TransferAsked, leg="out")).to == "8002"
        bench.do(SendDigits(bench.line.name, "out", "1"))
        await phone.wait_pressed("1")
        assert not phone.told("TRANSFER_FAILED", "CALL_CLOSED")
        bench.do(Release(bench.line.name, "out"))
        assert not (await bench.log.wait(Released, leg="out")).by_far_end
        await phone.wait_released()


async def test_legs_of_different_workers_cannot_be_mixed_and_those_beside_each_other_can(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, workers=2) as bench:
        host, port = server(bench)
        phone = peer(bench).phone(f"sip:{CALLER}@127.0.0.1", "regint=0", Tone.A)
        phone.line = f"{host}:{port + 2}"  # the second worker
        await peer(bench).start(phone)
        await phone.dial("95500")
        leg = await bench.arrived(CALLER)
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await peer(bench).station("8001", Does.ANSWERS, Tone.B)  # logs in at the first
        bench.do(Originate(bench.line.name, "apart", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="apart")
        bench.do(Mix(bench.line.name, {leg: ("apart",), "apart": (leg,)}))
        failed = await bench.log.wait(CommandFailed, leg=leg)
        assert failed.command == "Mix"
        assert "beside" in failed.reason
        bench.do(Release(bench.line.name, "apart"))
        await bench.log.wait(Released, leg="apart")
        bench.do(Originate(bench.line.name, "beside", "station:8001", "95500", beside=leg))
        await bench.log.wait(Answered, leg="beside")
        bench.do(Mix(bench.line.name, {leg: ("beside",), "beside": (leg,)}))
        await phone.wait_hears(Tone.B)
    bench.check_life_of_legs()


async def test_options_are_answered_and_strangers_are_not(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, from_=("127.0.0.1/32",), stations=Stations(from_=("127.0.0.1/32",))) as bench:
        async with WirePhone(server(bench)) as friend:
            reply = await friend.ask(friend.build("OPTIONS", "sip:ping@127.0.0.1", "x", "ping"))
            assert reply.status == 200
            assert "INVITE" in reply.first("allow")
        stranger = WirePhone(server(bench))
        await stranger.open("127.0.0.9")
        try:
            for method in ("OPTIONS", "REGISTER", "INVITE"):
                assert (await stranger.ask(stranger.build(method, "sip:95500@127.0.0.1", "x", "95500"))).status == 403
        finally:
            await stranger.__aexit__()
        assert not bench.log.all


async def test_a_call_above_the_channels_gets_503(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, channels=1) as bench:
        await bench.peer.call("95500", CALLER)
        await bench.arrived(CALLER)
        second = await bench.peer.call("95500", "13900139000")
        assert await second.wait_released() is Cause.TEMPORARY_FAILURE
        bench.do(Originate(bench.line.name, "out", "number:13700137000", "95500"))
        assert (await bench.log.wait(Released, leg="out")).cause is Cause.NO_CIRCUIT_AVAILABLE
        assert len(bench.log.matching(Arrived)) == 1


async def test_a_station_must_prove_each_call(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, WirePhone(server(bench)) as phone:
        assert (await phone.register("8001", PASSWORD)).status == 200
        uri = "sip:*10@127.0.0.1"
        asked = await phone.ask(phone.build("INVITE", uri, "8001", "*10"))
        assert asked.status == 401
        wrong = authorization(asked, "INVITE", uri, "8001", "guess")
        assert (await phone.ask(phone.build("INVITE", uri, "8001", "*10", (wrong,)))).status == 401
        assert not bench.log.matching(Arrived)


# --- what is bound, and what cannot be --------------------------------------------------------------------------------


async def test_nothing_is_bound_but_what_is_configured(tmp_path: Path, certificate: Tls) -> None:
    first = ports.block(60)
    settings = SipSettings(
        listen=f"127.0.0.5:{first}", rtp_ports=f"{first + 20}-{first + 59}", transports=("udp", "tcp", "tls"), tls=certificate, orphan_s=5
    )
    log = EventLog()
    setup = LineSetup("sip1", settings, log.sink, tmp_path, lambda _: PASSWORD)
    async with SipBackend().open(setup) as line, WirePhone(("127.0.0.5", first)) as phone:
        sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n"
        invite = phone.build(
            "INVITE", "sip:95500@127.0.0.5", "1", "95500", ("Content-Type: application/sdp", "Contact: <sip:1@127.0.0.1>"), sdp
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(phone.ask, invite)
            line.submit(Answer("sip1", (await log.wait(Arrived)).leg))
        bound = {address for pid in workers_of(tmp_path / "run") for address in bound_addresses(pid)}
    assert {("udp", "127.0.0.5", first), ("tcp", "127.0.0.5", first), ("tcp", "127.0.0.5", first + 1)} <= bound
    assert {host for _, host, _ in bound} == {"127.0.0.5"}
    speech = {port for protocol, _, port in bound if protocol == "udp"} - {first}
    assert speech
    assert all(first + 20 <= port <= first + 59 for port in speech)


async def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        setup = LineSetup("other", peer(bench).settings, lambda _: None, tmp_path / "other")
        with pytest.raises(LineFault, match=r"127\.0\.0\.1 port \d+ \(udp\) is taken.*ss -lnp"):
            async with SipBackend().open(setup):
                pass
    assert workers_of(tmp_path / "other" / "run") == []


async def test_a_certificate_that_is_missing_is_named(tmp_path: Path) -> None:
    settings = SipSettings(transports=("tls",), tls=Tls(certificate="/none/cert.pem", key="/none/key.pem"))
    with pytest.raises(LineFault, match=r"tls\.certificate: there is no file '/none/cert\.pem'"):
        async with SipBackend().open(LineSetup("l", settings, lambda _: None, tmp_path)):
            pass


async def test_a_key_that_does_not_fit_is_an_error_with_advice(tmp_path: Path, certificate: Tls) -> None:
    settings = SipSettings(
        listen=f"127.0.0.1:{ports.block()}", transports=("tls",), tls=Tls(certificate=certificate.key, key=certificate.certificate)
    )
    with pytest.raises(LineFault, match=r"check tls\.certificate and tls\.key"):
        async with SipBackend().open(LineSetup("l", settings, lambda _: None, tmp_path)):
            pass


async def test_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    settings = SipSettings(trunks={"telecom": Trunk(host="192.0.2.1", register=True, user="95500")})
    with pytest.raises(LineFault, match="secret 'trunk:telecom'"):
        async with SipBackend().open(LineSetup("l", settings, lambda _: None, tmp_path)):
            pass
