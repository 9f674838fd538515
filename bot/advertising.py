"""Advertisement: messages that want to sell something to whoever reads them, and ask nothing. Pure.

Precision before recall. Who asks the government about a loan, a swindle or a part-time job uses the same words, so one word
is never enough: an advertisement offers a trade and says how to reach the seller, or says two things that no citizen writes to
an office. A question, a complaint and a warning that is passed on are never taken for one: an advertisement that is answered
like a question costs an answer, a citizen who is told that he advertises loses his trust.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 200
"""Characters; a longer text may be a forwarded message, which is to be checked and not to be brushed aside."""
ENOUGH: Final = 3
"""Points from which a message is an advertisement."""

_BLANKS: Final = re.compile(r"[\s\u200b-\u200f·・\-—_*|～~]+")
_ASKED: Final = re.compile(
    r"[?？]|怎么|如何|为什么|为何|什么|哪[里儿个些家位]|多少|几[天时点年个]|[吗么]$|吗[，。！]|是不是|是否|能不能|可不可以|可以吗|有没有|请问|咨询一下|想问|问一下|问下|求助|谁能|谁管|咋"
)
"""An office is asked; an advertisement asks at most what it answers itself (see _ASKING_FOR_SHOW)."""
_ASKING_FOR_SHOW: Final = re.compile(
    r"(?:还在为|是否还在|你还在|您还在|想不想|要不要|想要|缺钱|需要)[^?？]{0,24}[?？]|(?:有没有|有)(?:想|要|需要)[^?？]{0,14}的[^?？]{0,4}[?？]?"
)
_COMPLAINT: Final = re.compile(
    r"举报|投诉|反映|被骗|受骗|骗局|骗子|骗[了走我钱]|诈骗|上当|防范|谨防|警惕|提醒|维权|曝光|骚扰|扰民|不要(?:相信|点击|轻信|转账|加)|别(?:信|点|加)|切勿|勿[信点]|网传|辟谣|谣言|真的假的|是真是假|查处|打击|没收|报警|民警|派出所|公安|法院|判|违法|小心|注意防|拖欠|欠薪|欠我|不给退|不退|退款|退钱|退费"
)
"""What is said of advertisement by its victims and by the police."""
_OFFICIAL: Final = re.compile(
    r"政府|办事处|居委会|村委会|社区|街道|人社局|民政局|教育局|卫健|医保局|公告|通知如下|窗口|补贴申领|低保|公租房|养老金|社保卡|创业担保贷款|助学贷款|公积金|小额贷款贴息"
)

_REACH: Final = (
    re.compile(
        r"(?:加|➕|\+|十)\s*(?:我|本人|客服|老师|小编)?(?:的)?\s*(?:微信|薇信|威信|卫星|微|薇|vx|wx|v信|v|qq|扣扣|企鹅|q群|q)(?![a-z])"
    ),
    re.compile(r"(?:微信|薇信|威信|vx|wx|v信|qq|扣扣)(?:号|同号|咨询|联系|群)?[:：]?\s*[a-z0-9_]{5,20}"),
    re.compile(
        r"(?:私信|私聊|滴滴|dd|联系)(?:我|客服|老师)|扫码(?:进群|加|添加|领取|咨询)|进群(?:领取|咨询)|点击(?:下方|以下|此处)?链接|戳链接|电微同号|微电同号"
    ),
    re.compile(
        r"(?:电话|热线|手机|联系|致电|咨询|订购|v|微)[^0-9]{0,6}1[3-9]\d{9}|1[3-9]\d{9}[^0-9]{0,8}(?:微信同号|同微信|同v|张经理|王经理|李经理|经理|老师|女士|先生)"
    ),
    re.compile(r"400[0-9]{7}(?!.*(?:投诉|打不通))"),
    re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+(?:top|xyz|vip|cc|club|icu|shop|fun|win|bet|live|site|online)(?:/|\b)"),
)
_TRADE: Final = (
    re.compile(r"刷单|刷信誉|点赞员|打字员|兼职(?:日结|招聘)|日结|日入|月入过?万|日赚|躺赚|稳赚|轻松赚|在家(?:就能|可)?赚|手工活外发|招代理|招(?:募)?(?:全国)?代理|诚招代理|一件代发|副业"),
    re.compile(r"(?:无抵押|免抵押|秒(?:批|到账|放款)|当天放款|放款快|黑户可|征信花|低息|利息低|额度高|极速|信用)[^。]{0,8}(?:贷|放款|借款|额度)|贷款(?:找我|服务|中介)|办(?:理)?贷款|套现|代还信用卡|提额|垫资过桥|各类贷款|应急借款"),
    re.compile(r"代开发票|开发票|(?:正规|增值税)发票[^。]{0,6}(?:代开|可验)|办(?:理)?(?:假)?证件|办证刻章|刻章|学历提升|(?:包过|免考|保过|快速拿证)|代(?:考|写论文|办)|代办(?:营业执照|公司注册)|注册公司"),
    re.compile(r"棋牌|百家乐|时时彩|彩票计划|北京赛车|澳门(?:赌|娱乐|威尼斯)|娱乐城|首充|充值(?:送|返)|六合彩|投注|下注|博彩|体育竞猜"),
    re.compile(r"(?:内幕|牛|涨停|黑马)股|股票群|荐股|老师带(?:单|盘|你)|带单|虚拟币|数字货币|u商|usdt|高额返利|保本|年化"),
    re.compile(r"上门服务|同城约|约炮|特殊服务|裸聊|私密视频|成人|全套|品茶|喝茶资源|外围"),
    re.compile(r"减肥(?:茶|药|产品)|壮阳|增高药|祛斑|丰胸|根治|祖传秘方|特效药|面膜|燕窝|保健品|高仿|a货|莆田|厂家直销|清仓|甩卖|特价|秒杀|优惠券|限时(?:优惠|抢购)|拼团|砍一刀|帮我砍|团购价|全场[^。]{0,4}折|包邮"),
    re.compile(r"房源|二手房|楼盘|首付[^。]{0,6}万|开盘|商铺(?:出租|转让|招租)|旺铺|写字楼招租|疏通下水道|开锁|搬家公司|家政公司|空调维修|专业防水|月嫂|装修公司|墓地|公墓"),
    re.compile(r"涨粉|刷粉|互粉|粉丝(?:量|下单)|公众号(?:推广|代运营|加粉)|代运营|广告位|商务合作|推广合作|引流|seo|小程序开发|短信群发|(?:出售|转让|收购)(?:公众号|账号|微信号)"),
    re.compile(r"(?:报名|课程|培训班|训练营|辅导班|一对一)[^。]{0,12}(?:优惠|免费试听|立减|特惠|名额有限)|免费试听|0元(?:学|体验)|免费领取?(?:资料|课程|试听|礼品|大礼包|鸡蛋)|名额有限|先到先得|仅限前\d+名|转发(?:本|此)?(?:消息|文)?(?:到)?\d+个?群"),
)  # fmt: skip
_PUSH: Final = re.compile(
    r"详情|速来|速联|抓紧|火热(?:招募|进行)|限时|名额|欢迎(?:咨询|来电|选购|加盟|合作|致电|各位|联系)|诚信(?:经营|合作)|非诚勿扰|诚邀|加盟|长期(?:有效|合作)|价格(?:优惠|美丽|从优)|工资日结|零门槛|不收(?:任何)?费|包教包会|只需一部手机|宝妈|全国(?:可飞|接单|发货)|一手货源|支持(?:货到付款|验货)|真实有效|亲测|★|☆|❤|💰|🔥|👉|【广告】|推广"
)
_NEGATED: Final = re.compile(r"(?:没有|不是|不做|不想|没)(?:刷单|贷款|兼职)")


def is_advertisement(text: str) -> bool:
    """Whether a message only advertises. Any text is allowed; what is doubtful is none."""
    words = _BLANKS.sub("", unicodedata.normalize("NFKC", text[: 2 * LONGEST]).lower())
    if not 6 <= len(words) <= LONGEST or _COMPLAINT.search(words) or _NEGATED.search(words):
        return False
    if _ASKED.search(_ASKING_FOR_SHOW.sub("", words)):
        return False
    return points(words) >= ENOUGH


def points(words: str) -> int:
    """How much of an advertisement a text is, without blanks and in lower case: a trade counts two, a second one and a way
    to reach the seller as much, what pushes one; speaking of an office takes one away."""
    trades = sum(1 for pattern in _TRADE if pattern.search(words))
    reached = any(pattern.search(words) for pattern in _REACH)
    found = 2 * min(trades, 2) + 2 * reached + bool(_PUSH.search(words))
    if not trades:  # A telephone number and a friendly word are no trade.
        return min(found, ENOUGH - 1)
    return found - bool(_OFFICIAL.search(words))
