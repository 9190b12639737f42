"""Team draft: whose item stands where, and that neither side is favoured."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.interleaving import CONTROL_TEAM, NO_TEAM, TREATMENT_TEAM
from apps.experiments.domain.interleaving import draft_seed, team_draft

lists = st.lists(st.integers(0, 40), max_size=25)
seeds = st.integers(-(2**70), 2**70)


def drafted(a: list[int], b: list[int], seed: int, k: int) -> list[tuple[int, int]]:
    rows, teams = team_draft(a, b, seed=seed, k=k)
    assert rows.dtype == np.int64
    assert teams.dtype == np.uint8
    return list(zip(rows.tolist(), teams.tolist(), strict=True))


@given(lists, lists, seeds, st.integers(0, 60))
def test_every_row_comes_once_and_from_its_teams_list_in_order(
    a: list[int], b: list[int], seed: int, k: int
) -> None:
    draft = drafted(a, b, seed, k)
    rows = [row for row, _ in draft]
    assert len(rows) == len(set(rows)) == min(k, len(set(a) | set(b)))
    for team, own in ((CONTROL_TEAM, a), (TREATMENT_TEAM, b)):
        picks = [own.index(row) for row, of in draft if of == team]
        assert picks == sorted(picks)
        # Each pick is the best of its own list that was not yet taken.
        for place, (row, of) in enumerate(draft):
            if of == team:
                assert row == next(each for each in own if each not in rows[:place])


@given(lists, lists, seeds, st.integers(0, 60), st.integers(0, 60))
def test_a_shorter_draft_is_the_beginning_of_a_longer_one(
    a: list[int], b: list[int], seed: int, k: int, more: int
) -> None:
    short = drafted(a, b, seed, k)
    assert short == drafted(a, b, seed, k + more)[:k]
    assert short == drafted(list(dict.fromkeys(a))[:k], list(dict.fromkeys(b))[:k], seed, k)


@given(lists, lists, seeds)
def test_teams_are_balanced_after_every_round(a: list[int], b: list[int], seed: int) -> None:
    teams = [team for _, team in drafted(a, b, seed, 60)]
    drafting = [team for team in teams if team != NO_TEAM]
    assert teams[: len(drafting)] == drafting
    for end in range(0, len(drafting), 2):
        assert sum(drafting[:end]) == end // 2


@given(lists, lists, seeds)
def test_without_a_team_stands_only_what_one_list_alone_still_had(
    a: list[int], b: list[int], seed: int
) -> None:
    rest = [row for row, team in drafted(a, b, seed, 60) if team == NO_TEAM]
    owners = [own for own in (a, b) if set(rest) <= set(own)]
    assert owners
    assert [row for row in dict.fromkeys(owners[0]) if row in rest] == rest or len(owners) > 1


def test_the_same_seed_gives_the_same_draft_and_arrays_do_as_lists() -> None:
    a, b = [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]
    again = team_draft(np.array(a), np.array(b), seed=9, k=5)
    assert drafted(a, b, 9, 5) == list(zip(again[0].tolist(), again[1].tolist(), strict=True))
    assert len({tuple(drafted(a, b, seed, 5)) for seed in range(200)}) == 8  # 3 rounds


def test_identical_lists_give_each_team_every_place_half_of_the_time() -> None:
    own = list(range(10))
    teams = np.array([team_draft(own, own, seed=seed, k=10)[1] for seed in range(4000)])
    # 10 places, 4,000 coins: 5 standard errors are 0.04.
    assert np.abs(teams.mean(axis=0) - 0.5).max() < 0.04
    assert (teams.sum(axis=1) == 5).all()


def test_long_drafts_never_run_out_of_coins() -> None:
    own = list(range(3000))
    rows, teams = team_draft(own, own[::-1], seed=1, k=3000)
    assert sorted(rows.tolist()) == own
    assert abs(int(teams.sum()) - 1500) <= 1


def test_a_seed_is_64_bits_of_its_parts_and_of_their_borders() -> None:
    assert draft_seed("salt", "u:1", "mouse") == draft_seed("salt", "u:1", "mouse")
    assert draft_seed("ab", "c") != draft_seed("a", "bc")
    assert 0 <= draft_seed("ü") < 2**64
