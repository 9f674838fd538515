"""WeRoBot with a thousand filters on Tornado, the quickest of the servers it supports. Runs in an environment of its own.

    PYTHON benchmarks/werobot_peer.py PORT SETTINGS.json

SETTINGS.json holds token, app_id, encoding_aes_key, and the filters as pairs of pattern and answer.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import tornado.ioloop
import tornado.web
import werobot
from werobot.contrib.tornado import make_handler


def saying(answer: str) -> Callable[[], str]:
    return lambda: answer


def main() -> None:
    settings = json.loads(Path(sys.argv[2]).read_text("utf8"))
    # Without sessions WeRoBot keeps nothing at all, which is the quickest it can be.
    robot = werobot.WeRoBot(token=settings["token"], enable_session=False)
    robot.config["APP_ID"] = settings["app_id"]
    robot.config["ENCODING_AES_KEY"] = settings["encoding_aes_key"]
    for pattern, answer in settings["filters"]:
        robot.add_filter(func=saying(answer), rules=[re.compile(pattern)])
    robot.add_handler(lambda: "暂时没有查到。", type="text")
    app = tornado.web.Application([("/wechat", make_handler(robot))])
    app.listen(int(sys.argv[1]), address="127.0.0.1")
    tornado.ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
