"""The product's main job with real photos, through the public API alone: told once, looked at from every side."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from likeness_client.models import (
    GenerationRequest,
    GenerationView,
    ImageView,
    ModelView,
    PhotoView,
    QuoteView,
    ReportView,
    TrainingRequest,
    TrainingView,
)
from PIL import Image

from likeness.catalog.reader import catalog
from likeness.items.row import new_id
from likeness.pictures import digital_source_type
from likeness.pictures.mark import TRAINED_ALGORITHMIC_MEDIA
from local.client import Client
from local.waiting import wait_for
from tests.deployed import (
    ENDS,
    ended_generation,
    ended_training,
    faults,
    funds,
    listed,
    make_model,
    photos,
    register_person,
    start_generation,
    upload,
)
from tests.integration.stack import assert_exact, ledger

PROMPT = "portrait of [me] beside an old lighthouse"
ORDER = {"prompt": PROMPT, "count": 3, "style": "oil", "aspect_ratio": "4:5", "seed": 4_000_000_000}
ALONE: dict[str, Any] = {
    "prompt": "a bowl of lemons on a blue table",
    "base_model": "flux-1.1-pro",
    "negative_prompt": "people",
    "style": "watercolor",
    "aspect_ratio": "16:9",
    "count": 1,
}


@dataclass
class Journey:
    """What was answered on the way."""

    client: Client
    photos: list[PhotoView] = field(default_factory=list)
    report: ReportView = field(init=False)
    model: ModelView = field(init=False)
    training: TrainingView = field(init=False)
    quote: QuoteView = field(init=False)
    order: GenerationView = field(init=False)
    polls: list[GenerationView] = field(default_factory=list)
    unchanged: int = 0
    alone: GenerationView = field(init=False)
    images: list[ImageView] = field(default_factory=list)
    credits: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, stage: str) -> None:
        self.credits[stage] = funds(self.client)


def watch(journey: Journey, generation_id: str) -> GenerationView:
    """Poll an order as clients should, with If-None-Match, and keep each new state."""
    known: dict[str, str] = {}

    def poll() -> str:
        answer = journey.client.send("GET", f"/v1/generations/{generation_id}", headers=known)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            assert not answer.content
            journey.unchanged += 1
        else:
            journey.polls.append(GenerationView.from_dict(answer.raise_for_status().json()))
            known["If-None-Match"] = answer.headers["etag"]
        return journey.polls[-1].status

    wait_for(poll, lambda status: status in ENDS, seconds=120)
    return journey.polls[-1]


@pytest.fixture(scope="module")
def journey() -> Journey:
    """Register, upload, train, order, watch the pictures come."""
    ada = register_person("journey")
    told = Journey(ada)
    told.note("welcome")
    told.photos = upload(ada, photos())
    model_id = make_model(ada, [photo.id for photo in told.photos])
    told.report = ada.api.read_report(model_id)
    training = ada.api.start_training(model_id, TrainingRequest(samples=False), idempotency_key=new_id())
    told.note("training")
    told.training = ended_training(ada, training)
    told.note("trained")
    told.model = ada.api.read_model(model_id)
    wanted = GenerationRequest.from_dict({**ORDER, "model_id": model_id})
    told.quote = ada.api.quote_generation(wanted)
    with faults({"fault": "slow", "match": {"prompt_contains": "old lighthouse"}, "times": 1, "seconds": 8}):
        started = ada.api.start_generation(wanted, idempotency_key=new_id())
        told.note("ordered")
        told.order = watch(told, started.id)
    told.note("delivered")
    told.alone = ended_generation(ada, start_generation(ada, **ALONE))
    told.note("end")
    told.images = [ada.api.read_image(image.id) for image in listed(ada)]
    return told


def test_every_photo_becomes_ready_with_clean_files(journey):
    assert [photo.state for photo in journey.photos] == ["ready"] * 12
    for row in journey.photos[:3]:
        photo = Image.open(io.BytesIO(journey.client.media(row.media.photo)))
        assert (photo.format, photo.size) == ("JPEG", (row.width, row.height))
        assert not photo.getexif()
        for side, path in ((640, row.media.thumbnail_640), (256, row.media.thumbnail_256)):
            thumbnail = Image.open(io.BytesIO(journey.client.media(path)))
            assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", side)


def test_the_report_says_before_paying_that_the_photos_suffice(journey):
    assert journey.report.trainable
    assert journey.report.usable == 12


def test_the_training_succeeds_and_the_model_shows_its_weights(journey):
    assert journey.training.status == "succeeded"
    assert (journey.training.progress, journey.training.photo_count) == (1.0, 12)
    assert journey.model.status == "ready"
    assert journey.model.training_id == journey.training.id
    assert len(journey.model.weights_sha256) == 64


def test_credits_are_exact_at_every_stage(journey):
    assert journey.credits == {
        "welcome": (100, 0),
        "training": (50, 50),
        "trained": (50, 0),
        "ordered": (47, 3),
        "delivered": (47, 0),
        "end": (46, 0),
    }
    assert_exact(journey.client.user_id)


def test_the_ledger_tells_every_line_with_the_balance_after_it(journey):
    told = [(line.kind, line.state, line.amount, line.balance) for line in ledger(journey.client)]
    assert told == [
        ("generation", "settled", -1, 46),
        ("generation", "settled", -3, 47),
        ("training", "settled", -50, 50),
        ("welcome", "booked", 100, 100),
    ]


def test_the_quote_is_the_price(journey):
    quote = journey.quote
    assert (quote.unit_price, quote.units, quote.credits_) == (1, 3, 3)
    assert (quote.available, quote.is_enough) == (50, True)
    assert journey.order.credits_ == quote.credits_
    assert journey.order.credits_back == 0


def test_pictures_appear_one_by_one_and_polls_without_news_cost_nothing(journey):
    done = [sum(picture.state == "done" for picture in poll.pictures) for poll in journey.polls]
    assert done == sorted(done)
    assert done[-1] == 3
    assert set(done) & {1, 2}
    assert journey.unchanged > 0


def test_every_file_of_every_picture_is_marked_sized_and_hashed(journey):
    assert len(journey.images) == 4
    for image in journey.images:
        files = {name: journey.client.media(path) for name, path in image.media.to_dict().items()}
        assert set(files) == {"original", "view", "thumbnail_640", "thumbnail_256"}
        assert {digital_source_type(content) for content in files.values()} == {TRAINED_ALGORITHMIC_MEDIA}
        shapes = {name: Image.open(io.BytesIO(content)) for name, content in files.items()}
        assert {shape.format for shape in shapes.values()} == {"WEBP"}
        assert shapes["original"].size == shapes["view"].size == (image.width, image.height)
        assert max(shapes["thumbnail_640"].size) == 640
        assert max(shapes["thumbnail_256"].size) == 256
        assert hashlib.sha256(files["original"]).hexdigest() == image.sha256
        assert hashlib.sha256(files["view"]).hexdigest() == image.manifest["view_sha256"]
        assert len(files["original"]) == image.bytes_


def test_the_manifest_holds_all_it_takes_to_make_a_picture_again(journey):
    for image in journey.images:
        manifest = image.manifest.additional_properties
        own = image.model_id is not None
        order = journey.order if own else journey.alone
        assert manifest["generation_id"] == order.id == image.generation_id
        assert manifest["prompt"] == order.prompt
        assert manifest["seed"] == (order.seed + image.number - 1) % 2**32
        assert (manifest["style"], manifest["aspect_ratio"]) == (order.style, order.aspect_ratio)
        assert (manifest["width"], manifest["height"]) == (image.width, image.height)
        assert manifest["original_sha256"] == image.sha256
        assert manifest["catalog_version"] == catalog().version
        assert manifest["digital_source_type"] == "trainedAlgorithmicMedia"
        assert manifest["credits"] == 1
        assert all(manifest[name] for name in ("endpoint", "input", "pixels_sha256", "software", "created_at"))
        assert "http" not in str(manifest)


def test_a_picture_of_the_model_names_its_weights_and_its_trigger(journey):
    pictures = [image for image in journey.images if image.model_id]
    assert len(pictures) == 3
    for image in pictures:
        assert image.model_id == journey.model.id
        assert image.manifest["weights_sha256"] == journey.model.weights_sha256
        assert image.manifest["vendor"] == "fal"
        assert journey.model.trigger in image.manifest["prompt_sent"]


def test_a_base_model_makes_pictures_without_any_training(journey):
    (image,) = [image for image in journey.images if image.model_id is None]
    assert image.manifest["vendor"] == "together"
    assert image.manifest["weights_sha256"] is None
    assert image.manifest["negative_prompt"] == "people"
    assert (image.width, image.height) == (1360, 768)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"style": "oil"}, 3),
        ({"style": "watercolor"}, 1),
        ({"style": "pencil"}, 0),
        ({"aspect_ratio": "16:9"}, 1),
        ({"text": "LIGHTHOUSE old"}, 3),
        ({"text": "lighthouse lemons"}, 0),
        ({"created_from": datetime(2999, 1, 1, tzinfo=UTC)}, 0),
        ({"created_to": datetime(2999, 1, 1, tzinfo=UTC)}, 4),
        ({"trashed": True}, 0),
    ],
)
def test_the_gallery_narrows_to_what_was_asked_for(journey, filters, found):
    assert len(listed(journey.client, **filters)) == found


def test_the_gallery_shows_the_pictures_of_one_model_by_pages(journey):
    pages = partial(journey.client.api.list_images, model_id=journey.model.id, limit=2)
    first = pages()
    second = pages(cursor=first.cursor)
    shown = [image.id for image in [*first.images, *second.images]]
    assert shown == sorted((image.id for image in journey.images if image.model_id), reverse=True)
