"""The crash-point table has 22 rows; each has a point, and a test that fails when the recovery it names does not come."""

import ast
import re
from pathlib import Path

import pytest

from publishers import failpoints
from publishers.failpoints import POINTS

TESTS = Path(__file__).parent.parent
KILLS = "crash/test_a_kill_before_the_intent_only_delays.py"
SENDS = "crash/test_a_kill_around_the_send_is_reconciled.py"
CALLBACKS = "crash/test_a_callback_is_never_dropped_and_never_counted_twice.py"
FROZEN = "crash/test_a_frozen_worker_only_leaves_evidence.py"
TROUBLE = "crash/test_a_database_in_trouble_sends_nothing.py"
BETWEEN = "crash/test_people_and_platforms_get_in_between.py"
ABOVE = "crash/test_what_stands_above_the_ledger_stops_it.py"
PROOFS: dict[int, list[tuple[str, str]]] = {
    1: [(KILLS, "test_killed_before_the_claim_is_committed")],
    2: [(KILLS, "test_killed_after_the_claim")],
    3: [(KILLS, "test_killed_before_the_drafts_number_is_saved")],
    4: [(KILLS, "test_killed_after_the_drafts_number_is_saved")],
    5: [
        (SENDS, "test_killed_before_the_socket_wechat_proves_its_draft_unused"),
        (SENDS, "test_killed_before_the_socket_weibo_asks_a_person"),
    ],
    6: [(SENDS, "test_killed_while_the_platform_has_it_and_has_not_answered")],
    7: [(SENDS, "test_killed_between_the_answer_and_its_commit")],
    8: [(SENDS, "test_killed_after_the_submission_and_the_callback_never_comes")],
    9: [(CALLBACKS, "test_an_event_that_comes_before_our_commit_is_kept_and_matched")],
    10: [(CALLBACKS, "test_an_event_that_comes_twice_and_out_of_order_changes_nothing")],
    11: [
        (FROZEN, "test_frozen_while_the_call_runs"),
        (FROZEN, "test_frozen_before_the_call_while_two_persons_send_again"),
    ],
    12: [(FROZEN, "test_a_commit_after_the_settling_time_is_still_found")],
    13: [(TROUBLE, "test_the_database_is_away_at_the_intent")],
    14: [
        (TROUBLE, "test_the_database_is_away_after_the_send_and_the_answer_is_on_the_disk"),
        (TROUBLE, "test_the_process_that_lives_through_it_brings_the_answer_itself"),
    ],
    15: [(TROUBLE, "test_the_disk_is_full_at_the_intent")],
    16: [
        (BETWEEN, "test_a_cancellation_before_the_intent_wins"),
        (BETWEEN, "test_a_cancellation_after_the_intent_loses_and_is_told"),
        (BETWEEN, "test_killed_in_the_race_the_cancellation_stays"),
    ],
    17: [
        (BETWEEN, "test_a_token_that_ends_on_the_way_is_renewed_once"),
        (BETWEEN, "test_a_token_that_is_refused_for_good_waits_and_then_asks_a_person"),
    ],
    18: [(BETWEEN, "test_a_spent_quota_waits_for_the_next_window")],
    19: [(BETWEEN, "test_after_six_hours_nothing_bursts_out")],
    20: [
        (ABOVE, "test_killed_in_the_quarantine_nothing_new_goes_out_and_reading_goes_on"),
        ("restore/test_a_restore_in_the_middle_of_a_busy_day_repeats_nothing.py", "test_nothing_goes_out_twice_and_nothing_is_lost"),
    ],
    21: [
        (ABOVE, "test_killed_at_its_very_start_a_process_holds_nothing"),
        ("nodes/test_two_deployments_refuse_each_other.py", "test_a_copy_beside_the_real_one_is_refused_until_somebody_insists"),
    ],
    22: [
        (ABOVE, "test_a_claimed_row_whose_moment_moved_away_waits_and_is_not_early"),
        ("time/test_a_stepped_clock_sends_nothing_early.py", "test_a_step_while_running_stops_the_sending_until_the_clock_is_set_back"),
        ("time/test_a_machine_that_differs_from_its_database_sends_nothing.py", "test_nothing_is_sent_while_machine_and_database_differ"),
    ],
}  # fmt: skip


def _test(path: str, name: str) -> ast.AsyncFunctionDef | None:
    file = TESTS / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return next((n for n in tree.body if isinstance(n, ast.AsyncFunctionDef) and n.name == name), None)


def test_there_are_twenty_two_rows() -> None:
    assert set(PROOFS) == set(POINTS) == set(range(1, 23))


@pytest.mark.parametrize("row", range(1, 23))
def test_a_row_has_its_proof(row: int) -> None:
    for path, name in PROOFS[row]:
        assert _test(path, name) is not None, f"row {row}: {path} has no {name}"


@pytest.mark.parametrize("row", range(1, 23))
def test_a_process_really_ends_or_stops_at_the_rows_point_on_both_databases(row: int) -> None:
    """``scene`` is both databases; the mark names the row; and its point is armed in the body."""
    here = [found for path, name in PROOFS[row] if path.startswith("crash/") and (found := _test(path, name))]
    armed = [
        found
        for found in here
        if "scene" in [argument.arg for argument in found.args.args]
        and f"pytest.mark.row({row})" in [ast.unparse(mark) for mark in found.decorator_list]
        and POINTS[row] in _points(found)
    ]
    assert armed, f"row {row}: nothing reaches {POINTS[row]}"


def _points(test: ast.AsyncFunctionDef) -> set[str]:
    """The points that a test names, also as a parameter of its own."""
    return set(re.findall(r"[a-z_]+", " ".join(n.value for n in ast.walk(test) if _is_text(n))))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_modules_table_is_the_mapping() -> None:
    rows = re.findall(r"^\| (\d+) \|[^|]*\| (\w+) \|[^|]*\|[^|]*\|$", failpoints.__doc__ or "", re.MULTILINE)
    assert {int(row): point for row, point in rows} == dict(POINTS)


def test_every_point_stands_in_the_code() -> None:
    """A point that nobody reaches would let its test time out, and one that is not in the table proves nothing."""
    house = TESTS.parent
    code = [*house.glob("publishers/*.py"), house / "gateway/wiring.py"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in code)
    reached = set(re.findall(r"reach\(\"(\w+)\"\)", text)) | (
        {failpoints.DURING_SEND} if "reach(DURING_SEND)" in text else set()
    )
    assert reached == set(POINTS.values()) | failpoints.BESIDE_THE_TABLE
