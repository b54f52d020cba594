"""Makes the keys of a network: each part's own, and the public ones that all may read.

What exists is kept, so that it may run before every start. A key that is lost is lost with all that it
protects: ``referrals/master.key`` opens every person's data, ``directory/address.key`` every confidential
address, and both have to be backed up apart from them.
"""

import json
import os
import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import nkeys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

# Everybody who connects to the bus: the four parts, and whoever runs the command line.
USERS = ("directory", "referrals", "notifications", "gateway", "operator")
TOKEN_KEY = "gateway/token.pem"  # noqa: S105 - a file's name
# Random keys by file and length in bytes. 96 is what MongoDB's local key provider asks for.
RANDOM = {
    "gateway/seal.key": 32,
    "referrals/master.key": 96,
    "referrals/hash.key": 32,
    "directory/hash.key": 32,
    "notifications/hash.key": 32,
    "notifications/webhook.key": 32,
    "directory/address.key": 32,
}
# Cursors are the same wherever they are told, so what seals them is: by file, of which it is a copy.
COPIES = {"notifications/seal.key": "gateway/seal.key"}
# What this opened nobody can open again with a new one. It may be a file that a KMS has sealed, and for a
# moment of its exchange have another name.
MASTER_KEY = "referrals/master.key"
PUBLIC = "public.json"
NATS_USERS = "nats/users.conf"
# A user's own seed; the one that takes its place, and of the one whose place it took the public half
# (``cli.exchanging``): beside the first at most one of them is good, too.
SEED, NEXT_SEED, OLD_PUBLIC = "nkey.seed", "nkey.next.seed", "nkey.old.pub"


class KeysError(Exception):
    """A key cannot be written, or what stands in its file is not a key. Its text is for people."""


def init(folder: Path) -> list[str]:
    """Make what is missing under ``folder``; return the names of the files made or renewed.

    Raises:
        KeysError: the folder cannot be written, or holds a file that is no key.
    """
    try:
        made = [*_make_seeds(folder), *_make_others(folder)]
        return made + publish(folder)
    except OSError as error:
        raise KeysError(f"the keys in {folder} cannot be written: {error.strerror}") from error


def public_keys(folder: Path) -> dict[str, str]:
    """Return each user's public nkey, read from the seeds under ``folder``."""
    return {user: public_of(folder / user / SEED) for user in USERS}


def _make_seeds(folder: Path) -> list[str]:
    names = (f"{user}/{SEED}" for user in USERS)
    return [name for name in names if _create(folder / name, new_seed)]


def has_master(folder: Path) -> bool:
    """Whether there is a master key under ``folder``, whatever it is called and whoever has sealed it."""
    at = (folder / MASTER_KEY).parent
    return any(path.suffix in {".key", ".kms"} for path in at.glob("master.*"))


def _make_others(folder: Path) -> list[str]:
    made = [TOKEN_KEY] if _create(folder / TOKEN_KEY, new_token_key) else []
    wanted = {name: size for name, size in RANDOM.items() if name != MASTER_KEY or not has_master(folder)}
    made += [name for name, size in wanted.items() if _create(folder / name, partial(os.urandom, size))]
    return made + [name for name, of in COPIES.items() if _renew(folder / name, (folder / of).read_bytes())]


def publish(folder: Path, forgotten: Collection[str] = ()) -> list[str]:
    """Write the two public files anew, where they say something else; return which of them.

    Of users that are ``forgotten`` only their seed is good from now on.

    Raises:
        KeysError, OSError: see ``init``.
    """
    keys, second = public_keys(folder), {user: _second(folder, user) for user in USERS}
    # NATS names two keys of each user, and no key twice: the second is nobody's, where there is none.
    listed = {user: key for user, key in _listed(folder).items() if user not in forgotten}
    nobodys = {user: _nobodys(listed.get(user), keys[user]) for user in USERS if not second[user]}
    public = {user: [key, second[user]] if second[user] else key for user, key in keys.items()}
    texts = {
        PUBLIC: json.dumps(public, indent=2) + "\n",
        NATS_USERS: "# Who may connect; written by `relevo keys`. What each may do: permissions.conf.\n"
        + "".join(f"{user.upper()}_KEY: {key}\n" for user, key in keys.items())
        + "".join(f"{user.upper()}_SECOND_KEY: {second[user] or nobodys[user]}\n" for user in USERS),
    }
    return [name for name, text in texts.items() if _renew(folder / name, text.encode())]


def _second(folder: Path, user: str) -> str | None:
    """The key that is good beside the user's own, while they are exchanged."""
    upcoming, old = folder / user / NEXT_SEED, folder / user / OLD_PUBLIC
    if upcoming.exists():
        return public_of(upcoming)
    return old.read_text(encoding="ascii").strip() if old.exists() else None


def _listed(folder: Path) -> dict[str, str]:
    """The second keys that NATS is told of now."""
    path = folder / NATS_USERS
    found = re.findall(r"^(\w+)_SECOND_KEY: (\w+)$", path.read_text(), re.M) if path.exists() else []
    return {user.lower(): key for user, key in found}


def _nobodys(listed: str | None, own: str) -> str:
    """A key of which nobody has the seed: the one that is listed, so that the file stays as it is."""
    if listed and listed != own:
        return listed
    return str(nkeys.from_seed(bytearray(new_seed().strip())).public_key.decode("ascii"))


def new_seed() -> bytes:
    """Return a new seed of a user of NATS."""
    return bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)) + b"\n"


def new_token_key() -> bytes:
    """Return a new key that signs access tokens, as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_of(path: Path) -> str:
    """Return the public nkey of a seed.

    Raises:
        KeysError: the file holds none.
    """
    try:
        seed = bytearray(path.read_bytes().strip())
        return str(nkeys.from_seed(seed).public_key.decode("ascii"))
    except (nkeys.NkeysError, ValueError) as error:
        raise KeysError(f"{path} is not an nkey seed; put the right one back from your backup") from error


def _create(path: Path, new: Callable[[], bytes]) -> bool:
    if path.exists():
        return False
    write(path, new())
    return True


def _renew(path: Path, content: bytes) -> bool:
    if path.exists() and path.read_bytes() == content:
        return False
    write(path, content)
    return True


def write(path: Path, content: bytes) -> None:
    """Write a whole file or none of it, readable by its owner only.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkdir gives the mode to the last folder only, and the umask has its say.
    path.parent.chmod(0o700)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
