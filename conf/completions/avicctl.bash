# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completion of avicctl(1).

# Names of the VMs, one a line; a VM without a domain by its PID. A name may hold blanks: what follows it tells where it ends.
__avicctl_vms()
{
	COLUMNS=10000 avicctl list --no-legend --no-pager 2>/dev/null | sed -nE '
		s/^\(.*\) +([0-9]+) +(unknown|off|settling|stuck|configured|transient|active) .*/\1/p; t
		s/^(.*[^ ]) +[0-9]+ +(unknown|off|settling|stuck|configured|transient|active) .*/\1/p'
}

__avicctl_reasons()
{
	avicctl explain --no-legend --no-pager 2>/dev/null | sed 's/ .*//'
}

# Offer the lines of standard input that begin with $1. Not by compgen -W, which would run a $(command) in a name.
__avicctl_offer()
{
	local line
	while IFS= read -r line; do
		[[ $line == "$1"* ]] && COMPREPLY+=("$(printf %q "$line")")
	done
}

# fix heal DOMAIN, fix show ID; the others take nothing more
__avicctl_fix()
{
	local j word words=()
	for ((j = i + 1; j < COMP_CWORD; j++)); do
		word=${COMP_WORDS[j]}
		[[ $word == -* || $word == = || ${COMP_WORDS[j - 1]} == = ]] || words+=("$word")
	done
	if ((${#words[@]} == 0)); then
		mapfile -t COMPREPLY < <(compgen -W 'probe list show status build deploy rollback heal disable enable' -- "$cur")
	elif [[ ${words[0]} == heal && ${#words[@]} -eq 1 ]]; then
		__avicctl_offer "$cur" < <(__avicctl_vms)
	elif [[ ${words[0]} == show && ${#words[@]} -eq 1 ]]; then
		__avicctl_offer "$cur" < <(avicctl fix list --no-legend --no-pager 2>/dev/null | sed 's/ .*//')
	fi
}

# policy get|set DOMAIN [mode=WORD] [remedy=WORD] [remedies=WORDS]: by what stands between the verb and the cursor. "=" is a word of its own to bash.
__avicctl_policy()
{
	local j word words=()
	for ((j = i + 1; j < COMP_CWORD; j++)); do
		word=${COMP_WORDS[j]}
		[[ $word == -* || $word == = || ${COMP_WORDS[j - 1]} == = ]] || words+=("$word")
	done
	case ${#words[@]} in
	0) mapfile -t COMPREPLY < <(compgen -W 'get set' -- "$cur") ;;
	1) __avicctl_offer "$cur" < <(__avicctl_vms) ;;
	*)
		[[ ${words[0]} == set ]] || return
		case $option in
		mode) mapfile -t COMPREPLY < <(compgen -W 'require prefer ignore' -- "$cur") ;;
		remedy) mapfile -t COMPREPLY < <(compgen -W 'report auto' -- "$cur") ;;
		remedies) mapfile -t COMPREPLY < <(compgen -W 'heal migrate restore cold-reboot' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W 'mode= remedy= remedies=' -- "$cur") ;;
		esac
		;;
	esac
}

__avicctl_jobs()
{
	avicctl remedy jobs --json=short 2>/dev/null | grep -oE '"id":"[a-z0-9-]+"' | cut -d'"' -f4
}

# remedy WORD [DOMAIN|JOB]
__avicctl_remedy()
{
	local j word words=()
	for ((j = i + 1; j < COMP_CWORD; j++)); do
		word=${COMP_WORDS[j]}
		[[ $word == -* || $word == = || ${COMP_WORDS[j - 1]} == = ]] || words+=("$word")
	done
	case ${#words[@]} in
	0) mapfile -t COMPREPLY < <(compgen -W 'plan run cancel jobs show' -- "$cur") ;;
	1)
		case ${words[0]} in
		plan | run) __avicctl_offer "$cur" < <(__avicctl_vms) ;;
		cancel | show) __avicctl_offer "$cur" < <(__avicctl_jobs) ;;
		esac
		;;
	esac
}

_avicctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} verb='' option='' i word
	local verbs='status list show watch history report top explain analyze check host hook fix remedy policy fleet config help'
	local options='-h --help --version -j --json --no-pager --no-legend'
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ " $verbs " == *" $word "* ]] && { verb=$word; break; }
	done

	case $verb in
	list) options+=' -c --condition' ;;
	history) options+=' --lines --since --until' ;;
	report) options+=' --bundle --html --since' ;;
	top) options+=' -1 --once -l --log -p --pid -d --delay' ;;
	explain) options+=' -k --kernel' ;;
	analyze) options+=' -n --numbering' ;;
	check) options+=' -q --quiet --connect --fix -o --output --live --timeout' ;;
	host) options+=' -q --quiet' ;;
	hook) options+=' --force -q --quiet' ;;
	fix) options+=' --accept-risk --dry-run --heal --kernel --wait' ;;
	remedy) options+=' --accept-risk --dry-run --no-wait --remedy --target' ;;
	policy) options+=' --connect --unset' ;;
	fleet) options+=' --compare --expect --header-file --html --job --max-age --prometheus --timeout' ;;
	config) options+=' --root' ;;
	esac

	# "--option=value" comes as three words, "--option value" as two
	if [[ $cur == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 1]} cur=''
	elif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	else
		option=${COMP_WORDS[COMP_CWORD - 1]}
		[[ $option == --json ]] && option=''
	fi
	case $option in
	--json)
		mapfile -t COMPREPLY < <(compgen -W 'pretty short off' -- "$cur")
		return
		;;
	-c | --condition)
		mapfile -t COMPREPLY < <(compgen -W 'unknown off settling stuck configured transient active' -- "$cur")
		return
		;;
	--remedy)
		mapfile -t COMPREPLY < <(compgen -W 'heal migrate restore cold-reboot' -- "$cur")
		return
		;;
	--target)
		return
		;;
	--heal)
		mapfile -t COMPREPLY < <(compgen -W 'reset now' -- "$cur")
		return
		;;
	-p | --pid)
		__avicctl_offer "$cur" < <(COLUMNS=10000 avicctl list --json=short 2>/dev/null | grep -oE '"pid":[0-9]+' | sed 's/.*://')
		return
		;;
	-k | --kernel)
		[[ $verb != fix ]] || { __avicctl_offer "$cur" < <(ls /lib/modules 2>/dev/null); return; }
		mapfile -t COMPREPLY < <(compgen -W '5.15 5.17 5.18 5.19 6.1 6.12 6.18 7.1' -- "$cur")
		return
		;;
	-n | --numbering)
		mapfile -t COMPREPLY < <(compgen -W 'auto 5.18 5.19 6.1 6.12 6.18 7.1' -- "$cur")
		return
		;;
	-o | --output | --bundle | --compare | --expect | --header-file | --html)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--since | --until)
		mapfile -t COMPREPLY < <(compgen -W '1h 1d 7d 30d today yesterday' -- "$cur")
		return
		;;
	--connect)
		mapfile -t COMPREPLY < <(compgen -W 'qemu:///system qemu:///session' -- "$cur")
		return
		;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-d | --delay | --timeout | --lines | --job | --max-age | --prometheus)
		return
		;;
	esac

	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	case $verb in
	'' | help) mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
	show | history) __avicctl_offer "$cur" < <(__avicctl_vms) ;;
	explain) __avicctl_offer "$cur" < <(__avicctl_reasons) ;;
	analyze | check) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	hook) mapfile -t COMPREPLY < <(compgen -W 'status install remove' -- "$cur") ;;
	fix) __avicctl_fix ;;
	remedy) __avicctl_remedy ;;
	policy) __avicctl_policy ;;
	fleet) mapfile -t COMPREPLY < <(compgen -W 'report top list deploy-plan' -- "$cur"; compgen -f -- "$cur") ;;
	config) mapfile -t COMPREPLY < <(compgen -W 'check show' -- "$cur") ;;
	esac
}

complete -F _avicctl avicctl
