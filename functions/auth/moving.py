"""Moving an account to another e-mail address, by a code that is mailed there.

As at registration nobody learns whether an address has an account: that mail goes to the address itself.
"""

import secrets

from functions.auth import identity, mail
from functions.auth.pace import even
from functions.auth.service import LIVING, gone, profile_of
from likeness.account import mark_welcomed
from likeness.errors import CodeInvalid, EmailTaken, MailUnavailable, Unprocessable
from likeness.items.row import changed, now
from likeness.items.user import AccountState, EmailChange, Profile
from likeness.seal import is_mac, mac
from likeness.table import Transaction

CODE_MINUTES = 15
TRIES = 5
_PURPOSE = "email-change"
_ALIVE = {AccountState.ACTIVE.value, AccountState.FROZEN.value}


def ask(user_id: str, email: str) -> None:
    """Mail a code to an address that a person wants to move to; who has an account there gets a mail that says so.

    A code of before ends, whatever becomes of this one. Known and unknown addresses cost the same calls, and the
    answer leaves at a whole step.

    Raises:
        MailUnavailable: this deployment sends no mail of its own.
        AccountNotActive: the account is being erased or is gone.
        Unprocessable: it is their address already; `fields` says so.
    """
    if not mail.is_on():
        raise MailUnavailable("This deployment cannot mail codes, so addresses stay as they are.")
    if email == profile_of(user_id).email:
        message = "This is your address already."
        raise Unprocessable(message, fields=[{"field": "email", "message": message}])
    with even():
        code = f"{secrets.randbelow(10**6):06}"
        _note(user_id, email, code)
        known = identity.find(email)
        if known is None or not known.is_confirmed:
            mail.send_code(email, code, CODE_MINUTES)
        elif known.is_enabled:
            mail.tell_taken(email)


def confirm(user_id: str, code: str) -> None:
    """Move an account to the address that a code was mailed to, and end every session there is.

    Killed anywhere, it may be sent again with the same code. A sign-up at the new address that was never confirmed
    gives way: the code proves whose address it is.

    Raises:
        CodeInvalid: the code does not hold: wrong, expired, used, or tried too often.
        EmailTaken: the address got an account meanwhile; nothing has changed.
        AccountNotActive: the account is being erased or is gone.
    """
    pending = EmailChange.of(user_id)
    is_open = EmailChange.email.exists() & (EmailChange.expires_at > now()) & (EmailChange.tries < TRIES)
    if not changed(pending, [EmailChange.tries.add(1)], is_open) or not _fits(pending, code):
        raise CodeInvalid("The code is wrong, has expired or was used before. Ask for a new one.")
    email, profile = str(pending.email), profile_of(user_id)
    if profile.state not in _ALIVE:
        raise gone()
    try:
        _take_over(user_id, email)
    except identity.AddressTaken:
        pending.delete()
        raise EmailTaken("This address has an account by now. Sign in to that one, or choose another.") from None
    identity.sign_out_everywhere(user_id)
    if profile.email and profile.email != email:
        mail.tell_moved(profile.email)
    settle(user_id, email)


def settle(user_id: str, email: str) -> None:
    """Write down the address that a person has in the user pool; repeatable.

    Raises:
        AccountNotActive: the account is being erased or is gone.
    """
    transaction = Transaction()
    transaction.update(Profile.of(user_id), [Profile.email.set(email)], LIVING, gone())
    transaction.delete(EmailChange.of(user_id))
    transaction.commit()


def _note(user_id: str, email: str, code: str) -> None:
    pending = EmailChange.of(user_id)
    pending.email, pending.code_mac = email, mac(_PURPOSE, _sealed(user_id, email, code))
    pending.expires_at = now() + 60 * CODE_MINUTES
    transaction = Transaction()
    transaction.check(Profile.of(user_id), LIVING, gone())
    transaction.put(pending)
    transaction.commit()


def _take_over(user_id: str, email: str) -> None:
    """Give a person an address in the pool unless they have it; the mark of its welcome goes first.

    Whoever comes back with either address, when this account is gone, has had their welcome.
    """
    holder = identity.find(email)
    if holder is not None and holder.id == user_id:
        return
    if holder is not None:
        if holder.is_confirmed:
            raise identity.AddressTaken("taken")
        identity.delete(holder.id)
    mark_welcomed(email)
    identity.change_email(user_id, email)


def _fits(pending: EmailChange, code: str) -> bool:
    return is_mac(pending.code_mac, _PURPOSE, _sealed(pending.pk, pending.email, code))


def _sealed(user_id: str, email: str, code: str) -> str:
    return f"{user_id}|{email}|{code}"
