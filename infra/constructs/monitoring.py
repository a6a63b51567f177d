"""What must not go unseen: alarms that send a mail, and one page of graphs."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.acknowledged import acknowledge

FIVE_MINUTES = Duration.minutes(5)
TOTAL: dict[str, Any] = {"period": FIVE_MINUTES, "statistic": "Sum"}


class Monitoring(Construct):
    """An alarm for everything that fails; an error answered as a 500 is no error of its function.

    `urgent` holds the alarms that mean that people are affected now.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        functions: Iterable[lambda_.Function],
        machines: Mapping[str, sfn.StateMachine],
        api: apigateway.HttpApi,
        undelivered: sqs.Queue,
        email: str,
    ) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        acknowledge(self.topic, "alarm topic")
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self.urgent = [self._alarm("ApiErrors", api.metric_server_error(**TOTAL), 5)]
        for name, machine in machines.items():
            self.urgent.append(self._alarm(f"{name}Failed", machine.metric_failed(**TOTAL)))
            self._alarm(f"{name}TimedOut", machine.metric_timed_out(**TOTAL))
        depth = undelivered.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES)
        self.urgent.append(self._alarm("Undelivered", depth))
        watched = list(functions)
        for function in watched:
            self._alarm(f"{function.node.id}Errors", function.metric_errors(**TOTAL))
            self._alarm(f"{function.node.id}Throttles", function.metric_throttles(**TOTAL))
        self._dashboard(watched, api)

    def _alarm(self, name: str, metric: cloudwatch.IMetric, threshold: int = 1) -> cloudwatch.Alarm:
        """Tell the topic when a sum reaches its threshold within five minutes."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def _dashboard(self, functions: list[lambda_.Function], api: apigateway.HttpApi) -> None:
        """Draw what the API answers, how long it takes and what fails."""
        slow: dict[str, Any] = {"period": FIVE_MINUTES, "statistic": "p95"}
        graph = cloudwatch.GraphWidget
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    graph(title="Requests", left=[api.metric_count(**TOTAL)]),
                    graph(title="Latency p95", left=[api.metric_latency(**slow)]),
                    graph(
                        title="Refused and failed",
                        left=[api.metric_client_error(**TOTAL), api.metric_server_error(**TOTAL)],
                    ),
                ],
                [
                    graph(title="Duration p95", left=[f.metric_duration(**slow) for f in functions]),
                    graph(title="Errors", left=[f.metric_errors(**TOTAL) for f in functions]),
                    graph(title="Throttles", left=[f.metric_throttles(**TOTAL) for f in functions]),
                ],
            ],
        )
