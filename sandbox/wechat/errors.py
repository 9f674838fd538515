"""The refusals of the platform."""

from typing import Any

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40059: "invalid msg id",
    40060: "invalid article idx",
    40066: "invalid url",
    40097: "invalid args",
    40114: "invalid index value",
    40125: "invalid appsecret",
    40130: "invalid openid list size, at least two openid",
    40152: "invalid tagid for sendall",
    40164: "invalid ip",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    41039: "invalid content_source_url",
    42001: "access_token expired",
    42010: "mass send too fast",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45005: "url size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45047: "out of response count limit",
    45056: "too many tags",
    45058: "can't modify sys tag",
    45059: "too many tags of one fan",
    45065: "clientmsgid exist",
    45066: "clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45072: "invalid command",
    45080: "need send to user first",
    45081: "already in the state of typing",
    45083: "invalid speed value",
    45110: "author size out of limit",
    45157: "tag name exists",
    45158: "tag name too long",
    45159: "invalid tag id",
    45166: "invalid content",
    46003: "menu no exist",
    47001: "data format error",
    48001: "api unauthorized",
    48005: "cannot delete material in use",
    48006: "clear quota is forbidden because of reaching the limit",
    53500: "publishing is banned",
    53501: "publishing too frequently",
    53502: "invalid publish id",
    53503: "draft does not pass the publishing check",
    53504: "please use the draft on the mp website",
    53505: "please save the draft by hand on the mp website first",
    53600: "invalid article id",
    61500: "date format error",
    61501: "date range error",
    61503: "data is not ready, please try again later",
    76001: "rid not found",
    76021: "cgi_path not found",
    88000: "without comment privilege",
    88001: "msg_data is not exists",
    88002: "the reply contains sensitive words",
    88003: "elect comment num over limit",
    88004: "comment has been deleted",
    88005: "already reply",
    88007: "reply content over limit or empty",
    88008: "comment is not exists",
    88010: "count range error. count <= 0 or count > 50",
    89504: "waiting for the administrator",
}


class ApiError(Exception):
    """The platform refuses the call with an errcode; nothing was done."""

    def __init__(self, code: int, hint: str = "", *, detail: str = "", **extra: Any) -> None:
        super().__init__(code, hint)
        self.code = code
        self.hint = hint
        self.detail = detail
        self.extra = extra

    def text(self, rid: str) -> str:
        """The errmsg as the platform writes it, with its trailers."""
        message = MESSAGES.get(self.code, "error")
        if self.detail:
            message = f"{message} {self.detail}"
        if self.hint:
            message = f"{message} hint: [{self.hint}]"
        return f"{message} rid: {rid}"
