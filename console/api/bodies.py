"""What the API takes and gives, as pydantic models: the one source of validation and of the OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ParticularText = Annotated[str, StringConstraints(max_length=4000)]
ChannelText = Literal["portal", "wechat", "weibo", "answers"]


class Taken(BaseModel):
    """A request body: a field that does not exist is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class CoverBody(Taken):
    """微信封面图：先经 POST /api/v1/files 上传。"""

    sha256: Sha256


class Version(BaseModel):
    """What a channel's version says. Callers may keep more about a channel than this version knows: what is not taken is
    missing from ``channels`` in the answer."""

    model_config = ConfigDict(extra="ignore")


class WeChatBody(Version):
    """微信版本与主稿不同之处；空值表示与主稿相同。其他字段不起作用，答复的 channels 是实际保存的内容。"""

    title: str = ""
    author: str = ""
    digest: str = ""
    mode: Literal["publish", "mass"] = "publish"
    cover: CoverBody | None = None
    on_picture_failure: Literal["", "text"] = ""
    """图片被平台拒收时：空值为不发、转人工；text 为只发文字。"""


class WeiboBody(Version):
    """微博文字；空值表示由标题和概述生成。其他字段不起作用，答复的 channels 是实际保存的内容。"""

    text: str = ""
    on_picture_failure: Literal["", "text"] = ""
    """图片被平台拒收时：空值为不发、转人工；text 为只发文字。"""


class ChannelsBody(Version):
    """各渠道的版本。"""

    wechat: WeChatBody = Field(default_factory=WeChatBody)
    weibo: WeiboBody = Field(default_factory=WeiboBody)


class AttachmentBody(Taken):
    """附件：先经 POST /api/v1/files 上传。"""

    sha256: Sha256
    title: str = ""


class DisclosureBody(Taken):
    """新的公开信息。body_markdown 与 body_html 必须且只能提供一个。"""

    title: str
    body_markdown: str | None = None
    body_html: str | None = None
    department: str
    category: str
    formed_on: date
    channels: ChannelsBody = Field(default_factory=ChannelsBody)
    document_number: str = ""
    summary: str = ""
    keywords: list[str] = Field(default_factory=list)
    stage: str = ""
    source: str = ""
    interprets: int | None = None
    attachments: list[AttachmentBody] = Field(default_factory=list)
    kind: str = ""
    """文种的代码，见 GET /api/v1/kinds。"""
    particulars: dict[str, ParticularText] = Field(default_factory=dict, max_length=60)
    """文种各项的内容：接口名称 → 值。"""

    @model_validator(mode="after")
    def _one_body(self) -> "DisclosureBody":
        if (self.body_markdown is None) == (self.body_html is None):
            raise ValueError("body_markdown 与 body_html 必须且只能提供一个")
        return self


class DisclosureChanges(Taken):
    """对公开信息的修改：只写要改的字段。保存为新的版本，已有的审签全部失效。"""

    title: str = ""
    body_markdown: str = ""
    body_html: str = ""
    department: str = ""
    category: str = ""
    formed_on: date = date.min
    channels: ChannelsBody = Field(default_factory=ChannelsBody)
    document_number: str = ""
    summary: str = ""
    keywords: list[str] = Field(default_factory=list)
    stage: str = ""
    source: str = ""
    interprets: int | None = None
    attachments: list[AttachmentBody] = Field(default_factory=list)
    kind: str = ""
    particulars: dict[str, ParticularText] = Field(default_factory=dict, max_length=60)
    """只写要改的项；值为空表示删去这一项。"""
    expected_revision: int | None = None
    """修改所依据的版本号；他人已保存更新的版本时返回 409。也可用 If-Match 头。"""

    @model_validator(mode="after")
    def _one_body(self) -> "DisclosureChanges":
        if {"body_markdown", "body_html"} <= self.model_fields_set:
            raise ValueError("body_markdown 与 body_html 只能提供一个")
        return self


class SubmitBody(Taken):
    """送审。reason 是对可由人决定的问题（如依法须公开的个人信息）的理由；without_channels 是不在其上发布的渠道。"""

    reason: str = ""
    without_channels: list[ChannelText] = Field(default_factory=list)


