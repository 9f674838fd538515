"""All parts of one simulated WeChat, wired, and the table of its API."""

from sandbox.effects import Effects
from sandbox.faults import FaultPlan, Handler
from sandbox.options import SandboxOptions
from sandbox.wechat.account import Account, Clock
from sandbox.wechat.articles import ArticleBook
from sandbox.wechat.calls import Endpoint, Gate, Right, Verb
from sandbox.wechat.citizens import Citizens
from sandbox.wechat.comments import Comments
from sandbox.wechat.drafts import Drafts
from sandbox.wechat.followers import Followers
from sandbox.wechat.mass import Mass
from sandbox.wechat.materials import Materials
from sandbox.wechat.menus import Menus
from sandbox.wechat.messages import Messages
from sandbox.wechat.network import Network
from sandbox.wechat.publishing import Publishing
from sandbox.wechat.pusher import Pusher
from sandbox.wechat.quotas import Quotas
from sandbox.wechat.replies import ReplyExaminer
from sandbox.wechat.statistics import Statistics
from sandbox.wechat.tags import Tags
from sandbox.wechat.tokens import Tokens

PEOPLE = (
    ("oCitizenChenXiuying_00000001", "陈秀英"),
    ("oCitizenWangJianguo_00000002", "王建国"),
    ("oCitizenLiuSiyuan_0000000003", "刘思远"),
)


class World:
    """Everything that a reset throws away and builds anew."""

    def __init__(self, options: SandboxOptions, faults: FaultPlan, clock: Clock) -> None:
        self.account = Account(options, faults, clock)
        self.effects = Effects()
        self.tokens = Tokens(self.account)
        self.quotas = Quotas(self.account)
        self.gate = Gate(self.account, self.tokens, self.quotas)
        self.materials = Materials(self.account)
        self.book = ArticleBook(self.account)
        self.drafts = Drafts(self.account, self.materials, self.book)
        self.followers = Followers(self.account)
        self.tags = Tags(self.account, self.followers)
        self.pusher = Pusher(self.account, self.followers, ReplyExaminer(self.account, self.materials))
        self.publishing = Publishing(self.account, self.drafts, self.book, self.pusher, self.effects)
        self.messages = Messages(self.account, self.followers, self.materials, self.publishing, self.effects)
        self.mass = Mass(
            account=self.account,
            drafts=self.drafts,
            book=self.book,
            followers=self.followers,
            tags=self.tags,
            materials=self.materials,
            pusher=self.pusher,
            effects=self.effects,
        )
        self.menus = Menus(self.account, self.materials, self.publishing)
        self.comments = Comments(self.account, self.book)
        self.statistics = Statistics(self.account, self.book, self.comments)
        self.citizens = Citizens(self.account, self.followers, self.materials, self.pusher)
        self.network = Network(self.account, self.gate, self.pusher)
        for openid, name in PEOPLE:
            self.followers.enter(openid, name)
        self.handlers: dict[str, Handler] = {}
        for endpoint in endpoints(self):
            self.quotas.register(endpoint)
            self.handlers[endpoint.path] = self.gate.handler(endpoint)

    def tick(self) -> None:
        """Let the time that passed act: reviews end, sends finish, events go out."""
        self.publishing.tick()
        self.mass.tick()
        self.pusher.tick()


