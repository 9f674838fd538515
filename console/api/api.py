"""The API as one value: who may call what, and the table of its addresses."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from audit.clock import Clock
from audit.trail import Trail
from casework.guard_desk import GuardDesk
from console.api import bodies
from console.api.calendar_calls import CalendarCalls
from console.api.case_calls import CaseCalls, case_operations
from console.api.check_calls import CheckCalls, check_operations
from console.api.delivery_calls import DeliveryCalls
from console.api.disclosure_calls import DisclosureCalls
from console.api.echo_calls import EchoCalls, echo_operations
from console.api.guard_calls import GuardAnswer, GuardCalls, LimitBody, UnlimitBody
from console.api.halt_calls import HaltAnswer, HaltBody, HaltCalls, LiftBody
from console.api.kind_calls import read_kinds
from console.api.knowledge_calls import KnowledgeCalls
from console.api.knowledge_table import knowledge_operations
from console.api.layer_calls import LayerCalls
from console.api.openapi import document
from console.api.operation import Operation, operation
from console.api.preview_calls import PreviewCalls
from console.api.problems import KNOWN, dumps, problem_of
from console.api.question_calls import QuestionCalls, question_operations
from console.api.receipts import Receipts
from console.api.release_calls import Ask, ReleaseCalls
from console.api.review_calls import ReviewCalls, review_operations
from console.api.show_calls import ShowCalls
from console.api.window_calls import WindowCalls, WindowsAnswer, WindowsBody, WindowsTaken
from console.api.word_calls import WordAnswer, WordCalls
from console.archive.making import Archives
from console.archive_pages import one_package
from console.case_acts import CaseActs
from console.echo_desk import EchoDesk
from console.errors import TokenRefused
from console.guarding import Handler, guarded, peer, require_one
from console.preflight import Preflight
from console.previews import Previewer
from console.reviewing_desk import ReviewingDesk
from console.show_links import ShowLinks
from console.talk import TalkDesk
from console.veil import Veil
from disclosures.desk import Desk
from disclosures.embargo import Embargo
from disclosures.files import Files
from disclosures.service_windows import ServiceWindows
from knowledge.curating import Curating
from knowledge.dictionary_changes import Changes
from publishers.decisions import Decisions
from publishers.halt import Halts
from publishers.port import Channel, ChannelName
from publishers.proposals import Proposals
from publishers.withdrawal import Withdrawal
from scheduler.calendar_desk import CalendarDesk
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import REVIEW_VERBS, Verb
from staff.tokens import ApiTokens

REVIEW = REVIEW_VERBS


class Api:
    """The same verbs as the console, for other systems. ``ask`` is the bot as a citizen meets it; ``public_url`` and
    ``version`` stand in the OpenAPI document."""

    def __init__(
        self, *, desk: Desk, files: Files, timetable: Timetable, withdrawal: Withdrawal, decisions: Decisions,
        proposals: Proposals,
        channels: Mapping[ChannelName, Channel], tokens: ApiTokens, clock: Clock, page_url: Callable[[int], str],
        ask: Ask, public_url: str, version: str, halts: Halts, curating: Curating,
        calendar: CalendarDesk, reviewing: ReviewingDesk,
        address: Callable[[web.Request], str] | None = None, echo: EchoDesk | None = None,
        talk: TalkDesk,
    ) -> None:  # fmt: skip
        receipts = Receipts(clock=clock)
        self._questions = QuestionCalls(desk=talk.questions)
        preflight = Preflight(desk=desk, channels=channels, page_url=page_url)
        self._echo = EchoCalls(desk=echo, receipts=receipts) if echo is not None else None
        self._tokens = tokens
        self._public_url = public_url
        self._version = version
        self._disclosures = DisclosureCalls(
            desk=desk, preflight=preflight, files=files, withdrawal=withdrawal, receipts=receipts, page_url=page_url
        )
        self._word = WordCalls(files=files)
        self._releases = ReleaseCalls(
            desk=desk, timetable=timetable, proposals=proposals, receipts=receipts, ask=ask, address=address or peer
        )
        self._checks = CheckCalls(desk=desk, preflight=preflight, clock=clock)
        self._halt = HaltCalls(halts=halts, clock=clock)
        self._guard = GuardCalls(desk=GuardDesk(clock=clock, trail=Trail()))
        self._deliveries = DeliveryCalls(decisions=decisions, proposals=proposals, receipts=receipts)
        self._calendar = CalendarCalls(desk=calendar, clock=clock, receipts=receipts)
        trail = Trail()
        self._shows = ShowCalls(
            desk=desk, links=ShowLinks(clock=clock, trail=trail), embargo=Embargo(clock=clock, trail=trail),
            page_url=page_url,
        )  # fmt: skip
        self._windows = WindowCalls(desk=ServiceWindows(clock=clock, trail=trail))
        previewer = Previewer(preflight=preflight, page_url=page_url, site_name="")
        self._previews = PreviewCalls(desk=desk, previewer=previewer)
        self._archives = Archives(clock=clock, trail=Trail())
        self._reviewing = ReviewCalls(reviewing=reviewing, receipts=receipts, address=address or peer)
        acts = CaseActs(services=talk.handling, curation=curating.curation, curating=curating, clock=clock, trail=trail)
        self._cases = CaseCalls(services=talk.handling, acts=acts, clock=clock, receipts=receipts)
        self._layers = LayerCalls(changes=Changes(clock=clock, trail=trail), curating=curating, receipts=receipts)
        self._knowledge = KnowledgeCalls(curating=curating, clock=clock, receipts=receipts)

    def operations(self) -> tuple[Operation, ...]:
        d, r, one = self._disclosures, self._releases, r"/api/v1/disclosures/{id:\d{1,9}}"
        loud = r"/api/v1/abuse/{person:[0-9a-f]{1,64}}"
        v, delivery = self._deliveries, r"/api/v1/deliveries/{id:\d{1,9}}"
        answer, detail = bodies.DisclosureAnswer, bodies.DeliveryDetail
        return (
            operation("POST", "/api/v1/disclosures", d.create_disclosure, "起草", answer, bodies.DisclosureBody,
                Verb.DISCLOSURE_WRITE, status=201, keyed=True),
            operation("GET", "/api/v1/disclosures", d.list_disclosures, "列表", bodies.ListAnswer, None,
                Verb.DISCLOSURE_READ, query=("state", "q", "page")),
            operation("POST", "/api/v1/disclosures/import", self._word.import_word, "读取 Word 文件，不保存", WordAnswer,
                bodies.FileBody, Verb.DISCLOSURE_WRITE, uploads=True),
            operation("GET", one, d.read_disclosure, "查看", answer, None, Verb.DISCLOSURE_READ),
            operation("PATCH", one, d.change_disclosure, "修改", answer, bodies.DisclosureChanges, Verb.DISCLOSURE_WRITE),
            operation("POST", f"{one}/submit", d.submit_disclosure, "送审", answer, bodies.SubmitBody, Verb.DISCLOSURE_SUBMIT),
            operation("POST", f"{one}/approve", d.approve_disclosure, "审签", answer, bodies.ApproveBody, *REVIEW),
            operation("POST", f"{one}/reject", d.reject_disclosure, "退回", answer, bodies.RejectBody, *REVIEW),
            operation("POST", f"{one}/withdraw", d.withdraw_disclosure, "撤回", answer, bodies.WithdrawBody,
                Verb.DISCLOSURE_WITHDRAW),
            operation("POST", f"{one}/repeal", d.repeal_disclosure, "废止", answer, bodies.RepealBody, Verb.DISCLOSURE_REPEAL,
                keyed=True),
            operation("GET", "/api/v1/kinds", read_kinds, "文种", bodies.KindListAnswer, None, Verb.DISCLOSURE_READ),
            operation("GET", f"{one}/archive", self.read_archive, "归档包", None, None, Verb.DISCLOSURE_READ, file="application/zip"),
            operation("POST", "/api/v1/releases", r.create_release, "安排发布", bodies.ReleaseAnswer, bodies.ReleaseBody,
                Verb.RELEASE_SCHEDULE, status=201, keyed=True),
            operation("GET", r"/api/v1/releases/{id:\d{1,9}}", r.read_release, "发布结果", bodies.ReleaseAnswer, None,
                Verb.RELEASE_READ),
            operation("POST", r"/api/v1/releases/{id:\d{1,9}}/cancel", r.cancel_release, "取消发布计划",
                bodies.ReleaseAnswer, bodies.CancelBody, Verb.RELEASE_CANCEL),
            operation("POST", r"/api/v1/releases/{id:\d{1,9}}/move", r.move_release, "改期", bodies.ReleaseAnswer, bodies.MoveBody,
                Verb.RELEASE_SCHEDULE, keyed=True),
            operation("GET", "/api/v1/deliveries", v.list_deliveries, "投放列表", bodies.DeliveryListAnswer, None,
                Verb.DELIVERY_READ, query=("state", "page")),
            operation("GET", delivery, v.read_delivery, "查看投放", detail, None, Verb.DELIVERY_READ),
            operation("POST", f"{delivery}/decide", v.decide_alone, "现在发布、重试，或告知已在平台删除", detail,
                bodies.DecideBody, Verb.DELIVERY_DECIDE, keyed=True),
            operation("POST", f"{delivery}/propose", v.propose_decision, "对结果待核实的投放提出决定", detail,
                bodies.ProposeBody, Verb.DELIVERY_DECIDE, keyed=True),
            operation("POST", f"{delivery}/confirm", v.confirm_decision, "同意另一人的决定", detail, bodies.ConfirmBody,
                Verb.DELIVERY_DECIDE, keyed=True),
            operation("POST", f"{delivery}/refuse", v.refuse_decision, "不同意另一人的决定", detail, bodies.RefuseBody,
                Verb.DELIVERY_DECIDE, keyed=True),
            operation("GET", "/api/v1/windows", self._windows.read_windows, "服务窗口", WindowsAnswer, None, Verb.KNOWLEDGE_READ),
            operation("POST", "/api/v1/windows", self._windows.save_windows, "保存服务窗口", WindowsTaken, WindowsBody, Verb.CATALOGUE_WRITE),
            operation("DELETE", r"/api/v1/windows/{id:\d{1,9}}", self._windows.remove_window, "删去服务窗口", WindowsAnswer, None, Verb.CATALOGUE_WRITE),
            operation("GET", "/api/v1/abuse", self._guard.list_abuse, "滥用的人", GuardAnswer, None, Verb.CONVERSATION_READ),
            operation("POST", f"{loud}/limit", self._guard.limit, "限制自动答复", GuardAnswer, LimitBody, Verb.CONVERSATION_BLOCK),
            operation("POST", f"{loud}/lift", self._guard.lift, "提前恢复自动答复", GuardAnswer, UnlimitBody, Verb.CONVERSATION_BLOCK),
            operation("POST", f"{loud}/leave", self._guard.leave, "看过，不作限制", GuardAnswer, None, Verb.CONVERSATION_BLOCK),
            operation("GET", "/api/v1/halt", self._halt.read_halt, "是否停发", HaltAnswer, None, Verb.RELEASE_READ),
            operation("POST", "/api/v1/halt", self._halt.raise_halt, "停发", HaltAnswer, HaltBody, Verb.RELEASE_PAUSE, status=201),
            operation("POST", "/api/v1/halt/lift", self._halt.lift_halt, "申请或确认解除停发", HaltAnswer, LiftBody,
                Verb.RELEASE_PAUSE),
            operation("POST", "/api/v1/ask", r.ask, "提问", bodies.AskAnswer, bodies.AskBody, Verb.KNOWLEDGE_READ),
            operation("POST", "/api/v1/files", d.upload_file, "上传文件", bodies.FileAnswer, bodies.FileBody,
                Verb.FILE_WRITE, status=201, uploads=True),
            *self._calendar.operations(),
            *knowledge_operations(self._knowledge),
            *self._layers.operations(),
            *question_operations(self._questions),
            *(echo_operations(self._echo) if self._echo is not None else ()),
            *self._shows.operations(),
            *self._previews.operations(),
            *check_operations(self._checks),
            *review_operations(self._reviewing),
            *case_operations(self._cases),
        )  # fmt: skip

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        table = [web.route(op.method, op.path, self._guarded(op)) for op in self.operations()]
        return [*table, web.get("/api/v1/openapi.json", self.openapi)]

    async def read_archive(self, request: web.Request, person: Person) -> web.StreamResponse:
        return await one_package(request, person, self._archives)

    async def openapi(self, request: web.Request) -> web.Response:
        """What this API is, for machines; open to everybody, since it holds no secret."""
        described = document(
            self.operations(), title="明白政务公开网关", version=self._version, server=self._public_url
        )
        return web.json_response(described, dumps=dumps)

    def _guarded(self, op: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                person = await self._person(request)
                require_one(person, op.verbs)
                veil = await Veil.of(person)
                await veil.require(request.path)
                return await veil.on_the_way_out(await op.handler(request, person))
            except KNOWN as error:
                return problem_of(error)

        return guarded(handle, op.verbs)

    async def _person(self, request: web.Request) -> Person:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        person = await self._tokens.resolve(token.strip()) if scheme.lower() == "bearer" else None
        if person is None:
            raise TokenRefused
        return person
