"""One suite that every engine passes, alone and in the blend."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from apps.common.domain.string_table import StringTable
from apps.recommendations.contracts_models import (
    AlsParameters,
    Confidences,
    Family,
    ModelCard,
    Recommender,
    TrainingSet,
)
from apps.recommendations.domain.blending import BlendModel, Parts, Recipe
from apps.recommendations.domain.choosing import parts_scaled
from apps.recommendations.domain.matrices import confidences_of, momentum, recent_popularity
from apps.recommendations.engines.als import ImplicitAls, factor_part
from apps.recommendations.engines.ease import Ease, NotInvertible
from apps.recommendations.engines.item_item import ItemItem
from apps.recommendations.engines.model_files import ModelUnreadable, model_read, model_write
from tests.recommendations.taste_groups import NOW, PRODUCTS, cells, training_of

ALS = AlsParameters(2, 0.5, 2.0)
LEARNT = [{Family.ALS: 1.0}, {Family.EASE: 1.0}, {Family.ITEM_ITEM: 1.0}]
BLEND = {
    Family.EASE: 0.7, Family.ALS: 0.3, Family.ITEM_ITEM: 0.2, Family.POPULARITY: 0.01,
}  # fmt: skip
ALL = [*LEARNT, {Family.POPULARITY: 1.0}, BLEND, {**BLEND, Family.REPEAT: 0.5}]
_models: dict[str, BlendModel] = {}


def model_of(weights: dict[Family, float], training: TrainingSet | None = None) -> BlendModel:
    if training is not None:
        return _fitted(weights, training)
    name = str(weights)
    if name not in _models:
        _models[name] = _fitted(weights, training_of())
    return _models[name]


def _fitted(weights: dict[Family, float], training: TrainingSet) -> BlendModel:
    confidences = confidences_of(training, 180.0)
    factors = ImplicitAls(threads=1).fit(confidences, ALS)
    parts = Parts(
        factors=factor_part(factors, ALS),
        neighbours={
            Family.EASE: Ease(5.0).fit(confidences),
            Family.ITEM_ITEM: ItemItem(2.0).fit(confidences),
        },
        popularity=recent_popularity(training, 30.0),
        momentum=momentum(training, 21.0),
        half_life_days=180.0,
        repeat_half_life_days=180.0,
        scales={},
    )
    return BlendModel(
        card=ModelCard(
            0, NOW, NOW - 1, training.users, training.products, len(training), {}, {}, {}
        ),
        product_ids=training.product_ids,
        user_ids=StringTable.build(
            [training.user_ids.get(row).removeprefix("u:") for row in range(training.users)]
        ),
        trained=factors.users,
        parts=parts_scaled(parts, training),
        recipe=Recipe(weights, 0.5),
        lean=(parts.momentum**0.5).astype(np.float32),
    )


@pytest.fixture(params=ALL, ids="+".join)
def model(request: pytest.FixtureRequest) -> Recommender:
    return model_of(request.param)


@pytest.mark.parametrize("weights", [*LEARNT, BLEND], ids="+".join)
def test_a_history_points_to_its_own_taste(weights: dict[Family, float]) -> None:
    model = model_of(weights)
    for group in (0, 10):
        scores = model.scores(model.taste(cells(group, group + 1)))
        unseen = np.delete(scores.copy(), [group, group + 1])
        assert set(np.argsort(-unseen)[:8].tolist()) == set(range(group, group + 8))


def test_scores_are_finite_below_one_and_the_same_for_candidates(model: Recommender) -> None:
    taste = model.taste(cells(1, 3, 12))
    scores = model.scores(taste)
    assert scores.dtype == np.float32
    assert scores.shape == (len(PRODUCTS),)
    assert np.isfinite(scores).all()
    assert scores.min() >= 0.0
    assert scores.max() < 1.0
    codes = np.array([19, 0, 7], dtype=np.int32)
    np.testing.assert_allclose(model.scores_of(taste, codes), scores[codes], rtol=1e-5)
    assert model.scores_of(taste, codes[:0]).shape == (0,)


def test_somebody_without_a_history_has_popularity_at_most(model: Recommender) -> None:
    scores = model.scores(model.taste(cells()))
    assert np.isfinite(scores).all()
    assert model.because(model.taste(cells()), np.array([1], dtype=np.int32)).tolist() == [-1]


def test_a_reason_is_of_the_history_and_never_the_product_itself(model: Recommender) -> None:
    taste = model.taste(cells(0, 1, 11))
    codes = np.arange(len(PRODUCTS), dtype=np.int32)
    reasons = model.because(taste, codes)
    assert set(reasons.tolist()) <= {-1, 0, 1, 11}
    assert not (reasons == codes).any()


@pytest.mark.parametrize("weights", [*LEARNT, BLEND], ids="+".join)
def test_the_reason_is_of_the_same_taste(weights: dict[Family, float]) -> None:
    model = model_of(weights)
    taste = model.taste(cells(0, 11))
    reasons = model.because(taste, np.array([5, 15], dtype=np.int32))
    assert reasons.tolist() == [0, 11]


def test_what_is_on_the_list_for_other_reasons_has_no_speaker() -> None:
    """Another taste's product speaks for nothing; nor does a history where popularity does."""
    other = np.array([15], dtype=np.int32)
    model = model_of(BLEND)
    assert model.because(model.taste(cells(0, 1)), other).tolist() == [-1]
    popular = model_of({**BLEND, Family.POPULARITY: 50.0})
    same = np.array([5], dtype=np.int32)
    assert popular.because(popular.taste(cells(0, 1)), same).tolist() == [-1]


