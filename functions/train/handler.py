"""HTTP routes of the train feature."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.train import hook, library, report, service, versions
from functions.train.models import DEFAULT_BASE_MODEL, ModelChange, ModelRequest, TrainingRequest
from functions.train.training_views import HookView, TrainingList, TrainingStarted, TrainingView
from functions.train.views import ModelList, ModelView, ReportView, VersionList, WeightsDownload
from likeness import aws
from likeness.http import (
    Cursor,
    Operation,
    PageSize,
    RawBody,
    UserId,
    answers,
    create_app,
    create_handler,
    json_response,
    no_content,
)
from likeness.wire import fingerprint

app = create_app()


@app.post("/v1/models", responses=answers(ModelView, HTTPStatus.CREATED))
def create_model(user_id: UserId, request: ModelRequest) -> Response[Any]:
    """Make a model of a person, a pet or an object out of photos, with consent."""
    return json_response(library.create_model(user_id, request), HTTPStatus.CREATED)


@app.get("/v1/models", responses=answers(ModelList))
def list_models(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List models, newest first."""
    return json_response(library.list_models(user_id, limit, cursor))


@app.get("/v1/models/<model_id>", responses=answers(ModelView))
def read_model(user_id: UserId, model_id: str) -> Response[Any]:
    """Show one model."""
    return json_response(ModelView.of(library.find_model(user_id, model_id)))


@app.patch("/v1/models/<model_id>", responses=answers(ModelView))
def change_model(user_id: UserId, model_id: str, change: ModelChange) -> Response[Any]:
    """Change a model's name, photos or default version; photos not while it is trained."""
    return json_response(library.change_model(user_id, model_id, change))


@app.delete("/v1/models/<model_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def delete_model(user_id: UserId, model_id: str) -> Response[Any]:
    """Delete a model and its weights for good; a running training is cancelled, its pictures stay."""
    library.delete_model(user_id, model_id)
    return no_content()


@app.get("/v1/models/<model_id>/report", responses=answers(ReportView))
def read_report(
    user_id: UserId,
    model_id: str,
    base_model: Annotated[str, Query(max_length=40, description="To be trained on.")] = DEFAULT_BASE_MODEL,
) -> Response[Any]:
    """Say whether a model's photos suffice, and what would make the result better."""
    return json_response(report.read_report(user_id, model_id, base_model))


@app.get("/v1/models/<model_id>/versions", responses=answers(VersionList))
def list_versions(user_id: UserId, model_id: str, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List what a model's trainings have made, newest first."""
    return json_response(versions.list_versions(user_id, model_id, limit, cursor))


@app.get("/v1/models/<model_id>/versions/<training_id>/weights", responses=answers(WeightsDownload))
def download_weights(user_id: UserId, model_id: str, training_id: str) -> Response[Any]:
    """Give a link to a version's weights that lasts five minutes, with their licence."""
    return json_response(versions.make_download(user_id, model_id, training_id))


@app.post("/v1/models/<model_id>/trainings", responses=answers(TrainingStarted, HTTPStatus.ACCEPTED))
def start_training(user_id: UserId, operation: Operation, model_id: str, request: TrainingRequest) -> Response[Any]:
    """Order a training; its price is held until it ends and charged only if it succeeds."""
    started = service.start_training(user_id, model_id, request, operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)


@app.get("/v1/models/<model_id>/trainings", responses=answers(TrainingList))
def list_trainings(user_id: UserId, model_id: str, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List a model's trainings, newest first."""
    return json_response(service.list_trainings(user_id, model_id, limit, cursor))


@app.get("/v1/models/<model_id>/trainings/<training_id>", responses=answers(TrainingView))
def read_training(user_id: UserId, model_id: str, training_id: str) -> Response[Any]:
    """Show how a training stands."""
    return json_response(service.read_training(user_id, model_id, training_id))


@app.post("/v1/models/<model_id>/trainings/<training_id>/cancel", responses=answers(TrainingView))
def cancel_training(user_id: UserId, model_id: str, training_id: str) -> Response[Any]:
    """Cancel a training; its credits are given back."""
    return json_response(service.cancel_training(user_id, model_id, training_id))


@app.post("/v1/hooks/fal/<token>", responses=answers(HookView))
def take_call(token: str, raw: RawBody) -> Response[Any]:
    """Take fal's word that a training may have moved; called by fal, not by clients."""
    return json_response(hook.take_call(token, app.current_event.headers, raw))


handler = create_handler(app, aws.stepfunctions)
