"""The one settings object: read from the environment (and ``.env``), checked once, errors that name the remedy."""

import secrets
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import SettingInvalid
from publishers import failpoints
from publishers.echo.comment_desk import Approval
from publishers.port import ChannelName

WEAK = ("change", "secret", "password", "123456", "example", "test", "demo")


class Environment(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class AccountKind(StrEnum):
    SUBSCRIPTION = "subscription"
    SERVICE = "service"


class AccountMarks(StrEnum):
    AUTO = "auto"
    """On in production, off elsewhere."""
    ON = "on"
    OFF = "off"


class WeChatComments(StrEnum):
    READ = "read"
    """What is there is read and can be answered; nothing is opened."""
    OPEN = "open"
    """Comments are opened below every article after it was published."""
    OFF = "off"


class WeChatFigures(StrEnum):
    TOTAL = "total"
    """Each day's value is the total since the publication."""
    DAILY = "daily"
    """Each day's value is that day's alone."""


class WeiboComments(StrEnum):
    TIMELINE = "timeline"
    TO_ME = "to_me"
    OFF = "off"


class WeChatLists(StrEnum):
    """Whether the account sends lists that can be tapped: only a certified account may send messages of its own."""

    ON = "on"
    OFF = "off"


class Settings(BaseSettings):
    """Every ``MINGBAI_…`` variable. Documented for operators in docs/settings.zh-CN.md."""

    model_config = SettingsConfigDict(env_prefix="MINGBAI_", env_file=".env", extra="ignore", frozen=True)

    env: Environment = Environment.PRODUCTION
    database_url: str = ""
    bind: str = "127.0.0.1:8970"
    public_url: str = ""
    secret_key: Annotated[str, Field(repr=False)] = ""

    wechat_account: str = ""
    wechat_appid: str = ""
    wechat_secret: Annotated[str, Field(repr=False)] = ""
    wechat_token: Annotated[str, Field(repr=False)] = ""
    wechat_aes_key: Annotated[str, Field(repr=False)] = ""
    wechat_aes_key_previous: Annotated[str, Field(repr=False)] = ""
    wechat_api_base: str = "https://api.weixin.qq.com"
    wechat_account_kind: AccountKind = AccountKind.SUBSCRIPTION
    wechat_mass_per_day: Annotated[int | None, Field(ge=0)] = None
    """The account's own quota of mass sends, where it differs from the rule of its kind; 0 is without limit."""
    wechat_mass_per_month: Annotated[int | None, Field(ge=0)] = None
    wechat_mark: AccountMarks = AccountMarks.AUTO
    """Whether a follower tag without followers says which deployment speaks for the account (ADR 0016)."""

    wechat_comments: WeChatComments = WeChatComments.READ
    wechat_figures: WeChatFigures = WeChatFigures.TOTAL
    weibo_comments: WeiboComments = WeiboComments.TIMELINE
    comment_minutes: Annotated[int, Field(ge=1, le=1440)] = 20
    """How often comments are read, in minutes."""
    comment_approval: Approval = Approval.WRITTEN
    """When a public reply needs a second person (ADR 0031)."""

    weibo_app_key: str = ""
    weibo_app_secret: Annotated[str, Field(repr=False)] = ""
    weibo_access_token: Annotated[str, Field(repr=False)] = ""
    weibo_uid: str = ""
    weibo_api_base: str = "https://api.weibo.com"
    weibo_safe_domain: str = ""
    weibo_rip: str = ""

    site_name: str = ""
    site_domain: str = ""
    site_id_code: str = ""
    site_credit_code: str = ""
    office_name: str = "区政务公开办公室"
    office_phone: str = ""
    office_hours: str = "工作日 9:00–12:00、13:30–17:00"
    burst_seconds: Annotated[float, Field(ge=0, le=1.8)] = 1.2
    """How long a message that looks unfinished waits for the next one; 0 takes every message by itself (ADR 0034)."""
    wechat_lists: WeChatLists = WeChatLists.OFF
    """Whether choices are sent as lists that can be tapped (msgmenu)."""

    link_probe: AccountMarks = AccountMarks.AUTO
    """Whether the links of texts are opened in the background to find dead ones."""
    websub_hub: str = ""
    portal_push_url: str = ""
    portal_push_secret: Annotated[str, Field(repr=False)] = ""
    trusted_proxies: str = ""
    log_level: str = "INFO"
    state_dir: Path | None = None
    """A private folder for what may be rebuilt (the segmenter's cache); beside the SQLite file when it is not set."""
    late_minutes: Annotated[int, Field(ge=1)] = 15
    """A release that is later than this asks a person instead of going out (过时是否仍发布)."""
    late_minutes_portal: Annotated[int | None, Field(ge=1)] = None
    late_minutes_wechat: Annotated[int | None, Field(ge=1)] = None
    late_minutes_weibo: Annotated[int | None, Field(ge=1)] = None
    late_minutes_answers: Annotated[int | None, Field(ge=1)] = None
    emergency_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """After an emergency release: within how many hours the signatures must stand."""
    restore_absent_minutes: Annotated[float, Field(gt=0)] = 30
    """After a restore: how long WeChat must not show an article before it counts as not sent."""
    failpoint: str = ""
    """Where a test ends this process (``publishers.failpoints``); nothing but MINGBAI_ENV=test may set it."""

    @field_validator(
        "wechat_mass_per_day",
        "wechat_mass_per_month",
        "late_minutes_portal",
        "late_minutes_wechat",
        "late_minutes_weibo",
        "late_minutes_answers",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("public_url", "wechat_api_base", "weibo_api_base")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def state_folder(self) -> Path:
        if self.state_dir is not None:
            return self.state_dir
        if self.database_url.startswith("sqlite://"):
            return Path(self.database_url.removeprefix("sqlite://").split("?")[0]).parent / "state"
        return Path("var")

    @property
    def host(self) -> str:
        return self.bind.rsplit(":", 1)[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.bind.rsplit(":", 1)[1])

    @property
    def late_seconds(self) -> dict[ChannelName, int]:
        """The channels with a policy of their own for what is too late."""
        minutes = {name: getattr(self, f"late_minutes_{name}") for name in ChannelName}
        return {name: value * 60 for name, value in minutes.items() if value is not None}

    @property
    def restore_absent_after(self) -> timedelta:
        return timedelta(minutes=self.restore_absent_minutes)

    @property
    def probes_links(self) -> bool:
        """Links are opened in production unless it is switched off, elsewhere only when it is switched on."""
        auto = self.link_probe is AccountMarks.AUTO and self.env is Environment.PRODUCTION
        return auto or self.link_probe is AccountMarks.ON

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def load_settings(**overrides: Any) -> Settings:
    """Reads and checks the settings. Raises SettingInvalid, which names the variable and the remedy.

    Outside production what is missing gets a fictional value, so that a trial needs a database and nothing else.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = "MINGBAI_" + str(first["loc"][0]).upper()
        raise SettingInvalid(name, f"取值不对（{first['msg']}）", "按 docs/settings.zh-CN.md 的说明改正") from error
    if not settings.database_url:
        raise SettingInvalid("MINGBAI_DATABASE_URL", "没有设置", "例如 sqlite:///var/lib/mingbai/mingbai.db")
    return settings if settings.env is Environment.PRODUCTION else _for_trial(settings)


def _for_trial(settings: Settings) -> Settings:
    public = settings.public_url or f"http://{settings.bind.replace('0.0.0.0', '127.0.0.1')}"
    host = urlsplit(public).hostname or "127.0.0.1"
    fictional = {
        "public_url": public,
        "secret_key": secrets.token_hex(16),
        "site_name": "示例市明白区人民政府",
        "site_domain": host,
        "site_id_code": "0000000001",
        "site_credit_code": "11000000MB0000001X",
        "weibo_safe_domain": host,
    }
    missing = {name: value for name, value in fictional.items() if not getattr(settings, name)}
    return settings.model_copy(update=missing)


def check_for_serving(settings: Settings) -> None:
    """What serving needs on top of a database. Production refuses what is missing or weak; raises SettingInvalid."""
    _check_address(settings)
    _check_failpoint(settings)
    if settings.wechat_appid and len(settings.wechat_aes_key) != 43:
        raise SettingInvalid(
            "MINGBAI_WECHAT_AES_KEY", "EncodingAESKey 应为 43 个字符", "从公众平台“设置与开发”处重新复制"
        )
    needed = {
        "MINGBAI_SECRET_KEY": settings.secret_key,
        "MINGBAI_SITE_NAME": settings.site_name,
        "MINGBAI_SITE_DOMAIN": settings.site_domain,
        "MINGBAI_SITE_ID_CODE": settings.site_id_code,
        "MINGBAI_SITE_CREDIT_CODE": settings.site_credit_code,
    }
    if settings.wechat_appid:
        needed |= {
            "MINGBAI_WECHAT_SECRET": settings.wechat_secret,
            "MINGBAI_WECHAT_TOKEN": settings.wechat_token,
            "MINGBAI_WECHAT_AES_KEY": settings.wechat_aes_key,
            "MINGBAI_WECHAT_ACCOUNT": settings.wechat_account,
        }
    if settings.weibo_app_key:
        needed |= {
            "MINGBAI_WEIBO_APP_SECRET": settings.weibo_app_secret,
            "MINGBAI_WEIBO_ACCESS_TOKEN": settings.weibo_access_token,
            "MINGBAI_WEIBO_UID": settings.weibo_uid,
            "MINGBAI_WEIBO_SAFE_DOMAIN": settings.weibo_safe_domain,
        }
    for name, value in needed.items():
        if not value:
            raise SettingInvalid(name, "没有设置", "写入环境变量或 .env 文件，说明见 docs/settings.zh-CN.md")
    if settings.env is Environment.PRODUCTION:
        _check_strength(settings)


def _check_address(settings: Settings) -> None:
    host, _, port = settings.bind.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise SettingInvalid("MINGBAI_BIND", "应写成 主机:端口", "例如 127.0.0.1:8970")
    parts = urlsplit(settings.public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingInvalid(
            "MINGBAI_PUBLIC_URL", "没有设置或不是网址", "填写公众访问门户的网址，例如 https://www.example.gov.cn"
        )


def _check_failpoint(settings: Settings) -> None:
    if settings.failpoint and settings.env is not Environment.TEST:
        raise SettingInvalid(
            "MINGBAI_FAILPOINT", "只能用于测试，会使进程中途退出", "从环境变量和 .env 文件中删去这一项"
        )
    try:
        failpoints.armed(settings.failpoint)
    except ValueError as wrong:
        raise SettingInvalid("MINGBAI_FAILPOINT", f"取值不对（{wrong}）", "见 publishers/failpoints.py 的表") from wrong


def _check_strength(settings: Settings) -> None:
    for name, value in (("MINGBAI_SECRET_KEY", settings.secret_key), ("MINGBAI_WECHAT_TOKEN", settings.wechat_token)):
        if value and (len(value) < 24 or any(word in value.lower() for word in WEAK) or len(set(value)) < 10):
            raise SettingInvalid(name, "太弱，容易被猜出", f"换成随机值，例如 {secrets.token_hex(16)}")
    if urlsplit(settings.public_url).scheme != "https":
        raise SettingInvalid(
            "MINGBAI_PUBLIC_URL", "正式环境必须是 https 网址", "在反向代理上配置证书后填写 https:// 开头的网址"
        )
    if settings.site_credit_code and len(settings.site_credit_code) != 18:
        raise SettingInvalid("MINGBAI_SITE_CREDIT_CODE", "统一社会信用代码应为 18 位", "核对单位的统一社会信用代码")
    if len(settings.site_id_code) != 10:
        raise SettingInvalid("MINGBAI_SITE_ID_CODE", "政府网站标识码应为 10 位", "核对网站标识码")
    if settings.portal_push_url and len(settings.portal_push_secret) < 24:
        raise SettingInvalid("MINGBAI_PORTAL_PUSH_SECRET", "没有设置或太短", "与门户一方约定 24 位以上的随机密钥")
