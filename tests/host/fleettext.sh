# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The text that a host with avicd delivers to Prometheus, made up for tests: each metric of avicd-metrics(7) is in it.

family() { printf '# HELP %s %s\n# TYPE %s %s\n' "$1" "$3" "$1" "$2"; }

# states() NAME LABELS LABEL NOW WORD... - a state set
states()
{
	_name=$1 _labels=$2 _label=$3 _now=$4
	shift 4
	for _w; do
		printf '%s{%s%s%s="%s"} %d\n' "$_name" "$_labels" "${_labels:+,}" "$_label" "$_w" "$([ "$_w" = "$_now" ] && echo 1 || echo 0)"
	done
}

# one() NAME TYPE HELP VALUE [LABELS]
one()
{
	family "$1" "$2" "$3"
	printf '%s%s %s\n' "$1" "${5:+"{$5}"}" "$4"
}

# big_of() HOST - the UUID of its domain big; that of web ends in 2
big_of() { printf '848ea81a-c86f-4498-aed2-0000%s1' "$(printf %s "$1" | od -An -tx1 | tr -d ' \n' | tail -c 7)"; }

# host_text() HOST KERNEL HEALTH PROBE CONDITION-OF-BIG - a host with the domains big, and web, which is well. Counters grow with the clock.
host_text()
{
	_uuid=$(big_of "$1")
	shift
	_t=$(date +%s)
	case $4 in
	stuck) _stuck=700 _set=1 _cause=kernel-bug ;;
	configured) _stuck=0 _set=1 _cause=vm-config ;;
	*) _stuck=0 _set=0 _cause='' ;;
	esac
	one avicd_up gauge "Whether avicd runs." 1
	one avicd_build_info gauge "The version of avicd." 1 'version="0.1.0"'
	one avicd_host_info gauge "The host." 1 "kernel_release=\"$1\",kvm_build_id=\"00ff\",vendor=\"amd\",boot_id=\"b-$1\""
	one avicd_last_success_timestamp_seconds gauge "When avicd last looked." "$_t"
	one avicd_start_timestamp_seconds gauge "When avicd began." $((_t - 86400))
	family avicd_health gauge "Host health."
	states avicd_health '' health "$2" unknown off degraded exposed ok
	one avicd_avic_effective gauge "Whether AVIC is in use." 1
	family avicd_probe_result gauge "What is proved of a bug."
	states avicd_probe_result 'bug="reboot"' result "$3" unprovable vulnerable fixed
	states avicd_probe_result 'bug="disabled"' result "$3" unprovable vulnerable fixed
	states avicd_probe_result 'bug="large-id"' result unprovable unprovable vulnerable fixed
	family avicd_livepatch_state gauge "Where the livepatch stands."
	states avicd_livepatch_state '' state none none checking loading transition probing verified undoing failed foreign
	one avicd_livepatch_persistent gauge "Whether the livepatch is kept." 0
	one avicd_livepatch_failed gauge "Whether its last change failed." 0
	one avicd_trace_source_info gauge "The trace source." 1 'source="bpf"'
	one avicd_events_total counter "Events seen." $((_t % 1000 + 5000))
	one avicd_events_lost_total counter "Events lost." 0
	one avicd_wakeups_total counter "Wake-ups." $((_t % 1000))
	one avicd_bpf_run_seconds_total counter "CPU time of the BPF programs." "$((_t % 1000)).25"
	one avicd_bpf_runs_total counter "Runs of the BPF programs." $((_t % 1000 * 1000))
	one avicd_map_entries gauge "VMs in the map." 2
	one avicd_map_max_entries gauge "Room in the map." 16384
	one avicd_libvirt_connected gauge "Whether libvirt is connected." 1 'uri="qemu:///system"'
	family avicd_vms gauge "VMs by condition."
	for _c in unknown off settling stuck configured transient active; do
		_n_vms=0
		[ $_c != "$4" ] || _n_vms=1
		[ $_c != active ] || _n_vms=$((_n_vms + 1))
		printf 'avicd_vms{condition="%s"} %d\n' $_c $_n_vms
	done
	family avicd_vms_by_cause gauge "VMs stuck or configured, by cause."
	for _c in kernel-bug guest vm-config host-config debugger unknown; do
		printf 'avicd_vms_by_cause{cause="%s"} %d\n' $_c "$([ "$_cause" = $_c ] && echo 1 || echo 0)"
	done
	one avicd_vms_left_out gauge "VMs without series." 0
	one avicd_jobs gauge "Remedies under way." 0 'remedy="migrate"'
	one avicd_jobs_total counter "Remedies that ended." 2 'remedy="migrate",result="done"'
	_big="domain=\"big\",uuid=\"$_uuid\"" _web="domain=\"web\",uuid=\"${_uuid%1}2\""
	family avicd_vm_info gauge "A VM."
	printf 'avicd_vm_info{%s,pid="4711",cause="%s",vcpus="64"} 1\navicd_vm_info{%s,pid="4712",cause="",vcpus="2"} 1\n' "$_big" "$_cause" "$_web"
	family avicd_vm_condition gauge "The condition of a VM."
	states avicd_vm_condition "$_big" condition "$4" unknown off settling stuck configured transient active
	states avicd_vm_condition "$_web" condition active unknown off settling stuck configured transient active
	while read -r _name _type _of_big _of_web; do
		family "avicd_vm_$_name" "$_type" "Of a VM: $_name."
		printf 'avicd_vm_%s{%s} %s\navicd_vm_%s{%s} %s\n' "$_name" "$_big" "$_of_big" "$_name" "$_web" "$_of_web"
	done <<-END
	condition_since_timestamp_seconds gauge $((_t - 700)) $((_t - 80000))
	stuck_seconds gauge $_stuck 0
	storm gauge 0 0
	boots_total counter 3 0
	episodes_total counter 1 0
	events_total counter $((_t % 1000 + 100)) 2
	watched_seconds_total counter $((_t % 100000)) $((_t % 100000))
	inhibited_seconds_total counter $((_set * (_t % 100000))) 0
	END
	_r="$_big,reason=\"APIC_ID_MODIFIED\""
	one avicd_vm_reason_seconds_total counter "How long a reason was set." $((_set * (_t % 100000))) "$_r"
	one avicd_vm_reason_sets_total counter "How often a reason was set." 1 "$_r"
	one avicd_vm_reason gauge "Whether a reason is set." $_set "$_r"
}
