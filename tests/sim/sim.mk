# SPDX-License-Identifier: GPL-2.0-or-later
# The simulator of remedies: the real tracker and rules, time that goes as fast as it can.
check_PROGRAMS += tests/sim/sim
tests_sim_sim_SOURCES = tests/sim/check.c tests/sim/sim.c tests/sim/world.c tests/sim/world.h
tests_sim_sim_LDADD = libcore.a libbase.a $(INIH_LIBS) $(SYSTEMD_LIBS)
TESTS += tests/sim/sim.test
dist_check_SCRIPTS += tests/sim/sim.test

# make sim SIM_DAYS=100000
SIM_DAYS = 10000
sim: tests/sim/sim$(EXEEXT)
	tests/sim/sim 1 $(SIM_DAYS)
.PHONY: sim
