"""An opened registry file: its connections, and operations on the file as a whole."""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH110, PTH202
from __future__ import annotations

import os

from workbench.errors import RegistryError, RegistryUnusable
from workbench.registry.reader.last_good import LastGood
from workbench.registry.reader.reader import Reader
from workbench.registry.storage.sqlite.opening import (
    check_nearest,
    check_there,
    named_registry,
    nearest_registry,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any, Self

    from workbench.registry.content.signing import SigningKey
    from workbench.registry.models.records import VerifyReport
    from workbench.registry.models.values import PromptVersion
    from workbench.registry.reader.app_features import AppFeatures
    from workbench.registry.storage.connection import Connection
    from workbench.registry.storage.ledger import Transaction
    from workbench.registry.storage.sqlite.reading import Reading
    from workbench.registry.storage.sqlite.writing import Writer

PRODUCTION = "production"

_BEGUN = 64 * 1024
"""A file that is still being created, or whose creator was killed, has at most this many bytes; a
complete one has more, unless all of it is still in the write-ahead log.
"""


class RegistryFile:
    """Opens the file for apps, for queries and for writing, each on first use."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        create: bool = False,
        signing_key: SigningKey | None = None,
        anchors: str | os.PathLike[str] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """The file is opened on first use and may be missing until then, unless it is to be
        created. Raises RegistryUnusable for an invalid `path`, and without one when the nearest
        registry belongs to another user.

        `anchors` is the file that gets the ledger's head after each deployment; a registry in the
        .workbench folder of a workspace has registry.anchors there. `on_warning` is called with
        what a write could not do beside the registry; the default is a Python warning.
        """
        self._check_there = check_there
        self._named = self._name(path)
        # Two names of one file would have two write-ahead logs.
        self.path = os.path.realpath(self._named)
        self._anchors = anchors
        self._given = path
        self._on_warning = on_warning
        self._create = create
        self._signing_key = signing_key
        there = os.path.exists(self.path)
        last_good = LastGood(self.path, beside=there or self._check_there is check_there)
        self._reader = Reader(self.path, last_good, self._check_there)
        self._read_side: Reading | None = None
        self._write_side: Writer | None = None
        if create and not (there and os.path.getsize(self.path) > _BEGUN):
            self._writer().ensure()

    # What apps call

    def get_active(
        self,
        prompt_id: str,
        environment: str = PRODUCTION,
        *,
        at: datetime.datetime | str | None = None,
        default: PromptVersion | str | None = None,
        requires: str | None = None,
        strict: bool = False,
    ) -> PromptVersion | None:
        """The live version, in microseconds when nothing changed; when nothing is live, `default`,
        else None.

        After its first answer it does not fail, and with `default` never: `source` and `age`
        (seconds) say when the answer comes from memory, from disk or is `default`. `requires` is a
        range like `>=1.2,<2`; `at` is an earlier time; `strict` raises instead of returning None or
        an unconfirmed answer. Raises RegistryError.
        """
        if at is not None:
            return self._reader.active_at((prompt_id, environment, requires), at, default, strict)
        return self._reader.active(prompt_id, environment, requires, default, strict)

    def require_active(
        self,
        prompt_id: str,
        environment: str = PRODUCTION,
        *,
        at: datetime.datetime | str | None = None,
        requires: str | None = None,
        strict: bool = False,
    ) -> PromptVersion:
        """`get_active`, but raises NotInRegistry with the nearest names when nothing is live."""
        key = (prompt_id, environment, requires)
        version = (
            self._reader.active(*key, strict=strict)
            if at is None
            else self._reader.active_at(key, at)
        )
        if version is None:
            raise self._reader.nothing_live(key, at)
        return version

    async def aget_active(
        self,
        prompt_id: str,
        environment: str = PRODUCTION,
        *,
        at: datetime.datetime | str | None = None,
        default: PromptVersion | str | None = None,
        requires: str | None = None,
        strict: bool = False,
    ) -> PromptVersion | None:
        """`get_active` for asyncio: runs in a thread when it needs the disk."""
        if at is None:
            version = self._reader.warm((prompt_id, environment, requires))
            if version is not None:
                return version
        import asyncio

        return await asyncio.to_thread(
            self.get_active,
            prompt_id,
            environment,
            at=at,
            default=default,
            requires=requires,
            strict=strict,
        )

    def check_features(
        self,
        version: PromptVersion,
        hashes: Mapping[str, str],
        *,
        app: str,
        environment: str = PRODUCTION,
    ) -> tuple[str, ...]:
        """`version.check_features(hashes)`, and what the app says is kept in a file beside the
        registry, so that `workbench doctor`, `lineage` and the screens say when it computes an
        input by another definition: the version reads drifted then. Where the file cannot be
        written, `on_warning` is told.

        `app` names the app; 100 characters are kept.
        """
        import warnings

        from workbench.registry.reader.app_features import AppFeatures, record_features

        features = AppFeatures(app[:100], version.prompt_id, environment, version.version, hashes)
        try:
            record_features(self.path, features)
        except OSError as error:
            warn = self._on_warning or warnings.warn
            warn(f"what {app} computes by is not kept beside the registry: {error.strerror}")
        return version.check_features(hashes)

    def app_features(self) -> list[AppFeatures]:
        """By which definitions apps compute the inputs of the versions that they read, as they
        said; sorted by prompt, environment and app.
        """
        from workbench.registry.reader.app_features import recorded_features

        return list(recorded_features(self.path))

    @property
    def last_error(self) -> Exception | None:
        """Why the last `get_active` was not answered by the registry; None when it was."""
        return self._reader.last_error

    # The file as a whole

    def head(self) -> str:
        """The hash of the newest record: keep it elsewhere for `verify(head=...)`."""
        with self._reading() as connection:
            row = connection.execute("SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1")
            return str(row.fetchone()[0])

    @property
    def anchors(self) -> str:
        """The file that keeps the ledger's heads; "" when there is none."""
        from workbench.registry.storage.anchors import anchors_beside

        if self._anchors is not None:
            return os.fspath(self._anchors)
        # As it was given: a link may lead to a file that several workspaces share.
        return anchors_beside(self.path if self._given is None else os.fspath(self._given))

    def verify(
        self,
        head: str | None = None,
        key: Any = None,
        anchors: str | os.PathLike[str] | None = None,
    ) -> VerifyReport:
        """Audit everything: the chain, each row, each pass, the schema, kept heads, signatures.

        `key` is an Ed25519 public key (PEM text, bytes or a path) for the signatures, or several.
        `anchors` is another file of anchors than the registry's own.
        """
        from workbench.registry.audit.verify import verify

        kept = self.anchors if anchors is None else os.fspath(anchors)
        with self._reading() as connection:
            return verify(connection, head=head, key=key, anchors=kept)

    def backup(self, path: str | os.PathLike[str]) -> str:
        """A checked copy of the registry at `path`, made while others may write. Raises
        RegistryError.
        """
        from workbench.registry.storage.sqlite.backup import backup

        self._check_there(self.path)
        return backup(self._writer(), os.fspath(path))

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Replace the registry by a backup; the replaced file is kept beside it. Raises
        RegistryError.
        """
        from workbench.registry.storage.sqlite.backup import restore

        restore(self._writer(), os.fspath(path))

    def close(self) -> None:
        """Close all connections."""
        self._reader.close()
        for side in (self._read_side, self._write_side):
            if side is not None:
                side.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reading(self) -> AbstractContextManager[Connection]:
        if self._read_side is None:
            from workbench.registry.storage.sqlite.reading import Reading

            self._read_side = Reading(self.path, lambda: self._writer().ensure(), self._check_there)
        return self._read_side.snapshot()

    def _writing(self) -> AbstractContextManager[Transaction]:
        if not self._create:
            self._check_there(self.path)
        return self._writer().transaction()

    def _sign(self, transaction: Transaction, actor: str, seq: int) -> None:
        """Sign a record in the same transaction, with the given key or that of
        $WORKBENCH_SIGNING_KEY.
        """
        if self._signing_key is None and not os.environ.get("WORKBENCH_SIGNING_KEY"):
            return
        from workbench.registry.content.signing import key_from_environment, sign_record

        if self._signing_key is None:
            self._signing_key = key_from_environment()
        if self._signing_key is not None:
            sign_record(transaction, self._signing_key, actor, seq)

    def _writer(self) -> Writer:
        if self._write_side is None:
            import warnings

            from workbench.registry.storage.sqlite.writing import Writer

            self._write_side = Writer(
                self.path,
                create=self._create,
                named=self._named,
                sign=self._sign,
                anchors=self.anchors,
                warn=self._on_warning or warnings.warn,
            )
        return self._write_side

    def _name(self, path: str | os.PathLike[str] | None) -> str:
        try:
            named = named_registry(None if path is None else os.fsdecode(path))
            if named is None:
                self._check_there = check_nearest
                named = nearest_registry()
            os.path.realpath(named)
        except RegistryError:
            raise
        except (ValueError, OSError) as error:  # a NUL, half a surrogate pair; no current folder
            raise RegistryUnusable(
                f"{path!a} is no path: {error}", hint="check the path"
            ) from error
        return named
