#!/usr/bin/env bash
# Builds the image and tries it, without any container engine: buildah on a base that mmdebstrap makes from Debian's packages.
# As root, on Debian 12: apt-get install buildah mmdebstrap. Where there is an engine, `docker build -f deploy/Dockerfile .` is enough.
set -eu
cd "$(dirname "$0")/.."
for tool in buildah mmdebstrap; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install buildah mmdebstrap" >&2; exit 2; }
done

work="$(mktemp -d "${TMPDIR:-/tmp}/janitor-image-XXXXXX")"
build() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
cleanup() { build rm --all > /dev/null 2>&1 || true; rm -rf "$work"; }
trap cleanup EXIT

echo "base: Debian with Python, $(date -u +%H:%M:%SZ)"
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates,tzdata bookworm "$work/base.tar"
container="$(build from scratch)"
build add "$container" "$work/base.tar" / > /dev/null
build commit --quiet "$container" localhost/janitor-base > /dev/null
build rm "$container" > /dev/null

echo "image: deploy/Dockerfile, $(date -u +%H:%M:%SZ)"
# Whatever index pip uses here, it uses inside; nothing of it stays in the image.
volumes=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
[ ! -f /etc/pip.conf ] || volumes+=(--volume /etc/pip.conf:/etc/pip.conf:ro)
[ ! -f "$HOME/.config/pip/pip.conf" ] || volumes+=(--volume "$HOME/.config/pip/pip.conf:/root/.config/pip/pip.conf:ro")
[ ! -f "$HOME/.pip/pip.conf" ] || volumes+=(--volume "$HOME/.pip/pip.conf:/root/.pip/pip.conf:ro")
build bud --quiet --isolation chroot --network host "${volumes[@]}" \
  --build-arg BASE=localhost/janitor-base --file deploy/Dockerfile --tag localhost/janitor . > "$work/log" 2>&1 \
  || { cat "$work/log" >&2; exit 1; }

echo "try: as uid 10001, $(date -u +%H:%M:%SZ)"
container="$(build from localhost/janitor)"
try() { build run --isolation chroot "$container" -- "$@"; }
try janitor --version
try sh -c 'test "$(id -u)" = 10001 && ! touch /opt/janitor/x 2> /dev/null && touch /var/lib/janitor/x && rm /var/lib/janitor/x'
try sh -c 'cd /tmp && janitor init && HUAWEICLOUD_SDK_AK=a HUAWEICLOUD_SDK_SK=b janitor check | head -1 && rm janitor.yaml'
try sh -c '! /opt/janitor/bin/python -m pip --version 2> /dev/null && ! find / -xdev -name pip.conf -size +0 2> /dev/null | grep -q .'
build rm "$container" > /dev/null
build push --quiet localhost/janitor "oci-archive:$work/janitor.tar" > /dev/null
echo "done: uid 10001, the program not writable, the ledger's folder writable, no pip inside; $(du -m "$work/janitor.tar" | cut -f1) MB, $(date -u +%H:%M:%SZ)"
