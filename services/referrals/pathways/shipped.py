"""The data that comes with Relevo: read and checked once, at start; a file that is wrong stops it."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from contracts.pathways import Pathway
from services.referrals.pathways.pathway import Version, problems

FOLDER = files("services.referrals.pathways") / "data"


Kind = TypeVar("Kind")


class DataError(Exception):
    """A file of data is not as it should be; says which, and what is wrong."""


def shipped() -> dict[str, Version]:
    """Return the pathways that come with Relevo, by code.

    Raises:
        DataError: a file is not right.
    """
    versions = [version_of(file) for file in documents(FOLDER)]
    return {version.pathway.code: version for version in versions}


def documents(folder: Traversable) -> Iterator[Traversable]:
    """Return the YAML files of a folder, by name."""
    found = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    return iter(sorted(found, key=lambda file: file.name))


def version_of(file: Traversable) -> Version:
    """Return the pathway that a file holds.

    Raises:
        DataError: it is not right.
    """
    pathway, edition = read(file, Pathway)
    if f"{pathway.code}.yaml" != file.name:
        raise DataError(f"{file.name}: its code must be that of its name, not {pathway.code}.")
    if not (pathway.needs or pathway.vulnerabilities):
        raise DataError(f"{file.name}: applies to nobody.")
    wrong = problems(pathway, None)
    if wrong:
        told = "; ".join(f"{'.'.join(one.path)}: {one.message}" for one in wrong)
        raise DataError(f"{file.name}: {told}")
    return Version(pathway, edition)


def read(file: Traversable, kind: type[Kind]) -> tuple[Kind, int]:
    """Return what stands in a YAML file (1.2: `no` is a word, and a key stands once), and its edition.

    Raises:
        DataError: it is no YAML, or not of that kind.
    """
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{file.name}: {error}") from error
    edition = content.pop("edition", None) if isinstance(content, dict) else None
    if not isinstance(edition, int) or edition < 1:
        raise DataError(f"{file.name}: must be a mapping, and its edition a number from 1 on.")
    try:
        return msgspec.convert(content, kind), edition
    except msgspec.ValidationError as error:
        raise DataError(f"{file.name}: {error}") from error
