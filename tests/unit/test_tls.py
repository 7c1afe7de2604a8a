"""Certificates: made for development, read with a word on what is wrong, exchanged while connections go on."""

from __future__ import annotations

import contextlib
import ssl
import stat
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from server.config import Config, ConfigError, load_config
from server.doctor import Verdict, _check_tls
from server.tls import (
    DEV_DAYS,
    DEV_DAYS_LEFT_MIN,
    LiveCertificate,
    TlsError,
    TlsFiles,
    days_left,
    ensure_dev_certificate,
    load_context,
    prepare_tls,
    tls_files,
)
from tests.fakes.api import ManualClock

DAY_MS = 86_400_000
NOW_MS = 2_000_000_000_000


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return ensure_dev_certificate(tmp_path / "state", "127.0.0.1", NOW_MS)


def other(tmp_path: Path) -> TlsFiles:
    """Make a second pair."""
    return ensure_dev_certificate(tmp_path / "other", "127.0.0.1", NOW_MS)


def greet(server: ssl.SSLContext, trusted: Path) -> ssl.SSLObject:
    """Shake hands in memory, without a clock's verdict on dates, and return the client's end. Raises ssl.SSLError."""
    client = ssl.create_default_context(cafile=str(trusted))
    client.verify_flags |= ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME: the tests' time is their own
    c_in, c_out, s_in, s_out = (ssl.MemoryBIO() for _ in range(4))
    ours = client.wrap_bio(c_in, c_out, server_hostname="localhost")
    theirs = server.wrap_bio(s_in, s_out, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            _step(side)
            s_in.write(c_out.read())
            c_in.write(s_out.read())
    return ours


def _step(side: ssl.SSLObject) -> None:
    with contextlib.suppress(ssl.SSLWantReadError):
        side.do_handshake()


def test_development_certificate_is_trusted_by_who_is_given_it(files: TlsFiles) -> None:
    assert greet(load_context(files), files.cert).version() == "TLSv1.3"


def test_development_certificate_is_refused_by_everybody_else(files: TlsFiles, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(load_context(files), other(tmp_path).cert)


def test_development_key_is_for_its_owners_eyes_only(files: TlsFiles) -> None:
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.key.parent.stat().st_mode) == 0o700


def test_development_certificate_serves_long_and_is_kept_until_near_its_end(files: TlsFiles, tmp_path: Path) -> None:
    before = files.cert.read_bytes()
    assert days_left(files, NOW_MS) == DEV_DAYS
    late_ms = NOW_MS + (DEV_DAYS - DEV_DAYS_LEFT_MIN) * DAY_MS
    ensure_dev_certificate(tmp_path / "state", "127.0.0.1", late_ms)
    assert files.cert.read_bytes() == before
    ensure_dev_certificate(tmp_path / "state", "127.0.0.1", late_ms + 1)
    assert days_left(files, late_ms + 1) == pytest.approx(DEV_DAYS, abs=0.001)


def test_development_certificate_for_a_new_address_is_made_anew(files: TlsFiles, tmp_path: Path) -> None:
    before = files.cert.read_bytes()
    ensure_dev_certificate(tmp_path / "state", "10.0.0.7", NOW_MS)
    assert files.cert.read_bytes() != before


def test_old_protocols_are_refused(files: TlsFiles) -> None:
    assert load_context(files).minimum_version is ssl.TLSVersion.TLSv1_2


def test_missing_file_is_named(tmp_path: Path, files: TlsFiles) -> None:
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_CERT: there is no file .*none\.pem"):
        load_context(TlsFiles(tmp_path / "none.pem", files.key))
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_KEY: there is no file .*none\.pem"):
        load_context(TlsFiles(files.cert, tmp_path / "none.pem"))


def test_unreadable_file_is_named(tmp_path: Path, files: TlsFiles) -> None:
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_KEY: .* cannot be read: Is a directory"):
        load_context(TlsFiles(files.cert, tmp_path))


def test_files_in_the_wrong_order_are_named(files: TlsFiles) -> None:
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_CERT: .* has no certificate"):
        load_context(TlsFiles(files.key, files.cert))
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_KEY: .* has no private key"):
        load_context(TlsFiles(files.cert, files.cert))


def test_key_of_another_certificate_is_named(files: TlsFiles, tmp_path: Path) -> None:
    with pytest.raises(TlsError, match=r"CROUPIER_TLS_KEY: .* is not the key of the certificate"):
        load_context(TlsFiles(files.cert, other(tmp_path).key))


def test_expired_certificate_keeps_the_platform_from_starting(files: TlsFiles) -> None:
    config = Config(tls_cert=files.cert, tls_key=files.key)
    assert prepare_tls(config, NOW_MS) == files
    with pytest.raises(TlsError, match="has expired on"):
        prepare_tls(config, NOW_MS + (DEV_DAYS + 1) * DAY_MS)


def test_new_files_are_shown_to_who_connects_next(files: TlsFiles, tmp_path: Path) -> None:
    live = LiveCertificate(files, ManualClock(NOW_MS))
    greet(live.context, files.cert)
    fresh = other(tmp_path)
    fresh.cert.replace(files.cert)
    fresh.key.replace(files.key)
    live.look()
    assert live.reloads == 1
    greet(live.context, files.cert)


def test_half_replaced_files_change_nothing_until_they_are_whole(files: TlsFiles, tmp_path: Path) -> None:
    live = LiveCertificate(files, ManualClock(NOW_MS))
    old = tmp_path / "old.pem"
    old.write_bytes(files.cert.read_bytes())
    fresh = other(tmp_path)
    fresh.cert.replace(files.cert)
    live.look()
    assert live.reloads == 0
    greet(live.context, old)
    fresh.key.replace(files.key)
    live.look()
    assert live.reloads == 1
    greet(live.context, files.cert)


def test_lost_files_change_nothing(files: TlsFiles, tmp_path: Path) -> None:
    live = LiveCertificate(files, ManualClock(NOW_MS))
    kept = files.cert.rename(tmp_path / "kept.pem")
    live.look()
    greet(live.context, kept)
    assert live.days_left() == -1


def test_certificate_without_its_key_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="belong together"):
        load_config({"CROUPIER_TLS_CERT": "a.pem"})
    with pytest.raises(ConfigError, match=r"CROUPIER_TLS=dev"):
        load_config({"CROUPIER_TLS": "dev", "CROUPIER_TLS_CERT": "a.pem", "CROUPIER_TLS_KEY": "b.pem"})