class ApproveBody(Taken):
    """审签。content_hash 是审阅人所读内容的摘要值；内容已变时返回 409。保密审查须写 opinion：open（不涉密，可以公开）。"""

    content_hash: Sha256 | None = None
    opinion: Literal["", "open"] = ""
    remark: Annotated[str, StringConstraints(max_length=1000)] = ""


class RejectBody(Taken):
    """退回，须写明意见。保密审查的 opinion：part（部分内容需处理，缺省）或 secret（涉密不得公开）。"""

    remark: Annotated[str, StringConstraints(max_length=1000)]
    opinion: Literal["", "part", "secret"] = ""
    content_hash: Sha256 | None = None


class WithdrawBody(Taken):
    """撤回。说明将在原网页向社会公布。"""

    explanation: str


class ReleaseBody(Taken):
    """发布计划。at 为 now 或带时区的 RFC 3339 时间；微信群发须 confirm_mass；静默日发布紧急内容须在 override 写明理由。
    安排时会再次检查，reason 是对可放行的问题的理由。"""

    disclosure: int
    at: str
    channels: Annotated[list[ChannelText], Field(min_length=1)]
    confirm_mass: bool = False
    override: Annotated[str, StringConstraints(max_length=300)] = ""
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class RepealBody(Taken):
    """废止。说明将在原网页向社会公布，原文保留可查。"""

    explanation: str


class MoveBody(Taken):
    """改期。at 为 now 或带时区的时间（RFC 3339）；只影响还没有发出的渠道，三审仍然有效。"""

    at: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    reason: Annotated[str, StringConstraints(max_length=300)] = ""
    override: Annotated[str, StringConstraints(max_length=300)] = ""


