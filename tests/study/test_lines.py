from __future__ import annotations

import tomllib

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.study._lines import key_lines, line_of
from support.mutations import places

TEXT = '''\
a = 1 # = [x]
"b c" = "# no comment"
d.e = [ # first
  "x]", { f = 1, g = [1,
    2] },
]

[h."i.j"]
k = """
[not.a.table]
l = 1
"""
m = \'\'\'"\'\'\'

[[n]]
o = 1
[n.sub]
p = 1
[[n]]
o = 1979-05-27 07:32:00
[[n.q]]
r = true
'''


def test_lines_of_keys_and_elements() -> None:
    assert tomllib.loads(TEXT)["n"][1]["q"][0]["r"] is True
    assert key_lines(TEXT) == {
        ("a",): 1,
        ("b c",): 2,
        ("d",): 3,
        ("d", "e"): 3,
        ("d", "e", 0): 4,
        ("d", "e", 1): 4,
        ("d", "e", 1, "f"): 4,
        ("d", "e", 1, "g"): 4,
        ("d", "e", 1, "g", 0): 4,
        ("d", "e", 1, "g", 1): 5,
        ("h",): 8,
        ("h", "i.j"): 8,
        ("h", "i.j", "k"): 9,
        ("h", "i.j", "m"): 13,
        ("n",): 15,
        ("n", 0): 15,
        ("n", 0, "o"): 16,
        ("n", 0, "sub"): 17,
        ("n", 0, "sub", "p"): 18,
        ("n", 1): 19,
        ("n", 1, "o"): 20,
        ("n", 1, "q"): 21,
        ("n", 1, "q", 0): 21,
        ("n", 1, "q", 0, "r"): 22,
    }


def test_an_unknown_place_gets_the_line_of_the_table_around_it() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("n", 0, "sub", "missing")) == 17
    assert line_of(lines, ("missing",)) is None


VALUES = st.recursive(
    st.text(max_size=5) | st.integers(-9, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_every_place_of_any_study_has_a_line_that_shows_its_key(data: dict[str, object]) -> None:
    text = tomli_w.dumps(data)
    lines = key_lines(text)
    written = text.split("\n")
    for path in places(data):
        line = line_of(lines, path)
        assert line is not None
        key = path[-1]
        if path in lines and isinstance(key, str) and key.isascii() and key.isalnum():
            assert key in written[line - 1]
    assert set(places(data)) - set(lines) == set()
