"""The comments under posts, as they are kept."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Remark:
    """A comment by `uid` under `mid`; `answers` is the comment it replies to."""

    cid: str
    mid: str
    uid: str
    text: str
    created_at: float
    source: str = ""
    answers: str | None = None
    floor: int = 1
    removed: bool = False


@dataclass(slots=True, kw_only=True)
class RemarkBook:
    """All comments by id, in the order they came."""

    by_cid: dict[str, Remark] = field(default_factory=dict)

    def add(self, remark: Remark) -> Remark:
        self.by_cid[remark.cid] = remark
        return remark

    def live(self, cid: str) -> Remark | None:
        remark = self.by_cid.get(cid)
        return remark if remark is not None and not remark.removed else None

    def under(self, mid: str) -> list[Remark]:
        """The comments under a post, newest first."""
        return [remark for remark in reversed(self.by_cid.values()) if remark.mid == mid and not remark.removed]

    def everywhere(self) -> list[Remark]:
        """All comments, newest first."""
        return [remark for remark in reversed(self.by_cid.values()) if not remark.removed]
