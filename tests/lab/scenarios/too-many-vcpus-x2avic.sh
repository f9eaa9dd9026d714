# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: the same as too-many-vcpus on a host with x2AVIC, whose limit is 511
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
. /lab/lab/guest/variants.sh
split="features=<ioapic driver='qemu'/>"
x2apic="cpu=<model fallback='allow'>kvm64</model><feature policy='require' name='x2apic'/>"
large() { _large=$1; shift; variant "$_large" iommu=yes "$split" "$x2apic" "$@"; }

ok "kvm_amd with x2AVIC" with_x2avic
lab_begin
# paused, all of them: guests would reach the host's x2APIC registers
large ids-287 "vcpus=>288"
# 3 threads, 3 cores, 3 dies take two bits of an id each: 27 vCPUs a socket of 64 ids
large gaps-490 "vcpus=>216" "topology=sockets='8' dies='3' cores='3' threads='3'"
large gaps-554 "vcpus=>243" "topology=sockets='9' dies='3' cores='3' threads='3'"
large plugged-later "vcpus= current='2'>243" "topology=sockets='9' dies='3' cores='3' threads='3'"
variants_start
variants_agree
lab_done
