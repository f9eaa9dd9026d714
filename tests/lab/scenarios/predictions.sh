# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: what avicctl check predicts for a table of domains, machine types and timers above all, is what the kernel then has
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
. /lab/lab/guest/variants.sh
lab_begin
discard="clock=<timer name='pit' tickpolicy='discard'/>"

variant q35-default
variant q35-delay "clock=<timer name='pit' tickpolicy='delay'/>"
variant q35-discard "$discard"
variant q35-absent "clock=<timer name='pit' present='no'/>"
variant q35-ioapic-qemu "features=<ioapic driver='qemu'/>"
variant q35-ioapic-kvm "features=<ioapic driver='kvm'/>"
variant q35-old machine=pc-q35-4.0
variant q35-old-ioapic-kvm machine=pc-q35-4.0 "features=<ioapic driver='kvm'/>"
variant pc-default machine=pc
variant pc-discard machine=pc "$discard"
variant pc-absent machine=pc "clock=<timer name='pit' present='no'/>"
variant pc-ioapic-qemu machine=pc "features=<ioapic driver='qemu'/>"
variant two-vcpus "vcpus=>2" "$discard"
variant no-x2apic "cpu=<model fallback='allow'>kvm64</model><feature policy='disable' name='x2apic'/>" "$discard"
variant svm "cpu=<model fallback='allow'>kvm64</model><feature policy='require' name='svm'/>" "$discard"
variant args-discard "qemu=-global kvm-pit.lost_tick_policy=discard"
variant args-no-irqchip 'qemu=-machine kernel_irqchip=off' "$discard"
variants_start
variants_agree
lab_done
