"""D1, D32: of what the platform echoes, no part of the key is left, however it is written and wherever base64 has it."""

import re
from urllib.parse import quote

import pytest
from spellings import ODD, echoes, traces

from janitor.modelarts.credentials import AccessKey, secrets_of
from janitor.modelarts.known_secrets import MOST_OUTDATED, KnownSecrets
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


def test_d1_a_secret_in_use_is_never_forgotten_and_of_the_others_the_latest_are_known() -> None:
    class Owner:
        """Somebody who uses a secret."""

    known, owners = KnownSecrets(), [Owner() for _ in range(MOST_OUTDATED + 2)]
    for number, owner in enumerate(owners):
        known.obtain(f"secret-{number}")
        known.use(owner, f"secret-{number}")
    assert len(known.values()) == len(owners)
    for number in range(MOST_OUTDATED + 2):
        known.use(owners[0], f"another-{number}")
    last = {f"another-{number}" for number in range(1, MOST_OUTDATED + 2)}
    assert set(known.values()) == last | {f"secret-{number}" for number in range(1, MOST_OUTDATED + 2)}
    known.retire(owners.pop())
    known.obtain()
    assert len(known.values()) == 2 * MOST_OUTDATED + 1
    assert f"secret-{MOST_OUTDATED + 1}" in known.values()


@pytest.mark.parametrize("part", [KEY.secret_key, KEY.security_token, "t" * 9000], ids=["secret", "token", "long token"])
def test_d1_of_a_long_text_the_beginning_is_looked_at_and_no_half_of_a_secret_is_left_at_its_end(part: str) -> None:
    """The text shrinks to less than what is shown, so that its end shows."""
    cleaner, long = Cleaner(KnownSecrets(part, "x" * 70)), "x" * 3900
    for echo in (part, quote(part, safe=""), "0a" * 32):
        for before in range(5, 99):
            shown = cleaner.text(f"{long} {'- ' * before}{echo} {'y' * 9000}")
            assert re.fullmatch(r"\*\*\* (- ?)+(\*\*\*)?( y*)?…", shown), shown


def test_d1_a_long_text_takes_no_longer_to_clean_than_its_beginning() -> None:
    looked_at = list[int]()

    class Counted(Cleaner):
        """Notes how long the texts are in which secrets are looked for."""

        def _secrets(self) -> "re.Pattern[str]":
            pattern = super()._secrets()

            class Found:
                def finditer(self, text: str) -> object:
                    looked_at.append(len(text))
                    return pattern.finditer(text)

            return Found()  # type: ignore[return-value]

    for length in (300, 10_000, 1_000_000):
        Counted(KnownSecrets("a secret")).text("<p>" * length)
    assert looked_at[1] == looked_at[2]