def endpoints(w: World) -> list[Endpoint]:
    """Paths, rights and limits. Source of the limits: Message_Management/API_Call_Limits.html (a new account)."""

    def get(
        path: str, verb: Verb, daily: int | None = None, *, right: Right = Right.ANY, token: bool = True
    ) -> Endpoint:
        return Endpoint(method="GET", path=path, verb=verb, daily=daily, right=right, token=token)

    def post(
        path: str,
        verb: Verb,
        daily: int | None = None,
        *,
        right: Right = Right.ANY,
        token: bool = True,
        per_minute: int | None = None,
        strict_utf8: bool = True,
    ) -> Endpoint:
        return Endpoint(
            method="POST",
            path=path,
            verb=verb,
            daily=daily,
            right=right,
            token=token,
            per_minute=per_minute,
            strict_utf8=strict_utf8,
        )

    certified = Right.CERTIFIED
    service = Right.SERVICE
    return [
        get("/cgi-bin/token", w.tokens.plain, 2000, token=False),
        post("/cgi-bin/stable_token", w.tokens.stable, 500_000, token=False, per_minute=10_000),
        post("/cgi-bin/clear_quota", w.quotas.clear),
        post("/cgi-bin/clear_quota/v2", w.quotas.clear, token=False),
        post("/cgi-bin/openapi/quota/get", w.quotas.get),
        post("/cgi-bin/openapi/rid/get", w.network.rid),
        get("/cgi-bin/get_api_domain_ip", w.network.api_addresses),
        get("/cgi-bin/getcallbackip", w.network.callback_addresses),
        post("/cgi-bin/callback/check", w.network.check_callback),
        post("/cgi-bin/media/uploadimg", w.materials.uploadimg, 100_000),
        post("/cgi-bin/media/upload", w.materials.upload, 100_000),
        get("/cgi-bin/media/get", w.materials.get_temporary, 200_000),
        post("/cgi-bin/material/add_material", w.materials.add, 1000),
        post("/cgi-bin/material/get_material", w.materials.get, 1000),
        post("/cgi-bin/material/del_material", w.materials.delete, 1000),
        get("/cgi-bin/material/get_materialcount", w.materials.count, 1000),
        post("/cgi-bin/material/batchget_material", w.materials.batchget, 1000),
        post("/cgi-bin/draft/add", w.drafts.add, 1000, strict_utf8=False),
        post("/cgi-bin/draft/update", w.drafts.update, 1000, strict_utf8=False),
        post("/cgi-bin/draft/get", w.drafts.get, 500),
        post("/cgi-bin/draft/delete", w.drafts.delete, 1000),
        get("/cgi-bin/draft/count", w.drafts.count, 1000),
        post("/cgi-bin/draft/batchget", w.drafts.batchget, 1000),
        post("/cgi-bin/draft/switch", w.drafts.switch),
        post("/cgi-bin/freepublish/submit", w.publishing.submit, 100, right=certified),
        post("/cgi-bin/freepublish/get", w.publishing.get, 100, right=certified),
        post("/cgi-bin/freepublish/delete", w.publishing.delete, 10, right=certified),
        post("/cgi-bin/freepublish/getarticle", w.publishing.getarticle, 100, right=certified),
        post("/cgi-bin/freepublish/batchget", w.publishing.batchget, 100, right=certified),
        post("/cgi-bin/message/mass/sendall", w.mass.sendall, 100, right=certified, per_minute=60),
        post("/cgi-bin/message/mass/send", w.mass.send, 100, right=service, per_minute=60),
        post("/cgi-bin/message/mass/preview", w.mass.preview, 100, right=certified),
        post("/cgi-bin/message/mass/get", w.mass.get, 100, right=certified),
        post("/cgi-bin/message/mass/delete", w.mass.delete, 10, right=certified),
        post("/cgi-bin/message/mass/speed/get", w.mass.speed_get, right=certified),
        post("/cgi-bin/message/mass/speed/set", w.mass.speed_set, right=certified),
        post("/cgi-bin/message/custom/send", w.messages.send, 500_000, right=certified),
        post("/cgi-bin/message/custom/typing", w.messages.typing, 500_000, right=certified),
        post("/cgi-bin/menu/create", w.menus.create, 1000, right=certified),
        get("/cgi-bin/menu/get", w.menus.get, 10_000, right=certified),
        get("/cgi-bin/menu/delete", w.menus.delete, 1000, right=certified),
        get("/cgi-bin/user/info", w.followers.info, 5_000_000, right=certified),
        get("/cgi-bin/user/get", w.followers.listing, 500, right=certified),
        post("/cgi-bin/user/info/updateremark", w.followers.remark, right=certified),
        post("/cgi-bin/user/tag/get", w.tags.members, right=certified),
        post("/cgi-bin/tags/create", w.tags.create, right=certified),
        get("/cgi-bin/tags/get", w.tags.listing, right=certified),
        post("/cgi-bin/tags/update", w.tags.update, right=certified),
        post("/cgi-bin/tags/delete", w.tags.delete, right=certified),
        post("/cgi-bin/tags/members/batchtagging", w.tags.batchtagging, right=certified),
        post("/cgi-bin/tags/members/batchuntagging", w.tags.batchuntagging, right=certified),
        post("/cgi-bin/tags/getidlist", w.tags.of_person, right=certified),
        post("/cgi-bin/comment/open", w.comments.open, right=certified),
        post("/cgi-bin/comment/close", w.comments.close, right=certified),
        post("/cgi-bin/comment/list", w.comments.listing, right=certified),
        post("/cgi-bin/comment/markelect", w.comments.elect, right=certified),
        post("/cgi-bin/comment/unmarkelect", w.comments.unelect, right=certified),
        post("/cgi-bin/comment/delete", w.comments.delete, right=certified),
        post("/cgi-bin/comment/reply/add", w.comments.reply, right=certified),
        post("/cgi-bin/comment/reply/delete", w.comments.unreply, right=certified),
        post("/datacube/getarticletotaldetail", w.statistics.total_detail, 500, right=certified),
        post("/datacube/getarticleread", w.statistics.read, 500, right=certified),
        post("/datacube/getarticleshare", w.statistics.share, 500, right=certified),
        post("/datacube/getbizsummary", w.statistics.summary, 500, right=certified),
        post("/cgi-bin/qrcode/create", w.network.code, 100_000, right=service),
    ]
