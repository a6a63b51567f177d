"""The HTTP entry of the gallery feature; its routes are in `routes/`, by subject."""

from functions.gallery.routes import changes, collections, downloads, images, manifest, shares
from likeness import aws
from likeness.http import create_app, create_handler

app = create_app()
for routes in (changes, collections, downloads, images, manifest, shares):
    app.include_router(routes.router)

handler = create_handler(app, aws.s3)
