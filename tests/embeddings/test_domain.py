import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.embeddings.contracts import FloatArray, IndexUnavailable
from apps.embeddings.domain.lru import BoundedCache
from apps.embeddings.domain.masks import rows_allowed, rows_by_pk, rows_of
from apps.embeddings.domain.texts import HASH_BYTES, query_fold, text_hash, token_batches
from apps.embeddings.domain.vectors import vectors_normalise, vectors_pack, vectors_unpack

matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.just(8)),
    elements=st.floats(-1, 1, width=32).filter(lambda number: abs(number) > 0.01 or number == 0),
)


@given(st.text(), st.text())
def test_another_text_has_another_hash(one: str, other: str) -> None:
    one, other = (text.encode("utf-8", "replace").decode() for text in (one, other))
    assert len(text_hash("m", one)) == HASH_BYTES
    assert (text_hash("m", one) == text_hash("m", other)) == (one == other)


def test_another_model_has_another_hash() -> None:
    assert text_hash("m", "x") != text_hash("n", "x")
    assert text_hash("mx", "") != text_hash("m", "x")


@given(st.text())
def test_folding_is_stable_and_can_be_encoded(text: str) -> None:
    folded = query_fold(text)
    folded.encode()
    assert query_fold(folded) == folded or folded != text


def test_folding_ignores_space_and_case_and_half_characters() -> None:
    assert query_fold("  Wireless \t MOUSE ") == "wireless mouse"
    assert query_fold("a\ud800b") == "a?b"


@given(st.lists(st.integers(1, 300)), st.integers(1, 1000))
def test_batches_hold_every_text_once_and_not_too_many_tokens(
    lengths: list[int], most: int
) -> None:
    batches = token_batches(lengths, most)
    order = [row for batch in batches for row in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[row] for row in order] == sorted(lengths, reverse=True)
    for batch in batches:
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= most
    for batch in batches[:-1]:  # the last may have room
        assert (len(batch) + 1) * lengths[batch[0]] > most


@given(matrices)
def test_packed_vectors_read_back_nearly_the_same(vectors: FloatArray) -> None:
    unit = vectors_normalise(vectors)
    back = vectors_unpack(vectors_pack(unit), 8)
    assert back.dtype == np.float32
    assert np.allclose(back, unit, atol=1e-3)


@given(matrices)
def test_normalised_rows_have_length_one_or_zero(vectors: FloatArray) -> None:
    lengths = np.linalg.norm(vectors_normalise(vectors), axis=1)
    zero = ~np.any(vectors, axis=1)
    assert np.allclose(lengths[~zero], 1, atol=1e-5)
    assert np.all(lengths[zero] == 0)


def test_no_vectors_at_all_are_an_empty_matrix() -> None:
    assert vectors_unpack([], 8).shape == (0, 8)


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 numbers"):
        vectors_unpack([b"\0" * 14], 8)


@given(
    st.lists(st.integers(0, 60), unique=True).map(sorted),
    st.lists(st.booleans(), max_size=50),
)
def test_rows_are_allowed_as_their_products_are(pks: list[int], allowed: list[bool]) -> None:
    mask = rows_allowed(np.array(pks, np.int32), np.array(allowed, np.bool_))
    assert mask.tolist() == [pk < len(allowed) and allowed[pk] for pk in pks]


@given(st.sets(st.integers(0, 60)), st.lists(st.integers(0, 90)))
def test_a_products_row_is_found_by_its_key(covered: set[int], wanted: list[int]) -> None:
    pks = sorted(covered)
    rows = rows_of(rows_by_pk(np.array(pks, np.int32)), np.array(wanted, np.int32))
    assert rows.dtype == np.int32
    assert rows.tolist() == [pks.index(pk) if pk in covered else -1 for pk in wanted]


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2)
    made: list[str] = []

    def ask(key: str) -> int:
        def make() -> int:
            made.append(key)
            return len(made)

        return cache.get_or_make(key, make)

    assert [ask(key) for key in "abacab"] == [1, 2, 1, 3, 1, 4]
    assert made == ["a", "b", "c", "b"]
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


def test_the_cache_stays_bounded_under_threads() -> None:
    cache: BoundedCache[int, int] = BoundedCache(10)

    def work(offset: int) -> None:
        for number in range(500):
            key = (number * 7 + offset) % 40
            assert cache.get_or_make(key, lambda key=key: key * 2) == key * 2  # type: ignore[misc]  # bound now

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache) == 10


def test_an_unavailable_index_says_why() -> None:
    assert IndexUnavailable("missing").reason == "missing"
    assert "missing" in str(IndexUnavailable("missing"))
