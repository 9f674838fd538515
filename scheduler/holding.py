"""Holding the accounts: one deployment speaks for a platform account; a second one refuses to start (crash-point row 21).

Three nets, from the narrow to the wide one. Nodes over one database must agree on address and accounts
(`scheduler.agreement`). Deployments on one machine meet at a latch (`scheduler.latch`). Deployments that share nothing but
the platform meet at a mark there (`scheduler.marking`). A node that loses its hold while it runs does not fight: it raises
the red switch, so that nothing new goes out anywhere in this deployment, and says so.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException, IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.halt import QUARANTINE
from publishers.incidents import clear_incident, raise_incident
from publishers.records import Halt
from scheduler.agreement import agree
from scheduler.errors import AccountTaken
from scheduler.latch import Answer, Knock, Latch, Neighbour
from scheduler.marking import AccountMark, Standing, short
from scheduler.nodes import Nodes, began, this_machine
from scheduler.records import AccountHold, Node

log = logging.getLogger(__name__)
MACHINE = Actor.machine("发布系统")
SECRET = "secret"
"""Where a node's secret stands among its details: whoever sees it reads the same database."""
FROZEN = timedelta(minutes=10)
"""A holder that does not answer is taken for a frozen node of ours when our database heard of it within this time."""
ATTEMPTS = 2
STOP_ONE = "请先停止其中一套；测试用的副本请改用测试公众号和测试微博账号。"
TAKE_OVER = "确认要由本套接管时，用 mingbai serve --take-over 启动（另一套会停止发送）"
KEY = "hold"
GOODBYE = 1.0
"""Seconds for saying goodbye to the other nodes; a database that is away must not keep a process that ends."""

Halting = Callable[[str], Awaitable[object]]
"""Stops everything that has not begun, with a reason in Chinese."""


def account_key(kind: str, name: str, api_base: str) -> str:
    """The name of a platform account, e.g. ``wechat:wx12@https://api.weixin.qq.com``; fits the column."""
    return f"{kind}:{name}@{api_base.removeprefix('https://')}"[:96]


