"""D1, D32: of what the platform echoes, no part of the key is left, however it is written and wherever base64 has it."""

import pytest
from spellings import ODD, echoes, traces

from janitor.modelarts.credentials import AccessKey, secrets_of
from janitor.modelarts.known_secrets import KnownSecrets
from janitor.modelarts.remote_text import Cleaner

KEY = AccessKey("CANARY/ak+id.0123", f"{ODD}0123456789", f"token{ODD}==")


@pytest.mark.parametrize("part", [KEY.access_key, KEY.secret_key, KEY.security_token], ids=["key", "secret", "token"])
def test_d1_d32_no_spelling_of_a_part_of_the_key_is_left(part: str) -> None:
    cleaner = Cleaner(KnownSecrets(*secrets_of(KEY)))
    for echo in echoes(part):
        shown = cleaner.text(f"the server says {echo} and so on")
        assert "***" in shown
        assert not [trace for trace in traces(part) if trace in shown]


def test_d1_a_code_that_is_a_part_of_the_key_is_no_code() -> None:
    assert Cleaner(KnownSecrets(*secrets_of(KEY))).name("CANARY.0123") == "CANARY.0123"
    assert Cleaner(KnownSecrets("CANARY.0123")).name("CANARY.0123") is None
