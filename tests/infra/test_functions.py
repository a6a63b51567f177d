"""Every entry file is a function, and every function is of the house."""

import json
import re
from typing import Any

import pytest

from likeness.settings import Settings
from tests.infra.stacks import ROOT, Stacks, flat

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
ENTRIES = re.compile(r"(handler|tasks|events)\.py")


def settings_fields() -> set[str]:
    return {name.upper() for name in Settings.__annotations__}


def variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found


def test_every_entry_file_is_deployed(stacks: Stacks) -> None:
    files = {
        f"{path.parent.name}.{path.stem}"
        for path in (ROOT / "functions").glob("*/*.py")
        if ENTRIES.fullmatch(path.name)
    }

    assert files == set(stacks.functions())


def test_function_runs_as_the_stage_says(stacks: Stacks) -> None:
    for name, function in stacks.functions().items():
        assert function["Runtime"] == stacks.stage.runtime, name
        assert function["Architectures"] == ["arm64"], name
        assert function["TracingConfig"] == {"Mode": "Active"}, name


def test_log_is_kept_for_thirty_days(stacks: Stacks) -> None:
    retention = {name: log["RetentionInDays"] for name, log in stacks.properties("AWS::Logs::LogGroup")}

    assert set(retention.values()) == {30}
    for name, function in stacks.functions().items():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in retention, name


def test_handler_gives_up_before_the_gateway_does(stacks: Stacks) -> None:
    for name, function in stacks.functions().items():
        if name.endswith(".handler"):
            assert function["Timeout"] <= 25, name


@pytest.mark.parametrize(
    ("name", "memory", "timeout"),
    [
        ("upload.events", 2048, 60),
        ("generate.tasks", 1769, 660),
        ("train.tasks", 1024, 300),
        ("auth.tasks", 512, 660),
        ("gallery.tasks", 1024, 890),
        ("gallery.events", 512, 300),
    ],
)
def test_heavy_function_has_what_it_needs(prod: Stacks, name: str, memory: int, timeout: int) -> None:
    function = prod.functions()[name]

    assert (function["MemorySize"], function["Timeout"]) == (memory, timeout)


def test_environment_is_what_settings_reads(stacks: Stacks) -> None:
    given: set[str] = set()
    for name, function in stacks.functions().items():
        if name == "signing_key.events":
            assert variables(function) == {}
            continue
        assert set(variables(function)) - POWERTOOLS <= settings_fields(), name
        assert set(variables(function)) >= POWERTOOLS, name
        given |= set(variables(function))

    assert given - POWERTOOLS == settings_fields()


def test_function_knows_the_machine_it_starts(prod: Stacks) -> None:
    machines = {
        name: {variable for variable in variables(function) if variable.endswith("_MACHINE")}
        for name, function in prod.functions().items()
    }

    assert {name: known for name, known in machines.items() if known} == {
        "auth.handler": {"ERASURE_MACHINE"},
        "auth.tasks": {"GENERATION_MACHINE", "TRAINING_MACHINE"},
        "gallery.events": {"CHANGE_MACHINE", "DELIVERY_MACHINE"},
        "gallery.handler": {"CHANGE_MACHINE", "DELIVERY_MACHINE"},
        "generate.events": {"GENERATION_MACHINE"},
        "generate.handler": {"GENERATION_MACHINE"},
        "train.events": {"TRAINING_MACHINE"},
        "train.handler": {"TRAINING_MACHINE"},
    }


def test_environment_names_secrets_and_holds_none(prod: Stacks) -> None:
    for name, function in prod.functions().items():
        for variable, value in variables(function).items():
            assert "EdgeSecret" not in flat(value), name
            if variable.endswith("_SECRET"):
                assert value == f"likeness/prod/{variable.removesuffix('_SECRET').lower()}", name


def test_zip_holds_one_feature_under_its_import_path(prod: Stacks) -> None:
    for name, function in prod.functions().items():
        feature = name.partition(".")[0]
        asset = prod.folder / f"asset.{flat(function['Code']['S3Key']).removesuffix('.zip')}"
        files = {path.relative_to(asset).as_posix() for path in asset.rglob("*") if path.is_file()}
        assert {f"functions/{feature}/__init__.py", "functions/__init__.py"} <= files, name
        assert {file for file in files if not file.startswith(f"functions/{feature}/")} == {"functions/__init__.py"}


def test_only_functions_that_open_pictures_carry_their_libraries(prod: Stacks) -> None:
    def layers(name: str) -> set[str]:
        found = {flat(layer) for layer in prod.functions()[name]["Layers"]}
        return {re.sub(r"<HouseLayers(\D+?)[0-9A-F]{8}>", r"\1", layer) for layer in found}

    for name in prod.functions():
        wanted = {"Libraries", "Likeness"}
        if name in {"upload.events", "generate.tasks"}:
            wanted |= {"Pictures"}
        if name == "signing_key.events":
            wanted = {"Libraries"}
        assert layers(name) == wanted, name


def test_unattended_function_leaves_what_it_cannot_do_in_a_queue(stacks: Stacks) -> None:
    functions = {name: f["Handler"] for name, f in stacks.properties("AWS::Lambda::Function")}
    kept = {
        functions[config["FunctionName"]["Ref"]]: flat(config["DestinationConfig"]["OnFailure"]["Destination"])
        for _, config in stacks.properties("AWS::Lambda::EventInvokeConfig")
    }

    assert set(kept) == {
        f"functions.{feature}.events.handler" for feature in ("gallery", "generate", "train", "upload")
    }
    assert len(set(kept.values())) == 1


def test_sweepers_run_every_minute_and_the_purge_every_day(stacks: Stacks) -> None:
    functions = {name: f["Handler"] for name, f in stacks.properties("AWS::Lambda::Function")}
    targets = [(rule["ScheduleExpression"], rule["Targets"]) for _, rule in stacks.properties("AWS::Events::Rule")]
    schedules = {
        (functions[target["Arn"]["Fn::GetAtt"][0]], json.loads(target["Input"])["step"]): every
        for every, (target,) in targets
    }

    assert schedules == {
        ("functions.train.events.handler", "sweep"): "rate(1 minute)",
        ("functions.generate.events.handler", "sweep"): "rate(1 minute)",
        ("functions.gallery.events.handler", "sweep"): "rate(1 minute)",
        ("functions.gallery.events.handler", "purge"): "rate(1 day)",
    }
