"""What Weibo says when it refuses.

Source of codes and wording: open.weibo.com/wiki/Error_code, and answers captured from the live service.

    WeiboSandboxError
    ├── Refusal          an answer of the open API with an error_code
    ├── ArticleRefusal   an answer of the article endpoint, which has codes of its own
    ├── MassSendRefusal  an answer in the errcode/errmsg shape of the mass-send endpoint
    ├── BadReplyError    what the account's server answered cannot be shown to a citizen
    ├── DeedError        a citizen cannot do what the test asked for
    └── SwitchError      no such switch, or not such a value
"""

from typing import Final

MESSAGES: Final[dict[int, str]] = {
    10001: "System error!",
    10002: "Service unavailable!",
    10003: "Remote service error!",
    10004: "IP limit!",
    10005: "Permission denied, need a high level appkey!",
    10006: "Source paramter (appkey) is missing!",
    10008: "Param error, see doc for more info!",
    10009: "Too many pending tasks, system is busy!",
    10010: "Job expired!",
    10011: "RPC error!",
    10012: "Illegal request!",
    10013: "Invalid weibo user!",
    10014: "Insufficient app permissions!",
    10016: "Miss required parameter ({}), see doc for more info!",
    10017: "Parameter ({})'s value invalid, expect ({}), but get ({}), see doc for more info!",
    10018: "Request body length over limit!",
    10020: "Request api not found!",
    10021: "HTTP method is not suported for this request!",
    10022: "IP requests out of rate limit!",
    10023: "User requests out of rate limit!",
    10024: "User requests for ({}) out of rate limit!",
    20001: "IDs is null!",
    20003: "User does not exists!",
    20005: "Unsupported image type, only suport JPG, GIF, PNG!",
    20006: "Image size too large!",
    20007: "Does multipart has image?",
    20008: "Content is null!",
    20009: "IDs is too many!",
    20012: "Text too long, please input text less than 140 characters!",
    20013: "Text too long, please input text less than 300 characters!",
    20014: "Param is error, please try again!",
    20015: "Account or ip or app is illgal, can not continue!",
    20016: "Out of limit!",
    20017: "Repeat content!",
    20018: "Contain illegal website!",
    20019: "repeat content!",
    20020: "Contain advertising!",
    20021: "Content is illegal!",
    20022: "Your ip's behave in a comic boisterous or unruly manner!",
    20031: "Test and verify!",
    20032: "Update success, while server slow now, please wait 1-2 minutes and try again!",
    20053: (
        "Your Weibo has been successfully released and needs manual review for 3 minutes. Please be patient.\n"
        "If you have any questions, please contact the exclusive customer service, or call 4000960960."
    ),
    20101: "Target weibo does not exist!",
    20102: "Not your own weibo!",
    20103: "Can't repost yourself weibo!",
    20104: "Illegal weibo!",
    20109: "Weibo id is null!",
    20111: "Repeated weibo text!",
    20112: "Permission Denied!",
    20201: "Weibo comment does not exist!",
    20202: "Illegal comment!",
    20203: "Not your own comment!",
    20204: "Comment id is null!",
    20301: "Can't send direct message to user who is not your follower!",
    20306: "Out of limit of direct messages!",
    21301: "auth by Null spi!",
    21317: "Token rejected!",
    21319: "Accessor was revoked!",
    21320: "OAuth2 must use https!",
    21321: "Applications over the unaudited use restrictions!",
    21322: "redirect_uri_mismatch",
    21323: "invalid_request",
    21324: "invalid_client",
    21325: "invalid_grant",
    21326: "unauthorized_client",
    21327: "expired_token",
    21328: "unsupported_grant_type",
    21329: "unsupported_response_type",
    21330: "access_denied",
    21332: "invalid_access_token",
    21501: "Urls is null!",
    21502: "Urls is too many!",
    21504: "Url is null!",
    21602: "Contains forbid world!",
}

UNAUTHORISED: Final = frozenset({10006, *range(21301, 21333)})
FORBIDDEN: Final = frozenset({10004, 10005, 10014, 10022, 10023, 10024})


class WeiboSandboxError(Exception):
    """The sandboxed Weibo refuses the call."""


class Refusal(WeiboSandboxError):
    """An answer of the open API that carries an error_code."""

    def __init__(self, code: int, *fill: str, text: str | None = None) -> None:
        self.code = code
        self.text = text if text is not None else fill_in(code, *fill)
        super().__init__(f"{code} {self.text}")


class ArticleRefusal(WeiboSandboxError):
    """An answer of the article endpoint: HTTP 200 with a code other than 100000."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code} {text}")


class MassSendRefusal(WeiboSandboxError):
    """An answer of the mass-send endpoint in its own errcode/errmsg shape."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code} {text}")


class BadReplyError(WeiboSandboxError):
    """The reply cannot be shown to the citizen; the text says why."""


class DeedError(WeiboSandboxError):
    """A citizen cannot do this here; the text says what was asked."""


class SwitchError(WeiboSandboxError):
    """The switch is unknown or its value is of the wrong kind; the text says which."""


def fill_in(code: int, *fill: str) -> str:
    """The platform's sentence for a code; a code without one gets the platform's own fallback."""
    template = MESSAGES.get(code, "System error!")
    missing = template.count("{}") - len(fill)
    return template.format(*fill, *[""] * max(missing, 0))


def typical_status(code: int) -> int:
    """The HTTP status logs show most often for a code; nothing official exists."""
    if code in UNAUTHORISED:
        return 401
    if code in FORBIDDEN:
        return 403
    if code == 10020:
        return 404
    if code in {10001, 10002, 10003, 10009, 10010, 10011}:
        return 503
    return 400
