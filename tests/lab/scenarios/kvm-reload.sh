# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: kvm_amd is reloaded under avicd, with another avic=: the host's facts follow; kvm itself stays while BPF is attached, and goes with tracefs
. /lab/lab/guest/functions.sh
host_is() { [ "$(avicctl --json=short status | jq -r "$1")" = "$2" ]; }
host_now() { ok "$1" wait_for 15 host_is "$2" "$3" || diag "$(avicctl status)"; }
source_is() { [ "$(manager TraceSource)" = "$1" ]; }
avic='"\(.avic.effective) \(.avic.why)"'
loaded() { [ -e "/sys/module/$1" ]; }

lab_begin 'libvirt_uri = none'
host_now "the host has AVIC" "$avic" 'true kvm_amd runs with avic=Y'
ok "a VM" vmm_start first create:vcpus=1 base-moved
is_now "is stuck" "$vmm_pid" .condition stuck
first=$vmm_pid
agrees "what avicd said agrees with the recording"
kill_wait "$first"
ok "its end is told" wait_for 10 said_event vm-gone "$first"

ok "kvm_amd is unloaded" modprobe -r kvm_amd
host_now "nothing is claimed then" '"\(.health) \(.health_why)"' 'unknown kvm is loaded without kvm_amd or kvm_intel'
like "kvm cannot be: BPF is attached to its tracepoint" "$(modprobe -r kvm 2>&1)" 'Module kvm is in use'
ok "kvm_amd comes with avic=0" modprobe kvm_amd avic=0
host_now "the host has no AVIC" .avic.effective false
like "which names the parameter" "$(avicctl status)" 'kvm_amd runs with avic=N'
ok "a VM without AVIC" vmm_start without create:vcpus=1
# up to 6.9 ABSENT stays beside DISABLED
is_now "is off" "$vmm_pid" '"\(.condition) " + (.reasons[] | select(.name == "DISABLED") | "\(.bit) \(.class) \(.cause)")' 'off 0 off host-config'
kill_wait "$vmm_pid"
modprobe -r kvm_amd
ok "kvm_amd comes back as it was" modprobe kvm_amd
host_now "the host has AVIC again" "$avic" 'true kvm_amd runs with avic=Y'
ok "a VM" vmm_start with create:vcpus=1
is_now "is active" "$vmm_pid" .condition active
is "avicd watched by BPF all the time" "$(journal 'select(.AVICD_EVENT != null and (.AVICD_EVENT | startswith("trace-"))) | .AVICD_EVENT')" trace-up
kill_wait "$vmm_pid"

ok "avicd stops" avicd_stop
ok "kvm can be unloaded" modprobe -r kvm_amd kvm
not_ok "and is gone" loaded kvm
ok "avicd starts on a host without kvm" avicd_start
host_now "it cannot judge" '"\(.health) \(.trace_source)"' 'unknown none'
like "and says what to do" "$(avicctl status)" 'kvm is not loaded'
ok "kvm is loaded" modprobe kvm_amd
ok "it watches by BPF" wait_for 15 source_is bpf
host_now "the host has AVIC" "$avic" 'true kvm_amd runs with avic=Y'
record_start
ok "a VM" vmm_start again create:vcpus=1 base-moved
is_now "is stuck" "$vmm_pid" .condition stuck
agrees "what it said agrees with the recording"
kill_wait "$vmm_pid"

avicd_conf 'libvirt_uri = none' 'trace_source = tracefs'
ok "avicd with the tracefs source" avicd_restart
ok "watches by it" source_is tracefs
ok "which lets kvm be unloaded" modprobe -r kvm_amd kvm
host_now "it cannot judge" '"\(.health) \(.trace_source)"' 'unknown none'
ok "told" wait_for 10 said 'kvm was unloaded'
ok "kvm is loaded" modprobe kvm_amd
ok "it watches again" wait_for 15 source_is tracefs
record_start
ok "a VM" vmm_start last create:vcpus=1 base-moved
is_now "is stuck" "$vmm_pid" .condition stuck
lab_done
