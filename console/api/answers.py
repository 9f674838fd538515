"""From what the services return to the API's answers."""

from dataclasses import asdict

from console.api.bodies import (
    DeliveryAnswer,
    DisclosureAnswer,
    FileAnswer,
    IssueAnswer,
    LineAnswer,
    ReleaseAnswer,
    SignatureAnswer,
)
from console.preflight import Issue
from console.results import ChannelResult, ReleaseResult
from disclosures.content import FileReference
from disclosures.review import Signature
from disclosures.sheet import Line, Sheet


def disclosure_answer(
    sheet: Sheet, *, issues: tuple[Issue, ...], releases: list[int], page_url: str
) -> DisclosureAnswer:
    content = sheet.content
    plain = content.canonical()
    return DisclosureAnswer(
        id=sheet.id, revision=sheet.revision, state=sheet.state, content_hash=sheet.content_hash, title=content.title,
        body_format=sheet.version.body_format, body_source=sheet.version.body_source, body_html=content.body_html,
        department=content.department, category=content.category, formed_on=content.formed_on,
        index_number=content.index_number, document_number=content.document_number, summary=content.summary,
        keywords=list(content.keywords), stage=content.stage, validity=content.validity, source=content.source,
        interprets=content.interprets, attachments=plain["attachments"],
        kind=content.kind, particulars=[asdict(each) for each in content.particulars],
        channels={"wechat": plain["wechat"], "weibo": plain["weibo"]}, author=sheet.author_name,
        next_step=sheet.next_step, signatures=[_signature(each) for each in sheet.signatures],
        problems=[issue_answer(each) for each in issues], live=sheet.live, url=page_url, explanation=sheet.explanation,
        created_at=sheet.created_at, updated_at=sheet.updated_at, released_at=sheet.released_at, releases=releases,
    )  # fmt: skip


def line_answer(line: Line) -> LineAnswer:
    return LineAnswer(
        id=line.id, revision=line.revision, state=line.state, title=line.title, department=line.department,
        category=line.category, index_number=line.index_number, author=line.author_name, updated_at=line.updated_at,
        released_at=line.released_at,
    )  # fmt: skip


def release_answer(result: ReleaseResult) -> ReleaseAnswer:
    return ReleaseAnswer(
        id=result.id, disclosure=result.disclosure_id, revision=result.revision, content_hash=result.content_hash,
        state=result.state, at=result.due_at, created_by=result.created_by,
        deliveries=[_delivery(each) for each in result.channels],
    )  # fmt: skip


def file_answer(file: FileReference) -> FileAnswer:
    return FileAnswer(
        sha256=file.sha256, path=file.path, file_name=file.file_name, media_type=file.media_type, size=file.size
    )


def _delivery(result: ChannelResult) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=result.delivery_id, channel=result.channel, state=result.state, external_id=result.external_id,
        url=result.url,
        attempts=result.attempts, problem=result.problem, remedy=result.remedy, due_at=result.due_at,
        published_at=result.published_at,
    )  # fmt: skip


def _signature(signature: Signature) -> SignatureAnswer:
    return SignatureAnswer(
        step=signature.step, decision=signature.decision, reviewer=signature.reviewer_name,
        content_hash=signature.content_hash, remark=signature.remark, at=signature.at, opinion=signature.opinion,
        signed_for=signature.for_name,
    )  # fmt: skip


def issue_answer(issue: Issue) -> IssueAnswer:
    return IssueAnswer(
        channel=issue.place, blocks=issue.blocks, field=issue.field, message=issue.message, remedy=issue.remedy,
        overridable=issue.overridable, key=issue.key, rule=issue.rule, quote=issue.quote, replacement=issue.mask, why=issue.why,
        passed_reason=issue.passed.reason if issue.passed else "",
    )  # fmt: skip
