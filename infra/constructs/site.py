"""The one host of a stage: web app, API and pictures behind one CDN."""

from typing import Any
from urllib.parse import urlsplit

from aws_cdk import RemovalPolicy
from aws_cdk import aws_certificatemanager as certificatemanager
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.headers import headers
from infra.constructs.signing_key import SigningKey
from infra.stages import Stage

EDGE_HEADER = "x-likeness-edge"
"""CloudFront keeps `x-edge-*` for itself."""

REWRITE = r"""
function handler(event) {
  var request = event.request;
  var page = request.uri.replace(/\/$/, '') === '/docs' ? '/docs/index.html' : '/index.html';
  if (request.uri.split('/').pop().indexOf('.') === -1) request.uri = page;
  return request;
}
"""


class Site(Construct):
    """A distribution with three behaviours: `/` web app, `/v1/*` API, `/media/*` pictures.

    The rewrite for the web app's own paths (and `/docs`, the page that shows the API) is a function on `/` and not
    an error page, which would turn the API's refusals into web pages. Pictures are never cached at the edge: what
    is deleted is gone at once.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        api_id: str,
        media: s3.IBucket,
        signing_key: SigningKey,
        upload_origin: str,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=stage.tls_only,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.bucket, "bucket access logs")
        everywhere: dict[str, Any] = {
            "viewer_protocol_policy": stage.viewer_protocol,
            "response_headers_policy": headers(self, upload_origin),
        }
        bucket = origins.S3BucketOrigin.with_origin_access_control
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            default_root_object="index.html",
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=stage.web_acl_arn or None,
            domain_names=[urlsplit(stage.site_url).netloc] if stage.certificate_arn else None,
            certificate=self._certificate(),
            default_behavior=cloudfront.BehaviorOptions(
                origin=bucket(self.bucket),
                function_associations=[self._rewrite()],
                **everywhere,
            ),
            additional_behaviors={
                "/v1/*": cloudfront.BehaviorOptions(
                    origin=stage.api_origin(api_id, {EDGE_HEADER: signing_key.edge_secret}),
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    origin_request_policy=(cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER),
                    **everywhere,
                ),
                "/media/*": cloudfront.BehaviorOptions(
                    origin=bucket(media),
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    trusted_key_groups=[signing_key.key_group],
                    **everywhere,
                ),
            },
        )
        acknowledge(self.distribution, "cdn access logs", "cdn options", "cdn certificate")
        self.url = stage.site_url or f"https://{self.distribution.distribution_domain_name}"

    def _certificate(self) -> certificatemanager.ICertificate | None:
        if not self._stage.certificate_arn:
            return None
        return certificatemanager.Certificate.from_certificate_arn(self, "Certificate", self._stage.certificate_arn)

    def _rewrite(self) -> cloudfront.FunctionAssociation:
        """Answer the web app's own paths with its one page."""
        return cloudfront.FunctionAssociation(
            event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
            function=cloudfront.Function(
                self,
                "Rewrite",
                code=cloudfront.FunctionCode.from_inline(REWRITE),
                runtime=cloudfront.FunctionRuntime.JS_2_0,
            ),
        )
