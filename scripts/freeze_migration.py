"""Write the next migration of registry.db: from the released steps to what the code says now.

    python scripts/freeze_migration.py NAME

Views, indexes, triggers and new tables are written out whole. A changed table is not: write its
`ALTER TABLE ... ADD COLUMN` where the file says so. Then name the file in
`workbench/registry/storage/sqlite/migrations/__init__.py`, raise `layout.SCHEMA_VERSION`, and raise
`layout.OLDEST_READER` only if older programs would misread the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from workbench.registry.storage.sqlite import migrations
from workbench.registry.storage.sqlite.schema import INDEXES, TABLES
from workbench.registry.storage.sqlite.triggers import triggers
from workbench.registry.storage.sqlite.views import VIEWS

_CREATED = re.compile(r"\s*CREATE (TABLE|INDEX|UNIQUE INDEX|VIEW|TRIGGER) (\w+)")


def main(name: str) -> None:
    """Write `mNNN_NAME.sql` beside the steps before it."""
    before = migrations.expected_schema()
    lines = [f"-- {name.replace('_', ' ').capitalize()}: say why."]
    now = set()
    for statement in (*TABLES.values(), *INDEXES, *VIEWS.values(), *triggers()):
        created = _CREATED.match(statement)
        if created is None:
            raise SystemExit(f"no CREATE: {statement[:60]}")
        kind, item = created[1].rpartition(" ")[2], created[2]
        now.add(item)
        if before.get(item) == migrations.normalized(statement):
            continue
        if item in before and kind == "TABLE":
            lines.append(f"-- ALTER TABLE {item} ADD COLUMN ...;")
            continue
        if item in before:
            lines.append(f"DROP {kind} {item};")
        lines.append(f"{statement.strip()};")
    gone = sorted(item for item in before.keys() - now if "sqlite_migrations" not in item)
    lines += [f"-- {item} is gone from the code: DROP it." for item in gone]
    number = len(migrations.STEPS) + 1
    path = Path(migrations.__file__).with_name(f"m{number:03}_{name}.sql")
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main(sys.argv[1])
