# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: a guest that uses SynIC's AutoEOI, as Windows does, is configured by HYPERV; with the XML that avicd tells it is not; as predicted
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
. /lab/lab/guest/variants.sh
lab_begin
discard="clock=<timer name='pit' tickpolicy='discard'/>"
synic="<vpindex state='on'/><synic state='on'/>"
features_of() { echo "features=<hyperv mode='${2:-custom}'>$1</hyperv>"; }

variant paused "$discard" "$(features_of "$synic")"
variant windows "$discard" "$(features_of "$synic")" run=yes
variant windows-stimer "clock=<timer name='pit' tickpolicy='discard'/><timer name='hypervclock' present='yes'/>" \
	"$(features_of "$synic<stimer state='on'/>")" run=yes
variant windows-avic "$discard" "$(features_of "$synic<avic state='on'/>")" run=yes
variant windows-passthrough "$discard" "$(features_of '' passthrough)" run=yes
variant windows-relaxed "$discard" "$(features_of "<relaxed state='on'/>")"
variant windows-pit "$(features_of "$synic")" run=yes
variants_start
uses_it="windows windows-stimer windows-pit"
for name in $uses_it; do
	ok "the guest of $name turns AutoEOI on" wait_for 30 variant_says "$name" s s
done
for name in windows-avic windows-passthrough; do
	ok "the guest of $name is told not to" wait_for 30 variant_says "$name" s n
done
vm=$(variant_pid windows)
is_now "it is configured by its VM" "$vm" "$verdict" "configured 0x2 HYPERV config vm-config"
for name in $uses_it; do
	is_now "$name has HYPERV" "$(variant_pid "$name")" '[.reasons[] | select(.set) | .name] | any(. == "HYPERV")' true
done
like "told, with the XML that cures it" "$(field "$vm" '.reasons[] | select(.name == "HYPERV") | .remedy')" "<avic state='on'/>"
variants_agree
lab_done
