"""Who people are: the user pool behind `/v1/auth` and its one client."""

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.stages import Stage


class Identity(Construct):
    """A pool with e-mail sign-in that only our own functions can sign people in to."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        record = cognito.StringAttribute(mutable=True)
        record_names = ("terms_version", "terms_at", "adult")
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            custom_attributes=dict.fromkeys(record_names, record),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=False,
                require_lowercase=False,
                require_symbols=False,
                require_uppercase=False,
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            email=cognito.UserPoolEmail.with_ses(from_email=stage.mail_from, from_name="Likeness")
            if stage.mail_from
            else cognito.UserPoolEmail.with_cognito(),
            feature_plan=cognito.FeaturePlan.PLUS if stage.threat_protection else None,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION
            if stage.threat_protection
            else None,
            deletion_protection=stage.retained,
            removal_policy=stage.removal,
        )
        acknowledge(self.pool, "password rules", "second factor", "pool plan")
        self.client = self.pool.add_client(
            "Client",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.minutes(15),
            id_token_validity=Duration.minutes(15),
            refresh_token_validity=Duration.days(30),
            write_attributes=cognito.ClientAttributes()
            .with_standard_attributes(email=True, fullname=True)
            .with_custom_attributes(*record_names),
        )
