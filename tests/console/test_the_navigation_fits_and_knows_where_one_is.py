"""Few areas at the top, each with its pages below it: nobody is led where he may not go, and every page is in one place."""

import pytest

from console.navigation import AREAS, shown
from staff.roles import Role, Verb, may

MOST_CHARACTERS = 16
"""So many fit beside one another on a telephone of 375 px."""


@pytest.mark.parametrize("role", list(Role))
def test_the_areas_fit_a_telephone_and_nobody_is_led_where_he_may_not_go(role: Role) -> None:
    found = shown("/console/", lambda verb: may([role], verb))
    assert len("".join(area.name for area in found.areas)) <= MOST_CHARACTERS
    assert all(may([role], place.verb) for area in found.areas for place in area.places)
    assert ("系统" in [area.name for area in found.areas]) is may([role], Verb.STAFF_READ)


@pytest.mark.parametrize(
    ("path", "area", "place"),
    [
        ("/console/", "今天", "今天要办"),
        ("/console/disclosures/7/edit", "公开信息", "公开信息"),
        ("/console/releases/3", "发布", "发布计划"),
        ("/console/deliveries/3", "发布", "待核实"),
        ("/console/knowledge", "知识库", "条目"),
        ("/console/knowledge/entries/4", "知识库", "条目"),
        ("/console/knowledge/release", "知识库", "发布"),
        ("/console/knowledge/releases/4", "知识库", "版本"),
        ("/console/knowledge/tests/1", "知识库", "测试用例"),
        ("/console/rumours/9", "知识库", "谣言处置"),
    ],
)
def test_a_page_stands_in_one_place(path: str, area: str, place: str) -> None:
    found = shown(path, lambda _verb: True)
    assert found.area is not None
    assert found.here is not None
    assert (found.area.name, found.here.name) == (area, place)


def test_a_page_that_belongs_nowhere_marks_nothing() -> None:
    found = shown("/console/check", lambda _verb: True)
    assert (len(found.areas), found.area, found.here) == (len(AREAS), None, None)
