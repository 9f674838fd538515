"""The roles of the house and what each may do: one table, read by one pure function."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    DRAFTER = "drafter"
    FIRST_REVIEWER = "first_reviewer"
    SECOND_REVIEWER = "second_reviewer"
    FINAL_REVIEWER = "final_reviewer"
    PUBLISHER = "publisher"
    CURATOR = "curator"
    HANDLER = "handler"
    OFFICER = "officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"


ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.DRAFTER: "宣传员（拟稿）",
        Role.FIRST_REVIEWER: "初审",
        Role.SECOND_REVIEWER: "复审",
        Role.FINAL_REVIEWER: "终审",
        Role.PUBLISHER: "发布员",
        Role.CURATOR: "知识库管理员",
        Role.HANDLER: "承办员",
        Role.OFFICER: "政务公开办",
        Role.OPERATOR: "系统管理员",
        Role.AUDITOR: "审计员",
    }
)
"""What the screens call each role."""


class Verb(StrEnum):
    """Everything that is guarded. A handler names its verb; nobody asks for a role."""

    DISCLOSURE_READ = "disclosure.read"
    DISCLOSURE_WRITE = "disclosure.write"
    DISCLOSURE_SUBMIT = "disclosure.submit"
    DISCLOSURE_REVIEW_FIRST = "disclosure.review.first"
    DISCLOSURE_REVIEW_SECOND = "disclosure.review.second"
    DISCLOSURE_REVIEW_FINAL = "disclosure.review.final"
    DISCLOSURE_REVIEW_SECRECY = "disclosure.review.secrecy"
    """保密审查: a signed step of its own (保守国家秘密法; 政府信息公开条例 第十七条)."""
    DISCLOSURE_REVIEW_COUNTERSIGN = "disclosure.review.countersign"
    """会签: the disclosure office signs too, where the kind of document wants it."""
    DISCLOSURE_SHOW = "disclosure.show"
    """To make a link by which somebody without an account reads a text that is not public yet."""
    DISCLOSURE_WITHDRAW = "disclosure.withdraw"
    DISCLOSURE_REPEAL = "disclosure.repeal"
    FILE_WRITE = "file.write"
    RELEASE_READ = "release.read"
    RELEASE_SCHEDULE = "release.schedule"
    RELEASE_CANCEL = "release.cancel"
    RELEASE_CONFIRM_MASS = "release.confirm_mass"
    RELEASE_PAUSE = "release.pause"
    RELEASE_EMERGENCY = "release.emergency"
    """To let a text out before the three reviews, with a reason and a debt."""
    CALENDAR_WRITE = "calendar.write"
    LEXICON_WRITE = "lexicon.write"
    COMMENT_READ = "comment.read"
    COMMENT_REPLY = "comment.reply"
    DELIVERY_READ = "delivery.read"
    DELIVERY_DECIDE = "delivery.decide"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_WRITE = "knowledge.write"
    KNOWLEDGE_APPROVE = "knowledge.approve"
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_REPLY = "conversation.reply"
    CONVERSATION_BLOCK = "conversation.block"
    """To stop answering somebody who floods or advertises, for a while: no machine decides that."""
    CASE_READ = "case.read"
    CASE_HANDLE = "case.handle"
    CASE_ASSIGN = "case.assign"
    CASE_CHECK = "case.check"
    """To judge a sample of conversations and answers (质检)."""
    APPLICATION_READ = "application.read"
    APPLICATION_HANDLE = "application.handle"
    APPLICATION_DECIDE = "application.decide"
    PERSONAL_READ = "personal.read"
    """To see a citizen's personal data unmasked; each look is audited by the caller."""
    CATALOGUE_WRITE = "catalogue.write"
    REPORT_READ = "report.read"
    REPORT_EXPORT = "report.export"
    REMINDER_SEND = "reminder.send"
    STAFF_READ = "staff.read"
    STAFF_MANAGE = "staff.manage"
    AUDIT_READ = "audit.read"
    SYSTEM_READ = "system.read"
    SYSTEM_OPERATE = "system.operate"


_EVERYBODY = frozenset({
    Verb.DISCLOSURE_READ, Verb.RELEASE_READ, Verb.DELIVERY_READ, Verb.KNOWLEDGE_READ, Verb.REPORT_READ,
    Verb.COMMENT_READ,
})  # fmt: skip

APPROVING = frozenset({
    Verb.DISCLOSURE_REVIEW_FIRST, Verb.DISCLOSURE_REVIEW_SECOND, Verb.DISCLOSURE_REVIEW_FINAL,
    Verb.DISCLOSURE_REVIEW_SECRECY, Verb.DISCLOSURE_REVIEW_COUNTERSIGN, Verb.RELEASE_EMERGENCY,
    Verb.KNOWLEDGE_APPROVE,
})  # fmt: skip
"""The verbs by which a person answers for a text."""

