from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo.contracts import ShopperConfig
from apps.demo.domain.browsing import EffectUnreadable, effects_parse
from apps.demo.domain.shopper import ImpossibleEffect, effect_check
from apps.demo.services.credentials import credentials_read
from apps.demo.services.places import demo_base_url
from apps.demo.services.simulation import SimulationPlan, SimulationSummary, simulation_run
from apps.demo.services.simulation_queries import demo_queries
from apps.demo.services.stages import DEFAULT_SEED

MOST_RATE, MOST_MINUTES = 200.0, 24 * 60.0


class Command(BaseCommand):
    help = "Play shoppers against a running server, through its public API."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default=demo_base_url())
        parser.add_argument("--key", default="", help="API key; default: the demo's own")
        parser.add_argument("--rate", type=float, default=5.0, help="searches a second")
        parser.add_argument("--minutes", type=float, default=1.0)
        parser.add_argument("--shoppers", type=int, default=2_400, help="size of the population")
        parser.add_argument(
            "--effect",
            action="append",
            default=[],
            metavar="[ARM:]ctr=0.1,conversion=0.05,revenue=0.02",
            help="a known effect of an experiment's variant, or of everybody; may be repeated",
        )
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED)

    def handle(self, *_args: Any, **options: Any) -> None:
        config = ShopperConfig(seed=options["seed"])
        plan = _plan(options, config)
        summary = simulation_run(
            plan=plan, queries=demo_queries(), config=config, say=self.stdout.write
        )
        self.stdout.write(_report(summary))
        if not summary.searches:
            raise CommandError(f"{plan.base_url} answered no search; is it running?")


def _plan(options: dict[str, Any], config: ShopperConfig) -> SimulationPlan:
    if not 0 < options["rate"] <= MOST_RATE:
        raise CommandError(f"--rate lies between 0 and {MOST_RATE:g} searches a second.")
    if not 0 < options["minutes"] <= MOST_MINUTES:
        raise CommandError(f"--minutes lies between 0 and {MOST_MINUTES:g}.")
    if options["shoppers"] < 1:
        raise CommandError("--shoppers is at least 1.")
    try:
        effects = effects_parse(options["effect"])
        for effect in effects.values():
            effect_check(effect, config)
    except (EffectUnreadable, ImpossibleEffect) as error:
        raise CommandError(f"--effect: {error}") from error
    return SimulationPlan(
        base_url=str(options["base_url"]).rstrip("/"),
        key=options["key"] or _demo_key(),
        rate=options["rate"],
        seconds=options["minutes"] * 60.0,
        shoppers=options["shoppers"],
        seed=options["seed"],
        effects=effects,
    )


def _demo_key() -> str:
    credentials = credentials_read()
    if credentials is None:
        raise CommandError("There is no demo here: name a key with --key.")
    return credentials.secret_key


def _report(summary: SimulationSummary) -> str:
    counts = summary.counts
    shown, clicks = counts["impression"], counts["click"]
    through = 100 * clicks / shown if shown else 0.0
    timing = f"p50 {summary.latency(50):.1f} ms, p95 {summary.latency(95):.1f} ms"
    failed = ", ".join(f"{number} x {status}" for status, number in summary.errors.items())
    return "\n".join(
        [
            f"{summary.searches} searches in {summary.seconds:.1f} s, {timing}",
            f"{summary.empty} found nothing",
            ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())),
            f"click-through {through:.2f} %, revenue {summary.revenue:,.2f}",
            f"errors: {failed or 'none'}",
        ]
    )
