"""The console as one value: its parts, and the table of its addresses."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from aiohttp import web

from audit.clock import Clock
from audit.trail import Trail
from console.announcement_pages import AnnouncementPages
from console.api.problems import KNOWN, status_of
from console.archive.making import Archives
from console.archive_pages import ArchivePages
from console.calendar_pages import CalendarPages
from console.check_pages import CheckPages
from console.comment_pages import CommentPages
from console.complaint_pages import ComplaintPages
from console.copy_pages import CopyPages
from console.debts import note_debts
from console.deputy_pages import DeputyPages
from console.door import Door, Visit, see, wants_json
from console.duty_desk import DutyDesk
from console.embargo_pages import EmbargoPages
from console.figure_pages import FigurePages
from console.guarding import Handler, peer
from console.halt_pages import HaltPages
from console.heat_pages import HeatPages
from console.history_pages import HistoryPages
from console.home_pages import HomePages
from console.incident_pages import IncidentPages
from console.kind_pages import KindPages
from console.knowledge_desk import KnowledgeDesk
from console.knowledge_pages import Ask, Knowledge
from console.lexicon_pages import LexiconPages
from console.node_pages import NodePages
from console.preflight import Preflight
from console.press import PressDesk
from console.preview_pages import PreviewPages
from console.previews import Previewer
from console.question_pages import QuestionPages
from console.quiet_pages import QuietPages
from console.quota_pages import QuotaPages
from console.release_pages import ReleasePages
from console.review_pages import ReviewPages
from console.rumour_pages import RumourPages
from console.screen import STATIC, Screen
from console.sheet_pages import SheetPages
from console.show_links import ShowLinks
from console.show_pages import ShowPages
from console.sign_in_pages import SignInPages
from console.staff_pages import StaffPages
from console.talk import TalkDesk
from console.unknown_pages import UnknownPages
from console.week_pages import WeekPages
from console.word_pages import WordPages
from console.write_pages import WritePages
from disclosures.catalogue import Catalogue
from disclosures.desk import Desk
from disclosures.embargo import Embargo
from disclosures.files import Files
from knowledge.curating import Curating
from knowledge.rumour_desk import RumourDesk
from publishers.decisions import Decisions
from publishers.foreign import Foreign
from publishers.halt import Halts
from publishers.incident_desk import MAY_CLOSE, IncidentDesk
from publishers.looking import Looking
from publishers.mass_quota import MassQuota
from publishers.port import Channel, ChannelName
from publishers.proposals import Proposals
from publishers.states import Patience
from publishers.withdrawal import Withdrawal
from scheduler.readiness import Readiness
from scheduler.timetable import Timetable
from staff.accounts import Accounts
from staff.roles import REVIEW_VERBS, Verb
from staff.sessions import Sessions

REVIEW = REVIEW_VERBS


class Console:
    """The staff's pages. ``ask`` is the bot as a citizen meets it, ``knowledge`` the base behind it; ``address`` tells
    from where a request comes (behind a proxy: from its headers)."""

    def __init__(
        self, *, desk: Desk, files: Files, catalogue: Catalogue, timetable: Timetable, decisions: Decisions,
        proposals: Proposals, looking: Looking, withdrawal: Withdrawal, channels: Mapping[ChannelName, Channel],
        sessions: Sessions, accounts: Accounts, trail: Trail, clock: Clock, page_url: Callable[[int], str],
        secure_cookies: bool, site_name: str, knowledge: Knowledge, ask: Ask,
        address: Callable[[web.Request], str] | None = None,
        mass_quota: MassQuota | None = None, readiness: Readiness | None = None, halts: Halts, foreign: Foreign,
        patience: Patience, rumours: RumourDesk, curating: Curating, press: PressDesk, talk: TalkDesk,
    ) -> None:  # fmt: skip
        self._screen = Screen(site_name=site_name)
        self._talk = talk
        self._clock = clock
        self._door = Door(
            sessions=sessions, secure_cookies=secure_cookies, host=urlsplit(page_url(1)).netloc,
            address=address or peer, refused=self._refused,
        )  # fmt: skip
        preflight = Preflight(desk=desk, channels=channels, page_url=page_url)
        previewer = Previewer(
            preflight=preflight, page_url=page_url, site_name=site_name, portal_page=press.portal_page, spoken=press.spoken
        )  # fmt: skip
        shows = ShowLinks(clock=clock, trail=trail)
        self._previews = PreviewPages(
            screen=self._screen, door=self._door, desk=desk, preflight=preflight, previewer=previewer, clock=clock,
            page_url=page_url,
        )  # fmt: skip
        self._sign_in = SignInPages(screen=self._screen, door=self._door, sessions=sessions)
        duties = DutyDesk(clock=clock, talk=talk, working_days=press.calendar.planning.working_days)
        self._home = HomePages(
            screen=self._screen, desk=desk, clock=clock, reviewing=press.reviewing, echo=press.echo, duties=duties
        )  # fmt: skip
        self._history = HistoryPages(screen=self._screen, door=self._door, clock=clock, trail=trail, desk=desk)
        self._heat = HeatPages(screen=self._screen, door=self._door, clock=clock, talk=talk)
        self._week = WeekPages(screen=self._screen, door=self._door, clock=clock, talk=talk, duties=duties)
        self._write = WritePages(
            screen=self._screen, desk=desk, preflight=preflight, files=files, catalogue=catalogue, clock=clock,
            press=press,
        )  # fmt: skip
        self._copies = CopyPages(
            screen=self._screen, door=self._door, copies=press.copies, presence=press.presence, clock=clock
        )
        self._kinds = KindPages(screen=self._screen, door=self._door, kinds=press.kinds, catalogue=catalogue)
        self._word = WordPages(
            screen=self._screen, door=self._door, write=self._write, files=files, catalogue=catalogue, clock=clock
        )
        self._sheet = SheetPages(
            screen=self._screen, door=self._door, desk=desk, preflight=preflight, timetable=timetable,
            withdrawal=withdrawal, clock=clock, previewer=previewer, shows=shows, press=press, mass_quota=mass_quota,
        )  # fmt: skip
        self._shows = ShowPages(
            screen=self._screen, door=self._door, desk=desk, files=files, previewer=previewer, links=shows, clock=clock,
            again=self._sheet.again, public_url=page_url(1).removesuffix("/d/1"),
        )  # fmt: skip
        self._embargo = EmbargoPages(
            door=self._door, embargo=Embargo(clock=clock, trail=trail), again=self._sheet.again
        )
        self._checks = CheckPages(door=self._door, desk=desk, preflight=preflight, refused=self._sheet.refused)
        self._lexicon = LexiconPages(screen=self._screen, door=self._door, lexicon=desk.examination.lexicon)
        self._review = ReviewPages(
            screen=self._screen, door=self._door, reviewing=press.reviewing, channels=timetable.channels, clock=clock
        )
        self._deputies = DeputyPages(screen=self._screen, reviewing=press.reviewing)
        self._release = ReleasePages(
            screen=self._screen, door=self._door, clock=clock, timetable=timetable, decisions=decisions,
            proposals=proposals,
        )  # fmt: skip
        self._unknown = UnknownPages(
            screen=self._screen, door=self._door, proposals=proposals, looking=looking, clock=clock
        )
        self._knowledge = KnowledgeDesk(
            screen=self._screen, door=self._door, clock=clock, knowledge=knowledge, ask=ask, curating=curating
        )
        self._complaints = ComplaintPages(screen=self._screen, door=self._door, clock=clock, desk=talk.complaints)
        self._questions = QuestionPages(screen=self._screen, door=self._door, clock=clock, desk=talk.questions, knowledge=knowledge)  # fmt: skip
        self._rumours = RumourPages(screen=self._screen, clock=clock, desk=rumours, knowledge=knowledge)
        self._staff = StaffPages(screen=self._screen, accounts=accounts)
        self._nodes = NodePages(screen=self._screen, clock=clock)
        self._quota = QuotaPages(screen=self._screen, clock=clock, quota=mass_quota)
        self._incidents = IncidentPages(
            screen=self._screen, desk=IncidentDesk(clock=clock, trail=trail), readiness=readiness
        )
        self._echo = [page(screen=self._screen, door=self._door, clock=clock, desk=press.echo) for page in (CommentPages, FigurePages)] if press.echo else []  # fmt: skip
        self._archive = ArchivePages(
            screen=self._screen, door=self._door, archives=Archives(clock=clock, trail=trail), clock=clock
        )
        self._halt = HaltPages(
            screen=self._screen, door=self._door, halts=halts, foreign=foreign, clock=clock, patience=patience
        )

        self._calendar = CalendarPages(
            screen=self._screen,
            door=self._door,
            clock=clock,
            desk=press.calendar,
            timetable=timetable,
            quota=mass_quota,
        )
        self._quiet = QuietPages(screen=self._screen, door=self._door, clock=clock, desk=press.calendar)
        self._announcements = AnnouncementPages(screen=self._screen, door=self._door, clock=clock, desk=press.calendar)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        get, post, w, s, r = self._door.get, self._door.post, self._write, self._sheet, self._release
        one, release = r"/console/disclosures/{id:\d{1,9}}", r"/console/releases/{id:\d{1,9}}"
        d, claim = self._rumours, r"/console/rumours/{id:\d{1,9}}"
        u, delivery = self._unknown, r"/console/deliveries/{id:\d{1,9}}"
        table = [
            get("/console/", self._home.home, Verb.DISCLOSURE_READ),
            post("/console/sign-out", self._sign_in.sign_out),
            get("/console/disclosures", self._home.register, Verb.DISCLOSURE_READ),
            post("/console/disclosures", w.create, Verb.DISCLOSURE_WRITE),
            get("/console/disclosures/new", w.blank, Verb.DISCLOSURE_WRITE),
            post("/console/check", w.check, Verb.DISCLOSURE_WRITE),
            post("/console/files", w.upload, Verb.FILE_WRITE),
            get("/console/files/{sha256:[0-9a-f]{64}}/{name}", w.file, Verb.DISCLOSURE_READ),
            get(one, s.sheet, Verb.DISCLOSURE_READ),
            post(one, w.save, Verb.DISCLOSURE_WRITE),
            get(f"{one}/edit", w.edit, Verb.DISCLOSURE_WRITE),
            get(one + r"/revisions/{number:\d{1,9}}", s.version, Verb.DISCLOSURE_READ),
            post(f"{one}/merge", w.merge, Verb.DISCLOSURE_WRITE),
            post(f"{one}/submit", s.submit, Verb.DISCLOSURE_SUBMIT),
            post(f"{one}/approve", s.approve, *REVIEW),
            post(f"{one}/reject", s.reject, *REVIEW),
            post(f"{one}/schedule", s.schedule, Verb.RELEASE_SCHEDULE),
            post(f"{one}/withdraw", s.withdraw, Verb.DISCLOSURE_WITHDRAW),
            post(f"{one}/repeal", s.repeal, Verb.DISCLOSURE_REPEAL),
            get("/console/releases", r.releases, Verb.RELEASE_READ),
            get(release, r.release, Verb.RELEASE_READ),
            get(f"{release}/results", r.results, Verb.RELEASE_READ),
            post(f"{release}/move", r.move, Verb.RELEASE_SCHEDULE),
            post(f"{release}/cancel", r.cancel, Verb.RELEASE_CANCEL),
            get("/console/unknown", u.unknown, Verb.DELIVERY_READ),
            get(delivery, u.delivery, Verb.DELIVERY_READ),
            get(f"{delivery}/known", u.known, Verb.DELIVERY_READ),
            get(f"{delivery}/tried", u.tried, Verb.DELIVERY_READ),
            get(f"{delivery}/live", u.live, Verb.DELIVERY_DECIDE),
            post(f"{delivery}/propose", u.propose, Verb.DELIVERY_DECIDE),
            post(f"{delivery}/confirm", u.confirm, Verb.DELIVERY_DECIDE),
            post(f"{delivery}/refuse", u.refuse, Verb.DELIVERY_DECIDE),
            post(f"{delivery}/take-back", u.take_back, Verb.DELIVERY_DECIDE),
            post(f"{delivery}/decide", r.decide, Verb.DELIVERY_DECIDE),
            get("/console/quota", self._quota.month, Verb.RELEASE_READ),
            post("/console/quota/outside", self._quota.enter, Verb.RELEASE_CONFIRM_MASS),
            post(r"/console/quota/outside/{id:\d{1,9}}/remove", self._quota.remove, Verb.RELEASE_CONFIRM_MASS),
            get("/console/incidents", self._incidents.incidents, Verb.DELIVERY_READ),
            post(r"/console/incidents/{id:\d{1,9}}/dealt-with", self._incidents.dealt_with, *MAY_CLOSE),
            post(f"{release}/probe", self._incidents.probe, Verb.RELEASE_SCHEDULE, Verb.SYSTEM_OPERATE),
            get("/console/halt", self._halt.show, Verb.RELEASE_READ),
            post("/console/halt", self._halt.stop_all, Verb.RELEASE_PAUSE),
            post("/console/halt/lift", self._halt.lift, Verb.RELEASE_PAUSE),
            post(r"/console/halt/foreign/{id:\d{1,9}}", self._halt.settle, Verb.DELIVERY_DECIDE),
            *self._copies.routes(),
            *self._kinds.routes(),
            *self._calendar.routes(),
            *self._quiet.routes(),
            *self._announcements.routes(),
            *self._knowledge.routes(),
            *self._heat.routes(),
            *self._history.routes(),
            *self._week.routes(),
            *self._questions.routes(),
            *self._complaints.routes(),
            *self._previews.routes(),
            *self._shows.routes(),
            *self._embargo.routes(),
            *self._word.routes(),
            *self._checks.routes(),
            *self._lexicon.routes(),
            *self._archive.routes(),
            get("/console/nodes", self._nodes.nodes, Verb.SYSTEM_READ),
            get("/console/rumours", d.claims, Verb.KNOWLEDGE_READ),
            get(claim, d.claim, Verb.KNOWLEDGE_READ),
            post(f"{claim}/check", d.check, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/assign", d.assign, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/propose", d.propose, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/confirm", d.confirm, Verb.KNOWLEDGE_APPROVE),
            post(f"{claim}/send-back", d.send_back, Verb.KNOWLEDGE_APPROVE),
            post(f"{claim}/attach", d.attach, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/join", d.join, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/split", d.split, Verb.KNOWLEDGE_WRITE),
            post(f"{claim}/dismiss", d.dismiss, Verb.KNOWLEDGE_WRITE),
            get("/console/staff", self._staff.accounts, Verb.STAFF_READ),
            *(route for page in self._echo for route in page.routes()),
            *self._review.routes(),
            *self._deputies.routes(self._door),
        ]
        # Open to everybody: the door itself.
        doorstep = [
            web.get("/console", _home, allow_head=False),
            web.get("/console/sign-in", self._sign_in.form, allow_head=False),
            web.post("/console/sign-in", self._sign_in.sign_in),
            *self._calendar.open_routes(),
            web.static("/static/console", STATIC),
        ]
        return [*(self._told(each) for each in table), *doorstep, *self._shows.open_routes()]

    def _told(self, route: web.RouteDef) -> web.RouteDef:
        """The route, with what the services refuse told on a page of the console."""
        handler: Handler = route.handler

        async def handle(request: web.Request) -> web.StreamResponse:
            await self._halt.note(request)
            await note_debts(request, self._clock)
            try:
                return await handler(request)
            except KNOWN as error:
                return await self._refused(request, await self._door.visit(request), error)

        handle.__dict__.update(getattr(handler, "__dict__", {}))
        return web.RouteDef(method=route.method, path=route.path, handler=handle, kwargs=route.kwargs)

    async def _refused(self, request: web.Request, visit: Visit | None, error: Exception) -> web.StreamResponse:
        status = status_of(error)
        if wants_json(request):
            return web.json_response({"detail": str(error)}, status=status)
        title = {403: "没有办理", 404: "没有找到"}.get(status, "没有完成")
        remedy = str(getattr(error, "remedy", ""))
        return self._screen.show(
            request, visit, "refused.html", title=title, status=status, message=str(error), remedy=remedy
        )


async def _home(request: web.Request) -> web.StreamResponse:
    return see("/console/")
