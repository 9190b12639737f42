from apps.events.domain.session_looks import Looked, shares_of_names


def test_shares_are_of_what_has_a_name() -> None:
    looked = [Looked("a", 2.0, False), Looked("b", 1.0, False), Looked("c", 3.0, True)]
    names = {"a": "HP", "b": "Dell", "c": ""}
    assert shares_of_names(looked, names) == (("HP", 2 / 3), ("Dell", 1 / 3))
    assert shares_of_names(looked, {}) == ()
    assert shares_of_names([], names) == ()


def test_one_name_gathers_its_products_and_ties_are_in_order() -> None:
    looked = [Looked("a", 1.0, False), Looked("b", 1.0, False), Looked("c", 2.0, False)]
    shares = shares_of_names(looked, {"a": "Z", "b": "Z", "c": "A"})
    assert shares == (("A", 0.5), ("Z", 0.5))
