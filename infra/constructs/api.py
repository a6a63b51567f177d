"""The HTTP API: private unless a route says that it is public."""

import json
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.feature import log_group
from infra.constructs.identity import Identity

SCOPE = "aws.cognito.signin.user.admin"
"""Access tokens of Cognito have it, ID tokens lack it."""


class Api(Construct):
    """Routes to functions; a route without a word about it wants an access token of our pool."""

    def __init__(self, scope: Construct, id_: str, *, identity: Identity) -> None:
        super().__init__(scope, id_)
        # The pool's own URL attribute cannot cross stacks on the emulator, so it is built here.
        region, pool = Stack.of(self).region, identity.pool.user_pool_id
        self.http = apigateway.HttpApi(
            self,
            "Http",
            create_default_stage=False,
            default_authorizer=authorizers.HttpJwtAuthorizer(
                "Access",
                f"https://cognito-idp.{region}.amazonaws.com/{pool}",
                jwt_audience=[identity.client.user_pool_client_id],
            ),
            default_authorization_scopes=[SCOPE],
        )
        served = apigateway.HttpStage(
            self,
            "Default",
            http_api=self.http,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=200, burst_limit=400),
        )
        self._log(served)
        self._integrations: dict[lambda_.Function, integrations.HttpLambdaIntegration] = {}

    def route(self, function: lambda_.Function, *routes: str, public: bool = False) -> None:
        """Send routes like `"GET POST /v1/photos"` to a function."""
        for line in routes:
            *methods, path = line.split()
            made = self.http.add_routes(
                path=path,
                methods=[apigateway.HttpMethod[method] for method in methods],
                integration=self._integration(function),
                authorizer=apigateway.HttpNoneAuthorizer() if public else None,
                authorization_scopes=[] if public else None,
            )
            if public:
                for route in made:
                    acknowledge(route, "public route")

    def otherwise(self, function: lambda_.Function) -> None:
        """Send every path that has no route to a function, which says so in our own words."""
        route = apigateway.HttpRoute(
            self,
            "Otherwise",
            http_api=self.http,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=self._integration(function),
            authorizer=apigateway.HttpNoneAuthorizer(),
            authorization_scopes=[],
        )
        acknowledge(route, "public route")

    def _log(self, served: apigateway.HttpStage) -> None:
        """Write one JSON line a request, without query, address or body."""
        fields = ("requestId", "routeKey", "status", "responseLatency", "integrationErrorMessage")
        template = cast("apigateway.CfnStage", served.node.default_child)
        template.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group(self, "AccessLog").log_group_arn,
            format=json.dumps({name: f"$context.{name}" for name in fields}),
        )

    def _integration(self, function: lambda_.Function) -> integrations.HttpLambdaIntegration:
        """Return the one integration of a function: one permission for all of its routes."""
        if function not in self._integrations:
            self._integrations[function] = integrations.HttpLambdaIntegration(
                function.node.id, function, scope_permission_to_route=False
            )
        return self._integrations[function]
