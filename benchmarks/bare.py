"""The least that a callback can be: decrypt, parse, answer a constant, encrypt, all with wechatpy, on aiohttp. Keeps nothing.

python -m benchmarks.bare PORT
"""

import sys

from aiohttp import web
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply

from benchmarks.letters import AES_KEY, APPID, TOKEN

CRYPTO = web.AppKey("crypto", WeChatCrypto)


async def receive(request: web.Request) -> web.Response:
    query, crypto = request.query, request.app[CRYPTO]
    xml = crypto.decrypt_message(await request.read(), query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(xml)
    reply = TextReply(message=message, content="您的消息已收到。").render()
    sealed = crypto.encrypt_message(reply, query["nonce"], query["timestamp"])
    return web.Response(text=sealed, content_type="application/xml")


def main() -> None:
    app = web.Application()
    app[CRYPTO] = WeChatCrypto(TOKEN, AES_KEY, APPID)
    app.add_routes([web.post("/wechat", receive)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
