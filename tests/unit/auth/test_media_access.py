"""Which media a session opens, by the rules of CloudFront."""

import time

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from local.media_signature import Refused, Visit, verify
from tests.unit.auth.conftest import SITE, join, login


def is_let_in(media_key: str, path: str, query: str = "", cookies: dict[str, str] | None = None) -> bool:
    """Whether CloudFront would serve a path, by its documented rules."""
    public = load_pem_private_key(media_key.encode(), None).public_key()
    key = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    visit = Visit(url=f"https://likeness.test{path}" + (f"?{query}" if query else ""), cookies=cookies or {})
    try:
        verify(visit, {"K2TESTKEYPAIR": key}, time.time())
    except Refused:
        return False
    return True


def test_media_access_opens_ones_own_media_and_nothing_else(media_key):
    user = join()
    query = login().json["media"]["query"]
    cookies = login(client="browser", headers=SITE).cookies
    paths = [f"/media/u/{user}/photos/1/photo.jpg", "/media/u/someone/photos/1/photo.jpg", "/media/v/x/weights"]
    assert [is_let_in(media_key, path, query) for path in paths] == [True, False, False]
    assert [is_let_in(media_key, path, cookies=cookies) for path in paths] == [True, False, False]
