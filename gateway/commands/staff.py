"""``mingbai staff``: accounts and tokens."""

import json
import sys
from typing import Annotated

import typer

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from staff.accounts import Accounts
from staff.passwords import Passwords
from staff.tokens import ApiTokens

app = typer.Typer(help="工作人员账号：新增、令牌、停用。", no_args_is_help=True)
OPERATOR = Actor.machine("命令行")


def _accounts() -> Accounts:
    return Accounts(clock=DatabaseClock(), trail=Trail(), passwords=Passwords())


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="登录名，小写拼音")],
    role: Annotated[str, typer.Option("--role", help="角色，多个用逗号分隔，例如 drafter,publisher")],
    unit: Annotated[str, typer.Option("--unit", help="所在单位，例如 区民政局")] = "",
    display_name: Annotated[str, typer.Option("--display-name", help="姓名；不填则同登录名")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="从标准输入读口令")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """新增账号。口令至少 12 位。

    例：`mingbai staff add zhangsan --role drafter --unit 区民政局`

    例：`echo "$口令" | mingbai staff add lisi --role first_reviewer --password-stdin`
    """
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("口令", hide_input=True, confirmation_prompt="再输入一次")

    async def work(_settings: Settings) -> None:
        person = await _accounts().add(
            name=name,
            display_name=display_name or name,
            roles=role.split(","),
            unit=unit,
            password=password,
            by=OPERATOR,
        )
        if as_json:
            typer.echo(json.dumps({"id": person.account_id, "name": person.name, "roles": sorted(person.roles)}))
        else:
            typer.echo(f"已新增账号 {person.name}")

    with_database(work)


@app.command("token")
def token(name: Annotated[str, typer.Argument(help="登录名")]) -> None:
    """签发接口令牌，只打印令牌本身；只显示这一次。

    例：`TOKEN=$(mingbai staff token zhangsan)`
    """

    async def work(_settings: Settings) -> None:
        typer.echo(await ApiTokens(clock=DatabaseClock(), trail=Trail()).issue(name, by=OPERATOR))

    with_database(work)


@app.command("disable")
def disable(name: Annotated[str, typer.Argument(help="登录名")]) -> None:
    """停用账号：登录、会话、令牌立即失效。

    例：`mingbai staff disable zhangsan`
    """

    async def work(_settings: Settings) -> None:
        await _accounts().disable(name, by=OPERATOR)
        typer.echo(f"已停用账号 {name}")

    with_database(work)
