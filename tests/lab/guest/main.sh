# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Inside the VM: runs what /out/request names, one after the other, and tells the host over the port `lab`; lab.service then powers off.
PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
i=0
until [ -e /dev/virtio-ports/lab ] || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.2
done
exec >/dev/virtio-ports/lab 2>/dev/console </dev/null
# a sign of life for run
(while sleep 10; do echo "lab: $(cut -d. -f1 /proc/uptime) s" >/dev/console; done) >/dev/null &
echo "# booted: $(uname -r), $(cut -d. -f1 /proc/uptime) s"
while read -r path; do
	scenario=${path#*/}
	echo "# scenario $scenario"
	begun=$(date +%s)
	case $path in bench/*) limit=1200 ;; *) limit=300 ;; esac
	mkdir -p "/out/$scenario"
	LAB_OUT=/out/$scenario timeout -k 60 "$limit" sh "/lab/lab/$path.sh" 2>"/out/$scenario/stderr" </dev/null
	status=$?
	[ $status -eq 0 ] || tail -n 20 "/out/$scenario/stderr" | sed 's/^/# /'
	echo "# end $status $(($(date +%s) - begun))"
	# What it started goes with it; the next one finds a host as after boot.
	sh /lab/lab/guest/restore.sh >>"/out/$scenario/stderr" 2>&1
done </out/request
echo '# lab: done'
sync
