"""Where a ModelArts job wrote: every place that the documents name, each address once, and nothing odd."""

from typing import Any

import pytest
from hypothesis import given
from json_values import json_values

from janitor.backends.modelarts_outputs import LONGEST_ADDRESS, MOST_ADDRESSES, read_outputs, read_outputs_v1


def output(url: Any) -> dict[str, Any]:
    return {"name": "train_url", "remote": {"obs": {"obs_url": url}}}


def test_every_place_that_the_documents_name_is_read_in_their_order() -> None:
    document = {
        "algorithm": {"outputs": [output("/a/out/")], "summary": {"log_dir": {"pfs": {"pfs_path": "obs://pfs/board/"}}}},
        "spec": {
            "output_model": {"obs": {"obs_path": "obs://b/model/"}},
            "log_export_path": {"obs_url": "/c/log/", "host_path": "/var/log"},
            "volumes": [{"nfs": {"nfs_server_path": "10.0.0.1:/data", "read_only": False}}],
        },
        "tasks": [
            {"algorithm": {"outputs": output("/d/out/")}, "log_export_path": {"obs_url": "/d/log/"}},
            {"algorithm": {"outputs": [output("/e/out/"), output("/a/out/")]}, "log_export_path": {}},
        ],
    }
    assert read_outputs(document) == (
        *("/a/out/", "obs://b/model/", "obs://pfs/board/", "/c/log/"),
        *("/d/out/", "/d/log/", "/e/out/"),
    )


def test_of_a_job_that_tells_none_nothing_is_made_up() -> None:
    """And it holds the one empty tuple, as a million jobs may."""
    assert read_outputs({"algorithm": {"outputs": []}, "spec": {"log_export_path": {}}, "tasks": []}) is read_outputs({})
    assert read_outputs({}) == ()


@pytest.mark.parametrize("odd", [None, "", 0, True, ["/bkt/"], {"obs_url": "/bkt/"}])
def test_an_odd_output_is_left_out_and_the_others_stay(odd: Any) -> None:
    document = {"algorithm": {"outputs": [output(odd), output("/bkt/a/"), odd]}, "spec": {"log_export_path": {"obs_url": odd}}}
    assert read_outputs(document) == ("/bkt/a/",)


def test_d1_an_address_is_read_without_its_credentials() -> None:
    signed = "https://bob:hunter6@bkt.obs.example/out/?AccessKeyId=AAA&Signature=hunter7"
    (shown,) = read_outputs({"algorithm": {"outputs": [output(signed)]}})
    assert shown == read_outputs_v1([{"train_url": signed}])[0] == "https://***@bkt.obs.example/out/?AccessKeyId=***"


def test_every_version_of_a_v1_job_is_read() -> None:
    versions = [{"train_url": f"/b/{number}/", "log_url": "/b/log/"} for number in range(3)]
    assert read_outputs_v1([*versions, {"train_url": "", "log_url": None}]) == ("/b/0/", "/b/log/", "/b/1/", "/b/2/")


@given(json_values)
def test_whatever_stands_in_the_places_only_texts_are_taken(odd: Any) -> None:
    places = {
        "algorithm": {"outputs": odd, "summary": odd},
        "spec": {"output_model": odd, "log_export_path": odd},
        "tasks": [odd, {"algorithm": odd, "log_export_path": {"obs_url": odd}}],
    }
    for document in (places, {"algorithm": odd, "spec": odd, "tasks": odd}):
        assert all(isinstance(each, str) and each for each in read_outputs(document))


@pytest.mark.parametrize(("length", "is_told"), [(LONGEST_ADDRESS, True), (LONGEST_ADDRESS + 1, False)])
def test_d3_what_is_too_long_for_an_address_is_none(length: int, *, is_told: bool) -> None:
    address = "/" + "x" * (length - 1)
    assert read_outputs({"algorithm": {"outputs": [output(address)]}}) == ((address,) if is_told else ())
    assert read_outputs_v1([{"train_url": address}]) == ((address,) if is_told else ())


def test_d3_no_job_has_addresses_without_end() -> None:
    rows = [output(f"/b/{number // 2}/") for number in range(2 * MOST_ADDRESSES + 2)]
    found = read_outputs({"algorithm": {"outputs": rows}})
    assert (len(found), found[-1]) == (MOST_ADDRESSES, f"/b/{MOST_ADDRESSES - 1}/")
