from apps.search.domain.comparison import list_change_words


def test_two_heads_of_a_list_differ_in_words() -> None:
    assert list_change_words("abc", "abc") == "the same hits in the same order"
    assert list_change_words("abc", "acd") == "1 of 3 hits are new, 1 others stand elsewhere"
