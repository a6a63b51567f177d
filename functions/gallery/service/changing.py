"""A change of many pictures: at once by their ids, or as a job for all that match filters."""

from functions.gallery.models.changes import ChangeRequest, ChangeResults, ChangeView, PictureChange
from functions.gallery.service import changes, jobs, selection
from functions.gallery.service.filters import refused
from likeness.account import is_active
from likeness.credit import check_active
from likeness.errors import AccountNotActive, NotFound
from likeness.items.gallery import Change
from likeness.items.row import new_id
from likeness.once import once
from likeness.table import Transaction
from likeness.wire import fingerprint


def change_now(user_id: str, request: ChangeRequest) -> ChangeResults:
    """Change the named pictures and say what became of each; repeatable.

    Raises:
        AccountNotActive: the account may not change pictures now.
        Unprocessable: it names a collection that pictures cannot be put into.
        Busy: too many changes at once; send the same request again.
    """
    if not is_active(user_id):
        raise AccountNotActive("This account cannot do that now.")
    _check_collections(user_id, request.change)
    return ChangeResults(results=changes.apply_all(user_id, request.image_ids or [], request.change))


def start_change(user_id: str, request: ChangeRequest, operation: str | None) -> ChangeView:
    """Start changing all pictures that match; a repeat of the operation answers with the same job.

    Raises:
        KeyReused: the operation was used for another request.
        AccountNotActive, Unprocessable: as above.
    """
    _check_collections(user_id, request.change)
    chosen = selection.from_body(user_id, request)
    job = jobs.prepare(Change.of(user_id, new_id()))
    job.selection, job.change = chosen.stored(), request.change.model_dump(mode="json", exclude_unset=True)
    job.total = selection.count(user_id, chosen).total

    def write(transaction: Transaction) -> None:
        check_active(transaction, user_id)
        transaction.put(job)

    made_id = once(user_id, operation, fingerprint(request), job.id, write)
    made = job if made_id == job.id else _find(user_id, made_id)
    jobs.start(made)
    return _view(made)


def read_change(user_id: str, change_id: str) -> ChangeView:
    """Show how far a change has come.

    Raises:
        NotFound: no such change, or not the caller's.
    """
    return _view(_find(user_id, change_id))


def stop_change(user_id: str, change_id: str) -> None:
    """Stop a change; what is done stays done. One that is over stays as it is.

    Raises:
        NotFound: no such change, or not the caller's.
    """
    jobs.cancel(_find(user_id, change_id))


def _check_collections(user_id: str, change: PictureChange) -> None:
    if missing := changes.missing_collections(user_id, change.add_collections):
        raise refused("change.add_collections", f"{missing[0]} is no collection of yours that is made by hand")


def _find(user_id: str, change_id: str) -> Change:
    job = jobs.find(Change, user_id, change_id)
    if job is None:
        raise NotFound("No such change.")
    return job


def _view(job: Change) -> ChangeView:
    return ChangeView.model_validate(job)
