"""The wiring of what comes back: figures, comments, replies, and the bells that read them."""

from collections.abc import Mapping
from datetime import timedelta

from audit.clock import Clock
from audit.trail import Trail
from console.echo_desk import EchoDesk
from disclosures.workdays import WorkingDays
from gateway.settings import Settings, WeChatComments
from knowledge.base import KnowledgeBase
from publishers.echo.comment_desk import CommentDesk
from publishers.echo.figures import CountedFigures
from publishers.echo.hearing import Hearing
from publishers.echo.outbox import Outbox
from publishers.echo.port import Discussion, FigureSource, HasEcho
from publishers.echo.tally import ANSWERS, VIEWS, Tally
from publishers.looking import Looking
from publishers.port import Channel, ChannelName
from scheduler.alarm import Alarm

HEARING_EVERY = 5.0
OUTBOX_EVERY = 2.0
TALLY_EVERY = 10.0


def echo_desk(
    settings: Settings, *, clock: Clock, trail: Trail, alarm: Alarm, owner: str,
    channels: Mapping[ChannelName, Channel], looking: Looking, knowledge: KnowledgeBase,
) -> EchoDesk:  # fmt: skip
    """Builds the desk and hangs up its bells. Reading and replying are done by the node on duty alone; what this node
    counted is written by this node."""
    discussions = discussions_of(channels)
    if settings.wechat_comments is WeChatComments.OFF:
        discussions.pop(ChannelName.WECHAT, None)
    outbox = Outbox(clock=clock, trail=trail, owner=owner, discussions=discussions)
    hearing = Hearing(
        clock=clock, trail=trail, key=settings.secret_key, discussions=discussions, figures=figures_of(channels),
        comments_every=timedelta(minutes=settings.comment_minutes),
    )  # fmt: skip
    tally = Tally(clock=clock)
    alarm.every(OUTBOX_EVERY, outbox.sweep, name="replies", on_duty=True)
    alarm.every(HEARING_EVERY, hearing.sweep, name="hearing", on_duty=True)
    alarm.every(TALLY_EVERY, tally.flush, name="tally")
    comments = CommentDesk(
        clock=clock, trail=trail, outbox=outbox, discussions=discussions, approval=settings.comment_approval
    )

    return EchoDesk(
        clock=clock, comments=comments, hearing=hearing, discussions=discussions, tally=tally, looking=looking,
        workdays=WorkingDays(), ask=knowledge, approval=settings.comment_approval,
    )  # fmt: skip


def discussions_of(channels: Mapping[ChannelName, Channel]) -> dict[str, Discussion]:
    """The channels whose comments can be read and answered."""
    return {
        str(name): channel.echo.discussion
        for name, channel in channels.items()
        if isinstance(channel, HasEcho) and channel.echo.discussion is not None
    }


def figures_of(channels: Mapping[ChannelName, Channel]) -> dict[str, FigureSource]:
    """The channels whose figures can be read; portal and answers are counted here."""
    found: dict[str, FigureSource] = {
        str(name): channel.echo.figures
        for name, channel in channels.items()
        if isinstance(channel, HasEcho) and channel.echo.figures is not None
    }
    if ChannelName.PORTAL in channels and channels[ChannelName.PORTAL].capabilities.local:
        found[ChannelName.PORTAL] = CountedFigures(counted=VIEWS, name="reads")
    if ChannelName.ANSWERS in channels:
        found[ChannelName.ANSWERS] = CountedFigures(counted=ANSWERS, name="answers")
    return found
