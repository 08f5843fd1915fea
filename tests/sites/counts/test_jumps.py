import pytest

from sites.counts.jumps import JumpKind, jump
from tests.reference import COMPONENTS

GE, SWITCH = COMPONENTS[0], COMPONENTS[1]


@pytest.mark.parametrize(
    ("component", "before", "now", "kind"),
    [
        (GE, 10, None, None),
        (GE, None, 400, None),
        (GE, 10, 10, None),
        (GE, 10, 15, None),  # 5 more, 50 %
        (GE, 10, 16, JumpKind.MANY_MORE),  # 6 more, 60 %
        (GE, 12, 18, None),  # 6 more, but 50 %
        (GE, 13, 19, None),  # 6 more, 46 %
        (GE, 1, 6, None),  # 500 %, but 5 more
        (GE, 0, 6, JumpKind.MANY_MORE),
        (GE, 0, 5, None),
        (GE, 10, 9, JumpKind.FEWER),
        (GE, 10, 0, JumpKind.FEWER),
        (SWITCH, None, 1, None),
        (SWITCH, 1, 1, None),
        (SWITCH, None, 2, JumpKind.SWITCHES),
        (SWITCH, 2, 2, JumpKind.SWITCHES),
        (SWITCH, 1, 0, JumpKind.SWITCHES),
        (SWITCH, 2, 1, JumpKind.FEWER),
    ],
)
def test_jump_marks_what_a_person_should_see_twice(component, before, now, kind):
    found = jump(component=component, before=before, now=now)

    assert (found.kind if found else None) == kind


def test_jump_says_why_in_words():
    assert [
        jump(component=part, before=before, now=now).sentence for part, before, now in ((GE, 10, 30), (GE, 10, 8))
    ] == [
        "20 more gateway elements than the 10 before. Check it.",
        "2 fewer gateway elements than the 10 before. Check it.",
    ]
    assert jump(component=SWITCH, before=1, now=2).sentence == "A site has one 5ESS, and this count is 2. Check it."
    assert jump(component=SWITCH, before=1, now=0).sentence == (
        "A site has one 5ESS, and this count is 0. Nothing is charged for a site without one. Check it."
    )
    assert [kind.word for kind in JumpKind] == ["not 1", "fewer", "many more"]
