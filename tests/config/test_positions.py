import pytest

from appliance.config.positions import Positions

TEXT = """\
# a comment
top = 1
"quoted key".inner = 2
[a.b]  # another
x = [1, 2, # in between
     { y = 3, z.w = 4 }]
[a]
late = "中文"
[[list]]
n = 1
[list.sub]
m = 2
[[list]]
n = 3
  [[list.deep]]
  k = 4
  [[list.deep]]
  k = 5
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("top",), (2, 1)),
        (("quoted key",), (3, 1)),
        (("quoted key", "inner"), (3, 14)),
        (("a", "b"), (4, 4)),
        (("a", "b", "x"), (5, 1)),
        (("a", "b", "x", 1), (5, 9)),
        (("a", "b", "x", 2, "y"), (6, 8)),
        (("a", "b", "x", 2, "z", "w"), (6, 17)),
        (("a",), (7, 2)),
        (("a", "late"), (8, 1)),
        (("list", 0, "n"), (10, 1)),
        (("list", 0, "sub", "m"), (12, 1)),
        (("list", 1), (13, 3)),
        (("list", 1, "n"), (14, 1)),
        (("list", 1, "deep", 0, "k"), (16, 3)),
        (("list", 1, "deep", 1, "k"), (18, 3)),
        (("a", "b", "not there", 7), (4, 4)),
        (("nowhere",), (1, 1)),
        ((), (1, 1)),
    ],
)
def test_each_key_is_where_it_stands(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert Positions(TEXT).find(path) == place
