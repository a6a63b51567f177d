"""The HTTP entry of the auth feature; its routes are in `routes/`, by who calls them."""

from functions.auth.routes import account, sessions, strangers
from likeness import aws
from likeness.http import create_app, create_handler

app = create_app()
for routes in (strangers, sessions, account):
    app.include_router(routes.router)

handler = create_handler(app, aws.cognito)
