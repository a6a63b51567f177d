"""The security headers on every answer of the CDN, errors included."""

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    # The web app's library of components writes its variables into style elements.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' blob:",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Beside this, pages may talk to their own host and to the bucket for uploads."""


def headers(scope: Construct, upload_origin: str) -> cloudfront.ResponseHeadersPolicy:
    """Say what pages of this host may load and who may frame them."""
    security = cloudfront.ResponseHeadersContentSecurityPolicy(
        content_security_policy="; ".join(
            [*(f"{name} {value}" for name, value in POLICY.items()), f"connect-src 'self' {upload_origin}"]
        ),
        override=True,
    )
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=security,
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
                override=True,
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(730),
                include_subdomains=True,
                override=True,
            ),
        ),
    )