@pytest.mark.parametrize("weights", [*LEARNT, BLEND], ids="+".join)
def test_similar_products_are_of_the_same_taste(weights: dict[Family, float]) -> None:
    codes, scores = model_of(weights).similar(4, 5)
    assert 4 not in codes.tolist()
    assert (codes < 10).all()
    assert (np.diff(scores) <= 0).all()


def test_a_folded_in_history_is_near_to_what_was_trained(model: Recommender) -> None:
    training = training_of()
    known = model.user_factors("004")
    assert known is not None
    assert model.user_factors("nobody") is None
    part = slice(int(training.indptr[4]), int(training.indptr[5]))
    ages = ((training.as_of - training.at[part]) / 86_400.0).astype(np.float32)
    own = replace(cells(*training.codes[part].tolist()), ages=ages)
    solved = model.factors_solved(own)
    cosine = float(solved @ known / np.linalg.norm(solved) / np.linalg.norm(known))
    assert cosine > 0.95
    np.testing.assert_allclose(
        model.scores(model.taste(own, solved)),
        model.scores(model.taste(own)),
        rtol=1e-4,
        atol=1e-6,
    )


def test_the_artifact_reads_back_the_same(model: Recommender, tmp_path: Path) -> None:
    assert isinstance(model, BlendModel)
    model_write(tmp_path, model)
    again = model_read(tmp_path, 7)
    assert again.card == replace(model.card, number=7, families=again.card.families)
    assert not again.item_factors.flags.writeable
    history = cells(2, 3, 14)
    np.testing.assert_array_equal(
        again.scores(again.taste(history)), model.scores(model.taste(history))
    )
    assert again.recipe == model.recipe
    known, kept = again.user_factors("004"), model.user_factors("004")
    assert known is not None
    assert kept is not None
    np.testing.assert_array_equal(known, kept)


def test_training_twice_gives_the_same() -> None:
    one, two = model_of(BLEND, training_of()), model_of(BLEND, training_of())
    np.testing.assert_allclose(one.item_factors, two.item_factors, rtol=1e-4, atol=1e-5)


def test_one_user_and_single_cells_are_no_obstacle() -> None:
    """What validation would refuse still computes: nothing divides by nothing."""
    training = training_of(users=1)
    found = model_of(BLEND, training)
    assert np.isfinite(found.scores(found.taste(cells(0)))).all()


def test_ease_without_regularization_is_refused() -> None:
    training = training_of(users=4)
    with pytest.raises(NotInvertible, match="λ = 0"):
        Ease(0.0).fit(confidences_of(training, 180.0))


def test_ease_leaves_out_the_rarest_products_of_a_large_catalogue() -> None:
    confidences = confidences_of(training_of(), 180.0)
    counts = np.bincount(confidences.codes, minlength=20)
    part = Ease(5.0, most_products=12).fit(confidences)
    taking = np.flatnonzero(np.diff(part.starts) > 0)
    assert len(taking) == 12
    assert counts[taking].min() >= np.sort(counts)[-12]
    assert set(part.codes.tolist()) <= set(taking.tolist())


