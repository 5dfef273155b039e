"""What the second process of a large audit does. It imports little, since it starts each time."""

from __future__ import annotations

import sys

from workbench.registry.audit.second_process import digest_of_part
from workbench.registry.audit.verify_versions import doubtful_versions
from workbench.registry.storage.checks import check_file, opened_again

_DIGESTS = "SELECT seq, digest FROM ledger WHERE kind = 'version' AND seq > ? AND seq <= ?"


def main(path: str, after: str, last: str) -> None:
    """Print the digest of the part as the ledger has it, when the file and the rows agree with it;
    else end with 1.
    """
    part = (int(after), int(last))
    connection = opened_again(path)
    connection.execute("BEGIN")
    digests = dict(connection.execute(_DIGESTS + " ORDER BY seq", part).fetchall())
    digest = digest_of_part(digests.items())
    doubtful = doubtful_versions(connection, "seq > ? AND seq <= ?", part, digests)
    if any(check_file(connection)) or next(doubtful, None) or digests:
        sys.exit(1)
    sys.stdout.write(digest)
