"""The product's main job on real photos, shown while it works and summed up at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from likeness_client.models import ReportView, TrainingStatus
from rich.console import Console
from rich.status import Status
from rich.table import Table

from local import journey
from local.client import Client
from local.cloud import ROOT, Cloud
from local.run import Run
from local.samples import sample_photos
from local.sheet import make_sheet
from scripts import style_samples

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RESULTS = ROOT / ".local" / "demo"
MINIMUM_PICTURES = 8
MAXIMUM_PHOTOS = 30
"""A request and a training take no more; of a larger folder the first ones by name are used."""


class DemoFailed(RuntimeError):
    """The product did not do its main job; the text says which part."""


@dataclass
class Steps:
    """What was done and how long it took."""

    console: Console
    rows: list[tuple[str, float, str]] = field(default_factory=list)
    result: str = ""

    @contextmanager
    def step(self, name: str) -> Iterator[Status]:
        """Show a step while it runs; it may set `result`, and counts when it ends well."""
        began, self.result = time.monotonic(), ""
        with self.console.status(name) as status:
            yield status
        seconds = time.monotonic() - began
        self.rows.append((name, seconds, self.result))
        self.console.print(f"[green]done[/green]  {name:<11} {seconds:6.1f} s  {self.result}", soft_wrap=True)


def demo(cloud: Cloud, console: Console, photos: Path | None, web_bucket: str, brought_up: float) -> None:
    """Register, upload, train, generate and download; go on where a stopped run stood.

    Raises:
        DemoFailed: no photos, a failed training or fewer than eight pictures.
    """
    steps = Steps(console, [("cloud", brought_up, cloud.site)])
    run = Run.load(cloud.state / "demo-run.json")
    if run.email:
        console.print("going on with the run that was stopped")
    with Client(cloud) as client:
        pictures, before, after = _do(run, client, steps, photos)
        if photos is None:
            _show_styles(cloud.client("s3"), web_bucket, client, run.model_id, steps)
    sheet = RESULTS / "contact-sheet.jpg"
    make_sheet(pictures, sheet)
    run.file.unlink()
    console.print(_summary(steps, before, after))
    for name, value in (
        ("pictures", str(RESULTS / "pictures")),
        ("contact sheet", f"[bold]{sheet}[/bold]"),
        (
            "address",
            f"[bold]{cloud.site}[/bold]/v1, described at {cloud.site}/docs  (it stays up; `make down` stops it)",
        ),
        ("login", f"{run.email}  {run.password}"),
    ):
        console.print(f"{name:<14} {value}", soft_wrap=True)


def _do(run: Run, client: Client, steps: Steps, folder: Path | None) -> tuple[list[tuple[str, Path]], int, int]:
    with steps.step("account"):
        journey.sign_in(run, client)
        steps.result = f"signed in as {run.email}"
    with steps.step("photos") as status:
        photos = journey.read_photos(folder)[:MAXIMUM_PHOTOS] if folder else _samples()
        _demand(bool(photos), f"{folder} holds no JPEG, PNG, WebP or HEIC photo")
        ready = journey.upload(run, client, photos, lambda text: status.update(f"photos: {text}"))
        steps.result = f"{len(ready)} of {len(photos)} ready"
    with steps.step("model"):
        report = journey.make_model(run, client, ready)
        steps.result = _reported(report)
    with steps.step("training") as status:
        training = journey.train(run, client, lambda text: status.update(f"training: {text}"))
        _demand(training.status == TrainingStatus.SUCCEEDED, f"the training failed: {training.error}")
        steps.result = f"{training.base_model}, weights in our own bucket"
    with steps.step("pictures") as status:
        orders = journey.generate(run, client, lambda text: status.update(f"pictures: {text}"))
        done = [one for order in orders for one in order.pictures if one.media]
        _demand(len(done) >= MINIMUM_PICTURES, f"only {len(done)} pictures were delivered")
        steps.result = f"{len(done)} in {len(orders)} styles and shapes"
    with steps.step("download"):
        pictures = journey.download(client, orders, RESULTS / "pictures")
        steps.result = f"{len(pictures)} files through the CDN, each with its signature checked"
    return pictures, run.credits_before, journey.available(client)


def _show_styles(s3: "S3Client", bucket: str, client: Client, model_id: str, steps: Steps) -> None:
    """Publish the sample of each style that has none: of the sample person only, never of anybody's own photos."""
    with steps.step("styles") as status:
        wanted = style_samples.missing(s3, bucket)
        style_samples.publish(
            wanted,
            api=client.api,
            fetch=client.media,
            model_id=model_id,
            s3=s3,
            bucket=bucket,
            show=lambda text: status.update(f"styles: {text}"),
        )
        steps.result = f"{len(wanted)} samples made for the catalog"


def _samples() -> list[journey.Photo]:
    photos = sample_photos("astronaut")
    return [(f"photo-{n:02}.jpg", "image/jpeg", content) for n, content in enumerate(photos, 1)]


def _reported(report: ReportView) -> str:
    warnings = [photo for photo in report.photos if photo.findings]
    return f"{len(report.photos)} photos, {len(warnings)} with advice"


def _demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as `assert`
    if not holds:
        raise DemoFailed(otherwise)


def _summary(steps: Steps, before: int, after: int) -> Table:
    table = Table(title="Likeness, whole on this machine", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("result")
    for name, seconds, result in steps.rows:
        table.add_row(name, f"{seconds:.1f}", result)
    table.add_row("credits", "", f"{before} before, {after} after")
    table.add_row("total", f"{sum(seconds for _, seconds, _ in steps.rows):.1f}", "")
    return table
