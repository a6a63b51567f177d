"""Order a picture and save it, with the typed client of the API.

    make client && pip install .build/client
    python docs/examples/quickstart.py http://localhost:8787 ada@example.org "her password" "a lighthouse at dawn"

`Likeness` has a method for everything the service does, named as in the description at `/docs`.
"""

import sys
import time
import uuid
from pathlib import Path

import httpx
from likeness_client import Likeness, Refused
from likeness_client.models import Client, GenerationRequest, LoginRequest


def main(site: str, email: str, password: str, prompt: str) -> None:
    """Sign in, ask for the price, order one picture, wait for it, save it."""
    session = Likeness(site).login(LoginRequest(email=email, password=password, client=Client.NATIVE))
    api = Likeness(site, session.access_token)

    order = GenerationRequest(prompt=prompt, base_model="flux-2-dev", style="oil", aspect_ratio="4:3", count=1)
    quote = api.quote_generation(order)
    print(f"costs {quote.credits_} credits, {quote.available} are available")

    # The key makes the order safe to send again: it is made and paid once.
    started = api.start_generation(order, idempotency_key=str(uuid.uuid4()))
    generation = api.read_generation(started.id)
    while generation.ended_at is None:  # it ends by its deadline, whatever happens
        time.sleep(1)
        generation = api.read_generation(started.id)

    if generation.error:
        print(generation.error)
    for picture in generation.pictures:
        if picture.media:
            file = Path(f"likeness-{picture.image_id}.webp")
            file.write_bytes(httpx.get(f"{site}{picture.media.original}?{session.media.query}").content)
            print(f"saved {file}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:5])
    except Refused as refused:
        sys.exit(f"{refused.code}: {refused.body.get('detail')}")
