"""Drafts the next migration from the records: ``python -m gateway.database.drafting NAME``. For developers.

Two faults of tortoise-orm 1.1.9's writer are mended here: it copies docstrings into table comments (and then cuts the SQL
at their semicolons), and it forgets ``generated=False`` of a primary key, which makes the next draft drop the key.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter, format_migration_name

from gateway.database.connection import tortoise_config

MANUAL_KEY = re.compile(r"(fields\.\w+\()(?=primary_key=True|max_length=\d+, primary_key=True)")


async def changes() -> list[MigrationWriter]:
    """What the records say that the migrations do not; empty when they agree."""
    with tempfile.TemporaryDirectory() as folder:
        config = tortoise_config(f"sqlite://{folder}/none.db")
        await Tortoise.init(config=config, init_connections=False)
        try:
            apps = Tortoise.apps
            if apps is None:
                raise RuntimeError("tortoise-orm did not read the records")
            for model in apps.get_models_iterable():
                model._meta.table_description = ""
            return await MigrationAutodetector(apps, config["apps"]).changes()
        finally:
            await Tortoise.close_connections()


def rendered(writer: MigrationWriter) -> str:
    """The migration's text, mended."""
    return MANUAL_KEY.sub(r"\1generated=False, ", writer.as_string())


def _main(name: str) -> int:
    for writer in asyncio.run(changes()):
        writer.name = format_migration_name(int(writer.name.split("_", 1)[0]), name)
        path = Path(writer.path())
        path.write_text(rendered(writer), encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1] if len(sys.argv) > 1 else "auto"))
