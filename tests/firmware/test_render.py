"""`./hotline firmware render`: files for a site, the same each time, and nothing overwritten that was not shown."""

import os
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.firmware import Front, render
from appliance.firmware.rendering import Unrenderable
from appliance.firmware.writing import Change, write
from appliance.site import load_site
from tests.site.small import SMALL, site

DEMO = Path(__file__).parent.parent.parent / "scenarios/sites/demo.toml"
ARGUMENTS = ["firmware", "render", str(DEMO), "--front", "127.0.0.4:5070", "--out"]

pytestmark = pytest.mark.requirement("OPS-04")


def test_a_second_rendering_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, str(tmp_path)]) == 0
    first = capsys.readouterr().out
    assert first.count("  new  ") == len(list(tmp_path.rglob("*.*"))) - len([p for p in tmp_path.rglob("*.*") if p.is_dir()])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert main([*ARGUMENTS, str(tmp_path)]) == 0
    second = capsys.readouterr().out
    assert second.count("as it was") == len(before)
    assert "new" not in second
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before, "not even written again"


def test_what_was_changed_by_hand_is_shown_and_kept_until_it_may_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*ARGUMENTS, str(tmp_path)])
    edited, gone = tmp_path / "kamailio/kamailio.cfg", tmp_path / "kamailio/dispatcher.list"
    text = edited.read_text()
    edited.write_text(text.replace("children=4", "children=64"))
    edited.chmod(0o640)
    gone.unlink()
    capsys.readouterr()
    assert main([*ARGUMENTS, str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "-children=64\n+children=4\n" in shown.out
    assert "nothing is written: 1 file would change; --overwrite writes" in shown.err
    assert "children=64" in edited.read_text()
    assert not gone.exists(), "all or nothing: half a rendering is none"
    assert main([*ARGUMENTS, str(tmp_path), "--overwrite"]) == 0
    assert edited.read_text() == text
    assert edited.stat().st_mode & 0o777 == 0o640
    assert gone.exists()
    assert not list(tmp_path.rglob(".*.new"))


def test_a_file_edited_in_another_encoding_is_shown_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*ARGUMENTS, str(tmp_path)])
    edited = tmp_path / "kamailio/dispatcher.list"
    rendered = edited.read_bytes()
    edited.write_bytes(rendered + b"# ge\xe4ndert\n")
    capsys.readouterr()
    assert main([*ARGUMENTS, str(tmp_path)]) == 1
    assert "-# ge\\xe4ndert\n" in capsys.readouterr().out
    assert main([*ARGUMENTS, str(tmp_path), "--overwrite"]) == 0
    assert edited.read_bytes() == rendered


def test_a_file_saved_with_the_line_ends_of_dos_is_not_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*ARGUMENTS, str(tmp_path)])
    edited = tmp_path / "systemd/hotline.service"
    edited.write_bytes(edited.read_bytes().replace(b"\n", b"\r\n"))
    capsys.readouterr()
    assert main([*ARGUMENTS, str(tmp_path)]) == 1
    assert "-[Unit]\\r\n" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["file", "link", "folder", "out"])
def test_what_cannot_be_written_whole_is_not_begun(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if way == "out":
        out.touch()
    else:
        out.mkdir()
    match way:
        case "file":
            (out / "systemd").touch()
        case "link":
            (out / "systemd").symlink_to(elsewhere)
        case "folder":
            (out / "systemd/hotline.service").mkdir(parents=True)
    assert main([*ARGUMENTS, str(out), "--overwrite"]) == 2
    assert "move it away, or" in capsys.readouterr().err
    assert not (out / "kamailio").exists(), "not even those before it"
    assert not list(elsewhere.iterdir())


def test_a_write_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "asterisk").mkdir()
    (tmp_path / "asterisk/first").write_text("old")
    (tmp_path / "dahdi").touch()
    with pytest.raises(OSError, match="dahdi"):
        write(tmp_path, [Change("asterisk/first", b"old", b"new"), Change("dahdi/second", None, b"new")])
    assert [(path.name, path.read_text()) for path in sorted(tmp_path.rglob("*")) if path.is_file()] == [("first", "old"), ("dahdi", "")]


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a file away is for root")
def test_owner_and_group_stay_as_they_were(tmp_path: Path) -> None:
    main([*ARGUMENTS, str(tmp_path)])
    edited = tmp_path / "systemd/hotline.service"
    edited.write_text("edited")
    os.chown(edited, 1, 12)
    edited.chmod(0o640)
    assert main([*ARGUMENTS, str(tmp_path), "--overwrite"]) == 0
    now = edited.stat()
    assert (now.st_uid, now.st_gid, now.st_mode & 0o777) == (1, 12, 0o640)
    assert "[Service]" in edited.read_text()


def test_files_that_are_not_rendered_any_more_are_named_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*ARGUMENTS, str(tmp_path)])
    own = tmp_path / "kamailio/own.cfg"
    own.write_text("# mine\n")
    capsys.readouterr()
    assert main(["firmware", "render", str(DEMO), "--out", str(tmp_path)]) == 0
    left = [line.split(":")[0].split()[-1] for line in capsys.readouterr().out.splitlines() if "left over" in line]
    assert left == [str(tmp_path / "kamailio" / name) for name in ("dispatcher.list", "kamailio.cfg")]
    assert all(Path(name).is_file() for name in left)


def test_no_link_in_the_folder_leads_the_writing_elsewhere(tmp_path: Path) -> None:
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out/systemd"
    out.mkdir(parents=True)
    elsewhere.write_text("not ours")
    for name in ("hotline.service", ".hotline.service.new"):
        (out / name).symlink_to(elsewhere)
    assert main([*ARGUMENTS, str(out.parent), "--overwrite"]) == 0
    assert elsewhere.read_text() == "not ours"
    assert "[Service]" in (out / "hotline.service").read_text()
    assert not (out / "hotline.service").is_symlink()


def test_workers_are_listed_each_with_its_port() -> None:
    files = render(load_site(DEMO), Front("127.0.0.4", 5070))
    assert files["kamailio/dispatcher.list"].endswith("1 sip:127.0.0.1:5060\n")
    assert 'is_in_subnet("$si", "127.0.0.0/8")' in files["kamailio/kamailio.cfg"]
    assert "@{" not in "".join(files.values())


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (Front("192.0.2.10", 5060), 'add "192.0.2.10/32" to `from` of [lines.trunk]'),
        (Front("127.0.0.1", 5060), "is a media worker's own address"),
    ],
)
def test_a_front_that_could_not_work_is_refused(front: Front, said: str) -> None:
    with pytest.raises(Unrenderable) as refused:
        render(load_site(DEMO), front)
    assert said in str(refused.value)


def test_a_front_spreads_calls_to_workers_whose_address_is_known() -> None:
    everywhere = SMALL.replace('backend = "simulated"', 'backend = "sip"\nlisten = "0.0.0.0:5060"')
    with pytest.raises(Unrenderable, match=r"line trunk listens on 0\.0\.0\.0, .* as `listen` of \[lines\.trunk\]"):
        render(site(everywhere), Front("127.0.0.4", 5070))


@pytest.mark.parametrize("text", ["5060", "0.0.0.0:5060", "kamailio:5060", "127.0.0.1:0", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "render", str(DEMO), "--out", str(tmp_path), "--front", text]) == 2
    assert "hotline firmware: " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_site_without_cards_gets_no_files_for_them() -> None:
    assert list(render(load_site(DEMO))) == ["systemd/hotline.service"]
