"""A post as the open API shows it."""

from typing import Any

from sandbox.weibo.accounts import user_object
from sandbox.weibo.counting import weight
from sandbox.weibo.dates import weibo_date
from sandbox.weibo.posts import Picture, Post
from sandbox.weibo.world import World

ZERO_WIDTH_TAIL = " \u200b"


def status_object(world: World, post: Post, origin: str, *, trim_user: bool = False) -> dict[str, Any]:
    """The status object, abridged as in open.weibo.com/wiki/2/statuses/share. `origin` is where pictures are served."""
    shown = post.text + (ZERO_WIDTH_TAIL if world.switches.zero_width_tail else "")
    answer: dict[str, Any] = {
        "created_at": weibo_date(post.created_at),
        "id": int(post.mid),
        "idstr": post.mid,
        "mid": post.mid,
        "can_edit": False,
        "text": shown,
        "textLength": weight(post.text),
        "source": f'<a href="http://app.weibo.com/t/feed/mingbai" rel="nofollow">{post.source}</a>',
        "favorited": False,
        "truncated": False,
        "in_reply_to_status_id": "",
        "in_reply_to_user_id": "",
        "in_reply_to_screen_name": "",
        "pic_urls": [],
        "geo": None,
        "reposts_count": post.shared + sum(1 for other in world.posts.by_mid.values() if other.original == post.mid),
        "comments_count": len(world.remarks.under(post.mid)),
        "attitudes_count": post.likes,
        "isLongText": weight(post.text) > 280,
        "visible": {"type": post.visible, "list_id": 0},
        "pic_num": 0,
        "pic_ids": [],
    }
    answer |= _who(world, post, trim_user=trim_user)
    if post.picture is not None:
        answer |= _pictures(post.picture, origin)
    if world.switches.url_objects and post.urls:
        answer["url_objects"] = [_link(world, url) for url in post.urls]
    if post.annotations:
        answer["annotations"] = post.annotations
    if post.original is not None:
        answer["retweeted_status"] = _original(world, post.original, origin)
    return answer


def removed_object(post: Post) -> dict[str, Any]:
    """What is left of a post that was taken down."""
    return {"mid": post.mid, "idstr": post.mid, "id": int(post.mid), "deleted": "1", "text": "抱歉，此微博已被删除。"}


def _who(world: World, post: Post, *, trim_user: bool) -> dict[str, Any]:
    if trim_user:
        return {"uid": int(post.uid)}
    author = world.accounts.by_uid[post.uid]
    return {"user": user_object(author, posts=len(world.posts.of(post.uid)), followers=_followers(world, post.uid))}


def _followers(world: World, uid: str) -> int:
    return len(world.citizens.followers()) if uid == world.app.owner else 0


def _pictures(picture: Picture, origin: str) -> dict[str, Any]:
    sizes = {
        name: f"{origin}/weibo/pictures/{folder}/{picture.pid}.{picture.extension}"
        for name, folder in (("thumbnail_pic", "thumbnail"), ("bmiddle_pic", "bmiddle"), ("original_pic", "large"))
    }
    urls = [{"thumbnail_pic": sizes["thumbnail_pic"]}]
    return sizes | {"pic_urls": urls, "pic_num": 1, "pic_ids": [picture.pid]}


def _link(world: World, url: str) -> dict[str, Any]:
    short = world.links.shorten(url)
    return {"url_ori": short, "info": {"url_short": short, "url_long": url, "type": 0, "result": True}}


def _original(world: World, mid: str, origin: str) -> dict[str, Any]:
    post = world.posts.by_mid[mid]
    return removed_object(post) if post.removed_by else status_object(world, post, origin)
