"""The schedules: faults of the vendor, named by the rows of the failure table that they play through."""

from dataclasses import dataclass, field

from tests.reliability.faults.evidence import Fault

ALWAYS = -1


@dataclass(frozen=True)
class OrderSchedule:
    """Faults, and how the pictures of the order end: `done` or the code of what is missing."""

    faults: tuple[Fault, ...]
    ends: dict[str, int] = field(default_factory=lambda: {"done": 1})
    bought: int = 1
    vendor: str = "fal"

    @property
    def pictures(self) -> int:
        """How many are ordered."""
        return sum(self.ends.values())


def one(fault: str, end: str = "done", *, bought: int = 1, vendor: str = "fal", **params: int) -> OrderSchedule:
    """An order of one picture with one fault."""
    return OrderSchedule(({"fault": fault, **params},), {end: 1}, bought, vendor)


ORDERS = {
    "G5 500 after the vendor accepted": one("submit_500_after_accept", "vendor_unknown"),
    "G6 busy twice": one("429", times=2),
    "G7 500 that accepted nothing": one("500", "vendor_unknown", bought=0),
    "G8 no answer in time": one("timeout_after_accept", "vendor_unknown", seconds=40),
    "G9 cut JSON once": one("truncated_body"),
    "G9 a page for ever": one("html_body", "vendor_bad_response", times=ALWAYS),
    "G9 no URL": one("missing_url", "vendor_bad_response"),
    "G10 flagged and black": one("nsfw", "flagged"),
    "G10 content policy": one("content_policy", "content_refused"),
    "G11 two of four": OrderSchedule(
        ({"fault": "partial"}, {"fault": "nsfw"}), {"done": 2, "vendor_bad_response": 1, "flagged": 1}, bought=4
    ),
    "G12 redirect": one("redirect", "vendor_bad_response"),
    "G12 other host": one("other_host", "vendor_bad_response"),
    "G12 over 25 MB": one("huge_image", "vendor_bad_response"),
    "G12 cut picture": one("truncated_image", "vendor_bad_response"),
    "G12 wrong type": one("wrong_type", "vendor_bad_response"),
    "G12 slow file": one("slow_file", seconds=3),
    "the vendor fails": one("vendor_fails", "vendor_error"),
    "the vendor does not say": OrderSchedule(({"fault": "poll_500", "times": 2}, {"fault": "poll_429", "times": 2})),
    "Together: busy twice": one("429", times=2, vendor="together"),
    "Together: 500 after it accepted": one("submit_500_after_accept", "vendor_unknown", vendor="together"),
    "Together: flagged": one("nsfw", "content_refused", vendor="together"),
}


@dataclass(frozen=True)
class TrainingSchedule:
    """Faults, how the training ends (`succeeded` or a code), and what each call of its webhook is answered."""

    faults: tuple[Fault, ...]
    end: str = "succeeded"
    answers: tuple[int, ...] | None = (200,)
    bought: int = 1

    @property
    def hangs(self) -> bool:
        """Whether only its deadline ends it."""
        return self.end == "deadline_exceeded"


FORGED = (401, 401)
TRAININGS = {
    "G5 500 after the vendor accepted": TrainingSchedule(({"fault": "submit_500_after_accept"},)),
    "G5 500 after the vendor accepted, webhook lost": TrainingSchedule(
        ({"fault": "submit_500_after_accept"}, {"fault": "webhook_lost"}), "deadline_exceeded", ()
    ),
    "G6 busy twice": TrainingSchedule(({"fault": "429", "times": 2},)),
    "G7 500 that accepted nothing": TrainingSchedule(({"fault": "500"},), "deadline_exceeded", None, bought=0),
    "G8 no answer in time": TrainingSchedule(({"fault": "timeout_after_accept", "seconds": 40},)),
    "G9 a page for ever": TrainingSchedule(({"fault": "html_body", "times": ALWAYS},), "vendor_error"),
    "G12 other host": TrainingSchedule(({"fault": "other_host"},), "vendor_error"),
    "T1 webhook doubled": TrainingSchedule(({"fault": "webhook_doubled"},), answers=(200, 200)),
    "T2 webhook forged": TrainingSchedule(({"fault": "webhook_forged"},), answers=FORGED),
    "T4 webhook late": TrainingSchedule(({"fault": "webhook_late", "seconds": 20},)),
    "T5 webhook before the answer": TrainingSchedule(({"fault": "webhook_early", "seconds": 15},)),
    "T6 webhook lost": TrainingSchedule(({"fault": "webhook_lost"},), answers=()),
    "T6 never finishes": TrainingSchedule(({"fault": "never_finishes"},), "deadline_exceeded", ()),
    "T7 the vendor fails": TrainingSchedule(({"fault": "vendor_fails"},), "vendor_transient"),
    "T12 weights that are none": TrainingSchedule(({"fault": "bad_weights"},), "vendor_error"),
    "the vendor does not say": TrainingSchedule(
        ({"fault": "poll_500", "times": 2}, {"fault": "poll_429", "times": 2}, {"fault": "webhook_lost"}), answers=()
    ),
}
