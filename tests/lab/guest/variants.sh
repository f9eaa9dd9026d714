# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # of functions.sh
# What `avicctl check` predicts for a domain, against the inhibits that the kernel then has: a table of variants. Sourced after domains.sh.
#
# QEMU is started by hand with the command line that libvirt makes of the XML (virsh domxml-to-native), in a third of the time of
# `virsh start` here. All of a table live at once, and almost all of them paused: what their inhibits depend upon is there before a guest runs.
# Each process costs a tenth of a second here, so few of them are made a variant.

variants=$tmp/variants
mkdir "$variants"
variant_names='' variant_runs=''

# variant() NAME [KEY=XML]... - machine, cpu, features, clock: what the XML has there; vcpus: what stands in <vcpu, behind it; topology: attributes
# of <topology>; iommu=yes; qemu: two arguments; run=yes: a guest of boot.S that runs
variant()
{
	_name=$1 machine=q35 vcpus='>1' cpu="<model fallback='allow'>kvm64</model>" topology='' features='' clock='' iommu='' qemu='' run=''
	shift
	for _word in "$@"; do
		case ${_word%%=*} in
		machine | vcpus | cpu | topology | features | clock | iommu | qemu | run) eval "${_word%%=*}=\${_word#*=}" ;;
		*) bail_out "variant $_name: $_word" ;;
		esac
	done
	variant_names="$variant_names $_name"
	[ -z "$run" ] || variant_runs="$variant_runs $_name"
	{
		echo "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>$_name</name><memory unit='MiB'>32</memory>"
		echo "<vcpu$vcpus</vcpu><os><type arch='x86_64' machine='$machine'>hvm</type></os>"
		echo "<features><acpi/><apic/><smm state='off'/>$features</features>"
		echo "<cpu mode='custom' match='exact'>$cpu${topology:+<topology $topology/>}</cpu>"
		echo "${clock:+<clock offset='utc'>$clock</clock>}"
		echo "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/><memballoon model='none'/>"
		[ -z "$iommu" ] || echo "<iommu model='intel'><driver intremap='on' eim='on'/></iommu>"
		[ -z "$run" ] || echo "<serial type='unix'><source mode='bind' path='$variants/$_name.sock'/><target port='0'/></serial>
			<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$images/boot.img'/>
			<target dev='vda' bus='virtio'/><readonly/></disk>"
		echo "</devices>"
		[ -z "$qemu" ] || echo "<qemu:commandline><qemu:arg value='${qemu%% *}'/><qemu:arg value='${qemu#* }'/></qemu:commandline>"
		echo "</domain>"
	} >"$variants/$_name.xml"
}

# variants_start() - all of them. QEMU with -daemonize returns when the machine is made.
variants_start()
{
	_virsh=''
	for _name in $variant_names; do
		_virsh="$_virsh domxml-to-native qemu-argv --xml $variants/$_name.xml;"
	done
	virsh "$_virsh" >"$variants.commands" 2>"$variants.log" || bail_out "libvirt refuses one of them: $(cat "$variants.log")"
	# shellcheck disable=SC2046,SC2086 # names
	(cd /var/lib/libvirt/qemu && mkdir -p -- $(printf 'domain--1-%s ' $variant_names))
	cleanup_fn _variants_end
	while read -r _command; do
		[ -n "$_command" ] || continue
		_name=${_command#*-name guest=}
		_name=${_name%%,*}
		printf '%032d' 0 >"/var/lib/libvirt/qemu/domain--1-$_name/master-key.aes"
		# which would keep it from making a daemon of itself
		_command="${_command%% -sandbox *} -${_command#* -sandbox * -}" _nice=0
		# a guest that polls would take our one CPU
		case " $variant_runs " in
		*" $_name "*) _nice=19 _command="${_command%% -S *} ${_command#* -S }" ;;
		esac
		nice -n $_nice sh -c "exec env $_command -daemonize -pidfile $variants/$_name.pid" >"$variants/$_name.log" 2>&1 </dev/null ||
			rm -f "$variants/$_name.pid"
	done <"$variants.commands"
}
_variants_end()
{
	for _name in $variant_names; do
		[ ! -e "$variants/$_name.pid" ] || kill -s KILL "$(variant_pid "$_name")"
	done
}

# variant_pid() NAME; variant_says() NAME WORD ANSWER - its guest answers that; for wait_for
variant_pid() { cat "$variants/$1.pid"; }
variant_says() { printf '%s' "$2" | timeout 5 socat -t1 - "UNIX-CONNECT:$variants/$1.sock" 2>/dev/null | grep -aq "$3"; }

# What was predicted for each, "NAME PIT_REINJ may:HYPERV", and what is: "NAME PIT_REINJ", a line each.
_variants_predicted()
{
	avicctl --json=short check "$variants"/*.xml | jq -r '.domains[] | [.name] + (if .overridden then ["overridden"] else [] end) +
		.predicted + [.predicted_guest[] | "may:\(.)"] | join(" ")'
}
# IRQWIN comes and goes with each interrupt of a BIOS.
_variants_observed()
{
	avicctl --json=short list | jq -r '.[] | [.name] + [.reasons[] | select(.set and .name != "IRQWIN") | .name] | join(" ")'
	for _name in $variant_names; do
		[ ! -e "$variants/$_name.pid" ] || continue
		# up to 6.16 KVM makes no vCPU with an id that is too big
		grep -q 'kvm_init_vcpu: .*Invalid argument' "$variants/$_name.log" && echo "$_name refused" || echo "$_name ended"
	done
}

# variants_agree() - a check for each: all that was predicted for sure is set, and nothing that was not predicted. What guests may do was not
# predicted for sure; nor is anything where arguments of QEMU override the XML.
variants_agree()
{
	_variants_predicted >"$variants.predicted"
	_variants_observed >"$variants.observed"
	awk '
		{ name = $1; rest = substr($0, length(name) + 2) }
		FILENAME == ARGV[1] { predicted[name] = rest; next }
		{
			split("", sure)
			split("", may)
			wrong = !(name in predicted)
			over = 0
			n = split(predicted[name], word, " ")
			for (i = 1; i <= n; i++)
				if (word[i] == "overridden")
					over = 1
				else if (word[i] ~ /^may:/)
					may[substr(word[i], 5)]
				else
					sure[word[i]]
			n = split(rest, word, " ")
			if (word[1] == "refused") {
				wrong = wrong || !("PHYSICAL_ID_TOO_BIG" in sure)
			} else {
				for (i = 1; i <= n; i++) {
					if (!(word[i] in sure) && !(word[i] in may))
						wrong = 1
					delete sure[word[i]]
				}
				for (r in sure)
					wrong = 1
			}
			print name, wrong ? over ? "overridden" : "wrong" : "right", "predicted \047" predicted[name] "\047, observed \047" rest "\047"
		}' "$variants.predicted" "$variants.observed" >"$variants.compared"
	while read -r _name _verdict _text; do
		case $_verdict in
		right) pass "$_name: $_text" ;;
		overridden) pass "$_name: nothing was promised; $_text" ;;
		*) fail "$_name: $_text" "$(cat "$variants/$_name.xml" "$variants/$_name.log")" ;;
		esac
	done <"$variants.compared"
	# shellcheck disable=SC2086 # names
	is "all were compared" "$(cut -d' ' -f1 "$variants.compared" | sort | xargs)" "$(printf '%s\n' $variant_names | sort | xargs)"
}