GRANTED: Mapping[Role, frozenset[Verb]] = MappingProxyType({
    Role.DRAFTER: _EVERYBODY | {
        Verb.DISCLOSURE_WRITE, Verb.DISCLOSURE_SUBMIT, Verb.DISCLOSURE_SHOW, Verb.FILE_WRITE,
    },
    Role.FIRST_REVIEWER: _EVERYBODY | {
        Verb.DISCLOSURE_REVIEW_FIRST, Verb.DISCLOSURE_REVIEW_SECRECY, Verb.KNOWLEDGE_APPROVE,
    },
    Role.SECOND_REVIEWER: _EVERYBODY | {
        Verb.DISCLOSURE_REVIEW_SECOND, Verb.DISCLOSURE_REVIEW_SECRECY, Verb.KNOWLEDGE_APPROVE,
    },
    Role.FINAL_REVIEWER: _EVERYBODY | {
        Verb.DISCLOSURE_REVIEW_FINAL, Verb.DISCLOSURE_REVIEW_SECRECY, Verb.DISCLOSURE_SHOW, Verb.DISCLOSURE_WITHDRAW,
        Verb.KNOWLEDGE_APPROVE, Verb.RELEASE_PAUSE, Verb.RELEASE_EMERGENCY, Verb.DELIVERY_DECIDE, Verb.LEXICON_WRITE,
    },
    Role.PUBLISHER: _EVERYBODY | {
        Verb.RELEASE_SCHEDULE, Verb.RELEASE_CANCEL, Verb.RELEASE_CONFIRM_MASS, Verb.RELEASE_PAUSE,
        Verb.DELIVERY_DECIDE, Verb.DISCLOSURE_SHOW, Verb.DISCLOSURE_WITHDRAW, Verb.DISCLOSURE_REPEAL, Verb.FILE_WRITE,
        Verb.CALENDAR_WRITE, Verb.LEXICON_WRITE, Verb.COMMENT_REPLY,
    },
    Role.CURATOR: _EVERYBODY | {
        Verb.KNOWLEDGE_WRITE, Verb.KNOWLEDGE_APPROVE, Verb.CONVERSATION_READ,
    },
    Role.HANDLER: _EVERYBODY | {
        Verb.CONVERSATION_READ, Verb.CONVERSATION_REPLY, Verb.CONVERSATION_BLOCK, Verb.CASE_READ, Verb.CASE_HANDLE,
        Verb.APPLICATION_READ, Verb.APPLICATION_HANDLE, Verb.PERSONAL_READ, Verb.COMMENT_REPLY,
    },
    Role.OFFICER: _EVERYBODY | {
        Verb.DISCLOSURE_REVIEW_COUNTERSIGN,
        Verb.DISCLOSURE_REVIEW_SECRECY, Verb.CALENDAR_WRITE, Verb.LEXICON_WRITE, Verb.CATALOGUE_WRITE, Verb.REPORT_EXPORT, Verb.REMINDER_SEND, Verb.CASE_READ, Verb.CASE_ASSIGN,
        Verb.APPLICATION_READ, Verb.APPLICATION_HANDLE, Verb.APPLICATION_DECIDE, Verb.PERSONAL_READ,
        Verb.CONVERSATION_READ, Verb.CONVERSATION_BLOCK, Verb.CASE_CHECK, Verb.DISCLOSURE_REPEAL, Verb.RELEASE_PAUSE,
        Verb.STAFF_READ,
    },
    Role.OPERATOR: _EVERYBODY | {
        Verb.STAFF_READ, Verb.STAFF_MANAGE, Verb.SYSTEM_READ, Verb.SYSTEM_OPERATE, Verb.RELEASE_PAUSE,
    },
    Role.AUDITOR: _EVERYBODY | {
        Verb.AUDIT_READ, Verb.STAFF_READ, Verb.SYSTEM_READ, Verb.REPORT_EXPORT,
    },
})  # fmt: skip
"""Role → verbs: the whole policy."""

DENIED: Mapping[Role, frozenset[Verb]] = MappingProxyType({Role.OPERATOR: APPROVING | {Verb.DELIVERY_DECIDE}})
"""Role → verbs that whoever holds it never gets, whatever other roles he holds: 系统管理员 and 审核 stay apart
(GB/T 22239-2019, separation of duties), and who could change the evidence does not decide what it proves."""

REVIEW_VERBS = (
    Verb.DISCLOSURE_REVIEW_FIRST, Verb.DISCLOSURE_REVIEW_SECOND, Verb.DISCLOSURE_REVIEW_FINAL,
    Verb.DISCLOSURE_REVIEW_SECRECY, Verb.DISCLOSURE_REVIEW_COUNTERSIGN,
)  # fmt: skip
"""The steps of the review; whoever has one of these verbs is a reviewer."""

REVIEW_STEP_ROLE: Mapping[str, Role] = MappingProxyType(
    {
        "first": Role.FIRST_REVIEWER,
        "second": Role.SECOND_REVIEWER,
        "final": Role.FINAL_REVIEWER,
    }
)
"""Who signs which of the three reviews; the keys are the values of ``disclosures.review.Step``."""


def may(roles: Iterable[Role], verb: str) -> bool:
    """Whether somebody with these roles may do this. An unknown verb is a programming error: ValueError."""
    wanted, held = Verb(verb), frozenset(roles)
    if any(wanted in DENIED.get(role, frozenset()) for role in held):
        return False
    return any(wanted in GRANTED[role] for role in held)


def parse_roles(names: Iterable[str]) -> frozenset[Role]:
    """Reads role names as the command line and the database hold them; ValueError names the unknown one."""
    return frozenset(Role(name.strip()) for name in names if name.strip())
