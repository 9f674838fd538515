"""A real process that needs the account's token: ``python -m tests.nodes.token_asker URL API_BASE``.

For every line on standard input it asks many times at once and writes the tokens that it got; ``renew`` says that the
platform has refused the last one.
"""

import asyncio
import sys

import aiohttp

from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from publishers.wechat.token import WeChatTokens

APPID, SECRET = "wx5a3d6b0c9e8f7a21", "sandbox0wechat0secret0demo0only0"


async def main(url: str, api_base: str) -> None:
    await connect(url)
    async with aiohttp.ClientSession() as http:
        tokens = WeChatTokens(
            http=http, api_base=api_base, appid=APPID, secret=SECRET, clock=DatabaseClock(), owner="asker"
        )
        last = ""
        print("ready", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            asked = [tokens.renewed(rejected=last) if line == "renew" else tokens.current() for _ in range(20)]
            got = set(await asyncio.gather(*asked))
            last = next(iter(got))
            print(" ".join(got), flush=True)
    await disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
