"""Upload: photos are presigned, put into the raw bucket, inspected, listed."""

from aws_cdk import Duration

from infra.access import DELETE, READ, WRITE, grant_list, grant_objects
from infra.constructs.house import House
from infra.data_stack import DataStack


def upload(house: House, data: DataStack) -> None:
    """Deploy the feature."""
    handler = house.entry("upload", "handler")
    inspect = house.entry(
        "upload",
        "events",
        memory=2048,
        timeout=Duration.seconds(60),
        pictures=True,
        unattended=True,
    )
    house.uploads.make(site_url=house.site.url, inspect=inspect)
    raw = house.uploads.named
    house.signing.grant_read(handler)
    data.users.grant(inspect, *READ)
    data.models.grant(handler, *READ)
    data.images.grant(handler, *DELETE)
    data.images.grant(inspect, *WRITE)
    grant_objects(raw, handler, "raw/", "Put Delete")
    grant_objects(raw, inspect, "raw/", "Get Delete")
    grant_list(raw, inspect)
    grant_objects(house.media, handler, "media/", "Delete")
    grant_objects(house.media, inspect, "media/", "Put Delete")
    house.api.route(handler, "GET POST /v1/photos", "GET DELETE /v1/photos/{photo_id}")
