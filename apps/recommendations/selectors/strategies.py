"""The strategies that shelves can be made of, by name; each is registered once, at start."""

from collections.abc import Mapping

from apps.recommendations.contracts import Strategy, StrategyName

_strategies: dict[StrategyName, Strategy] = {}


def strategy_register(strategy: Strategy) -> None:
    """Make a strategy known under its name; called in `AppConfig.ready()`."""
    _strategies[strategy.name] = strategy


def strategy_named(name: StrategyName) -> Strategy | None:
    """The strategy of this name; None: this release has none."""
    return _strategies.get(name)


def strategies_known() -> Mapping[StrategyName, Strategy]:
    """Every strategy, by name."""
    return _strategies
