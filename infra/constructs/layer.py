"""The layers: libraries, picture libraries and our own package `likeness`."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.stages import Stage
from scripts.layer import build_code

ROOT = Path(__file__).parents[2]


def sources(stage: Stage) -> tuple[Path, list[str]]:
    """Return the folder our code ships from and what is left out of it: on AWS a compiled copy, made now."""
    if stage.emulator_url:
        return ROOT, ["__pycache__", "*.pyc"]
    return build_code(ROOT / stage.layers_dir), []


class Layers(Construct):
    """One version of each layer; a function names the ones it needs."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.libraries = self._layer("Libraries", self._built(stage.library_layer))
        self.pictures = self._layer("Pictures", self._built(stage.pictures_layer)) if stage.pictures_layer else None
        root, excluded = sources(stage)
        self.likeness = self._layer(
            "Likeness",
            lambda_.Code.from_asset(
                str(root / "layers" / "shared"),
                ignore_mode=cdk.IgnoreMode.GIT,
                exclude=["/*", "!/python", *excluded],
            ),
        )

    def of(self, *, pictures: bool = False) -> list[lambda_.ILayerVersion]:
        """Return the layers of a function."""
        extra = [self.pictures] if pictures and self.pictures else []
        return [self.libraries, *extra, self.likeness]

    def _built(self, folder: str) -> lambda_.Code:
        """Return the libraries that `scripts/layer.py` has installed."""
        path = ROOT / self._stage.layers_dir / folder
        if not path.is_dir():
            message = f"{path} is missing: run scripts/layer.py"
            raise FileNotFoundError(message)
        return lambda_.Code.from_asset(str(path))

    def _layer(self, id_: str, code: lambda_.Code) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            id_,
            code=code,
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime(self._stage.runtime)],
        )
