# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Inside the VM: runs what /out/request names, one after the other, and tells the host over the port `lab`; lab.service then powers off.
# After power_cut() of a scenario, /out/resume names that scenario: it goes on first, then those behind it.
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
LAB_RESUME='' resumed=''
[ ! -e /out/resume ] || { read -r resumed begun LAB_RESUME </out/resume && rm /out/resume; }
export LAB_RESUME
while read -r path; do
	if [ -n "$resumed" ]; then
		[ "$path" = "$resumed" ] || continue
		resumed=''
	else
		LAB_RESUME=''
		begun=$(date +%s)
		echo "# scenario ${path#*/}"
	fi
	scenario=${path#*/}
	case $path in bench/*) limit=1200 ;; *) limit=300 ;; esac
	mkdir -p "/out/$scenario"
	LAB_BEGUN="$path $begun" LAB_OUT=/out/$scenario LAB_PROGRAMS=/out/programs timeout -k 60 "$limit" sh "/lab/lab/$path.sh" 2>>"/out/$scenario/stderr" </dev/null
	status=$?
	[ $status -eq 0 ] || tail -n 20 "/out/$scenario/stderr" | sed 's/^/# /'
	echo "# end $status $(($(date +%s) - begun))"
	# What it started goes with it; the next one finds a host as after boot.
	sh /lab/lab/guest/restore.sh >>"/out/$scenario/stderr" 2>&1
done </out/request
echo '# lab: done'
sync
