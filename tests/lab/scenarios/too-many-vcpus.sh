# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: domains around the limit of vCPU ids, 254: those that avicctl check calls too large KVM does not start
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
. /lab/lab/guest/variants.sh
discard="clock=<timer name='pit' tickpolicy='discard'/>"
split="features=<ioapic driver='qemu'/>"
x2apic="cpu=<model fallback='allow'>kvm64</model><feature policy='require' name='x2apic'/>"
large() { _large=$1; shift; variant "$_large" iommu=yes "$split" "$x2apic" "$@"; }

lab_begin
variant ids-254 "vcpus=>255" "$discard"
large ids-255 "vcpus=>256"
# 3 cores take two bits of an id, so that 63 sockets end at 250, and 65 at 258
variant gaps-250 "vcpus= current='1'>189" "topology=sockets='63' dies='1' cores='3' threads='1'" "$discard"
large gaps-258 "vcpus=>195" "topology=sockets='65' dies='1' cores='3' threads='1'"
large plugged-later "vcpus= current='2'>288"
variants_start
variants_agree
lab_done
