"""The HTTP entry of the generate feature; its routes are in `routes/`, by subject."""

from functions.generate.routes import generations, offers, prompts, remixes, replay
from likeness import aws
from likeness.http import create_app, create_handler

app = create_app()
for routes in (offers, generations, remixes, prompts, replay):
    app.include_router(routes.router)

handler = create_handler(app, aws.stepfunctions)
