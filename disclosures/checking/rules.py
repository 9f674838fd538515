"""The rules by which a text is checked, each with the reason that the screen gives. Pure data.

What a rule is called here is also what stands in the audit trail; a code never changes its meaning.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that is looked at. ``severity`` says what it can do at most: block, override or warn."""

    code: str
    name: str
    severity: str
    why: str
    basis: str = ""
    """The standard or law that asks for it, where there is one."""


BLOCK, OVERRIDE, WARN = "block", "override", "warn"
SEVERITY_NAMES: Final = MappingProxyType({BLOCK: "必须修改", OVERRIDE: "修改，或说明理由后放行", WARN: "提示"})


def _rule(code: str, name: str, severity: str, why: str, basis: str = "") -> Rule:
    return Rule(code=code, name=name, severity=severity, why=why, basis=basis)


ALL: Final = (
    _rule("form", "必填与格式", BLOCK, "缺了必填内容，或者格式不能识别，无法公开。", "国办发〔2017〕47号"),
    _rule("kind.required", "文种必填项", BLOCK, "这一文种规定了必须公开的事项，缺项会影响群众理解和考核。"),
    _rule("lexicon.typo", "错别字", WARN, "公文用字不规范会影响权威性，也会被作为错误表述通报。", "党政机关公文处理工作条例"),
    _rule("lexicon.sensitive", "敏感词", OVERRIDE, "这些词语可能带来政治、民族、宗教或社会影响，须逐一核实。"),
    _rule("lexicon.banned", "禁用和慎用表述", OVERRIDE, "新闻和公文规范不再使用或须慎用这种说法。"),
    _rule("lexicon.body", "机构名称", WARN, "机构改革后名称已经变更；引用历史文件时可以保留原名。"),
    _rule("lexicon.person", "姓名职务用语", WARN, "人员姓名、职务的写法须准确。"),
    _rule("lexicon.fixed", "固定表述", OVERRIDE, "重要提法有固定写法，多字、少字、换字都是差错。"),
    _rule("usage", "语法和用法", WARN, "词语重复、搭配不当或数字用法不合规范，容易引起误解。", "GB/T 15835-2011、GB/T 15834-2011"),
    _rule("leader.title", "领导职务", OVERRIDE, "姓名与现任职务不符，是严重的差错。"),
    _rule("leader.former", "已离任人员", WARN, "此人已经离任，仍写现任职务容易造成误导。"),
    _rule("leader.name", "领导姓名", OVERRIDE, "职务旁的姓名与登记的只差一个字，可能写错。"),
    _rule("leader.order", "领导排序", WARN, "并列的姓名与规定的排序不一致。"),
    _rule("date.weekday", "日期与星期", WARN, "日期与星期对不上，群众会跑错日子。"),
    _rule("date.impossible", "不存在的日期", WARN, "日历上没有这一天。"),
    _rule("date.order", "起止时间", WARN, "结束早于开始，时间段写反了。"),
    _rule("date.signed", "落款日期", WARN, "落款日期与填写的成文日期不一致，公开时限从成文日期起算。", "政府信息公开条例第二十六条"),
    _rule("date.hour", "时刻", WARN, "时刻写法自相矛盾。"),
    _rule("amount.words", "大写金额", OVERRIDE, "大写金额与小写金额不一致。"),
    _rule("amount.sum", "分项与总额", WARN, "分项加起来超过了总额。"),
    _rule("amount.unit", "金额单位", WARN, "同一个数在文中一处用万元、一处用元，相差一万倍。"),
    _rule("amount.growth", "增减幅度", WARN, "按文中的数字计算，增减幅度与所写的不一致。"),
    _rule("amount.share", "占比之和", WARN, "并列的占比加起来超过百分之百。"),
    _rule("table.sum", "表格合计", WARN, "重新相加的结果与表中的合计不一致。"),
    _rule("table.share", "表格占比", WARN, "占比一栏加起来不是百分之百。"),
    _rule("number.form", "文号写法", WARN, "发文字号的年份用六角括号，序号不编虚位、不加“第”字。", "GB/T 9704-2012 7.2.5"),
    _rule("number.draft", "文号用在别的稿件", WARN, "另一份还没有公开的稿件也用了这个文号。"),
    _rule("number.same", "文号重复", OVERRIDE, "同一文号不应公开两次；更正应在原信息上修改。"),
    _rule("link.broken", "链接打不开", WARN, "群众点开会看到错误页面。"),
    _rule("link.danger", "可疑链接", OVERRIDE, "地址可能是仿冒或者危险的网站。"),
    _rule("link.text", "链接文字与地址不符", OVERRIDE, "看到的网址和点开的网址不是同一个，是常见的欺骗手法。"),
    _rule("link.plain", "链接写法", WARN, "链接不加密、去向不明或写法不规范。"),
    _rule("link.dropped", "没有收录的链接", WARN, "地址不安全的链接已不在正文里，请确认是否需要改正。"),
    _rule("picture.alt", "图片说明", BLOCK, "视障群众靠图片说明了解图片内容。", "GB/T 37668-2019"),
    _rule("picture.vague", "图片说明过于笼统", WARN, "“图片”“截图”等说明等于没有说明。", "GB/T 37668-2019"),
    _rule("picture.dropped", "没有收录的图片", WARN, "站外图片不会出现在公开的页面上。"),
    _rule("picture.only", "只有图片", BLOCK, "只有图片的内容，视障群众读不到，也检索不到。", "GB/T 37668-2019"),
    _rule("table.header", "表头", WARN, "没有表头的表格，读屏软件读不出每格是什么。", "GB/T 37668-2019"),
    _rule("heading.jump", "标题层级", WARN, "标题跳级会让读屏软件和目录混乱。", "GB/T 37668-2019"),
    _rule("link.vague", "链接文字过于笼统", WARN, "“点击这里”没有说明去向。", "GB/T 37668-2019"),
    _rule("private.identity", "身份证号", OVERRIDE, "公开他人证件号码会造成侵害；依法须公开的除外。", "个人信息保护法；政府信息公开条例第十五条"),
    _rule("private.card", "银行卡号", OVERRIDE, "公开他人银行卡号会造成侵害。", "个人信息保护法第二十八条"),
    _rule("private.passport", "护照号", OVERRIDE, "公开他人证件号码会造成侵害。", "个人信息保护法"),
    _rule("private.mobile", "手机号码", WARN, "不是对外公布的办公电话，不应公开。", "个人信息保护法"),
    _rule("private.phone", "家庭电话", WARN, "住宅、家长电话属于个人信息。", "个人信息保护法"),
    _rule("private.plate", "车牌号", WARN, "私家车牌可以识别到个人。", "个人信息保护法"),
    _rule("private.address", "住址", WARN, "住址到楼栋门牌可以识别到家庭。", "个人信息保护法"),
    _rule("private.minor", "未成年人姓名", WARN, "未成年人的姓名和学校一并公开，须有法律依据并尽量隐去。", "未成年人保护法第七十三条；个人信息保护法第二十八条"),
    _rule("secret.mark", "密级标志", BLOCK, "涉密内容不得上网。", "保守国家秘密法"),
    _rule("secret.internal", "内部资料标志", OVERRIDE, "标有内部资料的材料，公开前须经核准。"),
    _rule("secret.word", "内部用语", WARN, "出现了内部用语，请核对能否公开。"),
    _rule("attachment.title", "附件标题", WARN, "没有标题的附件，群众难以辨认。"),
    _rule("attachment.unread", "无法检查的附件", WARN, "扫描件、图片里的文字系统读不到，其中的个人信息须人工核对。"),
    _rule("alike.text", "内容相近", WARN, "与已公开的信息大部分相同，可能重复公开。"),
    _rule("alike.same", "内容几乎相同", OVERRIDE, "与已公开的信息几乎一样，重复公开会造成混淆；更正应在原信息上修改。"),
    _rule("alike.title", "同日同题", OVERRIDE, "同一天已经公开过同一标题的信息。"),
)  # fmt: skip

RULES: Final = MappingProxyType({each.code: each for each in ALL})


def why(code: str) -> str:
    """Why a rule asks for it, with the standard behind it; empty for a code that is not known."""
    rule = RULES.get(code)
    if rule is None:
        return ""
    return f"{rule.why.rstrip('。')}（{rule.basis}）。" if rule.basis else rule.why
