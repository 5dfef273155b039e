"""Addresses of datasets outside the workspace: which are taken, and which the user has trusted.

Reading one uses the keys of the user's environment, so a workspace that somebody else wrote must
not choose it unasked.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from workbench.errors import UntrustedWorkspace
from workbench.files import read_user_file, write_user_file

SCHEMES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss")
"""Object stores. No file, memory, archive or web page: those lie in no bucket."""
_FILE = "trusted_sources.json"


def is_address(path: str) -> bool:
    """Whether a path is the address of something outside the workspace."""
    return "://" in path


def address_problem(path: str) -> str:
    """What is wrong with the address; empty if nothing is."""
    scheme, _, rest = path.partition("://")
    if scheme not in SCHEMES:
        return f"{scheme}:// is no object store: one of {', '.join(SCHEMES)}"
    if "::" in path:
        return f"{path!r} leads through another place: name the object alone"
    if "@" in urlsplit(path).netloc and scheme not in ("abfs", "abfss"):
        return "a key must not stand in an address: the store's own variables hold it"
    if "?" in rest or "#" in rest:
        return "an address ends with the name; dataset.version names the version"
    if not rest.partition("/")[2].strip("/"):
        return "a bucket and a name in it are needed: s3://bucket/tickets.jsonl"
    return ""


def check_trusted(root: Path, address: str) -> None:
    """Raise UntrustedWorkspace when the user has not agreed that the workspace reads there."""
    if not is_trusted_address(root, address):
        raise UntrustedWorkspace(
            f"a suite in {root} reads its cases from {address}, and you have not trusted that",
            hint="read the suite, then: workbench trust",
        )


def is_trusted_address(root: Path, address: str) -> bool:
    """Whether the user has agreed that the workspace reads there."""
    return address in _trusted().get(str(root.resolve()), ())


def trust_addresses(root: Path, addresses: Collection[str]) -> None:
    """Record that the workspace may read at these addresses, and at no others."""
    trusted, name = _trusted(), str(root.resolve())
    if addresses or name in trusted:
        others = {one: listed for one, listed in trusted.items() if one != name}
        write_user_file(_FILE, {**others, **({name: sorted(addresses)} if addresses else {})})


def _trusted() -> dict[str, list[str]]:
    trusted = read_user_file(_FILE)
    return {root: listed for root, listed in trusted.items() if isinstance(listed, list)}
