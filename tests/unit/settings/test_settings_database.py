"""Addresses of databases: read strictly, so that whoever reads them later finds the same host, user and database in them."""

import pytest
from sqlalchemy import make_url

from janitor.settings.database_url import parse_database_url

START = "postgresql+psycopg://"


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("janitor@db/janitor", "db", None),
        ("janitor@db.example.com:5433/ledger-1", "db.example.com", 5433),
        ("ann%40tenant@db/janitor", "db", None),
        ("janitor@[::1]:5432/janitor", "::1", 5432),
        ("janitor@10.0.0.1/janitor?sslmode=verify-full&sslrootcert=/etc/janitor/ca.crt", "10.0.0.1", None),
        ("janitor@/janitor?host=/run/postgresql&port=5433", None, None),
    ],
)
def test_what_an_address_says_is_what_the_driver_reads(address: str, host: str | None, port: int | None) -> None:
    read = make_url(parse_database_url(START + address))
    assert (read.host, read.port, read.password) == (host, port, None)
    assert read.username is not None
    assert read.database is not None


@pytest.mark.parametrize(
    "address",
    [
        "janitor:s3cret@db/janitor",
        "janitor:5432/s3cret@db",
        "janitor@db/janitor?password=s3cret",
        "janitor@db/janitor?PASSWORD=s3cret",
    ],
)
def test_d1_an_address_with_a_password_is_refused_and_never_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="has a password; write it as `password:") as refused:
        parse_database_url(START + address)
    assert "s3cret" not in str(refused.value)


@pytest.mark.some(11)
@pytest.mark.parametrize(
    "address",
    [
        "db/janitor",
        "janitor@/janitor",
        "janitor@db",
        "janitor@db/",
        "janitor@db:/janitor",
        "janitor@db:0/janitor",
        "janitor@db:70000/janitor",
        "janitor@a..b/janitor",
        "janitor@db,other/janitor",
        "janitor@db/janitor/more",
        "janitor@db/janitor#part",
        "janitor@db/janitor?host=/tmp",
        "janitor@/janitor?host=/tmp,elsewhere",
        "janitor@/janitor?host=elsewhere",
        "janitor@/janitor?host=/tmp&host=/run",
        "janitor@db/janitor?port=5433",
        "janitor@:5433/janitor?host=/tmp",
        "janitor@db/janitor?sslmode=verify-ful",
        "janitor@db/janitor?sslmode=require&sslmode=disable",
        "janitor@db/janitor?sslrootcert=ca.crt",
        "janitor@db/janitor?options=-csynchronous_commit%3Doff",
        "janitor@db/janitor?target_session_attrs=read-only",
        "janitor@db/janitor?service=elsewhere",
    ],
)
def test_d15_d16_an_address_that_could_be_read_in_two_ways_or_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is no address|must name one host|has an option|has the option|has its port"):
        parse_database_url(START + address)
