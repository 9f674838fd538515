"""The wiring of the handlers' desk: cases, what may be said to them, and the quality check."""

from functools import partial

from audit.clock import Clock
from audit.trail import Trail
from bot.heard import last_heard
from bot.measure import load_measures, measure_of
from bot.sampled import conversations, said_in
from bot.telling import WINDOW
from casework.closed_cases import closed_cases
from casework.desk import CaseDesk
from casework.sample import Kind, load_plan
from casework.sampling import Sampling
from console.case_services import Ask, CaseServices
from scheduler.alarm import Alarm

EVERY = 3600.0
"""Seconds between looks whether last week is drawn."""


def case_services(
    *, desk: CaseDesk, clock: Clock, trail: Trail, base: Ask, pushes: frozenset[str], alarm: Alarm | None = None,
) -> CaseServices:  # fmt: skip
    """``pushes``: the channels on which we may write first."""
    sampling = Sampling(
        clock=clock, trail=trail, plan=load_plan(), populations={Kind.CASE: closed_cases, Kind.TALK: conversations}
    )
    if alarm is not None:
        alarm.every(EVERY, sampling.weekly, name="quality sample", on_duty=True)
    return CaseServices(
        desk=desk, sampling=sampling,
        said_in=said_in, last_heard=last_heard, measure=partial(measure_of, load_measures()), ask=base, pushes=pushes,
        window=WINDOW,
    )  # fmt: skip
