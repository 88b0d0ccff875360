#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# enter.sh ROOT USER FOLDER COMMAND: run a shell command in the system in ROOT, in its FOLDER,
# with an empty environment, no terminal, and separate mounts and processes. It uses pivot_root,
# because a sandbox cannot be created in a chroot.
set -eu
export ROOT=$1 WHO=$2 FOLDER=$3 COMMAND=$4

# shellcheck disable=SC2016 # the inner shell expands the script
exec unshare --mount --pid --fork --kill-child --propagation private bash -c '
set -eu
mount --bind "$ROOT" "$ROOT"
mount -t tmpfs -o mode=755 dev "$ROOT/dev"
for node in null zero full random urandom tty; do
	touch "$ROOT/dev/$node"
	mount --bind "/dev/$node" "$ROOT/dev/$node"
done
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 pts "$ROOT/dev/pts"
mount -t tmpfs -o mode=1777 shm "$ROOT/dev/shm"
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
ln -s fd/0 "$ROOT/dev/stdin"
ln -s fd/1 "$ROOT/dev/stdout"
ln -s fd/2 "$ROOT/dev/stderr"
mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sys "$ROOT/sys"
cd "$ROOT"
pivot_root . mnt
umount --lazy /mnt

home=/root
[ "$WHO" = root ] || home=/home/$WHO
as=(env -i HOME="$home" USER="$WHO" LOGNAME="$WHO" TERM=dumb
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
[ "$WHO" = root ] || as+=(setpriv --reuid="$WHO" --regid="$WHO" --init-groups)
cd "$FOLDER"
exec "${as[@]}" sh -c "$COMMAND"
'
