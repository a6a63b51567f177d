"""Build the stacks of one stage; the only file that reads CDK context.

Context: `stage` (local, dev, prod), and for `local` also `emulator_url` and `site_url`;
`layers_dir` names the folder that `scripts/layer.py` fills.
"""

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.app_stack import AppStack
from infra.data_stack import DataStack
from infra.ops_stack import OpsStack
from infra.stages import Stage, stage


def stage_of(app: cdk.App) -> Stage:
    """Return the stage that the context names."""
    read = app.node.try_get_context
    return stage(
        read("stage") or "local",
        site_url=read("site_url") or "",
        emulator_url=read("emulator_url") or "",
        layers_dir=read("layers_dir") or "",
    )


def build(app: cdk.App) -> tuple[DataStack, AppStack, OpsStack | None]:
    """Put the stacks of the stage into the app, checked by cdk-nag when they are synthesised."""
    chosen = stage_of(app)
    prefix = f"likeness-{chosen.name}"
    data = DataStack(app, f"{prefix}-data", stage=chosen)
    application = AppStack(app, f"{prefix}-app", stage=chosen, data=data)
    ops = None
    if application.monitoring:
        ops = OpsStack(
            app,
            f"{prefix}-ops",
            stage=chosen,
            api=application.house.api,
            monitoring=application.monitoring,
        )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    return data, application, ops


def main() -> None:
    """Synthesise for the CDK CLI."""
    app = cdk.App()
    build(app)
    app.synth()


if __name__ == "__main__":
    main()
