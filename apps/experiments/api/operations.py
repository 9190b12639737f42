"""Every operation of this API in one table."""

from typing import Any

REFERENCE = "#/components/schemas/{name}"
_ROOT = "/api/v1/experiments"
_ONE = f"{_ROOT}/{{key}}"
_FLAG = f"{_ROOT}/flags/{{key}}"
_LAYERS = "/api/v1/experiment-layers"
_HOLDOUT = "/api/v1/experiment-holdout"
_REPORTS = "/api/v1/experiment-reports"
_REASON = {"reason": {"type": "string"}}
_TEXT = {"type": "string"}

# Path, method, operation, summary, body, answer, status.
Operation = tuple[str, str, str, str, Any, str, int]


def body_schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """A closed object."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


FORMER = body_schema({"version": {"type": "integer"}, **_REASON}, "version", "reason")
_BACK = "A former version again, as a new one, at once."


def _steps(root: str, name: str, answer: str, words: dict[str, str]) -> tuple[Operation, ...]:
    return tuple(
        (
            f"{root}/{step}",
            "post",
            f"{name}_{step}",
            summary,
            body_schema(_REASON),
            answer,
            200,
        )
        for step, summary in words.items()
    )


def ref(name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": REFERENCE.format(name=name)}


def operations() -> tuple[Operation, ...]:
    """Path, method, name, summary, body, answer and status of each."""
    return (
        *_of_experiments(),
        *_of_steps(),
        *_of_flags(),
        *_of_layers(),
        *_of_reports(),
    )


def _of_experiments() -> tuple[Operation, ...]:
    one = "ExperimentAnswer"
    units = body_schema({"units": {"type": "object", "additionalProperties": _TEXT}}, "units")
    status = body_schema({"status": _TEXT, **_REASON}, "status")
    decision = body_schema(
        {"outcome": _TEXT, "variant": _TEXT, "text": _TEXT, "ship": {"type": "boolean"}},
        "outcome",
        "text",
    )
    phase = body_schema({"coverage": {"type": "number"}, **_REASON}, "coverage", "reason")
    checklist = "What an action (`?action=start`) wants, met or not."
    return (
        (_ROOT, "get", "experiments_list", "Newest first.", None, "ExperimentList", 200),
        (_ROOT, "post", "experiments_create", "A draft.", ref("ExperimentNew"), one, 201),
        (_ONE, "get", "experiments_get", "One, whole.", None, one, 200),
        (
            _ONE,
            "put",
            "experiments_replace",
            "Another design: of the draft, or proposed for what runs.",
            ref("ExperimentDesign"),
            one,
            200,
        ),
        (
            _ONE,
            "patch",
            "experiments_change",
            "Some fields of the design, each as a whole.",
            ref("ExperimentDesignPart"),
            one,
            200,
        ),
        (
            f"{_ONE}/status",
            "put",
            "experiments_status",
            "Take the step that leads to a status.",
            status,
            one,
            200,
        ),
        (
            f"{_ONE}/phases",
            "post",
            "experiments_phase",
            "Take a planned step of the ramp before its time.",
            phase,
            one,
            200,
        ),
        (
            f"{_ONE}/requirements",
            "get",
            "experiments_requirements",
            checklist,
            None,
            "ExperimentChecklist",
            200,
        ),
        (
            f"{_ONE}/activity",
            "get",
            "experiments_activity",
            "The activity log with differences.",
            None,
            "ExperimentActivity",
            200,
        ),
        (
            f"{_ONE}/decision",
            "get",
            "experiments_decision",
            "What was decided, on which analysis.",
            None,
            "ExperimentDecision",
            200,
        ),
        (
            f"{_ONE}/decision",
            "post",
            "experiments_decide",
            "Decide on the latest analysis; `ship` makes the payload permanent.",
            decision,
            one,
            201,
        ),
        (
            f"{_ONE}/forced-units",
            "get",
            "experiments_forced_units",
            "Units of QA and what each sees.",
            None,
            "ExperimentForcedUnits",
            200,
        ),
        (
            f"{_ONE}/forced-units",
            "put",
            "experiments_forced_units_set",
            "The whole list of units of QA anew.",
            units,
            "ExperimentForcedUnits",
            200,
        ),
    )


def _of_steps() -> tuple[Operation, ...]:
    words = {
        "submit": "Put the draft before a second person.",
        "withdraw": "Take it back from review.",
        "approve": "A second person agrees.",
        "reject": "A second person refuses, with a reason.",
        "start": "Start it, or apply the approved change.",
        "kill": "The kill switch: nobody is assigned within a second.",
        "ship": "Ship what was decided to be shipped.",
    }
    return _steps(_ONE, "experiments", "ExperimentAnswer", words)


def _of_flags() -> tuple[Operation, ...]:
    definition = {"definition": ref("FlagDefinition")}
    new = body_schema(
        {"key": _TEXT, **definition, "enabled": {"type": "boolean"}}, "key", "definition"
    )
    switch = body_schema({"enabled": {"type": "boolean"}, **_REASON}, "enabled")
    root, one = f"{_ROOT}/flags", "FlagAnswer"
    words = {
        "submit": "Put the draft before a second person.",
        "withdraw": "Take it back from review.",
        "discard": "Give the draft up.",
        "approve": "A second person agrees.",
        "reject": "A second person refuses, with a reason.",
        "publish": "Serve what waits.",
    }
    return (
        (root, "get", "flags_list", "Every flag.", None, "FlagList", 200),
        (root, "post", "flags_create", "A flag with its draft.", new, one, 201),
        (_FLAG, "get", "flags_get", "One, with what waits.", None, one, 200),
        (
            _FLAG,
            "put",
            "flags_edit",
            "Another definition, as a draft.",
            body_schema(definition, "definition"),
            one,
            200,
        ),
        (f"{_FLAG}/status", "put", "flags_switch", "On or off, at once.", switch, one, 200),
        *_steps(_FLAG, "flags", one, words),
        (f"{_FLAG}/rollback", "post", "flags_rollback", _BACK, FORMER, one, 200),
    )


def _of_layers() -> tuple[Operation, ...]:
    new = body_schema({"name": _TEXT, "description": _TEXT}, "name")
    one = f"{_LAYERS}/{{name}}"
    described = body_schema({"description": _TEXT}, "description")
    share = body_schema({"share": {"type": "number"}, "redraw": {"type": "boolean"}}, "share")
    words = {
        "submit": "Put the draft before a second person.",
        "withdraw": "Take it back from review.",
        "discard": "Give the draft up.",
        "approve": "A second person agrees.",
        "reject": "A second person refuses, with a reason.",
        "publish": "In force for all that starts from now on.",
    }
    return (
        (_LAYERS, "get", "layers_list", "Held and free ranges.", None, "LayerList", 200),
        (_LAYERS, "post", "layers_create", "A new layer.", new, "LayerAnswer", 201),
        (one, "get", "layers_get", "One layer.", None, "LayerAnswer", 200),
        (one, "put", "layers_describe", "Its description.", described, "LayerAnswer", 200),
        (_HOLDOUT, "get", "holdout_get", "What is in force.", None, "HoldoutAnswer", 200),
        (_HOLDOUT, "put", "holdout_draft", "Another share.", share, "HoldoutAnswer", 200),
        *_steps(_HOLDOUT, "holdout", "HoldoutAnswer", words),
        (f"{_HOLDOUT}/rollback", "post", "holdout_rollback", _BACK, FORMER, "HoldoutAnswer", 200),
    )


def _of_reports() -> tuple[Operation, ...]:
    told = {"occasions": {"type": "array", "items": _TEXT}}
    new = body_schema(
        {"channel": _TEXT, "target": _TEXT, "experiment": _TEXT, **told},
        "channel", "target", "occasions",
    )  # fmt: skip
    change = body_schema({**told, "active": {"type": "boolean"}})
    root, one, answer = _REPORTS, f"{_REPORTS}/{{subscription_id}}", "ReportSubscriptionAnswer"
    lists, sent = "ReportSubscriptionList", "ReportDeliveryList"
    once = "ReportSubscriptionSecret"
    return (
        (root, "get", "reports_list", "Who is told.", None, lists, 200),
        (root, "post", "reports_subscribe", "Somebody new; the secret, once.", new, once, 201),
        (f"{root}/deliveries", "get", "reports_deliveries", "The newest first.", None, sent, 200),
        (one, "get", "reports_get", "One subscriber.", None, answer, 200),
        (one, "patch", "reports_change", "What is told, or a pause.", change, answer, 200),
        (one, "delete", "reports_unsubscribe", "Tell them nothing more.", None, "", 204),
        (f"{one}/secret", "post", "reports_secret", "A new secret.", body_schema({}), once, 200),
    )
