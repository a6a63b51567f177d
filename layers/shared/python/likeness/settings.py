"""Every environment variable of every function, typed; the only place that reads the environment."""

import os
from functools import cache


class Settings:
    """The environment by name: a field is the lower-case name of a variable, read when it is used.

    A variable that a function was not given raises RuntimeError with its name, at first use.
    """

    stage: str
    users_table: str
    models_table: str
    images_table: str
    credits_table: str
    raw_bucket: str
    media_bucket: str
    site_url: str
    """The one public address, without a trailing slash."""
    signing_secret: str
    """Name of the secret with the media key, the service key, the MAC key and the edge secret."""
    fal_secret: str
    together_secret: str
    media_key_pair_id: str
    s3_addressing_style: str
    """`virtual`, or `path` where bucket hosts do not resolve."""
    mail_from: str
    """Sender of product mail; empty: none is sent."""
    user_pool_id: str
    user_pool_client_id: str
    training_machine: str
    generation_machine: str
    erasure_machine: str
    delivery_machine: str
    change_machine: str

    @property
    def is_deployed(self) -> bool:
        """Whether this process is a Lambda environment, so that clients are worth making at import."""
        return "AWS_LAMBDA_FUNCTION_NAME" in os.environ

    def __getattr__(self, name: str) -> str:
        """Read one variable."""
        try:
            return os.environ[name.upper()]
        except KeyError:
            message = f"the environment variable {name.upper()} is not set"
            raise RuntimeError(message) from None


@cache
def settings() -> Settings:
    """Return the settings of this function."""
    return Settings()
