"""Every stage, synthesised once: offline, with empty folders in place of the built libraries."""

from pathlib import Path

import aws_cdk as cdk
import pytest

from infra.app import build, stage_of
from tests.infra.stacks import FLAGS, Stacks

STAGES = ("local", "dev", "prod")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests on one worker: each worker would synthesise every stage for itself."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infra"))


@pytest.fixture(scope="session")
def layers_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders that look like what `scripts/layer.py` builds."""
    folder = tmp_path_factory.mktemp("layers")
    for name in ("layer-base", "layer-pictures", "layer-local"):
        (folder / name / "python").mkdir(parents=True)
        (folder / name / "python" / "placeholder.py").write_text(f'"""Stands for {name}."""\n')
    return folder


@pytest.fixture(scope="session")
def every_stage(layers_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stacks]:
    """All stages; cdk-nag has found nothing in them that is not acknowledged, or this would fail."""
    made = {}
    for name in STAGES:
        context = {**FLAGS, "stage": name, "layers_dir": str(layers_dir)}
        app = cdk.App(context=context, outdir=str(tmp_path_factory.mktemp(name)))
        build(app)
        made[name] = Stacks.read(stage_of(app), app.synth())
    return made


@pytest.fixture
def local(every_stage: dict[str, Stacks]) -> Stacks:
    """The stage of this machine."""
    return every_stage["local"]


@pytest.fixture
def dev(every_stage: dict[str, Stacks]) -> Stacks:
    """The stage for trying things on AWS."""
    return every_stage["dev"]


@pytest.fixture
def prod(every_stage: dict[str, Stacks]) -> Stacks:
    """The stage that people use."""
    return every_stage["prod"]


@pytest.fixture(params=STAGES)
def stacks(request: pytest.FixtureRequest, every_stage: dict[str, Stacks]) -> Stacks:
    """Each stage in turn, for the rules without exceptions."""
    return every_stage[str(request.param)]
