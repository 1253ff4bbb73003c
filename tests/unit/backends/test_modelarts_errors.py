"""What an error of the ModelArts library means for a deletion."""

import pytest

from janitor.backends.modelarts_errors import BATCH_FATES, FATES, Fates, reply_to
from janitor.backends.port import Answer
from janitor.modelarts import Unsendable


@pytest.mark.parametrize("fates", [FATES, BATCH_FATES], ids=["singly", "batch"])
def test_a_request_that_cannot_be_written_was_certainly_not_sent(fates: Fates) -> None:
    reply = reply_to(Unsendable("DELETE /x not sent"), fates)
    assert (reply.answer, reply.code, reply.ends_sweep) == (Answer.UNSENT, "unsendable", False)