class CancelBody(Taken):
    """取消发布计划。reason 只在有渠道结果待核实时记入提议。"""

    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class DecideBody(Taken):
    """一个人即可作出的决定：publish_late 现在发布（已过时而没有发出的），try_again 重试（平台拒绝的原因已经排除），
    it_is_gone 已在平台删除（随后由系统向平台核实）。结果待核实的，用 propose 和 confirm。"""

    choice: Literal["publish_late", "try_again", "it_is_gone"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class ProposeBody(Taken):
    """对结果待核实的投放提出决定，由另一人确认后生效。url 为平台上的网址或编号，只用于 it_is_out；
    give_up 只用于已经撤回的信息，其他情况要不再发送的，请取消发布计划。"""

    choice: Literal["it_is_out", "send_again", "give_up"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    url: Annotated[str, StringConstraints(max_length=512)] = ""


class ConfirmBody(Taken):
    """同意另一人的提议。proposal 为所读提议的编号；已有新的提议时返回 409。"""

    remark: Annotated[str, StringConstraints(max_length=500)] = ""
    proposal: int | None = None


class RefuseBody(Taken):
    """不同意另一人的提议，须写明理由。"""

    remark: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    proposal: int | None = None


class AskBody(Taken):
    """群众的一句话。session 相同的提问视为同一次对话。"""

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    session: Annotated[str, StringConstraints(max_length=128)] = ""


class FileBody(BaseModel):
    """multipart/form-data：file 为文件，title 为附件标题或图片说明。"""

    file: bytes
    title: str = ""


class SignatureAnswer(BaseModel):
    """一次审签或退回。"""

    step: str
    decision: str
    reviewer: str
    content_hash: str
    remark: str
    at: datetime
    opinion: str = ""
    """保密审查的意见：open、part 或 secret。"""
    signed_for: str = ""
    """代谁签署；空表示本人职责。"""


class IssueAnswer(BaseModel):
    """预检发现的一个问题。blocks 为真时不能送审；overridable 为真时可凭 key 写明理由放行。quote 是有关的文字（个人信息已遮盖），
    replacement 是建议的写法，系统不会自行改动。"""

    channel: str
    blocks: bool
    field: str
    message: str
    remedy: str
    overridable: bool = False
    key: str = ""
    rule: str = ""
    quote: str = ""
    replacement: str = ""
    why: str = ""
    passed_reason: str = ""


class LineAnswer(BaseModel):
    """列表中的一条公开信息。"""

    id: int
    revision: int
    state: str
    title: str
    department: str
    category: str
    index_number: str
    author: str
    updated_at: datetime
    released_at: datetime | None


class ListAnswer(BaseModel):
    """公开信息列表的一页，新的在前。"""

    items: list[LineAnswer]
    page: int
    pages: int
    total: int


class DisclosureAnswer(BaseModel):
    """一条公开信息及其审签、预检结果和发布计划。"""

    id: int
    revision: int
    state: str
    content_hash: str
    title: str
    body_format: str
    body_source: str
    body_html: str
    department: str
    category: str
    formed_on: date
    index_number: str
    document_number: str
    summary: str
    keywords: list[str]
    stage: str
    validity: str
    source: str
    interprets: int | None
    attachments: list[dict[str, Any]]
    kind: str
    particulars: list[dict[str, str]]
    channels: dict[str, Any]
    author: str
    next_step: str | None
    signatures: list[SignatureAnswer]
    problems: list[IssueAnswer]
    live: bool
    url: str
    explanation: str
    created_at: datetime
    updated_at: datetime
    released_at: datetime | None
    releases: list[int]


class KindFieldAnswer(BaseModel):
    """文种的一项。type 为 text、lines、date、number、amount 或 choice；number、amount 的值不带单位时按 unit 计。"""

    name: str
    label: str
    type: str
    required: bool
    hint: str
    unit: str
    choices: list[str]


class KindAnswer(BaseModel):
    """一个文种：各项内容、审签步骤和正文模板。required 的项在送审前须填写；asks 是还须填写的公开属性。"""

    code: str
    name: str
    description: str
    category: str
    asks: list[str]
    chain: list[str]
    template: str
    fields: list[KindFieldAnswer]


class KindListAnswer(BaseModel):
    """在用的文种。"""

    items: list[KindAnswer]


class DeliveryAnswer(BaseModel):
    """一个渠道的投放。unknown 为待核实，系统只核对、不重发；due_at 为这个渠道的发布时间，部分发出后改期的各不相同。"""

    id: int
    channel: str
    state: str
    external_id: str
    url: str
    attempts: int
    problem: str
    remedy: str
    due_at: datetime
    published_at: datetime | None


class ReleaseAnswer(BaseModel):
    """一个发布计划及各渠道的结果。"""

    id: int
    disclosure: int
    revision: int
    content_hash: str
    state: str
    at: datetime
    created_by: str
    deliveries: list[DeliveryAnswer]


class ProposalAnswer(BaseModel):
    """一人对结果待核实的投放提出的决定。state 为 open、confirmed、refused、taken_back 或 overtaken。"""

    id: int
    choice: str
    reason: str
    url: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    remark: str


class AttemptAnswer(BaseModel):
    """对平台的一次调用。evidence 是平台的答复中留存的凭据。"""

    verb: str
    outcome: str
    began_at: datetime
    ended_at: datetime | None
    owner: str
    evidence: dict[str, Any]


class DeliveryLine(BaseModel):
    """列表中的一个投放。next_look_at 为空表示系统不再自动核对。"""

    id: int
    release: int
    disclosure: int
    title: str
    channel: str
    state: str
    external_id: str
    url: str
    problem: str
    remedy: str
    due_at: datetime
    intent_at: datetime | None
    settle_until: datetime | None
    next_look_at: datetime | None
    published_at: datetime | None
    proof: str | None
    choices: list[str]
    proposal: ProposalAnswer | None


class DeliveryListAnswer(BaseModel):
    """投放列表的一页，新的在前。"""

    items: list[DeliveryLine]
    page: int
    pages: int
    total: int


class DeliveryDetail(DeliveryLine):
    """一个投放及对平台的每次调用、先后的提议。"""

    attempts: list[AttemptAnswer]
    proposals: list[ProposalAnswer]


class AskAnswer(BaseModel):
    """问答结果。decision 为 answer、choose 或 none。"""

    decision: str
    confidence: float
    answer: str
    sources: list[dict[str, Any]]
    hits: list[dict[str, Any]]


class FileAnswer(BaseModel):
    """存入文件库的文件；path 用于正文中引用图片。"""

    sha256: str
    path: str
    file_name: str
    media_type: str
    size: int


class ProblemField(BaseModel):
    field: str
    message: str
    remedy: str


class Problem(BaseModel):
    """RFC 9457 problem。"""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] = Field(default_factory=list)
