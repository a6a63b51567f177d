"""What is left of jobs when the darkroom starts again."""

from local.darkroom.jobs import Job, JobBook, token_of


def test_a_finished_job_is_still_there_after_a_restart(tmp_path):
    book = JobBook(tmp_path)
    job = Job("fal-ai/flux-lora", {"prompt": "x"}, "http://here", token="tok")
    book.accept(job)
    job.end({"images": []}, None)
    book.keep(job)
    found = JobBook(tmp_path).find(job.id)
    assert found is not None
    assert (found.state, found.result, found.app) == ("COMPLETED", {"images": []}, "fal-ai/flux-lora")


def test_an_open_job_has_failed_after_a_restart(tmp_path):
    book = JobBook(tmp_path)
    job = Job("fal-ai/flux-lora", {}, "http://here")
    book.accept(job)
    found = JobBook(tmp_path).find(job.id)
    assert found is not None
    assert found.failure is not None
    assert (found.state, found.failure.error_type) == ("COMPLETED", "runner_disconnected")


def test_the_log_counts_across_restarts(tmp_path):
    JobBook(tmp_path).accept(Job("fal-ai/flux-lora", {}, "", token="tok"))
    again = JobBook(tmp_path)
    again.accept(Job("fal-ai/flux-lora", {}, "", token="tok"))
    assert again.view()["per_token"] == {"tok": 2}


def test_a_job_that_has_ended_keeps_its_end(tmp_path):
    job = Job("fal-ai/flux-lora", {}, "")
    job.end({"seed": 1}, None)
    job.end({"seed": 2}, None)
    assert job.result == {"seed": 1}


def test_a_token_is_the_last_part_of_the_webhooks_path():
    assert token_of("https://x.test/v1/hooks/fal/abc.def?x=1") == "abc.def"
    assert token_of("") == ""