def test_settings_say_whether_there_is_tls(tmp_path: Path) -> None:
    assert not load_config({}).has_tls
    assert tls_files(load_config({})) is None
    assert load_config({"CROUPIER_TLS": "dev"}).has_tls
    given = load_config({"CROUPIER_TLS_CERT": "a.pem", "CROUPIER_TLS_KEY": "b.pem"})
    assert tls_files(given) == TlsFiles(Path("a.pem").absolute(), Path("b.pem").absolute())


def test_wrong_origin_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="CROUPIER_ORIGINS: 'casino' is no origin"):
        load_config({"CROUPIER_ORIGINS": "https://casino.example casino"})


def test_doctor_tells_a_bad_certificate_with_its_variable(files: TlsFiles, tmp_path: Path) -> None:
    (found,) = _check_tls(Config(tls_cert=files.cert, tls_key=other(tmp_path).key))
    assert found.verdict is Verdict.FAIL
    assert found.text.startswith("CROUPIER_TLS_KEY")


def test_doctor_warns_of_a_key_that_everybody_may_read(files: TlsFiles) -> None:
    files.key.chmod(0o644)
    found = list(_check_tls(Config(tls_cert=files.cert, tls_key=files.key)))
    assert [finding.mend for finding in found][1:] == [f"chmod 600 '{files.key}'"]


def test_days_left_are_told_to_prometheus(files: TlsFiles) -> None:
    """ops/alerts/certificates.yml watches this name."""
    clock = ManualClock(NOW_MS)
    registry = CollectorRegistry()
    registry.register(LiveCertificate(files, clock))
    assert registry.get_sample_value("croupier_certificate_days_left") == DEV_DAYS
    clock.ms += (DEV_DAYS + 1) * DAY_MS
    assert registry.get_sample_value("croupier_certificate_days_left") == -1
