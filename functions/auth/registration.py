"""Opening an account and getting back into one: what strangers may do with an e-mail address.

Nobody learns here whether an address has an account: every answer is the same for known and unknown addresses,
takes equally long (`pace`), and what is to be told goes by mail to the address itself.
"""

from datetime import UTC, datetime

from functions.auth import identity, mail
from functions.auth.models import ConfirmRequest, RegisterRequest, ResetPasswordRequest
from functions.auth.pace import even
from functions.auth.passwords import demand_strong
from likeness.account import heal
from likeness.catalog.reader import catalog
from likeness.errors import CodeInvalid, TermsOutdated


def register(request: RegisterRequest) -> None:
    """Sign somebody up, so that a code is mailed to them; who has an account gets a mail that says so.

    An address that was never confirmed starts anew, so that no stranger's password stays behind it.

    Raises:
        TermsOutdated: other terms than the present ones were accepted.
        PasswordRefused: the password is easily guessed.
    """
    demand_terms(request.terms_version)
    demand_strong(request.password, request.email)
    with even():
        try:
            _sign_up(request)
        except identity.AddressTaken:
            _register_again(request)


def confirm(request: ConfirmRequest) -> None:
    """Confirm an address by its code and open its account, with welcome credits.

    Whatever is killed after the code was accepted is made up for at the next sign-in, or by `GET me`.

    Raises:
        CodeInvalid: the code does not hold, or nobody is to be confirmed: unknown or confirmed before.
    """
    with even():
        identity.confirm(request.email, request.code)
        person = identity.find(request.email)
        if person is None:
            raise CodeInvalid("Register again.")
        heal(person.id)


def resend_code(email: str) -> None:
    """Mail another code to somebody who has registered and not confirmed; nothing to anybody else."""
    with even():
        identity.resend_code(email)


def forgot_password(email: str) -> None:
    """Mail a code that sets a new password to somebody who has an account; nothing to anybody else."""
    with even():
        identity.forgot_password(email)


def reset_password(request: ResetPasswordRequest) -> None:
    """Set a password by a mailed code and end every session there is.

    Raises:
        CodeInvalid: the code does not hold, or the address has no account.
        PasswordRefused: the password is easily guessed.
    """
    demand_strong(request.password, request.email)
    with even():
        identity.reset_password(request.email, request.code, request.password)
        person = identity.find(request.email)
        if person is not None:
            identity.sign_out_everywhere(person.id)


def demand_terms(version: str) -> None:
    """Demand that the present terms were accepted.

    Raises:
        TermsOutdated: it is another version; `terms_version` is the present one.
    """
    present = catalog().terms_version
    if version != present:
        raise TermsOutdated("The terms have changed. Show them again.", terms_version=present)


def _register_again(request: RegisterRequest) -> None:
    person = identity.find(request.email)
    if person is not None and person.is_confirmed:
        if person.is_enabled:
            mail.tell_known(person.email)
        return
    if person is not None:
        identity.delete(person.id)
    try:
        _sign_up(request)
    except identity.AddressTaken:
        return


def _sign_up(request: RegisterRequest) -> None:
    attributes = {
        "email": request.email,
        "custom:terms_version": request.terms_version,
        "custom:terms_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "custom:adult": "true",
    }
    if request.name is not None:
        attributes["name"] = request.name
    identity.sign_up(request.email, request.password, attributes)
