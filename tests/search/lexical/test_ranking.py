"""What comes first: coverage, the head noun's category, the category that is named."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import CategoryTree
from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.search.contracts_understanding import Alternative, AlternativeKind, QueryTerm
from apps.search.domain.lexical.analysis import words_of
from apps.search.domain.lexical.category_names import CategoryNames
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.lexical.matching import lexical_search
from apps.search.domain.lexical.queries import lexical_query
from apps.search.domain.lexical.querying import LexicalQuery
from apps.search.domain.lexical.ranking import (
    Shelf,
    heads_of,
    lexical_list,
    order_of_best,
    stems_numbered,
)
from apps.search.domain.lexical.relevance import (
    HeadCategory,
    Intent,
    best_places,
    covered,
    lifted,
)
from apps.search.domain.normalise import normalise, part_number_windows, words
from tests.search.lexical.products import ENGLISH, bound_by_pk, lexicon_of, product

NAMES = ("Shop", "Laptops", "Bags & cases", "Printers", "Toner and ink", "Toner")
TREE: CategoryTree = tree_build([
    CategoryNode(1, None, NAMES[0], "shop", 0),
    *(CategoryNode(at, 1, name, f"shop/{at}", at) for at, name in enumerate(NAMES) if at > 1),
    CategoryNode(7, 1, "Laptops", "shop/laptops", 9),
])  # fmt: skip
CODE = {category.name: category.code for category in TREE.categories}


def stems_of(text: str) -> tuple[str, ...]:
    found = (word for word in words_of(text.lower()) if word not in ENGLISH.stop_words)
    return tuple(ENGLISH.stem_of(word) for word in found)


def asked(text: str, alternative: str = "") -> LexicalQuery:
    found = words(normalise(text))
    more = (Alternative.of(alternative, AlternativeKind.SYNONYM),) if alternative else ()
    terms = [
        QueryTerm(word, more if at == len(found) - 1 else ()) for at, word in enumerate(found)
    ]
    return lexical_query(terms, part_number_windows(found), ENGLISH)


def shelf_of(lexicon: Lexicon, categories: dict[int, str]) -> Shelf:
    size = max(categories) + 1
    codes = np.full(size, -1, dtype=np.int32)
    for pk, name in categories.items():
        codes[pk] = CODE.get(name, -1)
    pks = np.arange(size, dtype=np.int32)
    return Shelf(pks, codes, TREE, CategoryNames.of(TREE, stems_of), stems_numbered(lexicon))


def shop(*lines: tuple[str, str]) -> tuple[Lexicon, Shelf]:
    """Titles with their categories, pks from 1."""
    texts = [
        product(pk, title, category=category) for pk, (title, category) in enumerate(lines, 1)
    ]
    lexicon = lexicon_of(*texts)
    return lexicon, shelf_of(
        lexicon, {pk: category for pk, (_, category) in enumerate(lines, start=1)}
    )


def ranked(
    lexicon: Lexicon, shelf: Shelf, query: LexicalQuery, enough: int = 0
) -> tuple[list[int], list[float], int]:
    matches = lexical_search(bound_by_pk(lexicon), query, enough=enough)
    found, firm = lexical_list(lexicon, query, matches, shelf)
    return found.rows.tolist(), found.scores.tolist(), firm


COMPUTERS = (
    ("Acme laptop bag", "Bags & cases"),
    ("Laptop sleeve", "Bags & cases"),
    ("Belmont Swift laptop 15.6 inch 16 GB 512 GB solid state drive backlit", "Laptops"),
    ("Laptop backpack black", "Bags & cases"),
    ("Corvid 3000 notebook 14 inch with a matt display and long battery life", "Laptops"),
    ("Laptop stand", ""),
)


@pytest.mark.parametrize("query", ["laptop", "laptops", "Laptops"])
def test_laptop_finds_laptops_before_laptop_bags(query: str) -> None:
    rows, _, firm = ranked(*shop(*COMPUTERS), asked(query))
    assert set(rows[:2]) == {3, 5}, "the category is named: what stands in it comes first"
    assert rows[0] == 3
    assert firm == len(rows) == 6


def test_laptop_bag_finds_bags() -> None:
    rows, scores, firm = ranked(*shop(*COMPUTERS), asked("laptop bag"))
    assert rows == [1, 2, 4], "the category's name holds the word"
    assert firm == 3
    assert min(scores) > 1.0


def test_without_a_laptop_bag_a_bag_is_the_better_half() -> None:
    lexicon, shelf = shop(
        ("Acme laptop 13", ""), ("Belmont laptop 14", ""), ("Tote bag", ""), ("Weekend bag", "")
    )
    rows, _, firm = ranked(lexicon, shelf, asked("laptop bag"), enough=10)
    assert (set(rows[:2]), firm) == ({3, 4}, 0)


def test_where_the_noun_comes_first_the_last_word_says_nothing() -> None:
    assert Intent.of("english") == Intent()
    assert Intent.of("french") == Intent(lift=0.0, noun=1.0)


PRINTING = (
    ("Laser printer drum", "Toner and ink"),
    ("Acme laser printer 1200", "Printers"),
    ("Acme laser printer 600", "Printers"),
    ("Laser printer roller", "Toner and ink"),
)


def test_the_head_noun_says_which_category_is_meant() -> None:
    lexicon, shelf = shop(*PRINTING)
    rows, _, _ = ranked(lexicon, shelf, asked("laser printer"))
    assert set(rows[:2]) == {2, 3}
    without, _, _ = ranked(
        lexicon, replace(shelf, intent=Intent(lift=0.0)), asked("laser printer")
    )
    assert set(without[:2]) == {1, 4}, "the shorter titles came first"


def test_a_brand_is_no_head_noun() -> None:
    lines = [product(pk, f"Acme drum {pk}", brand="Acme") for pk in (1, 2)]
    lines += [product(pk, "Acme", brand="Acme") for pk in (3, 4)]
    lexicon = lexicon_of(*lines)
    shelf = shelf_of(lexicon, {1: "Toner", 2: "Toner", 3: "Printers", 4: "Printers"})
    _, with_brands, _ = ranked(lexicon, shelf, asked("acme"))
    off = replace(shelf, intent=Intent(lift=0.0))
    assert ranked(lexicon, off, asked("acme"))[1] == with_brands


def test_heads_of_no_category_and_of_many_lift_nothing() -> None:
    lexicon, shelf = shop(("Desk lamp", ""), ("Lamp for a desk", ""), ("Lamp oil", ""))
    rows, scores, _ = ranked(lexicon, shelf, asked("lamp"))
    off = replace(shelf, intent=Intent(lift=0.0))
    assert (rows, scores) == ranked(lexicon, off, asked("lamp"))[:2]


def test_every_word_before_some_and_a_part_number_before_all() -> None:
    lines = [
        product(1, "Wireless mouse for work", part="AB-1234"),
        product(2, "Mouse"),
        product(3, "Wireless mouse 7"),
    ]
    lexicon = lexicon_of(*lines)
    shelf = shelf_of(lexicon, {1: "", 2: "", 3: ""})
    rows, scores, firm = ranked(lexicon, shelf, asked("wireless mouse"), enough=10)
    assert rows[-1] == 2
    assert firm == 2
    assert scores[0] >= scores[1] > 1.0 > scores[2] > 0.0
    rows, scores, firm = ranked(lexicon, shelf, asked("ab1234"))
    assert (rows, scores, firm) == ([1], [2.0], 1)


def test_a_synonym_names_the_category_too() -> None:
    lexicon, shelf = shop(("Notebook sleeve", ""), ("Acme 700 notebook", "Laptops"))
    assert ranked(lexicon, shelf, asked("notebook"))[0][0] == 2
    assert heads_of(asked("notebook", "laptop").groups[-1]) == {"notebook", "laptop"}
    rows, _, _ = ranked(lexicon, shelf, asked("notebook", "laptop"))
    assert rows[0] == 2
    assert shelf.names.named_by(asked("notebook", "laptop")) == (CODE["Laptops"],) * 1 + (
        CODE["Laptops"] + 1,
    )


def test_a_compound_is_known_by_its_last_word_or_as_one() -> None:
    assert heads_of(asked("usb-c").groups[-1]) == {"c"}


def test_names_of_several_categories_name_none() -> None:
    names = CategoryNames.of(TREE, stems_of)
    assert names.named_by(asked("shop")) == (0, len(TREE))
    assert names.named_by(asked("cases")) == names.named_by(asked("bags cases"))
    assert names.named_by(asked("toner")) is None, "two categories, side by side"
    assert names.named_by(asked("ink")) is not None
    assert names.named_by(asked("laptop bag")) is None
    assert names.named_by(lexical_query((), (), ENGLISH)) is None


def test_too_many_spellings_are_not_all_tried() -> None:
    term = QueryTerm(
        "toner", tuple(Alternative.of(f"w{n}", AlternativeKind.SYNONYM) for n in range(9))
    )
    ink = QueryTerm("ink", (Alternative.of("x", AlternativeKind.SYNONYM),))
    names = CategoryNames.of(TREE, stems_of)
    assert names.named_by(lexical_query((term, ink), (), ENGLISH)) is not None


def test_the_greatest_names_hold_the_smaller_ones() -> None:
    tree = tree_build([CategoryNode(1, None, "Audio", "a"), CategoryNode(2, 1, "Audio", "a/a")])
    assert CategoryNames.of(tree, stems_of).named_by(asked("audio")) == (0, 2)


def test_numbers_are_known_in_base_and_deltas() -> None:
    lexicon = lexicon_of(product(1, "Mouse 7"))
    more = lexicon_follow(lexicon, [product(2, "Keyboard 88a")], (), horizon=2)
    numbers = stems_numbered(more)
    assert [numbers[more.stem_id(stem)] for stem in ("mous", "7", "keyboard", "88a")] == [
        False,
        True,
        False,
        True,
    ]


def test_nothing_found_is_an_empty_list() -> None:
    lexicon, shelf = shop(*PRINTING)
    assert ranked(lexicon, shelf, asked("zebra")) == ([], [], 0)
    assert ranked(lexicon, shelf, lexical_query((), (), ENGLISH)) == ([], [], 0)


WORDS = st.lists(st.sampled_from(["red", "blue", "mouse", "7", "lamp"]), min_size=1, max_size=5)


@given(st.lists(WORDS, min_size=1, max_size=12), WORDS)
def test_bands_never_overlap_and_equal_scores_stand_by_pk(
    titles: list[list[str]], query: list[str]
) -> None:
    products: list[ProductText] = [
        product(pk, " ".join(title)) for pk, title in enumerate(titles, 1)
    ]
    lexicon = lexicon_of(*products)
    shelf = shelf_of(lexicon, dict.fromkeys(range(1, len(titles) + 1), "Printers"))
    rows, scores, firm = ranked(lexicon, shelf, asked(" ".join(query)), enough=100)
    every = {pk for pk, title in enumerate(titles, 1) if set(query) <= set(title)}
    anything = {pk for pk, title in enumerate(titles, 1) if set(query) & set(title)}
    assert set(rows) == anything
    assert set(rows[:firm]) == every
    assert all(0.0 <= score < 1.0 for score in scores[firm:])
    assert all(1.0 <= score < 2.0 for score in scores[:firm])
    pairs = list(zip(scores, rows, strict=True))
    assert pairs == sorted(pairs, key=lambda each: (-each[0], each[1]))


def test_coverage_is_the_share_of_what_the_query_says() -> None:
    lexicon = lexicon_of(product(1, "red lamp"), product(2, "lamp"), product(3, "red"))
    matches = lexical_search(bound_by_pk(lexicon), asked("red lamp"), enough=10)
    shares = np.array([
        sum(share for at, share in enumerate(matches.shares) if held >> at & 1)
        for held in matches.groups.tolist()
    ])  # fmt: skip
    assert covered(matches, Intent(noun=1.0)) == pytest.approx(matches.scores * shares)
    red, lamp = matches.shares
    weights = {3: 1.0, 1: red / (red + 2 * lamp), 2: 2 * lamp / (red + 2 * lamp)}
    expected = matches.scores * np.array([weights[held] for held in matches.groups.tolist()])
    assert covered(matches, Intent()) == pytest.approx(expected)
    assert sum(matches.shares) == pytest.approx(1.0)


@given(
    st.lists(st.floats(0.0, 0.99), min_size=1, max_size=20),
    st.floats(0.6, 1.0),
    st.booleans(),
)
def test_lifts_stay_below_one_and_keep_the_order_within_a_category(
    values: list[float], share: float, named: bool
) -> None:
    scores = np.array(values, dtype=np.float32)
    codes = np.arange(len(values), dtype=np.int32) % 2
    head = HeadCategory(1, 2, share)
    found = lifted(scores, codes, head, (0, 1) if named else None, Intent())
    assert found.min() >= 0.0
    assert found.max() < 1.0
    for code in (0, 1):
        own = np.flatnonzero(codes == code)
        order = np.argsort(scores[own], kind="stable")
        assert (np.diff(found[own][order]) >= 0.0).all()
    if named:
        assert found[codes == 0].min() >= found[codes == 1].max(initial=0.0)


@given(st.lists(st.floats(0.0, 1.0, width=32), max_size=30), st.integers(1, 10))
def test_the_best_places_hold_the_best(values: list[float], count: int) -> None:
    scores = np.array(values, dtype=np.float32)
    best = best_places(scores, count)
    assert len(best) == min(count, len(values))
    assert sorted(scores[best].tolist()) == sorted(values)[-count:]


def test_a_synonym_of_many_words_says_no_more_than_the_word_itself() -> None:
    lines = [product(1, "Acme grey long stick 7"), product(2, "Acme memory flash drive 7")]
    lexicon = lexicon_of(*lines, *(product(pk, f"lamp {pk}") for pk in range(3, 9)))
    shelf = shelf_of(lexicon, dict.fromkeys(range(1, 9), ""))
    rows, scores, _ = ranked(lexicon, shelf, asked("stick", "memory flash drive"))
    assert rows == [1, 2]
    assert scores[1] - 1.0 == pytest.approx(0.8 * (scores[0] - 1.0), rel=0.01)
    assert ranked(lexicon, shelf, asked("unknown", "memory flash drive"))[0] == [2]


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 12))
def test_a_bounded_order_is_the_whole_order_up_to_its_bound(values: list[int], most: int) -> None:
    scores = np.array([value / 8 for value in values], dtype=np.float32)
    pks = np.random.default_rng(len(values)).permutation(len(values)).astype(np.int32)
    whole = sorted(range(len(values)), key=lambda at: (-values[at], pks[at]))
    bounded = order_of_best(scores, pks, most).tolist()
    assert bounded[:most] == whole[:most]
    assert sorted(bounded) == sorted(whole)
