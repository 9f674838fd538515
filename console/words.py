"""The console's fixed words: what was just done, what the fields are called, and the acts of the audit trail."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from console.more_acts import MORE
from disclosures.emergencies import SETTLED_NAMES
from disclosures.remarks import ANSWER_NAMES
from disclosures.review import STEP_NAMES
from disclosures.secrecy import opinion_name
from publishers.choices import CHOICE_NAMES
from publishers.slot import SHANGHAI

DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "saved": "已保存。",
        "merged": "两份内容已合并，保存为新的一版。",
        "copy-discarded": "已丢弃这份未保存的草稿。",
        "kind-saved": "文种已保存。以前的公开信息不受影响。",
        "kind-switched": "已更改。以前的公开信息不受影响。",
        "kind-deleted": "文种已删除。",
        "unchanged": "内容没有变化，未产生新的版本。",
        "old-text-hidden": "公众不再看到这次更正的旧文，理由已向公众写明。",
        "old-text-shown": "公众又能看到这次更正的旧文。",
        "submitted": "已送审，等待初审。",
        "check-passed": "已放行，理由已记入审计，审核人签署前会看到。",
        "check-taken-back": "已收回放行。",
        "check-replaced": "已改正，保存为新的一版。",
        "lexicon-saved": "已保存，从下一次检查起生效。",
        "lexicon-on": "已启用。",
        "lexicon-off": "已停用，检查时不再提示。",
        "lexicon-removed": "已删去。",
        "lexicon-leader-saved": "名单已保存，从下一次检查起生效。",
        "lexicon-imported": "已导入，从下一次检查起生效。",
        "lexicon-undone": "已撤销这次导入。",
        "lexicon-partly-undone": "已撤销这次导入；之后又有改动的词语保持现在的样子。",
        "approved": "已审签。",
        "rejected": "已退回拟稿人。",
        "scheduled": "已安排发布，下面可以看到各渠道的结果。",
        "moved": "已改期。三审仍然有效，到新的时间发布。",
        "address-revoked": "日历地址已停用，用它订阅的日历不再更新。",
        "quiet-saved": "已保存，从现在起安排发布时按它提示。",
        "quiet-removed": "已删去。",
        "hours-saved": "发布时段已保存。",
        "year-entered": "节假日安排已导入，期限、日历和发布提示立即按它推算。",
        "announcement-proposed": "已提出，另一人确认后公布。",
        "announcement-asked": "已提出变更，另一人确认后公布；现在公布的内容没有变化。",
        "announcement-confirmed": "已确认，门户、日历和智能问答已经更新。",
        "announcement-refused": "已退回，公布的内容没有变化。",
        "announcement-linked": "已关联，公开以后预告自动改为“已公布”。",
        "cancelled": "已取消发布计划。",
        "decided": "已记录您的决定。",
        "outside_entered": "已登记这次群发，占用当天的群发次数。",
        "outside_removed": "已撤销登记，群发次数已放回。",
        "incident_closed": "已标记为已处理。",
        "probed": "已重新查验。",
        "cancel-proposed": "已取消尚未发出的渠道；结果待核实的渠道已提出不再发送，等待另一人确认。",
        "proposed": "已提出，等待另一人确认。",
        "confirmed": "已确认，决定生效。",
        "disagreed": "已记录您的不同意见。",
        "taken-back": "已收回。",
        "said-gone": "已登记。系统正在向平台核实；平台读不到时，须另一人确认。",
        "halted": "已停止一切发布。",
        "lift-asked": "已申请解除，须由另一位有权的同事确认。",
        "lifted": "已解除，发布恢复进行。",
        "foreign-settled": "已登记核对结果。",
        "withdrawn": "已撤回：门户、订阅和问答已同时更新，微信、微博正在处理。",
        "repealed": "已标记为废止：原文保留可查，页面、订阅和问答都会先说明已经废止。",
        "complaint-closed": "已处理。",
        "question-closed-at-once": "已并入，这一组问题办结；要求告知的群众会得到通知。",
        "question-attached": "已并入。收录的问法已送审，发布以后这一组自动办结并告知群众。",
        "question-attached-draft": "已并入。条目还缺少必填的内容，请在草稿中补齐后送审。",
        "question-written": "已起草。请写上答复并送审，发布以后这一组自动办结并告知群众。",
        "question-closed": "已关闭。",
        "question-reopened": "已重新打开。",
        "question-handed": "已交办。",
        "question-taken": "已认领。",
        "question-let-go": "已放弃认领。",
        "question-merged": "已合并，以后同样的问法都归到这里。",
        "question-split": "已分出，另立这一组。",
        "rumour-checking": "机器人开始答复“核实中”。",
        "rumour-assigned": "已保存。",
        "rumour-proposed": "已提出结论，等待另一人确认。",
        "rumour-settled": "结论已公布：机器人即时答复，询问过的群众会得到告知。",
        "rumour-sent-back": "已退回，结论没有公布。",
        "rumour-attached": "已并入，勾选的说法以后也能查到。",
        "rumour-joined": "已合并。",
        "rumour-split": "已分出，另立一条。",
        "rumour-dismissed": "已记录为不予处置。",
        "draft-saved": "草稿已保存；机器人的答复没有变化。",
        "draft-wanting": "草稿已保存，但还没有送审：请补齐下面标出的内容，再送审。",
        "draft-submitted": "已送审，须由另一位同志审核。",
        "draft-accepted": "已通过，可以放进下一版发布。",
        "draft-sent-back": "已退回起草人。",
        "draft-discarded": "草稿已作废，条目保持原样。",
        "release-checked": "已检查，结果见下。",
        "release-asked": "已提出例外放行，须由另一位同志确认。",
        "release-dropped": "已放弃，草稿仍在“已通过，待发布”中。",
        "rollback-asked": "已提出回退，须由另一位同志确认。",
        "knowledge-released": "已发布，机器人从现在起按新的内容答复。",
        "imported-drafts": "已导入为草稿；机器人的答复没有变化。",
        "import-nothing": "文件与知识库没有差别，没有产生草稿。",
        "import-undone": "已撤销这次导入，没有发布的草稿都已作废。",
        "batch-submitted": "这一批草稿已全部送审。",
        "batch-partly": "内容完整的草稿已送审；仍是“草稿”的还缺必填内容，请逐份补齐。",
        "survey-started": "正在比对全部条目。",
        "comments-read": "正在读取平台上的评论，几秒钟后刷新页面可见。",
        "reply-waits": "回复已写好，等待另一位同志同意后发出。",
        "reply-sent": "回复正在发出，稍候可以看到结果。",
        "reply-agreed": "已同意，回复正在发出。",
        "reply-dropped": "回复没有发出，已收回。",
        "reply-retracted": "已从平台撤回，评论回到待回复。",
        "reply-looked": "已在平台上核对，结果见下。",
        "reply-decided": "已记录您的认定。",
        "comment-left": "已记为不需要回复。",
        "comment-taken-up": "已放回待回复。",
        "comment-elect": "已设为精选，所有读者可见。",
        "comment-unelect": "已取消精选，只有留言的人自己可见。",
        "comment-take_down": "已在平台删除这条评论。",
        "tested": "测试完成，结果见下。",
        "embargoed": "已设为保密：发布前只有名单上的人能看到。",
        "embargo-lifted": "已解除保密，各岗位的同事都能看到。",
        "show-revoked": "链接已作废，不能再打开。",
        "remarked": "意见已记录，退回后由拟稿人逐条答复。",
        "answered": "已答复。",
        "remark-closed": "已办结这条意见。",
        "emergency": "已应急发布。请在规定时限内补齐审签。",
        "deputy-named": "代理已生效，到期自动终止。",
        "deputy-ended": "代理已终止。",
        "signed-out": "已安全退出。",
        "expired": "登录已失效，刚才的内容没有提交。请重新登录。",
    }
)
"""The message that a page shows once after a form was taken; its key stands in the address."""

FIELD_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kind": "文种",
        "title": "标题",
        "body": "正文",
        "department": "发布机构",
        "category": "栏目",
        "formed_on": "成文日期",
        "document_number": "文号",
        "summary": "内容概述",
        "keywords": "关键词",
        "stage": "五公开",
        "source": "信息来源",
        "interprets": "解读的文件",
        "attachments": "附件",
        "wechat_title": "微信标题",
        "wechat_author": "微信作者",
        "wechat_digest": "微信摘要",
        "wechat_mode": "微信发布方式",
        "wechat_cover": "微信封面",
        "weibo_text": "微博文字",
        "channels": "渠道设置",
        "remarks": "逐句意见",
        "opinion": "保密审查意见",
        "declared": "保密自查",
        "reason": "理由",
    }
)

CHANNEL_MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {"portal": "门户", "wechat": "微信", "weibo": "微博", "answers": "问答"}
)

_CHOICES: Final = {str(choice): name for choice, name in CHOICE_NAMES.items()}
_STEPS: Final = {str(step): name for step, name in STEP_NAMES.items()}
_TO: Final = {
    "published": "确认已发出",
    "drafted": "确认未发出，重新发送",
    "pending": "决定继续发布",
    "withdrawn": "确认已在平台删除",
    "cancelled": "取消",
}

Say = Callable[[Mapping[str, Any]], str]


def field_of(name: str) -> str:
    """The form's field for a finding's field: ``wechat.digest`` → ``wechat_digest``."""
    plain = {"body_html": "body", "body_markdown": "body", "body_format": "body", "pictures": "body"}.get(name, name)
    return plain.replace(".", "_")


def act(verb: str, detail: Mapping[str, Any]) -> str:
    """One act of the trail in plain words; a verb that nobody described stands as it is."""
    say = ACTS.get(verb) or MORE.get(verb)
    if say is not None:
        return say(detail)
    if verb.startswith("delivery.decide."):
        done = _TO.get(verb.rpartition(".")[2], "作出决定")
        return f"{_channel(detail)}：人工{done}{_because(detail)}"
    return verb


def _created(detail: Mapping[str, Any]) -> str:
    return f"起草，索引号 {detail.get('index_number', '')}"


def _revised(detail: Mapping[str, Any]) -> str:
    fell = "，原审定同时失效" if detail.get("approval_fell") else ""
    return f"保存第 {detail.get('revision')} 版{fell}"


def _submitted(detail: Mapping[str, Any]) -> str:
    reason = f"，说明：{detail['reason']}" if detail.get("reason") else ""
    return f"第 {detail.get('submission')} 次送审（第 {detail.get('revision')} 版）{reason}"


def _signed(detail: Mapping[str, Any]) -> str:
    remark = f"，意见：{detail['remark']}" if detail.get("remark") else ""
    return f"{_in_place_of(detail)}{_step(detail)}通过（第 {detail.get('revision')} 版）{_opinion(detail)}{remark}"


def _rejected(detail: Mapping[str, Any]) -> str:
    return f"{_in_place_of(detail)}{_step(detail)}退回{_opinion(detail)}，意见：{detail.get('remark', '')}"


def _in_place_of(detail: Mapping[str, Any]) -> str:
    return f"代 {detail['for_name']}（{_step(detail)}）：" if detail.get("for_name") else ""


def _opinion(detail: Mapping[str, Any]) -> str:
    name = opinion_name(str(detail.get("opinion") or ""))
    return f"，保密审查意见：{name}" if name else ""


def _proofread(detail: Mapping[str, Any]) -> str:
    done = "；".join(str(each) for each in detail.get("corrections", ())) or "没有改动"
    old, new = detail.get("from_revision"), detail.get("to_revision")
    versions = f"第 {new} 版" if old == new else f"第 {old} 版 → 第 {new} 版"
    return f"{detail.get('name', '校对')}（{versions}）：{done}"


def _emergency(detail: Mapping[str, Any]) -> str:
    names = "、".join(CHANNEL_MARKS.get(str(name), str(name)) for name in detail.get("channels", ()))
    return (
        f"批准应急发布（第 {detail.get('revision')} 版，{names}），审签须于 {_when(detail, 'due_at')} 前补齐"
        f"{_because(detail)}"
    )


def _answered(detail: Mapping[str, Any]) -> str:
    said = f"：{detail['text']}" if detail.get("text") else ""
    return f"答复对“{detail.get('quote', '')}”的意见：{ANSWER_NAMES.get(str(detail.get('kind')), '')}{said}"


def _deputy(words: str) -> Say:
    def say(detail: Mapping[str, Any]) -> str:
        return f"{words}：{detail.get('by_deputy', '')} 代 {detail.get('person', '')}"

    return say


def _scheduled(detail: Mapping[str, Any]) -> str:
    names = "、".join(CHANNEL_MARKS.get(str(name), str(name)) for name in detail.get("channels", ()))
    mass = "，微信群发已再次确认" if detail.get("mass") else ""
    return f"安排在{names}发布（计划 {detail.get('release')}）{mass}{_quiet(detail)}"


def _moved(detail: Mapping[str, Any]) -> str:
    return f"发布计划 {detail.get('release')} 由 {_when(detail, 'before')} 改期到 {_when(detail, 'due_at')}{_because(detail)}{_quiet(detail)}"


def _quiet(detail: Mapping[str, Any]) -> str:
    """The quiet days that were passed by, and the reason for it."""
    days = "、".join(str(name) for name in detail.get("quiet", ()))
    reason = f"，紧急理由：{detail['override']}" if detail.get("override") else ""
    return f"；当天为{days}，已确认{reason}" if days else ""


def _when(detail: Mapping[str, Any], name: str) -> str:
    return datetime.fromisoformat(str(detail[name])).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _step(detail: Mapping[str, Any]) -> str:
    return _STEPS.get(str(detail.get("step")), "审核")


def _proposal(words: str, why: str = "理由") -> Say:
    """An act on a proposal: the channel, what was done with it, what it says, and why."""

    def say(detail: Mapping[str, Any]) -> str:
        choice, reason = _CHOICES.get(str(detail.get("choice")), ""), detail.get("reason")
        return f"{_channel(detail)}：{words}“{choice}”" + (f"，{why}：{reason}" if reason else "")

    return say


def _channel(detail: Mapping[str, Any]) -> str:
    name = str(detail.get("channel", ""))
    return CHANNEL_MARKS.get(name, name)


def _because(detail: Mapping[str, Any]) -> str:
    reason = str(detail.get("reason") or "")
    return f"，理由：{reason}" if reason else ""


def _cause(detail: Mapping[str, Any]) -> str:
    if detail.get("reason") == "late":
        return f"：已比计划晚 {detail.get('minutes')} 分钟，等待人工决定"
    return f"：{detail['reason']}" if detail.get("reason") else ""


ACTS: Final[Mapping[str, Say]] = MappingProxyType(
    {
        "disclosure.created": _created,
        "disclosure.revised": _revised,
        "disclosure.submitted": _submitted,
        "disclosure.override": lambda detail: (
            f"放行一处检查提示：{str(detail.get('message', '')).rstrip('。')}{_because(detail)}"
        ),
        "disclosure.override.taken_back": lambda detail: f"收回放行：{detail.get('message', '')}",
        "lexicon.put": lambda detail: f"词库：保存“{detail.get('word', '')}”",
        "lexicon.switch": lambda detail: (
            f"词库：{'启用' if detail.get('active') else '停用'}“{detail.get('word', '')}”"
        ),
        "lexicon.remove": lambda detail: f"词库：删去“{detail.get('word', '')}”",
        "lexicon.import": lambda detail: (
            f"词库：导入 {detail.get('file', '')}，新增 {detail.get('new')}，修改 {detail.get('changed')}，删去 {detail.get('gone')}"
        ),
        "lexicon.undo": lambda detail: f"词库：撤销第 {detail.get('batch')} 次导入",
        "lexicon.leader.put": lambda detail: f"领导名单：保存{detail.get('name', '')}（{detail.get('title', '')}）",
        "lexicon.leader.remove": lambda detail: f"领导名单：删去{detail.get('name', '')}（{detail.get('title', '')}）",
        "disclosure.approved": _signed,
        "disclosure.rejected": _rejected,
        "disclosure.released": lambda detail: (
            f"向社会公开（第 {detail.get('revision')} 版{'，应急发布，审签待补' if detail.get('emergency') else ''}）"
        ),
        "disclosure.declared": lambda detail: f"送审前声明：{detail.get('declaration', '')}",
        "disclosure.proofread": _proofread,
        "disclosure.remark.placed": lambda detail: f"对“{detail.get('quote', '')}”提意见：{detail.get('text', '')}",
        "disclosure.remark.answered": _answered,
        "disclosure.remark.accepted": lambda detail: f"认可对“{detail.get('quote', '')}”的答复",
        "disclosure.remark.taken_back": lambda detail: f"收回对“{detail.get('quote', '')}”的意见",
        "disclosure.emergency": _emergency,
        "disclosure.emergency.overdue": lambda detail: "应急发布的审签逾期未补齐，已记入考核",
        "disclosure.emergency.settled": lambda detail: (
            f"应急发布已办结：{SETTLED_NAMES.get(str(detail.get('how')), '')}{'（逾期）' if detail.get('late') else ''}"
        ),
        "staff.deputy.named": _deputy("指定审核代理"),
        "staff.deputy.ended": _deputy("终止审核代理"),
        "disclosure.withdrawn": lambda detail: f"撤回，公开说明：{detail.get('explanation', '')}",
        "disclosure.repealed": lambda detail: f"废止，公开说明：{detail.get('explanation', '')}",
        "disclosure.withdraw.everywhere": lambda detail: (
            "门户、订阅、问答同时撤下" + (f"，{detail['tasks']} 个平台渠道开始撤回" if detail.get("tasks") else "")
        ),
        "disclosure.embargoed": lambda detail: (
            f"设为保密，发布前可以看到的有：{'、'.join(map(str, detail.get('readers', ())))}"
        ),
        "disclosure.embargo_lifted": lambda detail: "解除保密",
        "show.made": lambda detail: (
            f"送{detail.get('viewer')}审阅第 {detail.get('revision')} 版，{_when(detail, 'expires_at')} 前有效"
        ),
        "show.revoked": lambda detail: f"作废送{detail.get('viewer')}的链接",
        "show.remarked": lambda detail: f"对第 {detail.get('revision')} 版提出意见",
        "knowledge.withdraw": lambda detail: "问答不再引用本文",
        "catalogue.kind_saved": lambda detail: f"修改文种“{detail.get('name', '')}”",
        "catalogue.kind_deleted": lambda detail: f"删除文种“{detail.get('name', '')}”",
        "release.schedule": _scheduled,
        "release.move": _moved,
        "calendar.year": lambda detail: f"导入{detail.get('year')}年节假日安排，依据：{detail.get('source', '')}",
        "calendar.quiet": lambda detail: f"设定{detail.get('name', '')}（{detail.get('falls_on', '')}）",
        "calendar.quiet_removed": lambda detail: f"删去{detail.get('name', '')}（{detail.get('falls_on', '')}）",
        "calendar.hours": lambda detail: f"{_channel(detail)}：修改发布时段",
        "calendar.address": lambda detail: "生成日历地址",
        "calendar.address_revoked": lambda detail: "停用日历地址",
        "announcement.proposed": lambda detail: f"提出预告“{detail.get('title', '')}”，{detail.get('due', '')}",
        "announcement.asked": lambda detail: f"提出变更预告“{detail.get('title', '')}”{_because(detail)}",
        "announcement.confirmed": lambda detail: (
            f"第二人确认预告“{detail.get('title', '')}”，{detail.get('due', '')}{_because(detail)}"
        ),
        "announcement.refused": lambda detail: f"退回预告“{detail.get('title', '')}”，意见：{detail.get('remark', '')}",
        "announcement.linked": lambda detail: (
            f"预告“{detail.get('title', '')}”关联公开信息 {detail.get('disclosure', '')}"
        ),
        "announcement.fulfilled": lambda detail: f"预告“{detail.get('title', '')}”已公布",
        "release.cancel": lambda detail: f"取消发布计划 {detail.get('release')}",
        "delivery.proposal.open": _proposal("提出"),
        "delivery.proposal.confirmed": _proposal("第二人同意", "意见"),
        "delivery.proposal.refused": _proposal("第二人不同意"),
        "delivery.proposal.taken_back": _proposal("提出的人收回"),
        "delivery.proposal.overtaken": _proposal("不再需要决定", "系统核实"),
        "delivery.reconciled": lambda detail: f"{_channel(detail)}：恢复后核对{_because(detail)}",
        "foreign.settled": lambda detail: f"{_channel(detail)}：登记平台上多出的内容{_because(detail)}",
        "delivery.intent": lambda detail: f"{_channel(detail)}：开始发送",
        "delivery.published": lambda detail: f"{_channel(detail)}：发布成功",
        "delivery.submitted": lambda detail: f"{_channel(detail)}：平台已受理",
        "delivery.unknown": lambda detail: f"{_channel(detail)}：结果待核实{_cause(detail)}",
        "delivery.held": lambda detail: f"{_channel(detail)}：暂停{_cause(detail)}",
        "delivery.early": lambda detail: f"{_channel(detail)}：等待发布时间{_cause(detail)}",
        "delivery.halted": lambda detail: f"{_channel(detail)}：停发期间等待{_cause(detail)}",
        "delivery.failed": lambda detail: f"{_channel(detail)}：未能发布{_cause(detail)}",
        "delivery.drafted": lambda detail: f"{_channel(detail)}：已核实平台未收到，准备再次发送",
        "delivery.withdrawing": lambda detail: f"{_channel(detail)}：正在撤回{_cause(detail)}",
        "comment.reply.written": lambda detail: (
            f"{_channel(detail)}：写好对评论 {detail.get('comment')} 的回复"
            + ("，等待另一人同意" if detail.get("waits") else "（经审定的原文）")
        ),
        "comment.reply.agreed": lambda detail: (
            f"{_channel(detail)}：第二人同意回复评论 {detail.get('comment')}{_because(detail)}"
        ),
        "comment.reply.refused": lambda detail: (
            f"{_channel(detail)}：第二人不同意回复评论 {detail.get('comment')}{_because(detail)}"
        ),
        "comment.reply.taken_back": lambda detail: f"{_channel(detail)}：收回对评论 {detail.get('comment')} 的回复",
        "comment.reply.intent": lambda detail: f"{_channel(detail)}：开始发出对评论 {detail.get('comment')} 的回复",
        "comment.reply.sent": lambda detail: f"{_channel(detail)}：已回复评论 {detail.get('comment')}",
        "comment.reply.ready": lambda detail: f"{_channel(detail)}：回复暂未发出，稍后再试{_cause(detail)}",
        "comment.reply.unknown": lambda detail: (
            f"{_channel(detail)}：对评论 {detail.get('comment')} 的回复待核实{_cause(detail)}"
        ),
        "comment.reply.failed": lambda detail: (
            f"{_channel(detail)}：对评论 {detail.get('comment')} 的回复没有发出{_cause(detail)}"
        ),
        "comment.reply.found": lambda detail: (
            f"{_channel(detail)}：核对平台，对评论 {detail.get('comment')} 的回复已经发出"
        ),
        "comment.reply.retracting": lambda detail: (
            f"{_channel(detail)}：撤回对评论 {detail.get('comment')} 的回复{_because(detail)}"
        ),
        "comment.reply.retracted": lambda detail: (
            f"{_channel(detail)}：对评论 {detail.get('comment')} 的回复已从平台撤下"
        ),
        "comment.reply.said_sent": lambda detail: f"{_channel(detail)}：人工认定回复已经发出{_because(detail)}",
        "comment.reply.said_not_sent": lambda detail: f"{_channel(detail)}：人工认定回复没有发出{_because(detail)}",
        "comment.left": lambda detail: f"{_channel(detail)}：评论 {detail.get('comment')} 不需要回复{_because(detail)}",
        "comment.taken_up": lambda detail: (
            f"{_channel(detail)}：评论 {detail.get('comment')} 放回待回复{_because(detail)}"
        ),
        "comment.elect": lambda detail: f"{_channel(detail)}：评论 {detail.get('comment')} 设为精选",
        "comment.unelect": lambda detail: f"{_channel(detail)}：评论 {detail.get('comment')} 取消精选",
        "comment.take_down": lambda detail: (
            f"{_channel(detail)}：在平台删除评论 {detail.get('comment')}{_because(detail)}"
        ),
        "delivery.withdrawn": lambda detail: f"{_channel(detail)}：已从平台撤下",
    }
)
"""Verb of the trail → its sentence."""
