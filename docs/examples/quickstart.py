"""Order a picture and save it, with the typed client of the API.

    make client && pip install .build/client
    python docs/examples/quickstart.py http://localhost:8787 ada@example.org "her password" "a lighthouse at dawn"

Everything the service can do is a function below `likeness_client.api`, named as in the description at `/docs`.
"""

import sys
import time
import uuid
from pathlib import Path

import httpx
from likeness_client import AuthenticatedClient
from likeness_client import Client as PublicClient
from likeness_client.api.auth import login
from likeness_client.api.generate import quote_generation, read_generation, start_generation
from likeness_client.models import (
    Client,
    GenerationRequest,
    GenerationView,
    LoginRequest,
    Problem,
    QuoteView,
    SessionView,
    StartedView,
)


def main(site: str, email: str, password: str, prompt: str) -> None:
    """Sign in, ask for the price, order one picture, wait for it, save it."""
    credentials = LoginRequest(email=email, password=password, client=Client.NATIVE)
    session = login.sync(client=PublicClient(base_url=site), body=credentials)
    if not isinstance(session, SessionView):
        sys.exit(explain(session))
    client = AuthenticatedClient(base_url=site, token=session.access_token)

    order = GenerationRequest(prompt=prompt, base_model="flux-2-dev", style="oil", aspect_ratio="4:3", count=1)
    quote = quote_generation.sync(client=client, body=order)
    if not isinstance(quote, QuoteView):
        sys.exit(explain(quote))
    print(f"costs {quote.credits_} credits, {quote.available} are available")

    # The key makes the order safe to send again: it is made and paid once.
    started = start_generation.sync(client=client, body=order, idempotency_key=str(uuid.uuid4()))
    if not isinstance(started, StartedView):
        sys.exit(explain(started))
    generation = wait(client, started.id)
    if generation.error:
        print(generation.error)
    for picture in generation.pictures:
        if picture.media:
            file = Path(f"likeness-{picture.image_id}.webp")
            file.write_bytes(httpx.get(f"{site}{picture.media.original}?{session.media.query}").content)
            print(f"saved {file}")


def wait(client: AuthenticatedClient, generation_id: str) -> GenerationView:
    """Return an order once it has ended, which it does by its deadline whatever happens."""
    while True:
        generation = read_generation.sync(generation_id, client=client)
        if not isinstance(generation, GenerationView):
            sys.exit(explain(generation))
        if generation.ended_at:
            return generation
        time.sleep(1)


def explain(problem: Problem | None) -> str:
    """Say what the API said: `code` is stable, `detail` is for people."""
    return f"{problem.code}: {problem.detail}" if problem else "no answer"


if __name__ == "__main__":
    main(*sys.argv[1:5])
