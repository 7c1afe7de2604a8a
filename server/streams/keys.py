"""What hosts know one another by: all of it derived from one key, which every host is told in its spec.

The key is fresh at every start of the platform and travels only in the specs, over Ray's authenticated channels. From it
every process derives the same Ed25519 key and, byte for byte, the same self-signed certificate. That certificate is
shown by both sides of a TCP stream and is the only one either of them trusts: whoever lacks the key gets no further than
the handshake. TLS 1.3 agrees on fresh session keys, so a key that leaks later opens nothing recorded before.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

KEY_BYTES = 32
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "croupier link")])


class LinkKeys:
    """The keys of the links of one run. Raises ValueError for a key that is not 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the key of the links must have 32 bytes")
        self._proof_key = _derive(key, "proof")
        self._seed = _derive(key, "certificate")
        self.run = _derive(key, "run").hex()[:12]

    def __repr__(self) -> str:
        return f"LinkKeys(run={self.run})"

    def proof(self, nonce: bytes, sender: str, receiver: str) -> bytes:
        """Return what shows to the receiver that the sender has the key. Good for this nonce and these hosts only."""
        text = "\0".join((sender, receiver)).encode()
        return hmac.digest(self._proof_key, nonce + text, "sha256")

    def is_proof(self, proof: bytes, nonce: bytes, sender: str, receiver: str) -> bool:
        """Tell whether the proof is right, in a time that tells nothing."""
        return hmac.compare_digest(proof, self.proof(nonce, sender, receiver))

    def tls(self, *, is_listener: bool) -> ssl.SSLContext:
        """Return a context that shows our certificate and trusts no other."""
        key = Ed25519PrivateKey.from_private_bytes(self._seed)
        certificate = _certificate(key).public_bytes(Encoding.PEM).decode()
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_listener else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False  # the certificate is pinned; names and nonce are in the proof
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=certificate)
        _load_chain(context, certificate + secret)
        if is_listener:
            context.num_tickets = 0  # a stream lives as long as its hosts; nobody resumes a session
        return context


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"croupier link {purpose}".encode(), hashlib.sha256)


def _certificate(key: Ed25519PrivateKey) -> x509.Certificate:
    """Return the same bytes for the same key: nothing in it is random, nor is an Ed25519 signature."""
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(public)
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))  # RFC 5280, 4.1.2.5: no expiry
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, None)
    )


def _load_chain(context: ssl.SSLContext, pem: str) -> None:
    """Give the context its certificate and key, which OpenSSL reads from a file only: ours alone, gone at once."""
    with tempfile.TemporaryDirectory(prefix="croupier-link-") as folder:  # mode 0700
        file = Path(folder) / "pem"
        file.write_text(pem)
        context.load_cert_chain(file)