def test_ease_is_the_ridge_regression_of_each_product_on_the_others() -> None:
    confidences = confidences_of(training_of(), 180.0)
    matrix = np.zeros((40, 20))
    rows = np.repeat(np.arange(40), np.diff(confidences.indptr))
    matrix[rows, confidences.codes] = confidences.values
    others = np.delete(np.arange(20), 6)
    ridge = np.linalg.solve(
        matrix[:, others].T @ matrix[:, others] + 5.0 * np.eye(19),
        matrix[:, others].T @ matrix[:, 6],
    )
    part = Ease(5.0).fit(confidences)
    found = np.array(
        [part.scores(np.array([c], np.int32), np.ones(1, np.float32))[6] for c in others]
    )
    np.testing.assert_allclose(found, ridge, atol=1e-4)


def test_only_the_largest_weights_of_a_product_are_kept() -> None:
    confidences = confidences_of(training_of(), 180.0)
    full, kept = ItemItem().fit(confidences), ItemItem(neighbours=3).fit(confidences)
    for code in range(20):
        whole = full.weights[full.starts[code] : full.starts[code + 1]]
        part = kept.weights[kept.starts[code] : kept.starts[code + 1]]
        assert len(part) >= 3
        assert np.sort(part)[0] >= np.sort(whole)[-3]


def test_implicit_is_given_confidences_of_one_plus_alpha_times_value() -> None:
    """A user with a hundred times the value stands by it more firmly."""
    sure = Confidences(
        2,
        3,
        np.array([0, 2, 4]),
        np.array([0, 1, 1, 2], np.int32),
        np.array([9, 0.1, 1, 1], np.float32),
    )
    factors = ImplicitAls(threads=1).fit(sure, AlsParameters(2, 0.5, 10.0, 20))
    scores = factors.users @ factors.products.T
    assert scores[0, 0] > scores[0, 1]


def test_momentum_is_mapped_and_worked_out_for_artifacts_that_lack_it(tmp_path: Path) -> None:
    model = model_of(BLEND)
    model_write(tmp_path, model)
    mapped = model_read(tmp_path, 1)
    assert not mapped.leaned.flags.writeable
    np.testing.assert_array_equal(mapped.leaned, model.leaned)
    meta = msgspec.msgpack.decode((tmp_path / "meta.msgpack").read_bytes())
    assert meta.pop("leaned") is True
    (tmp_path / "meta.msgpack").write_bytes(msgspec.msgpack.encode(meta))
    (tmp_path / "leaned_factors.npy").unlink()
    older = model_read(tmp_path, 1)
    np.testing.assert_array_equal(older.leaned, model.leaned)


def test_without_momentum_the_artifact_has_its_factors_once(tmp_path: Path) -> None:
    model = model_of(BLEND)
    plain = replace(model, recipe=Recipe(BLEND), lean=np.ones(len(PRODUCTS), dtype=np.float32))
    model_write(tmp_path, plain)
    assert not (tmp_path / "leaned_factors.npy").exists()
    again = model_read(tmp_path, 1)
    assert again.leaned is again.item_factors


REFUSED = ["gram", "lean", "leaned_factors", "ease_starts", "ease_codes", "user_factors"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_that_does_not_fit_together_is_refused(name: str, tmp_path: Path) -> None:
    model_write(tmp_path, model_of(BLEND))
    array = np.load(tmp_path / f"{name}.npy")
    np.save(tmp_path / f"{name}.npy", array[:-1])
    with pytest.raises(ModelUnreadable):
        model_read(tmp_path, 1)


def test_numbers_that_are_none_and_foreign_formats_are_refused(tmp_path: Path) -> None:
    model_write(tmp_path, model_of(BLEND))
    lean = np.load(tmp_path / "lean.npy")
    lean[3] = np.nan
    np.save(tmp_path / "lean.npy", lean)
    with pytest.raises(ModelUnreadable, match="lean"):
        model_read(tmp_path, 1)
    codes = np.load(tmp_path / "ease_codes.npy")
    codes[0] = 99
    np.save(tmp_path / "ease_codes.npy", codes)
    with pytest.raises(ModelUnreadable, match="not there"):
        model_read(tmp_path, 1)
    (tmp_path / "meta.msgpack").write_bytes(b"\x80")
    with pytest.raises(ModelUnreadable):
        model_read(tmp_path, 1)
