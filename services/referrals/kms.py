"""A master key that a KMS seals: KMIP, AWS, Azure or GCP, by the settings that MongoDB's drivers have.

The KMS is not asked for each data key, which would be forty requests for a page. What it keeps is one key of
its own, which wraps one data key, and that encrypts the master key, in one file: all of it by libmongocrypt's
own means. A replica asks the KMS once, at its start or when the file has changed, and holds the master key in
memory; without the KMS the file is worth nothing.
"""

import socket
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import msgspec
from bson.binary import Binary
from bson.raw_bson import RawBSONDocument
from pymongocrypt.errors import MongoCryptError
from pymongocrypt.options import MongoCryptOptions
from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter

from services.referrals.ring import Ring

SETTING = "RELEVO_KMS"
PROVIDERS = ("kmip", "aws", "azure", "gcp")
ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
HTTPS = 443
# A replica that waits for it answers nobody meanwhile.
PATIENCE = 3.0


class KmsError(Exception):
    """The KMS cannot be used. Its text is for people, names the setting, and holds no secret."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file that the setting names: the names are those of MongoDB's drivers.

    ``kms_providers`` has one provider and its credentials, ``master_key`` says which key of it,
    ``kms_tls_options`` has ``tlsCAFile`` and ``tlsCertificateKeyFile``, where it takes them.
    """

    kms_providers: dict[str, dict[str, Any]]
    master_key: dict[str, Any] | None = None
    kms_tls_options: dict[str, str] = {}


class Kms:
    """One KMS and one key of it."""

    def __init__(self, file: Path) -> None:
        """Read the settings.

        Raises:
            KmsError: they cannot be read, or are not what that provider needs.
        """
        try:
            self._options = msgspec.json.decode(file.read_bytes(), type=Options)
        except OSError as error:
            raise KmsError(f"{SETTING}: {file} cannot be read ({error.strerror})") from None
        except msgspec.DecodeError as error:
            raise KmsError(f"{SETTING}: {file}: {error}") from None
        names = list(self._options.kms_providers)
        if len(names) != 1 or names[0] not in PROVIDERS:
            raise KmsError(f"{SETTING}: kms_providers must name one of {', '.join(PROVIDERS)}")
        self.provider = names[0]
        self._tls = _tls(self._options.kms_tls_options)
        self._encrypter([]).close()

    def seal(self, key: bytes) -> bytes:
        """Return a master key as its file holds it.

        Raises:
            KmsError: the KMS does not answer, or refuses.
        """
        ring = _KmsRing([], self._tls)
        encrypter = self._encrypter_of(ring)
        try:
            made = UUID(bytes=bytes(encrypter.create_data_key(self.provider, self._options.master_key)))
            plain = bson.encode({"v": Binary(key)})
            sealed = bson.decode(encrypter.encrypt(plain, ALGORITHM, key_id=made.bytes))["v"]
        except MongoCryptError as error:
            raise _explained(error) from None
        finally:
            encrypter.close()
        (wrapped,) = ring.keys.values()
        return bson.encode({"key": wrapped, "sealed": Binary(bytes(sealed), 6)})

    def open(self, file: bytes) -> bytes:
        """Return the master key that a file holds.

        Raises:
            KmsError: the KMS does not answer, refuses, or is another one; or the file is none.
        """
        try:
            held = bson.decode(file, codec_options=bson.CodecOptions(document_class=RawBSONDocument))
            wrapped, sealed = held["key"], held["sealed"]
        except (bson.errors.BSONError, KeyError):
            raise KmsError("that is no master key that a KMS has sealed") from None
        encrypter = self._encrypter([wrapped])
        try:
            plain = encrypter.decrypt(bson.encode({"v": Binary(sealed, 6)}))
        except MongoCryptError as error:
            raise _explained(error) from None
        finally:
            encrypter.close()
        return bytes(bson.decode(plain)["v"])

    def _encrypter(self, wrapped: Iterable[RawBSONDocument]) -> ExplicitEncrypter:
        return self._encrypter_of(_KmsRing(wrapped, self._tls))

    def _encrypter_of(self, ring: "_KmsRing") -> ExplicitEncrypter:
        try:
            options = MongoCryptOptions(self._options.kms_providers, bypass_encryption=True)
            return ExplicitEncrypter(ring, options)
        except (ValueError, TypeError, MongoCryptError) as error:
            raise KmsError(f"{SETTING}: {error}") from None


class _KmsRing(Ring):
    """Carries libmongocrypt's messages to the KMS and back."""

    def __init__(self, wrapped: Iterable[RawBSONDocument], tls: ssl.SSLContext) -> None:
        super().__init__(wrapped)
        self._tls = tls

    def kms_request(self, kms_context: Any) -> None:
        host, _, port = kms_context.endpoint.rpartition(":")
        if not port.isdecimal():
            host, port = kms_context.endpoint, str(HTTPS)
        try:
            with (
                socket.create_connection((host, int(port)), timeout=PATIENCE) as line,
                self._tls.wrap_socket(line, server_hostname=host) as secured,
            ):
                secured.sendall(kms_context.message)
                while (needed := kms_context.bytes_needed) > 0:
                    received = secured.recv(needed)
                    if not received:
                        raise ConnectionError("it closed the line")
                    kms_context.feed(received)
        except OSError as error:
            why = getattr(error, "verify_message", "") or error.strerror or str(error)
            raise KmsError(f"{SETTING}: {host}:{port} does not answer ({why})") from None


def _tls(options: dict[str, str]) -> ssl.SSLContext:
    unknown = options.keys() - {"tlsCAFile", "tlsCertificateKeyFile"}
    if unknown:
        raise KmsError(f"{SETTING}: kms_tls_options has no {', '.join(sorted(unknown))}")
    try:
        context = ssl.create_default_context(cafile=options.get("tlsCAFile"))
        if certificate := options.get("tlsCertificateKeyFile"):
            context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(options.values())
        raise KmsError(f"{SETTING}: kms_tls_options: {named}: {error.strerror or error}") from None
    return context


def _explained(error: MongoCryptError) -> KmsError:
    # What the KMS answered is behind that, and may repeat what it was sent.
    words = str(error).partition("Response body")[0].partition("Error from")[0].strip(" .:")
    return KmsError(f"{SETTING}: the KMS refused, or its key is another: {words}")
