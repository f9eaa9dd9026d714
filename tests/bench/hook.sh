#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `make bench`: what a start of a VM waits for, and what checking many domains takes, as ratios to peers in the same run.
. "${top_srcdir:=.}/tests/functions.sh"
requires_root
requires_program python3
RUNTIME_DIRECTORY=$tmp/run
mkdir -p "$RUNTIME_DIRECTORY"
export RUNTIME_DIRECTORY

# As virsh dumpxml would print a domain of 512 vCPUs, each of them pinned, with eight disks.
{
	echo "<domain type='kvm' id='1'><name>big</name><uuid>848ea81a-c86f-4498-aed2-362e6ec80912</uuid><memory unit='GiB'>1024</memory>"
	echo "<vcpu placement='static'>512</vcpu><cputune>"
	seq 0 511 | sed "s/.*/<vcpupin vcpu='&' cpuset='&'\/>/"
	echo "</cputune><os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type></os><features><acpi/><apic/><ioapic driver='qemu'/></features>"
	echo "<cpu mode='host-passthrough' check='none'><topology sockets='2' dies='1' cores='128' threads='2'/></cpu>"
	echo "<clock offset='utc'><timer name='pit' tickpolicy='delay'/></clock><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"
	seq 0 7 | sed "s/.*/<disk type='file' device='disk'><source file='\/x\/&.img'\/><target dev='vd&' bus='virtio'\/><\/disk>/"
	echo "<iommu model='intel'><driver intremap='on' eim='on'/></iommu></devices></domain>"
} >"$tmp/big.xml"
printf '#!/bin/sh\nexit 0\n' >"$tmp/noop"
printf '#!/usr/bin/env python3\nimport sys, xml.etree.ElementTree as e\ne.parse(sys.stdin)\n' >"$tmp/python"
sed "s|\"[^\"]*/avicd-hook\"|$top_builddir/avicd-hook|" "$top_builddir/conf/50-avicd" >"$tmp/50-avicd"
chmod +x "$tmp/noop" "$tmp/python" "$tmp/50-avicd"
"$tmp/50-avicd" big start begin - <"$tmp/big.xml" 2>"$tmp/said"
grep -q 'avicd: domain big' "$tmp/said" || bail_out "the hook says nothing of the domain: $(cat "$tmp/said")"

echo "# libvirt's hook, 512 vCPUs; ratios to a shell that does nothing"
"$top_builddir/tests/bench/bench-spawn" 101 "$tmp/big.xml" "$tmp/noop" big start begin - :: "$tmp/50-avicd" big start begin - :: \
	"$tmp/50-avicd" big started begin - :: "$tmp/python" big start begin - >"$tmp/times" || exit
awk '
	{ ms[NR] = $1; ratio[NR] = $2 }
	END {
		printf "hook_noop_ms %.2f ms\n", ms[1]
		printf "hook_start_ms %.2f ms, %.2f x a shell that does nothing (goal <= 3)\n", ms[2], ratio[2]
		printf "hook_start_to_python %.2f x Python that only parses the XML, %.2f ms (goal <= 0.3)\n", ms[2] / ms[4], ms[4]
		printf "hook_other_ms %.2f ms, %.2f x a shell that does nothing (goal <= 1.1)\n", ms[3], ratio[3]
	}' "$tmp/times"

echo "# avicctl check of 1,000 files"
mkdir "$tmp/many"
i=0
while [ $i -lt 1000 ]; do
	for f in "$top_srcdir"/tests/data/domains/*.xml; do
		[ $i -lt 1000 ] || break
		cp "$f" "$tmp/many/$i.xml"
		i=$((i + 1))
	done
done
t0=$(_now_ms)
avicctl check -q "$tmp"/many/*.xml >"$tmp/checked"
t1=$(_now_ms)
printf 'check_1000_files_s %s s for %s files (goal <= 2)\n' "$(awk "BEGIN { printf \"%.2f\", ($t1 - $t0) / 1000 }")" \
	"$(avicctl --json=short check "$tmp"/many/*.xml | grep -o '"verdict"' | wc -l)"