class Holding:
    """One per process. ``start`` raises AccountTaken or NodesDisagree before anything is sent."""

    def __init__(
        self,
        *,
        clock: Clock,
        trail: Trail,
        nodes: Nodes,
        secret: str,
        shared: Mapping[str, object],
        accounts: Sequence[str],
        latch_for: Callable[[str, Answer], Latch],
        marks: Sequence[AccountMark],
        stop_sending: Halting,
        quarantine: Halting,
        one_machine: bool,
    ) -> None:
        """``secret``: is in this node's details; ``shared``: the details that all nodes must share; ``stop_sending``:
        raises the red switch; ``quarantine``: the same until the platforms were read; ``one_machine``: the database is a
        file."""
        self._clock = clock
        self._trail = trail
        self._nodes = nodes
        self._secret = secret
        self._shared = shared
        self._accounts = sorted(accounts)
        self._latches = {account: latch_for(account, self._answer) for account in self._accounts}
        self._marks = marks
        self._stop_sending = stop_sending
        self._quarantine = quarantine
        self._one_machine = one_machine
        self._deployment = ""
        self._epochs: dict[str, int] = {}
        self._lost = ""
        self._told = False
        self._started = False

    @property
    def deployment(self) -> str:
        """The random number of this deployment's database; empty before the start."""
        return self._deployment

    @property
    def epochs(self) -> Mapping[str, int]:
        """Account → its epoch since this node's start: one more with every start of a node, restore and take-over."""
        return dict(self._epochs)

    @property
    def problem(self) -> str:
        """Why this node may not send any more, in Chinese; empty while it holds its accounts. For /readyz."""
        return self._lost

    async def start(self, *, take_over: bool = False) -> None:
        """Takes the accounts for this deployment. Raises NodesDisagree or AccountTaken, and then leaves nothing behind."""
        self._started = True
        await self._nodes.show()
        await agree(self._nodes, self._shared, one_machine=self._one_machine)
        await self._number()
        for account in self._accounts:
            await self._latch(account, take_over=take_over)
        await self._count_up(take_over=take_over)
        for mark in self._marks:
            await self._mark(mark, take_over=take_over)
        await clear_incident(KEY, now=await self._clock.now())

    async def stop(self) -> None:
        """Lets go of everything; a node of this deployment, or another one, has it at once."""
        for latch in self._latches.values():
            await latch.close()
        if not self._started:
            return
        try:
            async with asyncio.timeout(GOODBYE):
                await self._nodes.leave()
        except (OSError, TimeoutError, BaseORMException):
            log.warning(
                "could not say goodbye: the others hear nothing of this node and count it as gone after a while"
            )

    async def beat(self) -> None:
        """The bell of every node: shows itself, sees that the rows still stand, and takes a latch that nobody holds."""
        async with in_transaction() as connection:
            now = await self._nodes.show(using_db=connection)
            held = AccountHold.filter(deployment=self._deployment).using_db(connection)
            await held.update(seen_at=now)
            rows = {row.account: row for row in await held}
        for account, epoch in self._epochs.items():
            row = rows.get(account)
            if row is None or row.epoch < epoch:
                await self._lose(account, "数据库已被换成另一份或较早的副本")
        for account, latch in self._latches.items():
            neighbour = await latch.take(self._knock())
            if neighbour is not None and neighbour.same is False:
                await self._lose(account, _who(neighbour))
        if self._lost and not self._told:
            await self._tell()

    async def look_at_marks(self) -> None:
        """The bell of the node on duty: whether another deployment has put its mark on an account meanwhile."""
        for mark in self._marks:
            try:
                await mark.look()
            except AccountTaken as taken:
                await self._lose(mark.account, str(taken))

    async def _number(self) -> None:
        """The deployment's number, made once for a database."""
        row = await AccountHold.all().order_by("account").first()
        self._deployment = row.deployment if row is not None else secrets.token_hex(8)

    async def _latch(self, account: str, *, take_over: bool) -> None:
        latch = self._latches[account]
        neighbour = Neighbour()
        for _ in range(ATTEMPTS):
            found = await latch.take(self._knock(take_over=take_over))
            if found is None or found.same is True:
                return
            neighbour = found
            if neighbour.same is False:
                raise AccountTaken(f"账号 {account} 已由{_who(neighbour)}占用。{STOP_ONE}{TAKE_OVER}")
            if await self._frozen_sibling(neighbour.pid):
                return
        raise AccountTaken(
            f"账号 {account} 由本机进程 {neighbour.pid or '（不明）'} 占用，它没有应答，无法确认是否同一套。请先结束该进程，再启动"
        )

    async def _frozen_sibling(self, pid: int) -> bool:
        now = await self._clock.now()
        me = {"machine": this_machine(), "pid": pid, "began": began(pid)}
        recent = await Node.filter(seen_at__gt=now - FROZEN)
        return pid > 0 and any({name: row.detail.get(name) for name in me} == me for row in recent)

    async def _count_up(self, *, take_over: bool) -> None:
        for _ in range(2):
            try:
                async with in_transaction() as connection:
                    await self._count_up_in(connection, take_over)
            except IntegrityError:
                # The first two nodes of a new database made the rows at the same moment.
                await self._number()
            else:
                return

    async def _count_up_in(self, connection: BaseDBAsyncClient, take_over: bool) -> None:
        now = await self._clock.now()
        for account in self._accounts:
            row = AccountHold.filter(account=account).using_db(connection)
            if await row.update(epoch=F("epoch") + 1, held_at=now, seen_at=now) == 0:
                await AccountHold.create(
                    using_db=connection, account=account, deployment=self._deployment, epoch=1, held_at=now, seen_at=now
                )
            held = await row.get()
            # Two nodes on a new database: the row that stands first names the deployment.
            self._deployment = held.deployment
            self._epochs[account] = held.epoch
            if take_over:
                await self._trail.append(
                    connection, at=now, actor=MACHINE, verb="account.take_over", subject=f"account:{account}"[:96],
                    deployment=short(held.deployment), epoch=held.epoch, node=self._nodes.name,
                )  # fmt: skip

    async def _mark(self, mark: AccountMark, *, take_over: bool) -> None:
        # A quarantine stands: this database was just restored, older than its own mark, and sends nothing until two
        # persons have compared it with the platforms. The mark is written anew, and the restored one counts.
        restored = await Halt.filter(open_key=QUARANTINE).exists()
        try:
            stood = await mark.claim(take_over=take_over or restored)
        except AccountTaken as taken:
            raise AccountTaken(f"{taken}。{STOP_ONE}{TAKE_OVER}") from None
        if stood is Standing.COPY and not restored:
            # Somebody insists on a database that is not the one that wrote last: it may not know what went out since.
            await self._quarantine(f"接管账号 {mark.account} 时，平台上的标记不是这个数据库写下的：它可能是旧的副本")

    def _knock(self, *, take_over: bool = False) -> Knock:
        return Knock(node=self._nodes.name, secret=self._secret, take_over=take_over)

    async def _answer(self, knock: Knock) -> Neighbour:
        """What a process that wants our latch is told: whether its secret is in our database."""
        same: bool | None = None
        try:
            row = await Node.get_or_none(name=knock.node)
            known = str(row.detail.get(SECRET, "")) if row is not None else ""
            same = bool(known) and hmac.compare_digest(known.encode(), knock.secret.encode())
        except (OSError, TimeoutError, BaseORMException):
            log.warning("cannot tell whether %s belongs to us: the database is away", knock.node)
        yielded = same is False and knock.take_over
        if yielded:
            await self._lose("、".join(self._accounts), f"本机的另一套“明白”（节点 {knock.node}）要求接管")
        return Neighbour(
            node=self._nodes.name,
            deployment=short(self._deployment),
            public_url=str(self._shared.get("public_url", "")),
            same=same,
            yielded=yielded,
        )

    async def _lose(self, account: str, why: str) -> None:
        if not self._lost:
            self._lost = f"账号 {account} 不再由本套独占：{why}"
            log.critical("%s", self._lost)
            await self._tell()

    async def _tell(self) -> None:
        """The red switch and the incident; tried again with the next beat when the database is away."""
        try:
            await self._stop_sending(f"{self._lost}。为避免重复发布，已停止一切发布"[:500])
            await raise_incident(
                KEY, kind="hold", message=self._lost, now=await self._clock.now(), link="/console/halt",
                remedy=f"查明另一套部署。{STOP_ONE}处理完后重启本套（需要接管时加 --take-over），再由两人解除停发",
            )  # fmt: skip
        except (OSError, TimeoutError, BaseORMException):
            log.exception("the red switch could not be raised yet; nothing can be sent without the database either")
        else:
            self._told = True


async def current_epoch() -> int:
    """The highest epoch of any account in this database; 0 before the first start. An anchor outside of the database
    that knows a higher one knows that the database is an old copy."""
    row = await AccountHold.all().order_by("-epoch").first()
    return row.epoch if row is not None else 0


async def raise_epochs(connection: BaseDBAsyncClient, *, above: int) -> None:
    """After a restore: every account's epoch is higher than ``above``, which some later copy had reached."""
    await AccountHold.filter(epoch__lte=above).using_db(connection).update(epoch=above + 1)


def _who(neighbour: Neighbour) -> str:
    where = f"，门户 {neighbour.public_url}" if neighbour.public_url else ""
    return f"本机的另一套“明白”（节点 {neighbour.node}，进程 {neighbour.pid or '不明'}，部署编号 {neighbour.deployment}{where}）"
