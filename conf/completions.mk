# SPDX-License-Identifier: GPL-2.0-or-later
# bash-completion looks for COMMAND and for COMMAND.bash.
dist_bashcompletion_DATA = conf/completions/avicctl.bash
dist_zshcompletion_DATA = conf/completions/_avicctl
