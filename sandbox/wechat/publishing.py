"""Publishing without sending (freepublish): accepted, running, and then one of the end states."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.effects import Effect, Effects
from sandbox.wechat.account import Account
from sandbox.wechat.articles import Article, ArticleBook, Batch, digest
from sandbox.wechat.calls import Call
from sandbox.wechat.drafts import Draft, Drafts
from sandbox.wechat.errors import ApiError
from sandbox.wechat.pusher import Pusher

LIVE, RUNNING, NOT_ORIGINAL, FAILED, REFUSED, DELETED, BLOCKED = range(7)


@dataclass(slots=True, kw_only=True)
class Job:
    """One submission. `fail_idx` counts articles from 1."""

    publish_id: str
    msg_data_id: str
    media_id: str
    draft: Draft
    at: float
    settles_at: float
    status: int = RUNNING
    article_id: str = ""
    batch: Batch | None = None
    fail_idx: list[int] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)


class Publishing:
    """The calls below /cgi-bin/freepublish/. Source: `sub/public/…` and guide/product/publish.md."""

    def __init__(self, account: Account, drafts: Drafts, book: ArticleBook, pusher: Pusher, effects: Effects) -> None:
        self._account = account
        self._drafts = drafts
        self._book = book
        self._pusher = pusher
        self._effects = effects
        self._jobs: dict[str, Job] = {}
        self.next_statuses: deque[int] = deque()

    # -- calls --------------------------------------------------------------------------------------------------

    def submit(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/freepublish/submit: 0 means accepted, no more."""
        account = self._account
        if account.options.publish_banned:
            raise ApiError(53500)
        draft = self._drafts.find(call.text("media_id"))
        if draft.blocked:
            raise ApiError(draft.blocked)
        if account.options.draft_consumed == "submit":
            self._drafts.take(draft.media_id)
        now = account.now()
        job = Job(
            publish_id=str(account.serial()),
            msg_data_id=str(account.serial()),
            media_id=draft.media_id,
            draft=draft,
            at=now,
            settles_at=now + account.options.publish_seconds,
        )
        job.effects = [effect_of(article, job.publish_id, i, now) for i, article in enumerate(draft.articles, 1)]
        for effect in job.effects:
            effect.media_id, effect.msg_data_id, effect.status = job.media_id, job.msg_data_id, RUNNING
        self._effects.publications.extend(job.effects)
        self._jobs[job.publish_id] = job
        answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok", "publish_id": job.publish_id}
        if account.options.msg_data_id_in_submit:
            answer["msg_data_id"] = job.msg_data_id
        return answer

    def get(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/freepublish/get."""
        job = self.find(call.text("publish_id"))
        answer: dict[str, Any] = {"publish_id": job.publish_id, "publish_status": job.status}
        if job.batch is not None and job.status == LIVE:
            answer["article_id"] = job.article_id
            answer["article_detail"] = _detail(job.batch)
        answer["fail_idx"] = list(job.fail_idx)
        return answer

    def delete(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/freepublish/delete {article_id, index}; index 0 or absent deletes all. Cannot be undone."""
        job = self._by_article(call.text("article_id"))
        index = call.number("index")
        batch = job.batch
        if batch is None or not 0 <= index <= len(batch.articles):
            raise ApiError(40114)
        for position, article in enumerate(batch.articles, 1):
            if index in (0, position):
                article.deleted = True
                job.effects[position - 1].deleted = True
        if all(article.deleted for article in batch.articles):
            self._end(job, DELETED)
        return {"errcode": 0, "errmsg": "ok"}

    def getarticle(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/freepublish/getarticle."""
        job = self._by_article(call.text("article_id"))
        return {"news_item": _items(job, content=True)}

    def batchget(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/freepublish/batchget: published items, not mass-sent ones, newest first."""
        offset, count = call.number("offset"), call.number("count", 20)
        if not 1 <= count <= 20 or offset < 0:
            raise ApiError(40097, "count")
        content = call.number("no_content") == 0
        jobs = [job for job in reversed(self._jobs.values()) if job.batch is not None and job.status == LIVE]
        page = jobs[offset : offset + count]
        items = [
            {
                "article_id": job.article_id,
                "content": {
                    "news_item": _items(job, content=content),
                    "create_time": int(job.at),
                    "update_time": int(job.settles_at),
                },
                "update_time": int(job.settles_at),
            }
            for job in page
        ]
        return {"item": items, "total_count": len(jobs), "item_count": len(page)}

    # -- time and the control API -------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Settle the submissions whose review is over."""
        now = self._account.now()
        for job in list(self._jobs.values()):
            if job.status == RUNNING and job.settles_at <= now:
                self.settle(job, self._verdict(job))

    def settle(self, job: Job, status: int) -> None:
        """Bring a job to an end state and announce it."""
        if status == LIVE:
            self._bring_out(job)
        else:
            self._end(job, status)
        self._pusher.announce("PUBLISHJOBFINISH", {"PublishEventInfo": _event(job)})

    def change(self, publish_id: str, status: int) -> Job:
        """The control API: force a state; 5 and 6 come later and quietly, the others settle a running job."""
        job = self.find(publish_id)
        if job.status == RUNNING and status in (LIVE, NOT_ORIGINAL, FAILED, REFUSED):
            self.settle(job, status)
        elif job.batch is not None and status in (DELETED, BLOCKED):
            for article, effect in zip(job.batch.articles, job.effects, strict=True):
                article.deleted = effect.deleted = True
                article.blocked = status == BLOCKED
            self._end(job, status)
        else:
            raise ApiError(40097, f"{job.status} to {status}")
        return job

    def find(self, publish_id: str) -> Job:
        """The job; 53502 when there is none."""
        job = self._jobs.get(publish_id)
        if job is None:
            raise ApiError(53502)
        return job

    def published(self, article_id: str) -> list[Article]:
        """The articles behind an article_id that are still there; 53600 when there are none."""
        job = self._by_article(article_id)
        live = [] if job.batch is None else [article for article in job.batch.articles if not article.deleted]
        if not live:
            raise ApiError(53600)
        return live

    def _by_article(self, article_id: str) -> Job:
        for job in self._jobs.values():
            if article_id and job.article_id == article_id:
                return job
        raise ApiError(53600)

    def _verdict(self, job: Job) -> int:
        if self.next_statuses:
            return self.next_statuses.popleft()
        if self._account.options.draft_consumed == "success" and not self._drafts.has(job.media_id):
            return FAILED
        words = self._account.options.review_refuses
        text = "".join(article.title + article.sent for article in job.draft.articles)
        return REFUSED if any(word in text for word in words) else LIVE

    def _bring_out(self, job: Job) -> None:
        if self._drafts.has(job.media_id):
            self._drafts.take(job.media_id)
        job.status = LIVE
        job.article_id = self._account.letters(64)
        job.batch = Batch(
            msg_data_id=job.msg_data_id,
            articles=job.draft.articles,
            origin="published",
            at=self._account.now(),
            article_id=job.article_id,
            media_id=job.media_id,
        )
        self._book.issue(job.batch)
        for article, effect in zip(job.batch.articles, job.effects, strict=True):
            effect.state, effect.status = "live", LIVE
            effect.live_at, effect.url, effect.article_id = article.shown_at, article.url, job.article_id

    def _end(self, job: Job, status: int) -> None:
        job.status = status
        if status in (NOT_ORIGINAL, REFUSED):
            job.fail_idx = list(range(1, len(job.draft.articles) + 1))
        if status in (NOT_ORIGINAL, FAILED, REFUSED) and self._account.options.draft_consumed == "submit":
            self._drafts.put_back(job.draft)
        for effect in job.effects:
            effect.status = status
            if status in (NOT_ORIGINAL, FAILED, REFUSED):
                effect.state = "failed"


def effect_of(article: Article, number: str, index: int, at: float) -> Effect:
    """The record of an article that was accepted."""
    return Effect(
        id=number,
        index=index,
        title=article.title,
        title_sha256=digest(article.title),
        body_sha256=digest(article.sent),
        stored_sha256=digest(article.content),
        source_url=article.source_url,
        media_id="",
        at=at,
    )


def _detail(batch: Batch) -> dict[str, Any]:
    items = [{"idx": i, "article_url": article.url} for i, article in enumerate(batch.articles, 1)]
    return {"count": len(items), "item": items}


def _items(job: Job, *, content: bool) -> list[dict[str, Any]]:
    articles = [] if job.batch is None else job.batch.articles
    return [{**article.shown(content=content), "is_deleted": article.deleted} for article in articles]


def _event(job: Job) -> dict[str, Any]:
    info: dict[str, Any] = {"publish_id": int(job.publish_id), "publish_status": job.status}
    if job.batch is not None and job.status == LIVE:
        info["article_id"] = job.article_id
        info["article_detail"] = _detail(job.batch)
    if job.fail_idx:
        info["fail_idx"] = list(job.fail_idx)
    return info
