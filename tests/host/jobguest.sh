# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# A guest that says whether it is still the same, and jobs for it. Sourced after functions.sh and libvirt.sh, with a node "a" that runs.
#
#	guest_define g "<timer name='pit' tickpolicy='delay'/>"; guest_start g
#	beat=$(guest_beat g)                 # its counter, which begins anew with each boot
#	guest_do g r                         # r: reboot, p: power off
#	job_write restore-1 restore g '.max_downtime_ns = 1e11'
#	job restore-1; job_is restore-1 .result done
#
# avicd-job runs as avicd's unit would run it; its files are in $STATE_DIRECTORY/jobs, what it says is in $job_log.

JOBS=$STATE_DIRECTORY/jobs
IMAGES=$tmp/images
mkdir -p "$JOBS"
# so that what a sanitizer says of it fails the test
job_log=$avicd_log
: >"$job_log"

# A boot sector that fills half a MiB, so that its image does not fit into a pipe, and listens on the first serial port. "h" has it say its
# counter in hex, and on the power button it powers off.
_guest_image()
{
	cat >"$tmp/guest.S" <<-'END'
	.code16
	_start: cli; xor %ax,%ax; mov %ax,%ds; mov %ax,%ss; mov $0x7000,%sp
	  movl $0,0x500; cld; mov $0x1000,%ax
	f: mov %ax,%es; xor %di,%di; mov $0x8000,%cx; rep stosw; add $0x1000,%ax; cmp $0x9000,%ax; jne f
	  mov $0x602,%dx; mov $0x100,%ax; out %ax,%dx
	l: incl 0x500; mov $0x3fd,%dx; in %dx,%al; test $1,%al; jz n
	  mov $0x3f8,%dx; in %dx,%al
	  cmp $'h',%al; je h; cmp $'r',%al; je r; cmp $'p',%al; je p
	n: mov $0x600,%dx; in %dx,%ax; test $0x100,%ax; jnz p
	  mov $16,%cx
	1: pause; loop 1b; jmp l
	h: mov 0x500,%ebx; mov $8,%cx
	2: rol $4,%ebx; mov %bl,%al; and $15,%al; add $'0',%al; cmp $'9',%al; jbe 3f; add $39,%al
	3: call o; loop 2b
	  mov $10,%al; call o; jmp n
	o: mov %al,%ah; mov $0x3fd,%dx
	4: in %dx,%al; test $0x20,%al; jz 4b
	  mov %ah,%al; mov $0x3f8,%dx; out %al,%dx; ret
	r: mov $0xcf9,%dx; mov $6,%al; out %al,%dx; jmp .
	p: mov $0x100,%ax; mov $0x600,%dx; out %ax,%dx; mov $0x604,%dx; mov $0x2000,%ax; out %ax,%dx; jmp l
	.org 510; .word 0xaa55
	END
	as --32 "$tmp/guest.S" -o "$tmp/guest.o" && ld -m elf_i386 -Ttext 0x7c00 --oformat binary "$tmp/guest.o" -o "$1" 2>/dev/null &&
		truncate -s 1M "$1"
}

# guest_define() NAME [TIMERS [XML]] - XML: more children of <domain>. $guest_type is kvm, or qemu where that does not work.
guest_type=kvm
guest_define()
{
	_guest_image "$NODE_BASE/$1.img" || bail_out "no boot sector could be made: binutils?"
	node_domain_xml "$1" "$guest_type" "<clock offset='utc'>${2:-}</clock>${3:-}" | sed "s,</devices>,\
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$NODE_BASE/$1.img'/><target dev='sda' bus='sata'/></disk>\
<serial type='unix'><source mode='bind' path='$NODE_BASE/$1.ser'/><target port='0'/></serial>&," >"$tmp/$1.xml"
	node_virsh a define "$tmp/$1.xml"
}

# guest_start() NAME - and wait until it answers
guest_start()
{
	node_virsh a start "$1" && wait_for 20 guest_beat "$1" >/dev/null
}

# guest_do() NAME LETTER. QEMU closes as soon as the other side does.
guest_do()
{
	{ printf '%s' "$2" && sleep 0.4; } | socat - "UNIX-CONNECT:$NODE_BASE/$1.ser" 2>/dev/null
}

# guest_beat() NAME - its counter, decimal; it has 30 s to boot and answer
guest_beat()
{
	_tries=60
	until _beat=$(guest_do "$1" h | tr -cd '0-9a-f\n' | grep -E '^[0-9a-f]{8}$' | tail -n 1) && [ -n "$_beat" ]; do
		[ $((_tries -= 1)) -gt 0 ] || return 1
		sleep 0.1
	done
	echo $((0x$_beat))
}

# guest_is() NAME STATE - for wait_for: "running", "shut off", "paused"
guest_is()
{
	[ "$(node_virsh a domstate "$1" 2>/dev/null)" = "$2" ]
}

guest_uuid()
{
	node_virsh a domuuid "$1" | grep -o '[-0-9a-f]\{36\}'
}

# guest_cmdline() NAME
guest_cmdline()
{
	tr '\0' ' ' <"/proc/$(node_guest_pid a "$1")/cmdline"
}

# job_write() ID REMEDY NAME [JQ] - for the VM as it runs now; JQ changes members
job_write()
{
	_pid=$(node_guest_pid a "$3")
	# field 22, in ticks
	_start=$(sed 's/.*) //' "/proc/$_pid/stat" | cut -d ' ' -f 20)
	jq -n --arg id "$1" --arg remedy "$2" --arg name "$3" --arg uuid "$(guest_uuid "$3")" --arg uri "$(node_uri a)" \
		--arg images "$IMAGES" --argjson pid "$_pid" --argjson start "$((_start * 1000000000 / $(getconf CLK_TCK)))" \
		'{schema: "avicd-job/1", $id, $remedy, asker: "person", $pid, $start, $uuid, $name, $uri, dry_run: false, deadline_ns: 0,
		  targets: [], reports: null, tls: false, auto_converge: false, bandwidth: 0, $images, max_downtime_ns: 100000000000,
		  discard_pit: false} | '"${4:-.}" >"$JOBS/$1.job"
	chmod 600 "$JOBS/$1.job"
}

# job() ID... - to its end; its status is $job_status
job()
{
	# shellcheck disable=SC2086 # a command and its arguments
	AVICD_LOG_TARGET=console ${AVICD_WRAPPER:-} "$top_builddir/avicd-job" "$@" >>"$job_log" 2>&1
	job_status=$?
	return $job_status
}

# job_begin() ID - in the background, as $JOB_PID
job_begin()
{
	# shellcheck disable=SC2086 # a command and its arguments
	AVICD_LOG_TARGET=console ${AVICD_WRAPPER:-} "$top_builddir/avicd-job" "$1" >>"$job_log" 2>&1 &
	JOB_PID=$!
	cleanup_fn kill_wait $JOB_PID KILL
}

# job_wait() - for its end; its status is $job_status
job_wait()
{
	wait_for "${1:-60}" _gone "$JOB_PID" || diag "avicd-job does not end: $(tail -n 5 "$job_log")"
	wait "$JOB_PID"
	job_status=$?
}

# job_get() ID JQ
job_get()
{
	jq -r "$2" "$JOBS/$1.state"
}

# job_is() ID JQ VALUE - for wait_for
job_is()
{
	[ "$(job_get "$1" "$2" 2>/dev/null)" = "$3" ]
}
