# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# The livepatch module, in scenarios: loaded, unloaded, asked to heal. Sourced after functions.sh.

livepatch=/usr/local/lib/lab/avicd_livepatch.ko
[ -e $livepatch ] || skip_all "the livepatch module could not be built for this kernel; run has said why"
offsets=$(/usr/local/lib/lab/offsets) || bail_out "no offsets of struct kvm_lapic"
_patch=/sys/kernel/livepatch/avicd_livepatch
_parameters=/sys/module/avicd_livepatch/parameters
_mark="lab: begin of $$"
echo "$_mark" >/dev/kmsg

# kernel_said() - the kernel's log since the scenario began
kernel_said() { dmesg | sed -n "/$_mark/,\$p"; }

# Such ids as bug 3 needs, need x2AVIC: a helper tells kvm_amd that the CPU has it. Before anything holds kvm; restore.sh has the way back.
with_x2avic()
{
	modprobe -r kvm_amd && modprobe -r kvm && modprobe lab_x2avic && modprobe kvm_amd &&
		[ "$(cat /sys/module/kvm_amd/parameters/avic)" = Y ]
}

# livepatch_load WORD... - with these parameters; returns when each task runs the new function
livepatch_load() { insmod $livepatch "$@" && wait_for 60 _transition_is_over; }
_transition_is_over() { [ "$(cat $_patch/transition 2>/dev/null)" = 0 ]; }

# livepatch_unload() - disabled, no task in it any more, and gone
livepatch_unload() { echo 0 >$_patch/enabled && wait_for 60 _is_disabled && rmmod avicd_livepatch; }
_is_disabled() { [ ! -d $_patch ]; }

# heal() PROCESS - what writing it to heal_tgid leads to: "healed", or the error's text
heal()
{
	if printf %s "$1" | dd "of=$_parameters/heal_tgid" 2>"$tmp/heal"; then
		echo healed
	else
		sed -n '1s/.*: //p' "$tmp/heal"
	fi
}

# healed_now() NAME VM JQ VALUE - is_now, after heal: its event came in the process that wrote, not the VM's, so that avicd has to look
healed_now()
{
	busctl call org.avicd1 /org/avicd1 org.avicd1.Manager Resync >/dev/null
	is_now "$@"
}

# kernel_is_well() - a check: nothing in its log that a kernel developer would want to see
kernel_is_well()
{
	unlike "the kernel has no complaint" "$(kernel_said)" 'WARNING|BUG|Oops|lockdep|protection fault|Call Trace|hung|stall'
}

# livepatch_install() NAME - that module (avicd_livepatch, useless) where `avicctl fix build` puts the one that it makes
livepatch_install()
{
	_folder=/var/lib/avicd/livepatch/$(jq -r .kvm_build_id /run/avicd/host.json)
	mkdir -p "$_folder" && cp "/usr/local/lib/lab/$1.ko" "$_folder/avicd_livepatch.ko"
}
manager_is() { [ "$(manager "$1")" = "$2" ]; }
host_json_is() { [ "$(jq -r "$1" /run/avicd/host.json)" = "$2" ]; }
