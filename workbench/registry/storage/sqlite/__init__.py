"""The registry in one SQLite file: schema, triggers, migrations, connections, backup."""
