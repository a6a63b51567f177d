"""Moto's user pool with what AWS has and moto lacks.

Added: codes that are checked, unconfirmed people who cannot sign in, unknown people who look like a wrong password
or a wrong code, the SECRET_HASH of every call (over the sub at a refresh), and refresh tokens that end by
revocation, sign-out, or with their person. Everything else is moto's.
"""

import base64
import hashlib
import hmac
from typing import Any, NoReturn

from botocore.exceptions import ClientError

CONFIRM_CODE = "123456"
RESET_CODE = "654321"


class Pool:
    """A `cognito-idp` client; `mails` holds what the pool has mailed: (kind, address)."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.mails: list[tuple[str, str]] = []
        self.sessions: dict[str, str] = {}
        self._resets: set[str] = set()
        self._secrets: dict[str, str] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._client, name)

    def sign_up(self, **sent: Any) -> Any:
        self.calls.append("sign_up")
        self._check_hash(sent["ClientId"], sent["Username"], sent["SecretHash"])
        answer = self._client.sign_up(**sent)
        self.mails.append(("confirm", sent["Username"]))
        return answer

    def confirm_sign_up(self, **sent: Any) -> Any:
        self._check_hash(sent["ClientId"], sent["Username"], sent["SecretHash"])
        user = self._find(sent["Username"])
        if user is None:
            refuse("CodeMismatchException")
        if user["UserStatus"] != "UNCONFIRMED":
            refuse("NotAuthorizedException")
        if sent["ConfirmationCode"] != CONFIRM_CODE:
            refuse("CodeMismatchException")
        return self._client.confirm_sign_up(**sent)

    def resend_confirmation_code(self, **sent: Any) -> Any:
        self._check_hash(sent["ClientId"], sent["Username"], sent["SecretHash"])
        user = self._find(sent["Username"])
        if user is not None:
            if user["UserStatus"] != "UNCONFIRMED":
                refuse("InvalidParameterException")
            self.mails.append(("confirm", sent["Username"]))
        return {"CodeDeliveryDetails": {}}

    def forgot_password(self, **sent: Any) -> Any:
        self._check_hash(sent["ClientId"], sent["Username"], sent["SecretHash"])
        user = self._find(sent["Username"])
        if user is not None:
            if user["UserStatus"] == "UNCONFIRMED":
                refuse("InvalidParameterException")
            if not user["Enabled"]:
                refuse("NotAuthorizedException")
            self._resets.add(sent["Username"])
            self.mails.append(("reset", sent["Username"]))
        return {"CodeDeliveryDetails": {}}

    def confirm_forgot_password(self, **sent: Any) -> Any:
        self._check_hash(sent["ClientId"], sent["Username"], sent["SecretHash"])
        if self._find(sent["Username"]) is None:
            refuse("CodeMismatchException")
        if sent["Username"] not in self._resets:
            refuse("ExpiredCodeException")
        if sent["ConfirmationCode"] != RESET_CODE:
            refuse("CodeMismatchException")
        self._resets.discard(sent["Username"])
        return self._client.confirm_forgot_password(**sent)

    def admin_initiate_auth(self, **sent: Any) -> Any:
        given = sent["AuthParameters"]
        if sent["AuthFlow"] == "REFRESH_TOKEN_AUTH":
            return self._refresh(sent, given)
        self._check_hash(sent["ClientId"], given["USERNAME"], given["SECRET_HASH"])
        user = self._find(given["USERNAME"])
        if user is None or not user["Enabled"]:
            refuse("NotAuthorizedException")
        if user["UserStatus"] == "UNCONFIRMED":
            refuse("UserNotConfirmedException")
        answer = self._client.admin_initiate_auth(**sent)
        self.sessions[answer["AuthenticationResult"]["RefreshToken"]] = sub(user)
        return answer

    def admin_user_global_sign_out(self, **sent: Any) -> Any:
        answer = self._client.admin_user_global_sign_out(**sent)
        self.sessions = {token: owner for token, owner in self.sessions.items() if owner != sent["Username"]}
        return answer

    def revoke_token(self, **sent: Any) -> Any:
        if sent["ClientSecret"] != self._secret(sent["ClientId"]):
            refuse("UnauthorizedException")
        if sent["Token"].startswith("broken"):
            refuse("UnsupportedTokenTypeException")
        self.sessions.pop(sent["Token"], None)
        return {}

    def _refresh(self, sent: Any, given: Any) -> Any:
        owner = self.sessions.get(given["REFRESH_TOKEN"])
        user = self._find(owner) if owner else None
        if owner is None or user is None or not user["Enabled"]:
            refuse("NotAuthorizedException")
        self._check_hash(sent["ClientId"], owner, given["SECRET_HASH"])
        return self._client.admin_initiate_auth(**sent)

    def _find(self, username: str) -> Any:
        try:
            return self._client.admin_get_user(UserPoolId=self._pool(), Username=username)
        except self._client.exceptions.UserNotFoundException:
            return None

    def _pool(self) -> str:
        return str(self._client.list_user_pools(MaxResults=1)["UserPools"][0]["Id"])

    def _secret(self, client_id: str) -> str:
        if client_id not in self._secrets:
            found = self._client.describe_user_pool_client(UserPoolId=self._pool(), ClientId=client_id)
            self._secrets[client_id] = found["UserPoolClient"]["ClientSecret"]
        return self._secrets[client_id]

    def _check_hash(self, client_id: str, username: str, shown: str) -> None:
        key = self._secret(client_id).encode()
        expected = hmac.digest(key, (username + client_id).encode(), hashlib.sha256)
        if base64.b64encode(expected).decode() != shown:
            refuse("NotAuthorizedException", "Unable to verify secret hash")


def sub(user: Any) -> str:
    return next(str(entry["Value"]) for entry in user["UserAttributes"] if entry["Name"] == "sub")


def refuse(code: str, message: str = "refused") -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": message}}, "Cognito")
