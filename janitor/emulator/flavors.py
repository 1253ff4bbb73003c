"""Owns what jobs run on: a few flavors as the platform describes them, and the experiments they belong to (§3.6)."""

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

CPU, GPU, GPUS, NPUS = (
    "modelarts.vm.cpu.8u",
    "modelarts.vm.gpu.v100",
    "modelarts.p3.large.public.gpu8",
    "modelarts.bm.npu.ascend8",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flavor:
    """A kind of machine; `cards` are its GPUs or NPUs, by the word that the flavor's details have for them."""

    name: str
    kind: str
    cores: int
    memory: int
    cards: dict[str, Any]


_FLAVORS = {
    CPU: _Flavor(name="CPU 8", kind="CPU", cores=8, memory=32, cards={}),
    GPU: _Flavor(
        name="GPU 1xV100",
        kind="GPU",
        cores=8,
        memory=64,
        cards={"gpu": {"unit_num": 1, "product_name": "NVIDIA-V100", "memory": "32GB"}},
    ),
    GPUS: _Flavor(
        name="GPU 8xV100",
        kind="GPU",
        cores=64,
        memory=512,
        cards={"gpu": {"unit_num": 8, "product_name": "NVIDIA-V100", "memory": "32GB"}},
    ),
    NPUS: _Flavor(
        name="Ascend 8",
        kind="Ascend",
        cores=192,
        memory=1536,
        cards={"npu": {"unit_num": "8", "product_name": "Ascend-snt9b", "memory": "64GB"}},
    ),
}
"""The number of GPUs is documented as a number, that of NPUs as a text."""


def describe_flavor(flavor_id: object) -> dict[str, Any]:
    """What the platform adds to a flavor's id in a job: nothing to one that it does not know."""
    flavor = _FLAVORS.get(flavor_id) if isinstance(flavor_id, str) else None
    if flavor is None:
        return {}
    machine = {"cpu": {"arch": "x86", "core_num": flavor.cores}, "memory": {"size": flavor.memory, "unit": "GB"}}
    billing = {"code": flavor_id, "unit_num": 1}
    detail = {"flavor_type": flavor.kind, "billing": billing, "flavor_info": {"max_num": 16, **machine, **flavor.cards}}
    return {"flavor_name": flavor.name, "flavor_detail": detail}


def refer_to_experiment(name: str | None, experiment_id: str | None = None) -> dict[str, Any]:
    """How a job names the experiment that it belongs to; where no id is given, it is made of the name."""
    made = experiment_id or str(uuid5(NAMESPACE_URL, f"experiment:{name}"))
    return {"id": made, "serial_number": "0"} | ({} if name is None else {"name": name})
