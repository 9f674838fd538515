"""Who runs the site: what stands in every head and foot (国办发〔2017〕47号)."""

from dataclasses import dataclass
from urllib.parse import urljoin


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteIdentity:
    """The identity of the site. Empty optional fields leave their line out."""

    name: str
    """SiteName, e.g. ××区人民政府."""
    domain: str
    """SiteDomain, e.g. www.example.gov.cn; also the authority of the permanent ids in the feeds."""
    id_code: str
    """政府网站标识码, 10 characters."""
    credit_code: str
    """统一社会信用代码 of the government, 18 characters: the first half of every index number."""
    public_url: str
    """The absolute root, e.g. https://www.example.gov.cn/; every absolute address is made from it."""
    organiser: str = ""
    """主办单位; empty means ``name``."""
    phone: str = ""
    address: str = ""
    email: str = ""
    hours: str = ""
    icp: str = ""
    """ICP 备案号."""
    police: str = ""
    """公安备案号."""
    hub_url: str = ""
    """A WebSub hub; empty means that none is advertised."""

    @property
    def root(self) -> str:
        return self.public_url.rstrip("/") + "/"

    def url(self, path: str) -> str:
        """The absolute address of a path of this site."""
        return urljoin(self.root, path.lstrip("/"))

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")
