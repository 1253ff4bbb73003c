"""Random walks with the ledger on a real server: whatever befalls the way to it, no invariant breaks and sweeps settle it."""

from collections import Counter

import pytest
from amount import cases
from simulation.served import BEFALLS, draw_served, served_player

pytestmark = [
    pytest.mark.on_a_server,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # who dies in mid-transaction closes nothing
]

PARTS, PART = 4, cases(4, 250)


@pytest.mark.parametrize("part", range(PARTS))
def test_s1_s22_b11_whatever_befalls_the_way_to_the_server_no_invariant_breaks(part: int) -> None:
    reached, wrong, deletions = Counter[str](), dict[int, str](), 0
    for seed in range(part * PART, (part + 1) * PART):
        with served_player(draw_served(seed)) as player:
            played = player.play()
        reached += played.reached
        deletions += played.deletions
        if played.error is not None:
            wrong[seed] = played.error
    assert not wrong
    assert deletions > PART
    assert sum(number for name, number in reached.items() if name.startswith("link ")) >= cases(1, PART // 2)
    assert len(BEFALLS) * 10 > PART or {f"link {what}" for what in BEFALLS} <= set(reached)
