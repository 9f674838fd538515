"""Starts the sandbox from the command line: ``python -m sandbox --port 8971 --gateway http://127.0.0.1:8970``."""

import argparse
import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from sandbox.app import run
from sandbox.options import OptionError, SandboxOptions

PORT = 8971
GATEWAY = "http://127.0.0.1:8970"
_KINDS = {"subscription": "certified_subscription", "service": "certified_service"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read options, serve until interrupted; the exit status is 0, or 2 for a wrong option."""
    given = _parser().parse_args(arguments)
    try:
        options = options_from(os.environ, given.gateway, given.set)
    except OptionError as wrong:
        print(f"sandbox: {wrong}")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, given.host, given.port))
    return 0


def options_from(environment: Mapping[str, str], gateway: str, changes: Sequence[str] = ()) -> SandboxOptions:
    """The options of the product's environment (MINGBAI_…), with demo values where it says nothing.

    `gateway` is the product's address; its host counts as a public web site here. `changes` are NAME=VALUE.
    """

    def value(name: str, default: str) -> str:
        return environment.get(f"MINGBAI_{name}") or default

    base = gateway.rstrip("/")
    public = value("PUBLIC_URL", base)
    hosts = {part for url in (base, public) for part in (urlsplit(url).netloc, urlsplit(url).hostname or "") if part}
    kind = value("WECHAT_ACCOUNT_KIND", "subscription")
    options = SandboxOptions(
        wechat_appid=value("WECHAT_APPID", "wx5a3d6b0c9e8f7a21"),
        wechat_secret=value("WECHAT_SECRET", "sandbox0wechat0secret0demo0only0"),
        wechat_token=value("WECHAT_TOKEN", "sandboxWechatToken"),
        wechat_aes_key=value("WECHAT_AES_KEY", "SandboxSandboxSandboxSandboxSandboxSandbox1"),
        wechat_account=value("WECHAT_ACCOUNT", "gh_5a3d6b0c9e8f"),
        account_name=value("SITE_NAME", "明白政务"),
        wechat_callback_url=f"{base}/wechat",
        weibo_app_key=value("WEIBO_APP_KEY", "1000000001"),
        weibo_app_secret=value("WEIBO_APP_SECRET", "sandbox-weibo-app-secret"),
        weibo_access_token=value("WEIBO_ACCESS_TOKEN", "2.00sandboxweibotoken"),
        weibo_uid=value("WEIBO_UID", "2000000001"),
        weibo_safe_domain=value("WEIBO_SAFE_DOMAIN", urlsplit(public).hostname or "127.0.0.1"),
        weibo_callback_url=f"{base}/weibo",
        treat_as_public=tuple(sorted(hosts)),
    )
    patch: dict[str, object] = {"account_kind": _KINDS.get(kind, kind)}
    for change in changes:
        name, _, text = change.partition("=")
        patch[name] = _typed(getattr(options, name, ""), text)
    return options.changed(patch)


def _typed(current: object, text: str) -> object:
    try:
        if isinstance(current, bool):
            return text.lower() in ("1", "true", "yes", "on")
        if isinstance(current, int):
            return int(text)
        if isinstance(current, float):
            return float(text)
    except ValueError:
        raise OptionError(f"not a number: {text}") from None
    return tuple(text.split(",")) if isinstance(current, tuple) else text


async def _serve(options: SandboxOptions, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    runner = await run(options, host, port)
    address = runner.addresses[0]
    print(f"模拟平台已启动：http://{address[0]}:{address[1]}/", flush=True)
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="本地模拟的微信公众平台与微博开放平台（仅供演示与测试）"
    )
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认只对本机开放）")
    parser.add_argument("--port", type=int, default=PORT, help=f"监听端口（默认 {PORT}）")
    parser.add_argument("--gateway", default=GATEWAY, help=f"明白网关的地址（默认 {GATEWAY}）")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="修改一个模拟选项，可重复")
    return parser
