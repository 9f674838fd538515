"""``mingbai menu``: the menu of the WeChat account, with the questions that its buttons ask."""

import asyncio
import getpass
import os
from pathlib import Path
from typing import Annotated

import aiohttp
import typer

from audit.actor import Actor
from audit.trail import Trail
from bot.menu import MenuRefused, read_menu
from bot.menu_desk import MenuDesk
from gateway.commands.running import opened
from gateway.database.clock import DatabaseClock
from gateway.errors import CommandFailed
from gateway.settings import load_settings
from publishers.wechat.client import WeChatClient
from publishers.wechat.token import WeChatTokens


def menu(file: Annotated[Path, typer.Argument(help="菜单文件（JSON）", exists=True, dir_okay=False)]) -> None:
    """设置公众号菜单：检查后发给微信；按钮代群众提问，或者打开网址。

    例：`mingbai menu 菜单.json`
    """
    settings = load_settings()
    if not settings.wechat_appid:
        raise CommandFailed("没有配置微信公众号（MINGBAI_WECHAT_APPID）", code=2)
    try:
        wanted = read_menu(file.read_text(encoding="utf-8-sig"))
    except (MenuRefused, UnicodeDecodeError) as refused:
        said = str(refused) if isinstance(refused, MenuRefused) else "文件须为 UTF-8 编码"
        raise CommandFailed(said, code=2) from None

    async def work() -> None:
        clock = DatabaseClock()
        async with opened(settings), aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http:
            tokens = WeChatTokens(
                http=http, api_base=settings.wechat_api_base, appid=settings.wechat_appid,
                secret=settings.wechat_secret, clock=clock, owner=f"menu:{os.getpid()}",
            )  # fmt: skip
            client = WeChatClient(http=http, api_base=settings.wechat_api_base, tokens=tokens)
            by = Actor.machine(f"命令行（{getpass.getuser()}）")
            await MenuDesk(clock=clock, trail=Trail()).set(wanted, create=client.create_menu, by=by)

    asyncio.run(work())
    typer.echo(f"菜单已发给微信，{len(wanted.questions)} 个按钮代群众提问。手机上一两分钟内更新。")
