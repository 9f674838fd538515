"""Whatever a citizen sends, the base gives a finding and never raises."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.entry import Entry
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.model import shipped
from knowledge.search import find


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200) | st.text(alphabet="低保怎么申请医公积金？！，a1 \0\ud800", max_size=60))
def test_any_text(text: str, keywords: Keywords, entries: list[Entry], today: date) -> None:
    ranker, model = shipped()
    index = Index.build(entries, keywords)
    finding = find(index, text, keywords=keywords, ranker=ranker, model=model, top=10, today=today)
    assert 0 <= finding.confidence <= 1
    assert (finding.decision == "none") or finding.hits


def test_a_huge_message_is_read_in_part(keywords: Keywords, entries: list[Entry], today: date) -> None:
    ranker, model = shipped()
    index = Index.build(entries, keywords)
    finding = find(index, "低保怎么申请，" * 20_000, keywords=keywords, ranker=ranker, model=model, top=10, today=today)
    assert finding.hits[0].entry.id == "low-income"
    assert len(finding.question) <= 5000
