"""HTTP routes of the upload feature."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.upload import service
from functions.upload.models import PhotosView, PhotoView, UploadsRequest, UploadsView
from likeness import aws
from likeness.http import Cursor, PageSize, UserId, answers, create_app, create_handler, json_response, no_content

app = create_app()


@app.post("/v1/photos", responses=answers(UploadsView, HTTPStatus.CREATED))
def start_uploads(user_id: UserId, request: UploadsRequest) -> Response[Any]:
    """Make one upload form a photo, good for five minutes; the photo is listed once its file has arrived."""
    return json_response(service.start_uploads(user_id, request), HTTPStatus.CREATED)


@app.get("/v1/photos", responses=answers(PhotosView))
def list_photos(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List uploaded photos, newest first."""
    return json_response(service.list_photos(user_id, limit, cursor))


@app.get("/v1/photos/<photo_id>", responses=answers(PhotoView))
def read_photo(user_id: UserId, photo_id: str) -> Response[Any]:
    """Show one photo."""
    return json_response(service.read_photo(user_id, photo_id))


@app.delete("/v1/photos/<photo_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def delete_photo(user_id: UserId, photo_id: str) -> Response[Any]:
    """Delete a photo for good; refused while a running training learns from it."""
    service.delete_photo(user_id, photo_id)
    return no_content()


handler = create_handler(app, aws.s3)
