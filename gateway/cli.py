"""The command line: ``mingbai``. Every verb shows examples with ``--help``; exit codes mean something (see docs/cli.md)."""

import sys

import typer
from rich.console import Console

from audit.errors import AuditError
from disclosures.errors import DisclosureError
from gateway.commands import archive, ask, audit, backup, clock, demo, halt, knowledge, machine, menu, staff
from gateway.errors import CommandFailed, GatewayError, MigrationFailed, SettingInvalid
from knowledge.errors import KnowledgeError
from publishers.errors import PublishError
from staff.errors import StaffError

app = typer.Typer(
    name="mingbai",
    help="明白：政务公开一次发布、三审把关、多渠道同步；群众问、照原文答。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("demo")(demo.demo)
app.command("serve")(machine.serve)
app.command("worker")(machine.worker)
app.command("migrate")(machine.migrate)
app.command("doctor")(machine.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("halt")(halt.halt)
app.command("menu")(menu.menu)
app.command("sandbox", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(machine.sandbox)
app.command("ask")(ask.ask)
app.add_typer(staff.app, name="staff")
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(audit.app, name="audit")
app.add_typer(archive.app, name="archive")
app.add_typer(clock.app, name="clock")

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (SettingInvalid, 2),
    (MigrationFailed, 5),
    (StaffError, 4),
    (DisclosureError, 4),
    (PublishError, 4),
    (KnowledgeError, 4),
    (AuditError, 6),
)


def main() -> None:
    """Runs the command line; a known error is one sentence on standard error and an exit code, never a trace."""
    try:
        app()
    except CommandFailed as failed:
        _complain(failed)
        sys.exit(failed.code)
    except (GatewayError, StaffError, DisclosureError, PublishError, KnowledgeError, AuditError) as error:
        _complain(error)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(error: Exception) -> None:
    Console(stderr=True).print(f"[bold red]错误[/]：{error}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
