"""The web edge: security headers on every answer, one place where an unexpected fault becomes a page, health."""

import html
import logging
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

log = logging.getLogger(__name__)

MAX_BODY = 12 * 2**20
"""Bytes of the largest request (an attachment of 10 MB and its form); callbacks and chat have smaller caps of their own."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = ("/console", "/api/", "/wechat", "/weibo")


def secure_headers(*, https: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler that adds the headers which a response has not set itself."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith(PRIVATE):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Server"] = "mingbai"

    return add


def error_pages(missing: Handler) -> Middleware:
    """Turns errors into an answer in the language of its reader: a problem for the API, a page for people.

    ``missing`` is the portal's own page for a public address that nobody knows.
    """

    @web.middleware
    async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400 or answer.content_type != "text/plain" or request.path in {"/wechat", "/weibo"}:
                raise
            if answer.status == 404 and not request.path.startswith(PRIVATE):
                return await missing(request)
            return _answer(request, answer.status, answer.headers.get("Allow"))
        except HttpProcessingError:
            # A part of a multipart body, read inside the handler, was malformed.
            return _answer(request, 400, None)
        except Exception:
            # The edge of the request: whatever went wrong is logged under a number that the reader can quote.
            number = secrets.token_hex(4)
            log.exception("request failed, number %s, %s %s", number, request.method, request.path)
            return _answer(request, 500, None, number)

    return edge


WORDS = {
    400: ("请求有误", "请检查填写的内容后重试。"),
    403: ("没有权限", "如需办理，请联系系统管理员。"),
    404: ("页面不存在", "可能是网址有误，或页面已经移走。可以从首页查找。"),
    405: ("不支持的操作", "请从页面上的按钮操作。"),
    413: ("内容太大", "单个文件不能超过 10 MB，请压缩后再上传。"),
    429: ("操作太频繁", "请稍等一分钟再试。"),
}


def _answer(request: web.Request, status: int, allow: str | None, number: str = "") -> web.Response:
    title, advice = WORDS.get(status, ("系统出错了", f"请稍后再试；如仍不行，请把编号 {number} 告诉系统管理员。"))
    headers = {"Allow": allow} if allow else None
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": advice}
        return web.json_response(problem, status=status, content_type="application/problem+json", headers=headers)
    page = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="stylesheet" href="/static/portal/portal.css">'
        f'<main class="notice"><h1>{title}</h1><p>{html.escape(advice)}</p><p><a href="/">返回首页</a></p></main></html>'
    )
    return web.Response(text=page, status=status, content_type="text/html", headers=headers)
