"""Experiments in the database with a stored analysis, as pages find them."""

from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.access.models import User
from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.results import ExperimentResults, HealthStatus
from apps.experiments.domain.analysis.documents import results_document
from apps.experiments.domain.design.writing import design_written
from apps.experiments.models import Analysis, Experiment
from tests.experiments.factories import experiment_running
from tests.experiments.pages.results_factory import START, design_of, results_of


class Show(Protocol):
    def __call__(
        self,
        results: ExperimentResults | None = None,
        design: ExperimentDesign | None = None,
        *,
        key: str = "fresh-first",
    ) -> str: ...


def analysis_store(key: str, results: ExperimentResults) -> Analysis:
    experiment = Experiment.objects.get(key=key)
    alarms = [check for check in results.health if check.status is HealthStatus.ALARM]
    return Analysis.objects.create(
        experiment=experiment,
        as_of=results.as_of,
        computed_at=results.as_of + timedelta(seconds=2),
        action=results.recommendation.action.value,
        headline=results.recommendation.headline,
        health=(HealthStatus.ALARM if alarms else HealthStatus.OK).value,
        alarms=[
            {"code": each.code, "scope": each.scope, "message": each.message} for each in alarms
        ],
        readable=results.readable,
        units=sum(results.units.values()),
        document=results_document(replace(results, key=key)),
    )


@pytest.fixture
def show(db: None) -> Show:
    """Start an experiment of this design and store these results as its latest analysis."""

    def made(
        results: ExperimentResults | None = None,
        design: ExperimentDesign | None = None,
        *,
        key: str = "fresh-first",
    ) -> str:
        document = design_written(design or design_of())
        assert isinstance(document, dict)
        experiment_running(key, now=START, **document)
        analysis_store(key, results or results_of())
        return key

    return made


def person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="experiments", codename__in=codenames)
    )
    return user


@pytest.fixture
def analyst(db: None) -> User:
    return person("ana", "view_experiment")


@pytest.fixture
def decider(db: None) -> User:
    return person("dora", "view_experiment", "decide_experiment", "refresh_experiment")


@pytest.fixture
def as_analyst(analyst: User) -> Client:
    client = Client()
    client.force_login(analyst)
    return client


@pytest.fixture
def as_decider(decider: User) -> Client:
    client = Client()
    client.force_login(decider)
    return client
