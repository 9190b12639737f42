from apps.experiments.domain.analysis.currencies import currency_found, currency_written


def test_one_currency_is_written_behind_amounts() -> None:
    assert currency_found({}) == {}
    assert currency_found({"EUR": 3}) == {"currency": "EUR"}
    assert currency_written({"currency": "EUR"}) == ("EUR", "")
    assert currency_written({}) == ("", "")


def test_several_are_said_to_be_mixed_the_most_frequent_first() -> None:
    found = currency_found({"CHF": 1, "EUR": 3})
    assert found == {"currency": "mixed", "currencies": {"EUR": 0.75, "CHF": 0.25}}
    currency, words = currency_written(found)
    assert currency == ""
    assert "mixed currencies (EUR 75%, CHF 25%)" in words
