"""TLS of the gateways and the HTTP API: the certificate they show, its renewal while they run, and one for development.

New files are taken without a restart: each process looks at them every few seconds and shows the new certificate to
whoever connects from then on. Files that do not belong together yet (one of the two is replaced first) or cannot be
read change nothing: the old certificate stays until a good pair is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.ports import Clock
from server.config import Config, ConfigError

#: Forward secrecy and authenticated encryption only, for TLS 1.2; TLS 1.3 has no other suites.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
LOOK_S: Final = 5.0
DEV_DAYS: Final = 90
#: A development certificate that ends sooner is made anew.
DEV_DAYS_LEFT_MIN: Final = 30
_DEV_NAMES: Final = ("localhost", "127.0.0.1", "::1")

_log = structlog.get_logger("tls")


class TlsError(ConfigError):
    """A certificate or key does not serve; the text says which file and why."""


class TlsFiles(msgspec.Struct, frozen=True):
    """Where a certificate (with its chain) and its key are, both PEM."""

    cert: Path
    key: Path


def tls_files(config: Config) -> TlsFiles | None:
    """Return the files to listen with; None: no TLS."""
    if config.tls_cert is not None and config.tls_key is not None:
        return TlsFiles(config.tls_cert, config.tls_key)
    return dev_files(config.state) if config.tls == "dev" else None


def prepare_tls(config: Config, now_ms: int) -> TlsFiles | None:
    """Return the files to listen with, the development certificate made or renewed. Raises TlsError for bad ones."""
    files = tls_files(config)
    if files is None:
        return None
    if config.tls == "dev":
        ensure_dev_certificate(config.state, config.bind, now_ms)
    load_context(files)
    if days_left(files, now_ms) < 0:
        raise TlsError(f"CROUPIER_TLS_CERT: {files.cert} has expired on {_end_of(files):%Y-%m-%d}; renew it")
    return files


def load_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what a server listens with. Raises TlsError naming the variable and the file that is wrong."""
    cert = _leaf(files)
    key = _private_key(files)
    if cert.public_key() != key.public_key():
        raise TlsError(f"CROUPIER_TLS_KEY: {files.key} is not the key of the certificate in {files.cert}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(files.cert, files.key, password=_no_password)
    except (OSError, ValueError) as error:  # replaced while we read, or of a kind that OpenSSL does not take
        raise TlsError(f"CROUPIER_TLS_CERT: {files.cert} with {files.key} cannot be used: {error}") from None
    return context


def unchecked_context() -> ssl.SSLContext:
    """Return what a process asks its own listener with on this machine: any certificate will do, no secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def days_left(files: TlsFiles, now_ms: int) -> float:
    """Return how many days the certificate still serves, below 0: expired. Raises TlsError if it cannot be read."""
    return (_end_of(files).timestamp() - now_ms / 1000) / 86_400


class LiveCertificate(Collector):
    """The certificate that connections are shown, exchanged when its files change.

    Crash: nothing to lose, the files are read anew. `context` is for listeners and stays the same object for ever.
    """

    def __init__(self, files: TlsFiles, clock: Clock) -> None:
        self.files = files
        self.reloads = 0
        self._clock = clock
        self._seen = self._signature()
        self._current = self.context = load_context(files)
        self.context.sni_callback = self._show
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look at the files every few seconds from now on."""
        self._warn_of_end()
        self._task = asyncio.create_task(self._follow(), name=f"certificate {self.files.cert}")

    async def stop(self) -> None:
        """Look no more. Safe to repeat."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def look(self) -> None:
        """Take the files if they have changed and are good; else keep what is shown, and say why."""
        signature = self._signature()
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._current = load_context(self.files)
        except TlsError as error:
            _log.warning("certificate not taken; the old one stays", reason=str(error))
            return
        self.reloads += 1
        _log.info("certificate taken", cert=str(self.files.cert), days_left=self.days_left())
        self._warn_of_end()

    def days_left(self) -> int:
        """Return how many whole days the files' certificate still serves; -1: it has expired or cannot be read."""
        try:
            return max(-1, int(days_left(self.files, self._clock.now_ms()) // 1))
        except TlsError:
            return -1

    def collect(self) -> Iterator[Metric]:
        """Yield when the certificate ends and how often it was exchanged, for Prometheus."""
        yield GaugeMetricFamily(
            "croupier_certificate_days_left", "Days until the certificate ends; -1: it has.", self.days_left()
        )
        yield CounterMetricFamily(
            "croupier_certificate_reloads_total", "Certificates taken since the start.", self.reloads
        )

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def _show(self, connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        """Answer a ClientHello, with a server name or without, by the newest certificate."""
        connection.context = self._current

    def _signature(self) -> tuple[Any, ...]:
        return tuple(_signature(path) for path in (self.files.cert, self.files.key))

    def _warn_of_end(self) -> None:
        if self.days_left() < 0:
            _log.warning("the certificate has expired; clients will refuse it", cert=str(self.files.cert))


# ---------------------------------------------------------------- for development


def dev_files(state: Path) -> TlsFiles:
    """Return where the development certificate of this state folder is, or will be."""
    return TlsFiles(state.absolute() / "tls" / "dev-cert.pem", state.absolute() / "keys" / "tls-dev.pem")


def ensure_dev_certificate(state: Path, bind: str, now_ms: int) -> TlsFiles:
    """Make a self-signed certificate for this machine, unless there is a good one for a while yet. Safe to repeat.

    Shape: for localhost, loopback and the address that is listened on; 90 days. The key is for its owner's eyes only.
    """
    files = dev_files(state)
    names = tuple(dict.fromkeys((*_DEV_NAMES, bind)))
    with contextlib.suppress(TlsError):
        load_context(files)
        if days_left(files, now_ms) >= DEV_DAYS_LEFT_MIN and set(names) <= _names_of(files):
            return files
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for path, mode in ((files.key, 0o700), (files.cert, 0o755)):
        path.parent.mkdir(mode=mode, parents=True, exist_ok=True)
    _write(files.key, pem, 0o600)
    _write(files.cert, _self_signed(key, names, now_ms).public_bytes(serialization.Encoding.PEM), 0o644)
    return files


def _self_signed(key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], now_ms: int) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Croupier, for development")])
    now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # a client's clock may be late
        .not_valid_after(now + datetime.timedelta(days=DEV_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issuer, critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_of(files: TlsFiles) -> set[str]:
    found = _leaf(files).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write aside and rename, so that a reader sees the old file or the whole new one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as output:
        output.write(data)
    fresh.chmod(mode)
    fresh.replace(path)


# ---------------------------------------------------------------- reading


def _leaf(files: TlsFiles) -> x509.Certificate:
    data = _read(files.cert, "CROUPIER_TLS_CERT")
    try:
        return x509.load_pem_x509_certificates(data)[0]
    except ValueError:
        raise TlsError(f"CROUPIER_TLS_CERT: {files.cert} has no certificate in PEM form") from None


def _private_key(files: TlsFiles) -> Any:
    data = _read(files.key, "CROUPIER_TLS_KEY")
    try:
        return serialization.load_pem_private_key(data, None)
    except TypeError:
        raise TlsError(f"CROUPIER_TLS_KEY: {files.key} asks for a password; keep the key without one") from None
    except Exception as error:  # cryptography names many kinds; none is a key that serves
        raise TlsError(
            f"CROUPIER_TLS_KEY: {files.key} has no private key in PEM form ({type(error).__name__})"
        ) from None


def _read(path: Path, variable: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TlsError(f"{variable}: there is no file {path}") from None
    except OSError as error:
        raise TlsError(f"{variable}: {path} cannot be read: {error.strerror}") from None


def _end_of(files: TlsFiles) -> datetime.datetime:
    return _leaf(files).not_valid_after_utc


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Return what differs when a file has been replaced or rewritten; None: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size)


def _no_password() -> str:
    raise ValueError("the key asks for a password")
