"""One picture from order to outcome: buy, wait, fetch, check, write anew, deliver."""

from time import monotonic, sleep

from functions.generate.service.outcome import deliver_picture, miss_picture
from functions.generate.service.purchase import buy
from functions.generate.service.rows import try_update
from likeness.errors import ContentRefused, InputRefused, VendorAccount, VendorBusy, VendorError, VendorTransient
from likeness.generation import find_generation, remove_undelivered
from likeness.items.generation import Generation, GenerationStatus, Ordered
from likeness.items.row import now
from likeness.observability import count, logger
from likeness.pictures import PictureRefused, PreparedRender, prepare_render
from likeness.vendors import renderer
from likeness.vendors.protocol import Picture, Ref, Renderer

WAIT_SECONDS = 540
"""How long one try waits for the vendor; the step has 670 s for everything."""
STEP_SECONDS = 120
LOOK_SECONDS = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0


class _OrderOver(Exception):
    """The order has ended while the vendor was at work."""


class _Missed(Exception):
    """The picture will not come: `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def render_picture(user_id: str, generation_id: str, number: int) -> None:
    """Bring one picture to its outcome; called again it resumes, buys nothing twice and delivers once.

    Raises:
        VendorTransient, VendorBusy: nothing is lost; call again.
    """
    generation = find_generation(user_id, generation_id)
    if generation is None:
        return
    if not _is_wanted(generation, number):
        _clean_up(user_id, generation_id)
        return
    ordered = generation.ordered
    try:
        render = _made(generation, number, ordered)
    except _OrderOver:
        return
    except _Missed as missed:
        miss_picture(generation, number, missed.code)
    else:
        deliver_picture(generation, number, ordered, render)


def give_up(user_id: str, generation_id: str, number: int, error_name: str) -> None:
    """Say that a picture will not come, because the workflow's tries are over; repeatable."""
    generation = find_generation(user_id, generation_id)
    if generation is not None:
        codes = {"VendorBusy": "vendor_busy", "VendorTransient": "vendor_transient"}
        miss_picture(generation, number, codes.get(error_name, "internal_error"))


def _is_wanted(generation: Generation, number: int) -> bool:
    """Say whether a picture has no outcome yet; if so, the order counts as running and is looked at later."""
    if generation.is_over or number not in generation.waiting:
        return False
    if generation.status == GenerationStatus.QUEUED.value:
        actions = [Generation.status.set(GenerationStatus.RUNNING.value), Generation.version.add(1)]
        try_update(generation, actions, Generation.status == GenerationStatus.QUEUED.value)
    check_at = Generation.check_at.set(now() + WAIT_SECONDS + STEP_SECONDS)
    return try_update(generation, [check_at], Generation.open.exists())


def _clean_up(user_id: str, generation_id: str) -> None:
    """Remove what a killed try may have stored for an order that has ended since."""
    generation = find_generation(user_id, generation_id)
    if generation is not None and generation.is_over:
        remove_undelivered(generation)


def _made(generation: Generation, number: int, ordered: Ordered) -> PreparedRender:
    vendor = renderer(ordered.endpoint)
    try:
        bought = buy(generation, number, ordered, vendor)
        if isinstance(bought, Picture):
            return _prepared(bought, ordered)
        _wait(generation, bought, vendor)
        return _fetched(bought, vendor, ordered)
    except (VendorBusy, VendorTransient):
        raise
    except PictureRefused:
        raise _Missed("vendor_bad_response") from None
    except VendorError as error:
        logger.warning("picture not made", extra={"code": error.code, "number": number})
        if isinstance(error, VendorAccount):
            count("VendorAccountRefused")
        raise _Missed(error.code) from error


def _wait(generation: Generation, ref: Ref, vendor: Renderer) -> None:
    """Wait until the vendor has finished; stop it when the order ends meanwhile."""
    ends_at, look_at, pause = monotonic() + WAIT_SECONDS, 0.0, FIRST_PAUSE
    while True:
        if monotonic() >= look_at:
            _demand_open(generation, ref, vendor)
            look_at = monotonic() + LOOK_SECONDS
        progress = vendor.poll(ref)
        if progress.state == "done":
            return
        if progress.state == "failed":
            raise _final(progress.error)
        if monotonic() >= ends_at:
            raise VendorTransient("The AI vendor has not finished yet.")
        sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)


def _demand_open(generation: Generation, ref: Ref, vendor: Renderer) -> None:
    """Go on only while the order is open and in time; stop the vendor otherwise.

    First asked after the vendor's reference was stored: so either this or a cancel, which ends the order
    before it reads the references, sees the other.
    """
    current = find_generation(generation.pk, generation.id)
    is_over = current is None or current.is_over
    if not is_over and now() < int(generation.deadline):
        return
    try:
        vendor.cancel(ref)
    except VendorError:
        count("TidyingFailed")
    if is_over:
        raise _OrderOver
    raise _Missed("deadline_exceeded")


def _final(error: VendorError | None) -> VendorError:
    """Return why a job failed; no kind that asks for another try, for the job was bought and has ended."""
    if isinstance(error, ContentRefused | InputRefused | VendorAccount):
        return error
    return VendorError("The AI vendor could not make this picture.")


def _fetched(ref: Ref, vendor: Renderer, ordered: Ordered) -> PreparedRender:
    """Fetch the picture; one that cannot be read is fetched once more."""
    try:
        return _prepared(_result(ref, vendor), ordered)
    except PictureRefused:
        return _prepared(_result(ref, vendor), ordered)


def _result(ref: Ref, vendor: Renderer) -> Picture:
    try:
        return vendor.result(ref)
    except VendorError as error:
        if type(error) is VendorError:
            raise _Missed("vendor_bad_response") from error
        raise


def _prepared(picture: Picture, ordered: Ordered) -> PreparedRender:
    """Write a picture anew, marked; a flagged or blanked one is dropped."""
    if picture.flagged:
        raise _Missed("flagged")
    render = prepare_render(picture.content, ordered.base_model_name)
    if render.is_black:
        raise _Missed("flagged")
    return render
