"""The matrix of roles and verbs, written out a second time by hand: a slip in the table shows here."""

import pytest

from staff.roles import APPROVING, GRANTED, REVIEW_STEP_ROLE, ROLE_NAMES, Role, Verb, may, parse_roles

D, F, S, L, P, C, H, G, X, A = (
    Role.DRAFTER, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER, Role.PUBLISHER, Role.CURATOR,
    Role.HANDLER, Role.OFFICER, Role.OPERATOR, Role.AUDITOR,
)  # fmt: skip
EVERYBODY = set(Role)

MATRIX: dict[Verb, set[Role]] = {
    Verb.DISCLOSURE_READ: EVERYBODY,
    Verb.RELEASE_READ: EVERYBODY,
    Verb.DELIVERY_READ: EVERYBODY,
    Verb.KNOWLEDGE_READ: EVERYBODY,
    Verb.REPORT_READ: EVERYBODY,
    Verb.DISCLOSURE_WRITE: {D},
    Verb.DISCLOSURE_SUBMIT: {D},
    Verb.DISCLOSURE_REVIEW_FIRST: {F},
    Verb.DISCLOSURE_REVIEW_SECOND: {S},
    Verb.DISCLOSURE_REVIEW_FINAL: {L},
    Verb.DISCLOSURE_REVIEW_SECRECY: {F, S, L, G},
    Verb.DISCLOSURE_REVIEW_COUNTERSIGN: {G},
    Verb.DISCLOSURE_SHOW: {D, L, P},
    Verb.DISCLOSURE_WITHDRAW: {L, P},
    Verb.DISCLOSURE_REPEAL: {P, G},
    Verb.FILE_WRITE: {D, P},
    Verb.RELEASE_SCHEDULE: {P},
    Verb.RELEASE_CANCEL: {P},
    Verb.RELEASE_CONFIRM_MASS: {P},
    Verb.RELEASE_PAUSE: {L, P, G, X},
    Verb.RELEASE_EMERGENCY: {L},
    Verb.CALENDAR_WRITE: {P, G},
    Verb.LEXICON_WRITE: {L, P, G},
    Verb.COMMENT_READ: EVERYBODY,
    Verb.COMMENT_REPLY: {P, H},
    Verb.DELIVERY_DECIDE: {L, P},
    Verb.KNOWLEDGE_WRITE: {C},
    Verb.KNOWLEDGE_APPROVE: {F, S, L, C},
    Verb.CONVERSATION_READ: {C, H, G},
    Verb.CONVERSATION_REPLY: {H},
    Verb.CONVERSATION_BLOCK: {H, G},
    Verb.CASE_READ: {H, G},
    Verb.CASE_HANDLE: {H},
    Verb.CASE_ASSIGN: {G},
    Verb.CASE_CHECK: {G},
    Verb.APPLICATION_READ: {H, G},
    Verb.APPLICATION_HANDLE: {H, G},
    Verb.APPLICATION_DECIDE: {G},
    Verb.PERSONAL_READ: {H, G},
    Verb.CATALOGUE_WRITE: {G},
    Verb.REPORT_EXPORT: {G, A},
    Verb.REMINDER_SEND: {G},
    Verb.STAFF_READ: {G, X, A},
    Verb.STAFF_MANAGE: {X},
    Verb.AUDIT_READ: {A},
    Verb.SYSTEM_READ: {X, A},
    Verb.SYSTEM_OPERATE: {X},
}


def test_the_matrix_lists_every_verb() -> None:
    assert set(MATRIX) == set(Verb)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("verb", list(Verb))
def test_one_role_may_do_what_the_matrix_says(role: Role, verb: Verb) -> None:
    assert may({role}, verb) == (role in MATRIX[verb])


def test_nobody_may_do_anything_without_a_role() -> None:
    assert not any(may(frozenset(), verb) for verb in Verb)


def test_the_operator_cannot_approve_content_whatever_else_he_is() -> None:
    everything = frozenset(Role)
    assert not any(may(everything, verb) for verb in APPROVING)
    assert may(everything - {Role.OPERATOR}, Verb.DISCLOSURE_REVIEW_FINAL)


def test_an_unknown_outcome_can_be_decided_by_two_persons_and_never_by_an_operator() -> None:
    assert {role for role in Role if may({role}, Verb.DELIVERY_DECIDE)} == {L, P}
    assert not may({P, L, X}, Verb.DELIVERY_DECIDE)


def test_a_verb_nobody_knows_is_an_error_and_not_a_silent_no() -> None:
    with pytest.raises(ValueError, match=r"disclosure\.publish"):
        may({Role.PUBLISHER}, "disclosure.publish")


def test_each_review_step_has_its_role() -> None:
    assert {step: f"disclosure.review.{step}" in GRANTED[role] for step, role in REVIEW_STEP_ROLE.items()} == {
        "first": True, "second": True, "final": True,
    }  # fmt: skip


def test_roles_are_read_as_the_command_line_writes_them() -> None:
    assert parse_roles(["drafter", " publisher "]) == {Role.DRAFTER, Role.PUBLISHER}
    with pytest.raises(ValueError, match="boss"):
        parse_roles(["boss"])
    assert set(ROLE_NAMES) == set(Role)
