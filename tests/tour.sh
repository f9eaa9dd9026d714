#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A tour of avicd on this host: the real daemon, this kernel's tracepoint, a real libvirt domain, one guest reset. Everything is
# private (bus, libvirtd, folders) and is gone at the end; an avicd that the host may run is not touched. `./autogen.sh run` calls it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/host/libvirt.sh"

[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && bold=$(printf '\033[1m') plain=$(printf '\033[0m') || bold='' plain=''
heading()
{
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# show() COMMAND... - as a person would type it, and its answer
show()
{
	printf '  $ %s\n' "$*" | sed "s|node_virsh a|virsh|; s|$tmp/||g"
	(cd "$tmp" && "$@" 2>&1) | sed "s|$tmp/||g" | indent
}

# ours() - the host's own VMs are watched as well, but this is not their tour
ours()
{
	if [ "$type" = qemu ]; then
		cat # the VMs of the recording
		return
	fi
	awk -v ours="domain ${domain:-none} " '/^(VM|domain) / && index($0, ours) != 1 { n++; next } { print }
		END { if (n) print "(and " n " more about other VMs of this host)" }'
}

# indent() - and not more than a screen or two of it: the host may have hundreds of VMs
indent()
{
	awk 'NR <= 60 { print "    " $0 } END { if (NR > 60) print "    ... " NR - 60 " more lines" }'
}

why_not()
{
	printf '  (not here: %s)\n' "$*"
}

said_since()
{
	# what it said after line $1
	if [ -n "$journal" ]; then
		journalctl --no-pager -q -o cat _PID="$AVICD_PID" --after-cursor="$1"
	else
		tail -n +"$(($1 + 1))" "$avicd_log" | sed 's/^<[0-7]>//'
	fi
}

mark()
{
	if [ -n "$journal" ]; then
		journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p'
	else
		wc -l <"$avicd_log"
	fi
}

NO_COLOR=${NO_COLOR:-1}
COLUMNS=${COLUMNS:-120}
export NO_COLOR COLUMNS
begin=$(_now_ms)
if [ "$(id -u)" != 0 ]; then
	echo "The tour needs root: it attaches to the kernel's tracepoint. Try: sudo ./autogen.sh run" >&2
	exit 1
fi

heading "This host"
printf '  kernel    %s\n' "$(uname -r)"
printf '  CPU       %s\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
printf '  modules   %s\n' "$(ls -d /sys/module/kvm* 2>/dev/null | sed 's|.*/||' | tr '\n' ' ')"
for p in /sys/module/kvm_*/parameters/avic /sys/module/kvm_*/parameters/enable_apicv; do
	[ ! -r "$p" ] || printf '  %-9s %s\n' "$(basename "$p")" "$(cat "$p") ($p)"
done
type=kvm
if [ ! -w /dev/kvm ]; then
	type=qemu
	why_not "no /dev/kvm, so the guest is emulated, and avicd plays a recorded trace"
fi

heading "A private libvirtd, a private bus, and avicd"
start_bus
uri=none
if why=$(node_missing); then
	why_not "libvirt: $why"
	domain=''
else
	cleanup_fn node_stop_all
	node_start a || exit 1
	uri=$(node_uri a)
	domain=avicd-tour
fi
set -- "libvirt_uri = $uri" 'settle = 2s' 'stuck_after = 4s'
if [ $type = qemu ]; then
	set -- "$@" 'trace_source = recorded' "trace_file = $top_srcdir/tests/data/trace/resets.txt"
fi
avicd_conf "$@"
sed 's/^/    /' "$CONFIGURATION_DIRECTORY/avicd.conf"
journal='' journal_name='log of avicd'
if [ -S /run/systemd/journal/socket ] && journalctl -q -n 1 >/dev/null 2>&1; then
	journal=yes journal_name=journal
	AVICD_TEST_LOG_TARGET=journal
	export AVICD_TEST_LOG_TARGET
fi
from=0
[ -z "$journal" ] || from=$(mark)
start_avicd || exit 1
said_since "$from" | ours | indent
show avicctl status

vm=''
if [ -n "$domain" ]; then
	heading "A VM starts"
	node_domain_xml "$domain" $type >"$tmp/$domain.xml"
	from=$(mark)
	show node_virsh a create "$domain.xml"
	vm=$domain
	if [ $type = kvm ]; then
		wait_for 10 sh -c "'$top_builddir/avicctl' --json show $domain" || true
		# it is the guest of libvirt now, not just a process
		wait_for 5 sh -c "'$top_builddir/avicctl' --json show $domain | grep -q '\"managed\": *true'" || true
		said_since "$from" | ours | indent
	fi
fi

heading "What avicd knows"
show avicctl list
[ $type = kvm ] || vm=$(avicctl --json list 2>/dev/null | grep -o '"pid": *[0-9]*' | head -n 1 | tr -dc 0-9)
[ -z "$vm" ] || show avicctl show "$vm"

if [ -n "$domain" ] && [ $type = kvm ]; then
	heading "The guest is reset"
	# A reset within 2 s of the start cannot be told from the start, by design.
	wait_for 10 sh -c "'$top_builddir/avicctl' --json show $domain | grep -Eq '\"condition_seconds\": *([3-9]|[1-9][0-9])'" || true
	from=$(mark)
	show node_virsh a reset "$domain"
	said_reset() { said_since "$from" | grep -q "$domain.*boot"; }
	wait_for 10 said_reset || echo "    (no reset was seen)"
	heading "What this left in the ${journal_name}"
	said_since "$from" | ours | indent
	show avicctl list
fi

heading "A trace from elsewhere"
cat >"$tmp/trace.txt" <<-'END'
	qemu-system-x86-10147 [222] ..... 1116.519052: kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120
	qemu-system-x86-10147 [222] ..... 1116.519063: kvm_apicv_inhibit_changed: cleared reason=8, inhibits=0x20
	qemu-system-x86-10147 [222] ..... 1117.934222: kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120
	qemu-system-x86-10147 [222] ..... 1117.934233: kvm_apicv_inhibit_changed: cleared reason=8, inhibits=0x20
END
show cat trace.txt
show avicctl analyze trace.txt

heading "Everything goes again"
from=$(mark)
if [ -n "$domain" ]; then
	show node_virsh a destroy "$domain"
	said_gone() { said_since "$from" | grep -q "$domain.*gone"; }
	[ $type = qemu ] || wait_for 5 said_gone || true
fi
said_since "$from" | ours | indent
stop_avicd || echo "  avicd ended with status $?"
printf '  done after %s s; nothing is left behind\n' "$((($(_now_ms) - begin + 500) / 1000))"
