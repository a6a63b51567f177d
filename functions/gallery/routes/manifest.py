"""HTTP route of manifests."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.gallery.models.manifest import SignedManifest
from functions.gallery.service import images
from functions.gallery.service.manifest import signed_manifest
from likeness.http import UserId, answers, create_router, json_response

router = create_router()


@router.get("/v1/images/<image_id>/manifest", responses=answers(SignedManifest))
def read_manifest(user_id: UserId, image_id: str) -> Response[Any]:
    """Say how a picture was made, with a signature that anybody can check by `GET /v1/keys`."""
    return json_response(signed_manifest(images.find_image(user_id, image_id)))
