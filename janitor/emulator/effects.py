"""Owns what each scripted action does to an exchange; a table, walked by one loop. The wire itself is delivery's."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from janitor.emulator.caller import actor_of
from janitor.emulator.delivery import Cut, Delivery, Drip, Reset, Silence, Whole
from janitor.emulator.exchange import Exchange, Inner
from janitor.emulator.faults import Fault
from janitor.emulator.list_effects import LIST_EFFECTS, SHAPES, rewrite
from janitor.emulator.refusal import job_not_found
from janitor.emulator.refusal_v1 import failure_v1, is_v1, not_found_v1, refusal_reply_v1
from janitor.emulator.reply import JSON_TYPE, Reply, json_reply, refusal_reply, with_document

Effect = Callable[[Fault, Exchange, Inner], Awaitable[Delivery]]
_Canned = Callable[[Fault, Exchange], Reply]


async def struck_by(faults: Sequence[Fault], exchange: Exchange, handle: Inner) -> Delivery:
    """Handle a request under faults, each around those before it."""
    inner = handle
    for fault in faults:
        inner = partial(EFFECTS[fault.action], fault, exchange, inner)
    return await inner()


def _canned(build: _Canned, *, applied: bool = False) -> Effect:
    """Make the effect that answers with a built reply, whether or not the request is applied first."""

    async def effect(fault: Fault, exchange: Exchange, inner: Inner) -> Delivery:
        if applied or fault.applied:
            await inner()
        return Whole(reply=build(fault, exchange))

    return effect


def _status(fault: Fault, exchange: Exchange) -> Reply:
    status = fault.status or 503
    headers = tuple((name.lower(), value) for name, value in fault.headers.items())
    if fault.body is None:
        document = {"error_msg": fault.message, "error_code": fault.code or f"Scripted.{status}"}
        reply = json_reply(status, document | {"request_id": exchange.received.request_id})
    else:
        reply = Reply(status=status, headers=() if "content-type" in dict(headers) else (JSON_TYPE,), body=_raw(fault))
    return Reply(status=status, headers=(*reply.headers, *headers), body=reply.body)


def _html(fault: Fault, _: Exchange) -> Reply:
    page = _raw(fault) or b"<!DOCTYPE html><html><body><h1>Sign in to continue</h1></body></html>"
    return Reply(status=fault.status or 200, headers=(("content-type", "text/html; charset=utf-8"),), body=page)


def _empty(fault: Fault, _: Exchange) -> Reply:
    return Reply(status=fault.status or 200, headers=(JSON_TYPE,))


def _invalid_json(fault: Fault, _: Exchange) -> Reply:
    body = _raw(fault) or b'{"total": 3, "count": 3, "items": [{"kind": "job", "metadata": {'
    return Reply(status=fault.status or 200, headers=(JSON_TYPE,), body=body)


def _body(fault: Fault, _: Exchange) -> Reply:
    headers = tuple((name.lower(), value) for name, value in fault.headers.items()) or (JSON_TYPE,)
    return Reply(status=fault.status or 200, headers=headers, body=_raw(fault))


def _redirect(fault: Fault, _: Exchange) -> Reply:
    return Reply(status=fault.status or 302, headers=(("location", fault.location),))


def _not_found_all(_: Fault, exchange: Exchange) -> Reply:
    switches, wanted = exchange.world.switches, "".join(exchange.job_ids[:1])
    if is_v1(exchange.route):
        return refusal_reply_v1(not_found_v1(wanted, switches), switches)
    refused = job_not_found(wanted, switches.not_found_style)
    return refusal_reply(refused, exchange.received.request_id)


def _false_success(fault: Fault, exchange: Exchange) -> Reply:
    code = fault.code or "ModelArts.0105"
    if is_v1(exchange.route):
        return json_reply(fault.status or 200, failure_v1(code, fault.message, exchange.world.switches))
    return json_reply(fault.status or 200, {"is_success": False, "error_code": code, "error_msg": fault.message})


def _leak(fault: Fault, exchange: Exchange) -> Reply:
    """Echo everything that a careless server could, so that a client must scrub what it repeats."""
    account, secrets = exchange.world.account, exchange.world.identity.every_secret()
    known = f"access_key={account.access_key} secrets={' '.join(secrets)}"
    sent = " ".join(f"{name}={value}" for name, value in exchange.received.headers)
    document = {"error_msg": f"{fault.message}: {known} {sent}", "error_code": fault.code or "ModelArts.0010"}
    return json_reply(fault.status or 500, document)


async def _reset(fault: Fault, _: Exchange, inner: Inner) -> Delivery:
    if fault.action == "reset_after":
        await inner()
    return Reset()


async def _hang(fault: Fault, _: Exchange, inner: Inner) -> Delivery:
    if fault.action == "hang_after":
        await inner()
    return Silence(seconds=fault.seconds)


async def _late_delete(fault: Fault, exchange: Exchange, _: Inner) -> Delivery:
    """Reset now; the deletion arrives later on the world's clock, signature unchecked, each job of a batch by itself."""
    actor = actor_of(exchange.received)
    for job_id in exchange.job_ids:
        if is_v1(exchange.route):
            version_id = None if exchange.version_id is None else int(exchange.version_id)
            exchange.v1.delete_later((int(job_id), version_id), actor, fault.seconds)
        else:
            exchange.world.delete_later(job_id, actor, fault.seconds)
    return Reset()


async def _cut(fault: Fault, _: Exchange, inner: Inner) -> Delivery:
    delivery = await inner()
    if not isinstance(delivery, Whole):
        return delivery
    keep = len(delivery.reply.body) // 2 if fault.keep is None else fault.keep
    return Cut(reply=delivery.reply, keep=keep, declares_length=fault.action == "truncate_length")


async def _slow_body(fault: Fault, _: Exchange, inner: Inner) -> Delivery:
    delivery = await inner()
    return Drip(reply=delivery.reply, seconds=fault.seconds) if isinstance(delivery, Whole) else delivery


async def _before(fault: Fault, exchange: Exchange, inner: Inner) -> Delivery:
    if fault.change is not None:
        fault.change(exchange.world)
    return await inner()


async def _rewrite_page(fault: Fault, exchange: Exchange, inner: Inner) -> Delivery:
    """Let a list effect change the page; an answer that is no page passes unchanged."""
    delivery = await inner()
    if not isinstance(delivery, Whole) or delivery.reply.status != 200 or exchange.route not in SHAPES:
        return delivery
    try:
        page = json.loads(delivery.reply.body)
    except ValueError:  # another fault has broken it before
        return delivery
    return Whole(reply=with_document(delivery.reply, rewrite(fault, exchange, page)))


def _raw(fault: Fault) -> bytes:
    return fault.body.encode() if isinstance(fault.body, str) else fault.body or b""


EFFECTS: dict[str, Effect] = {
    "status": _canned(_status),
    "status_after": _canned(_status, applied=True),
    "reset_before": _reset,
    "reset_after": _reset,
    "hang_before": _hang,
    "hang_after": _hang,
    "late_delete": _late_delete,
    "truncate_length": _cut,
    "truncate_close": _cut,
    "slow_body": _slow_body,
    "html": _canned(_html),
    "empty": _canned(_empty),
    "invalid_json": _canned(_invalid_json),
    "body": _canned(_body),
    "redirect": _canned(_redirect),
    "not_found_all": _canned(_not_found_all),
    "false_success": _canned(_false_success),
    "leak": _canned(_leak),
    "before": _before,
} | dict.fromkeys(LIST_EFFECTS, _rewrite_page)
