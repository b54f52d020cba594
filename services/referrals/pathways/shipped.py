"""The data that comes with Relevo: read and checked once, at start; a file that is wrong stops it."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from contracts.pathways import Pathway
from services.referrals.pathways.pathway import Version, problems

FOLDER = files("services.referrals.pathways") / "data"


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
    content = read(file)
    edition = content.pop("edition", None)
    if not isinstance(edition, int) or edition < 1:
        raise DataError(f"{file.name}: edition must be a number from 1 on.")
    pathway = converted(file, content, Pathway)
    if f"{pathway.code}.yaml" != file.name:
        raise DataError(f"{file.name}: its code must be that of its name, not {pathway.code}.")
    if not (pathway.needs or pathway.vulnerabilities):
        raise DataError(f"{file.name}: applies to nobody.")
    wrong = problems(pathway, None)
    if wrong:
        told = "; ".join(f"{'.'.join(one.path)}: {one.message}" for one in wrong)
        raise DataError(f"{file.name}: {told}")
    return Version(pathway, edition)


def read(file: Traversable) -> dict[str, Any]:
    """Return what stands in a YAML file (1.2: `no` is a word, and a key stands once).

    Raises:
        DataError: it is no YAML, or no mapping.
    """
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{file.name}: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{file.name}: must be a mapping.")
    return content


def converted(file: Traversable, content: dict[str, Any], kind: Any) -> Any:
    """Return the content as a type of the contracts.

    Raises:
        DataError: it is not of that type.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{file.name}: {error}") from error
