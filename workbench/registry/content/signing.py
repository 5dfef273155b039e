"""Ed25519 signatures on the records of the ledger.

Whoever has the file can forge scores that pass; only the holder of the key can sign them. Each
signature is an in-toto statement (statements.py) in a DSSE envelope (v1.0.2), so other tools can
check it without this database. Needs the `cryptography` package.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ExtraMissing, RegistryError
from workbench.fingerprints import canonical_json
from workbench.registry.content.statements import statement_of
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KEY_VARIABLE = "WORKBENCH_SIGNING_KEY"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class SigningKey:
    """A private key; its id is the sha256 of the public key in DER."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_pem = _public_pem(private.public_key())
        self.keyid = _keyid(private.public_key())

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, in memory only."""
        _need_cryptography()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: str | os.PathLike[str], password: bytes | None = None) -> SigningKey:
        """The key in a PEM file (PKCS 8). Raises RegistryError when it holds none."""
        _need_cryptography()
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(Path(path).read_bytes(), password)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise RegistryError(
                f"{path} holds no private key that can be read: {type(error).__name__}",
                hint="openssl genpkey -algorithm ed25519 makes one",
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise RegistryError(f"{path} is not an Ed25519 key", hint="openssl genpkey makes one")
        return cls(key)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the private key to a new file that only its owner can read."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)

    def envelope(self, statement: dict[str, Any]) -> str:
        """The statement, signed, as a DSSE envelope in JSON."""
        payload = canonical_json(statement).encode()
        signature = self._private.sign(pre_authentication(PAYLOAD_TYPE, payload))
        return canonical_json(
            {
                "payloadType": PAYLOAD_TYPE,
                "payload": base64.b64encode(payload).decode(),
                "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(signature).decode()}],
            }
        )


def key_from_environment() -> SigningKey | None:
    """The key whose path is in $WORKBENCH_SIGNING_KEY; None when it is unset."""
    path = os.environ.get(KEY_VARIABLE)
    return SigningKey.load(path) if path else None


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """What DSSE signs: PAE(type, payload)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_record(transaction: Transaction, key: SigningKey, actor: str, seq: int) -> None:
    """Sign the record with that seq; no effect when the same key has signed it."""
    connection = transaction.connection
    known = connection.execute(
        "SELECT 1 FROM signatures WHERE target = ? AND keyid = ?", (seq, key.keyid)
    ).fetchone()
    if known:
        return
    statement = statement_of(connection, seq)
    if statement is not None:
        transaction.append(
            "signature",
            actor,
            {"target": seq, "keyid": key.keyid, "envelope": key.envelope(statement)},
        )


def envelopes_of(connection: Connection, prompt_id: str, version: str) -> list[str]:
    """The envelopes on a version's evaluations and deployments, oldest first."""
    rows = connection.execute(
        "SELECT s.envelope FROM signatures s"
        " LEFT JOIN evaluations e ON e.seq = s.target LEFT JOIN deployments d ON d.seq = s.target"
        " WHERE coalesce(e.prompt_id, d.prompt_id) = ? AND coalesce(e.version, d.version) = ?"
        " ORDER BY s.seq",
        (prompt_id, version),
    )
    return [row[0] for row in rows.fetchall()]


def open_envelope(envelope: str | bytes, keys: Any) -> dict[str, Any]:
    """The statement in an envelope that one of the keys has signed; needs no database.

    `keys` is an Ed25519 public key in PEM (text, bytes, a path), or several. Raises RegistryError.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        data = json.loads(envelope)
        payload = base64.b64decode(data["payload"], validate=True)
        signed = pre_authentication(data["payloadType"], payload)
        signatures = [base64.b64decode(s["sig"], validate=True) for s in data["signatures"]]
        known_type = data["payloadType"] == PAYLOAD_TYPE
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError(f"this is no DSSE envelope: {error}", hint="check the file") from error
    for key in public_keys(keys):
        for signature in signatures:
            try:
                key.verify(signature, signed)
            except InvalidSignature:
                continue
            if known_type:
                statement: dict[str, Any] = json.loads(payload)
                return statement
    raise RegistryError("no signature in the envelope is by this key", hint="use the runner's key")


def public_keys(keys: Any) -> list[Ed25519PublicKey]:
    """Ed25519 public keys from PEM text, bytes, paths, or several of them."""
    _need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    several = isinstance(keys, Sequence) and not isinstance(keys, (str, bytes))
    public: list[Ed25519PublicKey] = []
    for item in keys if several else [keys]:
        if isinstance(item, Ed25519PublicKey):
            public.append(item)
            continue
        try:
            key = load_pem_public_key(_pem(item))
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise RegistryError(
                f"this is no public key: {type(error).__name__}",
                hint="openssl pkey -pubout writes one",
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise RegistryError("this is not an Ed25519 key", hint="openssl genpkey makes one")
        public.append(key)
    return public


def _pem(item: Any) -> bytes:
    if isinstance(item, bytes):
        return item
    text = str(item)
    return text.encode() if "-----BEGIN" in text else Path(text).read_bytes()


def _public_pem(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _keyid(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise ExtraMissing(
            "signatures need the cryptography package", hint="pip install 'prompt-workbench[sign]'"
        ) from error
