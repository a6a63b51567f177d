"""Errors a feature may raise on purpose.

AppError
├── InvalidInput                400  the request is well formed but makes no sense
│   ├── CursorInvalid           400  a cursor this API did not hand out
│   └── IdempotencyKeyInvalid   400  the key that a paid request needs is missing or malformed
├── Unauthorized                401  the sign-in is not valid
│   ├── SignInFailed            401  wrong address or password, or not confirmed: never said which
│   ├── SessionEnded            401  the refresh token is missing, revoked, expired or nobody's
│   └── WebhookRefused          401  a webhook whose signature does not hold
├── InsufficientCredits         402  the caller must buy credits first
├── Forbidden                   403  known caller, not allowed
│   ├── AccountNotActive        403  the account is frozen, being erased or has no profile yet
│   ├── OriginRefused           403  a browser sent its cookie from another site
│   ├── PasswordResetRequired   403  an operator asked for a new password
│   └── SignInAgain             403  the action wants a sign-in of the last 15 minutes
├── NotFound                    404  no such thing, or not the caller's
├── Conflict                    409  the thing is not in a state that allows this
│   ├── TrainingRunning         409  a running training would be disturbed
│   ├── PhotoInUse              409  a running training learns from this photo
│   ├── PhotosNotReady          409  a photo is still being checked or was rejected
│   ├── ModelNotReady           409  the model has no trained weights yet
│   ├── AlreadyEnded            409  the job has ended before
│   ├── EmailTaken              409  the address got an account while it was being confirmed
│   ├── MailUnavailable         409  this needs mail, and this deployment sends none
│   ├── PackChanged             409  the pack has another version than the one that was looked at
│   └── NotReproducible         409  what it takes to make the picture again is gone; the reason is named
├── Gone                        410  was there once
│   ├── ShareExpired            410  the link's time is over
│   ├── ShareRevoked            410  its owner has withdrawn the link
│   └── ShareDeleted            410  its owner has deleted the link, or their account
├── TooLarge                    413  the body is larger than this route takes
├── UnsupportedMedia            415  the body is not JSON
├── Unprocessable               422  a value is known to be wrong
│   ├── KeyReused               422  the idempotency key belongs to another request
│   ├── CodeInvalid             422  a mailed code is wrong, expired or used: never said which
│   ├── PasswordRefused         422  a password that is easily guessed
│   ├── TermsOutdated           422  other terms than the present ones were accepted
│   ├── PromptRefused           422  the prompt breaks a rule, which is named
│   ├── TooManyPictures         422  more than one request may take; the numbers are named
│   └── TooFewPhotos            422  fewer usable photos than the trainer needs
├── TooManyRequests             429  a rate limit; Retry-After says when
├── VendorError                 502  an AI vendor failed
│   ├── ContentRefused          502  the vendor's moderation said no: final
│   ├── InputRefused            502  the vendor cannot use what we sent: final
│   ├── VendorTransient         502  not accepted, or a failed read: may be tried again
│   ├── VendorBusy              503  429 or 503: try again later
│   ├── VendorAccount           502  our key, our balance or our settings: an operator must look
│   └── VendorUnknown           502  the reply to a purchase was lost: never submitted again
└── Busy                        503  contention or throttling: the same request may be sent again
    └── WebhookUnverifiable     503  the vendor's keys cannot be read now: the vendor shall try again

Anything else that escapes is a bug and becomes a plain 500.
Step Functions matches these by class name, so a rename is a breaking change.
"""

from http import HTTPStatus
from typing import Any, ClassVar


class AppError(Exception):
    """Base of every error we raise on purpose; `detail` is shown to the caller, `extra` beside it."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, **extra: Any) -> None:  # noqa: ANN401 (any JSON value)
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class InvalidInput(AppError):
    status, code = HTTPStatus.BAD_REQUEST, "invalid_input"


class CursorInvalid(InvalidInput):
    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__("This cursor was not made by this list. Start again without a cursor.")


class IdempotencyKeyInvalid(InvalidInput):
    code = "idempotency_key_invalid"


class Unauthorized(AppError):
    status, code = HTTPStatus.UNAUTHORIZED, "unauthorized"


class SignInFailed(Unauthorized):
    code = "sign_in_failed"


class SessionEnded(Unauthorized):
    code = "session_ended"


class WebhookRefused(Unauthorized):
    code = "webhook_refused"


class InsufficientCredits(AppError):
    status, code = HTTPStatus.PAYMENT_REQUIRED, "insufficient_credits"


class Forbidden(AppError):
    status, code = HTTPStatus.FORBIDDEN, "forbidden"


class AccountNotActive(Forbidden):
    code = "account_not_active"


class OriginRefused(Forbidden):
    code = "origin_refused"


class PasswordResetRequired(Forbidden):
    code = "password_reset_required"


class SignInAgain(Forbidden):
    code = "sign_in_again"


class NotFound(AppError):
    status, code = HTTPStatus.NOT_FOUND, "not_found"


class Conflict(AppError):
    status, code = HTTPStatus.CONFLICT, "conflict"


class TrainingRunning(Conflict):
    code = "training_running"


class PhotoInUse(Conflict):
    code = "photo_in_use"


class PhotosNotReady(Conflict):
    code = "photos_not_ready"


class ModelNotReady(Conflict):
    code = "model_not_ready"


class AlreadyEnded(Conflict):
    code = "already_ended"


class EmailTaken(Conflict):
    code = "email_taken"


class MailUnavailable(Conflict):
    code = "mail_unavailable"


class PackChanged(Conflict):
    code = "pack_changed"


class NotReproducible(Conflict):
    code = "not_reproducible"


class Gone(AppError):
    status, code = HTTPStatus.GONE, "gone"


class ShareExpired(Gone):
    code = "share_expired"


class ShareRevoked(Gone):
    code = "share_revoked"


class ShareDeleted(Gone):
    code = "share_deleted"


class TooLarge(AppError):
    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"


class UnsupportedMedia(AppError):
    status, code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"


class Unprocessable(AppError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request"


class KeyReused(Unprocessable):
    code = "idempotency_key_reused"


class CodeInvalid(Unprocessable):
    code = "code_invalid"


class PasswordRefused(Unprocessable):
    code = "password_refused"


class TermsOutdated(Unprocessable):
    code = "terms_outdated"


class PromptRefused(Unprocessable):
    code = "prompt_refused"


class TooManyPictures(Unprocessable):
    code = "too_many_pictures"


class TooFewPhotos(Unprocessable):
    code = "too_few_photos"


class TooManyRequests(AppError):
    status, code = HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"


class VendorError(AppError):
    status, code = HTTPStatus.BAD_GATEWAY, "vendor_error"


class ContentRefused(VendorError):
    code = "content_refused"


class InputRefused(VendorError):
    code = "input_refused"


class VendorTransient(VendorError):
    code = "vendor_transient"


class VendorBusy(VendorError):
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "vendor_busy"


class VendorAccount(VendorError):
    code = "vendor_account"


class VendorUnknown(VendorError):
    code = "vendor_unknown"


class Busy(AppError):
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "busy"


class WebhookUnverifiable(Busy):
    code = "webhook_unverifiable"
