"""Tags of followers. Source: the pages on user tags; 100 tags, 20 a person."""

from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.calls import Call
from sandbox.wechat.errors import ApiError
from sandbox.wechat.followers import Followers

TAGS = 100
PER_PERSON = 20
NAME_CHARACTERS = 30
SYSTEM = {2: "星标组"}


class Tags:
    """The calls below /cgi-bin/tags/ and /cgi-bin/user/tag/."""

    def __init__(self, account: Account, followers: Followers) -> None:
        self._account = account
        self._followers = followers
        self._names: dict[int, str] = dict(SYSTEM)
        self._next = 100

    def exists(self, tag: int) -> bool:
        """Whether there is a tag of that number."""
        return tag in self._names

    def create(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/create {tag: {name}}."""
        _, name = self._tag(call)
        if name in self._names.values():
            raise ApiError(45157)
        if len(self._names) >= TAGS + len(SYSTEM):
            raise ApiError(45056)
        self._next += 1
        self._names[self._next] = name
        return {"tag": {"id": self._next, "name": name}}

    def listing(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/tags/get."""
        tags = [
            {"id": number, "name": name, "count": sum(1 for _ in self._followers.with_tag(number))}
            for number, name in self._names.items()
        ]
        return {"tags": tags}

    def update(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/update {tag: {id, name}}."""
        number, name = self._tag(call)
        self._own(number)
        if name in self._names.values():
            raise ApiError(45157)
        self._names[number] = name
        return {"errcode": 0, "errmsg": "ok"}

    def delete(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/delete {tag: {id}}."""
        given = call.body.get("tag")
        found = given.get("id") if isinstance(given, dict) else None
        number = found if isinstance(found, int) else -1
        self._own(number)
        del self._names[number]
        for person in self._followers.all():
            person.tags.discard(number)
        return {"errcode": 0, "errmsg": "ok"}

    def batchtagging(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/members/batchtagging {openid_list ≤ 50, tagid}."""
        number = self._known(call)
        people = self._people(call)
        if any(len(person.tags | {number}) > PER_PERSON for person in people):
            raise ApiError(45059)
        for person in people:
            person.tags.add(number)
        return {"errcode": 0, "errmsg": "ok"}

    def batchuntagging(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/members/batchuntagging {openid_list ≤ 50, tagid}."""
        number = self._known(call)
        for person in self._people(call):
            person.tags.discard(number)
        return {"errcode": 0, "errmsg": "ok"}

    def of_person(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/tags/getidlist {openid}."""
        return {"tagid_list": sorted(self._followers.required(call.text("openid")).tags)}

    def members(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/user/tag/get {tagid, next_openid}."""
        openids = [person.openid for person in self._followers.with_tag(self._known(call))]
        return {"count": len(openids), "data": {"openid": openids}, "next_openid": openids[-1] if openids else ""}

    def _tag(self, call: Call) -> tuple[int, str]:
        given = call.body.get("tag")
        if not isinstance(given, dict):
            raise ApiError(47001)
        name = given.get("name")
        if not isinstance(name, str) or not name:
            raise ApiError(40097, "name")
        if len(name) > NAME_CHARACTERS:
            raise ApiError(45158)
        number = given.get("id", 0)
        return number if isinstance(number, int) else 0, name

    def _own(self, number: int) -> None:
        if number in SYSTEM:
            raise ApiError(45058)
        if number not in self._names:
            raise ApiError(45159)

    def _known(self, call: Call) -> int:
        number = call.number("tagid", -1)
        if number not in self._names:
            raise ApiError(45159)
        return number

    def _people(self, call: Call) -> list[Any]:
        listed = call.body.get("openid_list")
        if not isinstance(listed, list) or not 1 <= len(listed) <= 50:
            raise ApiError(40032)
        return [self._followers.required(str(openid)) for openid in listed]
