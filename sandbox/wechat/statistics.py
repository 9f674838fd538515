"""The statistics of articles (数据统计): POST /datacube/…, for certified accounts.

What readers do is counted by the day of the platform. The newest day told is yesterday, from 08:00 on; before that it is
not ready (61503). Whether a day's values are running totals or that day's alone is an option (`datacube_values`).
"""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sandbox.wechat.account import Account
from sandbox.wechat.articles import Article, ArticleBook, Batch
from sandbox.wechat.calls import Call
from sandbox.wechat.comments import Comments
from sandbox.wechat.errors import ApiError

_BEIJING = ZoneInfo("Asia/Shanghai")
Deed = Literal["read", "share", "like", "zaikan", "collection"]
DEEDS: tuple[Deed, ...] = ("read", "share", "like", "zaikan", "collection")
READY_HOUR = 8
KEPT_DAYS = 30
FIRST_DAY = date(2025, 11, 1)
"""The newer calls begin here."""


class Statistics:
    """What readers did with each article, and the calls that tell it."""

    def __init__(self, account: Account, book: ArticleBook, comments: Comments) -> None:
        self._account = account
        self._book = book
        self._comments = comments
        self._deeds: Counter[tuple[str, str, str]] = Counter()

    def count(self, slug: str, deed: Deed, times: int = 1, day: str = "") -> None:
        """A reader opened, shared or liked an article. `day` (YYYY-MM-DD) is for tests; today by default."""
        self._deeds[(slug, deed, day or self._account.day())] += times

    def today(self, slug: str) -> dict[str, int]:
        """All that readers did until now, as an article's page shows it."""
        return {deed: sum(n for (s, d, _), n in self._deeds.items() if s == slug and d == deed) for deed in DEEDS}

    def total_detail(self, call: Call) -> dict[str, Any]:
        """POST /datacube/getarticletotaldetail: the articles of one publication day, with every day since."""
        day = self._span(call, 1)[0]
        rows = []
        for batch in self._book.batches():
            if _day(batch.at) == day:
                rows += [self._row(batch, place, article) for place, article in enumerate(batch.articles)]
        return {"list": rows, "is_delay": False}

    def read(self, call: Call) -> dict[str, Any]:
        """POST /datacube/getarticleread: the articles that were read on one day."""
        return self._of_a_day(self._span(call, 1)[0], "read", "read_user")

    def share(self, call: Call) -> dict[str, Any]:
        """POST /datacube/getarticleshare."""
        return self._of_a_day(self._span(call, 1)[0], "share", "share_user")

    def summary(self, call: Call) -> dict[str, Any]:
        """POST /datacube/getbizsummary: the account's totals by day, 30 days at most."""
        rows = []
        for day in self._span(call, KEPT_DAYS):
            told: dict[str, Any] = {"ref_date": day.isoformat()}
            for deed in DEEDS:
                told[f"{deed}_user"] = sum(n for (_, d, at), n in self._deeds.items() if d == deed and at == str(day))
            told["send_page_count"] = sum(
                len(batch.articles) for batch in self._book.batches() if _day(batch.at) == day
            )
            rows.append(told)
        return {"list": rows, "is_delay": False}

    def _of_a_day(self, day: date, deed: Deed, field: str) -> dict[str, Any]:
        rows = []
        for batch in self._book.batches():
            for place, article in enumerate(batch.articles):
                times = self._deeds[(article.slug, deed, day.isoformat())]
                if times:
                    msgid = f"{batch.msg_data_id}_{place + 1}"
                    rows.append({"ref_date": day.isoformat(), "msgid": msgid, "detail": {field: times}})
        return {"list": rows, "is_delay": False}

    def _row(self, batch: Batch, place: int, article: Article) -> dict[str, Any]:
        first = _day(batch.at)
        last = min(self._newest(), first + timedelta(days=KEPT_DAYS - 1))
        details, before = [], Counter[str]()
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            that = {deed: self._deeds[(article.slug, deed, day.isoformat())] for deed in DEEDS}
            before.update(that)
            told = before if self._account.options.datacube_values == "total" else Counter(that)
            written = [c for c in self._comments.of(article.slug) if _day(c.at) <= day]
            if self._account.options.datacube_values == "daily":
                written = [c for c in written if _day(c.at) == day]
            details.append(
                {"stat_date": day.isoformat(), **{f"{deed}_user": told[deed] for deed in DEEDS},
                 "comment_count": len(written)}
            )  # fmt: skip
        return {
            "ref_date": first.isoformat(), "msgid": f"{batch.msg_data_id}_{place + 1}", "title": article.title,
            "content_url": article.url, "publish_type": 0 if batch.origin == "mass" else 1, "detail_list": details,
        }  # fmt: skip

    def _span(self, call: Call, most: int) -> list[date]:
        """The days asked for. 61500 for what is no date or lies backwards, 61501 for too long a span or a day that is not
        over, 61503 for yesterday before 08:00."""
        try:
            begin, end = date.fromisoformat(call.text("begin_date")), date.fromisoformat(call.text("end_date"))
        except ValueError:
            raise ApiError(61500) from None
        if begin > end or begin < FIRST_DAY:
            raise ApiError(61500)
        if (end - begin).days >= most or end >= _day(self._account.now()):
            raise ApiError(61501)
        if end > self._newest():
            raise ApiError(61503)
        return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]

    def _newest(self) -> date:
        now = datetime.fromtimestamp(self._account.now(), _BEIJING)
        return now.date() - timedelta(days=1 if now.hour >= READY_HOUR else 2)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, _BEIJING).date()
