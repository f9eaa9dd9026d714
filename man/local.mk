# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += man/avicd.8 man/avicd-alerts.7 man/avicd-exporter.8 man/avicd-metrics.7 man/avicd.conf.5 man/avicd-dbus.5 man/avicd-fixes.5 \
	man/avicd-hook.8 man/avicd-job.8
include man/ctl.mk
