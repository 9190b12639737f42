import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.domain.string_table import StringTable, TextBlob, blobs_join

texts = st.lists(st.text(max_size=6), unique=True, max_size=20)


# A busy machine is no failure: examples are bounded, time is not.
few = settings(deadline=None, max_examples=40)


@few
@given(texts, texts)
def test_a_table_finds_what_it_holds(first: list[str], second: list[str]) -> None:
    second = [text for text in second if text not in first]
    table = StringTable.build(first).appended(second)
    everything = [*first, *second]
    assert len(table) == len(everything)
    assert [table.get(row) for row in range(len(table))] == everything
    assert table.rows_of(everything).tolist() == list(range(len(everything)))
    assert table.row_of("never there, too long") == -1


@few
@given(texts)
def test_parts_of_a_blob_are_blobs(words: list[str]) -> None:
    words = sorted(words, key=str.encode)
    blob = TextBlob.of(words)
    joined = blobs_join([blob.part(0, 1), blob.part(1, len(words))]) if words else blob
    assert [joined.get(row) for row in range(len(joined))] == words
    assert [blob.found(word, 0, len(words)) for word in words] == list(range(len(words)))
    assert blob.found("never there, too long", 0, len(words)) == -1


def test_four_gibibytes_are_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit itself would need the memory: a smaller one is the same code.
    class Narrow:
        max = 3

    monkeypatch.setattr(np, "iinfo", lambda _dtype: Narrow)
    with pytest.raises(OverflowError):
        TextBlob.of(["four"])
    small = TextBlob(np.array([0, 2], np.uint32), np.zeros(2, np.uint8))
    with pytest.raises(OverflowError):
        blobs_join([small, small])
