"""Starting a change of all that match, and running its steps as the machine does."""

import boto3

from functions.gallery import tasks
from functions.gallery.handler import handler
from tests.conftest import ENVIRONMENT
from tests.support import call, step


class Killed(Exception):
    """The step dies here."""


def start(change, filters=None, key=None, user="ada"):
    body = {"filters": filters or {}, "change": change}
    return call(handler, "POST", "/v1/images/changes", body, user=user, key=key)


def started(change, filters=None):
    reply = start(change, filters)
    assert reply.status == 202, reply.body
    return reply.json["id"]


def read(job_id, user="ada"):
    return call(handler, "GET", f"/v1/images/changes/{job_id}", user=user)


def run_step(job_id, cursor=None):
    job = {"user_id": "ada", "kind": "change", "job_id": job_id}
    return step(tasks.handler, "change", job=job, cursor=cursor)["cursor"]


def run(job_id, cursor=None):
    """Call the step as the machine does; return how the job stands then."""
    while (cursor := run_step(job_id, cursor)) is not None:
        pass
    return read(job_id).json


def stands(view):
    return view["status"], view["total"], view["done"], view["missed"]


def executions(job_id):
    states = boto3.client("stepfunctions")
    found = states.list_executions(stateMachineArn=ENVIRONMENT["CHANGE_MACHINE"])["executions"]
    return {one["name"]: one["status"] for one in found if one["name"].startswith(job_id)}
