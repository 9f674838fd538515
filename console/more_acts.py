"""Words for the acts of the trail that do not belong to one disclosure's road, and for the machine's own: read-back, clean-up,
accounts, knowledge, rumours, halts. ``console.words.ACTS`` has the others."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

Say = Callable[[Mapping[str, Any]], str]
_MARKS: Final = {"portal": "门户", "wechat": "微信", "weibo": "微博", "answers": "问答"}


def _channel(detail: Mapping[str, Any]) -> str:
    name = str(detail.get("channel", ""))
    return _MARKS.get(name, name)


def _with(words: str, *names: str) -> Say:
    """The words, and behind them what stands in the detail under these names, as far as it does."""

    def say(detail: Mapping[str, Any]) -> str:
        told = [str(detail[name]) for name in names if detail.get(name)]
        return words + (f"：{'，'.join(told)}" if told else "")

    return say


def _proof(words: str) -> Say:
    def say(detail: Mapping[str, Any]) -> str:
        message = str(detail.get("message") or "")
        return f"{_channel(detail)}：发布后核对，{words}" + (f"（{message}）" if message else "")

    return say


MORE: Final[Mapping[str, Say]] = MappingProxyType(
    {
        "delivery.proof.same": _proof("与审核通过的内容一致"),
        "delivery.proof.different": _proof("与审核通过的内容不一致"),
        "delivery.proof.gone": _proof("平台上已看不到"),
        "delivery.proof.unreadable": _proof("暂时读取不到"),
        "delivery.repeal.told": lambda detail: f"{_channel(detail)}：已把废止告知对方系统",
        "delivery.pending": lambda detail: f"{_channel(detail)}：稍后再试",
        "delivery.sending": lambda detail: f"{_channel(detail)}：正在发送",
        "delivery.claimed": lambda detail: f"{_channel(detail)}：正在准备",
        "delivery.cancelled": lambda detail: f"{_channel(detail)}：已取消",
        "wechat.draft.tidied": _with("微信：清理草稿箱中不再使用的草稿", "title"),
        "history.hidden": _with("公开记录中不再显示一次更正的旧文", "reason"),
        "history.shown": _with("公开记录中恢复显示一次更正的旧文"),
        "show.viewed": _with("送阅链接第一次被打开", "viewer"),
        "file.stored": _with("上传文件", "name"),
        "archive.made": _with("下载归档包", "sums"),
        "incident.dealt_with": _with("告警标记为已处理", "reason"),
        "halt.raised": _with("停止一切发布", "reason"),
        "halt.lift.asked": _with("申请解除停发", "reason"),
        "halt.lifted": _with("解除停发", "reason"),
        "mass_quota.outside": _with("登记在公众平台上做过的群发", "remark"),
        "mass_quota.outside_removed": _with("撤销登记的群发", "reason"),
        "mass_quota.refused": _with("微信拒绝群发，已记下额度", "reason"),
        "account.take_over": _with("接管平台账号", "account"),
        "clock.accept": _with("确认数据库时钟", "reason"),
        "catalogue.unit_saved": _with("修改单位", "name"),
        "catalogue.category_saved": _with("修改栏目", "name"),
        "staff.added": _with("新增账号", "name"),
        "staff.roles_changed": _with("调整角色", "name"),
        "staff.password_changed": _with("更换密码", "name"),
        "staff.disabled": _with("停用账号", "name"),
        "staff.enabled": _with("启用账号", "name"),
        "staff.signed_in": _with("登录"),
        "staff.sign_in_failed": _with("登录失败"),
        "staff.signed_out": _with("退出"),
        "staff.token_issued": _with("发放接口令牌"),
        "staff.token_revoked": _with("收回接口令牌"),
        "knowledge.put": _with("写入知识条目", "title"),
        "knowledge.stop": _with("停用知识条目", "explanation"),
        "knowledge.close_question": _with("问题已解答", "entry"),
        "knowledge.import": _with("导入知识条目", "name"),
        "knowledge.import.drafts": _with("导入为草稿", "name"),
        "knowledge.import.undone": _with("撤销导入"),
        "knowledge.release": _with("发布知识库新版本", "title"),
        "knowledge.release.prepared": _with("准备发布知识库", "title"),
        "knowledge.release.asked": _with("申请例外放行", "reason"),
        "knowledge.release.dropped": _with("放弃这次发布"),
        "knowledge.test": _with("运行测试用例", "suite"),
        "knowledge.draft.created": _with("起草知识条目"),
        "knowledge.draft.saved": _with("修改知识草稿"),
        "knowledge.draft.submitted": _with("知识草稿送审"),
        "knowledge.draft.accepted": _with("知识草稿通过", "remark"),
        "knowledge.draft.sent_back": _with("知识草稿退回", "remark"),
        "knowledge.draft.discarded": _with("知识草稿作废"),
        "rumour.check": _with("传言开始核实", "unit"),
        "rumour.assign": _with("传言交办", "unit"),
        "rumour.propose": _with("提出传言结论", "verdict"),
        "rumour.settle": _with("公布传言结论", "verdict"),
        "rumour.settled": _with("公布传言结论", "verdict"),
        "rumour.send_back": _with("退回传言结论", "remark"),
        "rumour.attach": _with("并入已有条目", "entry"),
        "rumour.join": _with("合并传言"),
        "rumour.split": _with("分出另立一条"),
        "rumour.dismiss": _with("不予处置", "reason"),
        "complaint.closed": _with("处理“没用”评价", "outcome", "remark"),
        "question.attached": _with("未解答问题并入条目", "entry"),
        "question.written": _with("为未解答问题起草答复", "entry"),
        "question.answered": _with("未解答问题已有答复", "entry"),
        "question.returned": _with("答复草稿没有发布，未解答问题退回待处理"),
        "question.closed": _with("关闭未解答问题", "reason", "remark"),
        "question.reopened": _with("重新打开未解答问题"),
        "question.asked_again": _with("已有答复的问题又有群众问到，重新打开", "entry"),
        "question.handed": _with("未解答问题交办", "unit", "due"),
        "question.taken": _with("认领未解答问题"),
        "question.let_go": _with("放弃认领未解答问题"),
        "question.merged": _with("合并未解答问题"),
        "question.split": _with("分出未解答问题另立一组"),
        "rumour.follow": _with("按已有结论答复新的询问"),
    }
)
"""Verb of the trail → its sentence."""
