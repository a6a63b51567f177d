"""What only real AWS has: a budget, alarms made of alarms and of arithmetic. Never deployed locally."""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.monitoring import FIVE_MINUTES, TOTAL, Monitoring
from infra.stages import Stage

AVAILABILITY_PERCENT = 99.9


class OpsStack(cdk.Stack):
    """The view over a whole stage: is it up, and what does it cost."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: Api, monitoring: Monitoring) -> None:
        super().__init__(scope, id_, env=stage.env, synthesizer=stage.synthesizer())
        topic = monitoring.topic
        self._budget(stage)
        outage = cloudwatch.CompositeAlarm(
            self,
            "Outage",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in monitoring.urgent)
            ),
        )
        outage.add_alarm_action(actions.SnsAction(topic))
        failed = cloudwatch.MathExpression(
            label="percent of requests that failed",
            expression="IF(all >= 100, 100 * failed / all, 0)",
            using_metrics={
                "failed": api.http.metric_server_error(**TOTAL),
                "all": api.http.metric_count(**TOTAL),
            },
            period=FIVE_MINUTES,
        )
        burning = failed.create_alarm(
            self,
            "ErrorBudget",
            alarm_description="Fourteen times faster than the month's error budget allows.",
            threshold=14 * (100 - AVAILABILITY_PERCENT),
            evaluation_periods=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        burning.add_alarm_action(actions.SnsAction(topic))

    def _budget(self, stage: Stage) -> None:
        """Warn when the month is going to cost more than planned."""
        subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=stage.alarm_email)
        warnings = [("FORECASTED", 100), ("ACTUAL", 80)]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=stage.monthly_budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percent in warnings
            ]
            if stage.alarm_email
            else None,
        )
