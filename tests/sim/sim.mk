# SPDX-License-Identifier: GPL-2.0-or-later
# The simulator of remedies: the real tracker and rules, time that goes as fast as it can.
check_PROGRAMS += tests/sim/sim
tests_sim_sim_SOURCES = tests/sim/broken.c tests/sim/check.c tests/sim/expect.c tests/sim/happen-host.c tests/sim/happen.c \
	tests/sim/jobs.c tests/sim/random.c tests/sim/script.c tests/sim/script.h tests/sim/sim.c tests/sim/work.c \
	tests/sim/world.c tests/sim/world.h
tests_sim_sim_LDADD = libcore.a libbase.a $(INIH_LIBS) $(SYSTEMD_LIBS)
TESTS += tests/sim/sim.test
dist_check_SCRIPTS += tests/sim/sim.test
EXTRA_DIST += tests/sim/README.md \
	tests/sim/failing.sim tests/sim/guest.sim tests/sim/heal.sim tests/sim/limits.sim tests/sim/migrate.sim \
	tests/sim/owner.sim tests/sim/ping-pong.sim tests/sim/restart.sim tests/sim/sight.sim

# make sim SEEDS=1..100000
SEEDS = 1..10000
sim: tests/sim/sim$(EXEEXT)
	tests/sim/sim --random $(SEEDS)
.PHONY: sim
