# SPDX-License-Identifier: GPL-2.0-or-later
# The lab is not part of `make check`: `make check-lab` runs it, in minutes. A test a kernel, or two: a
# kernel that is missing is one that is skipped, and a VM takes one CPU, so that several run side by side.
include tests/lab/vmm.mk
LAB_TESTS = tests/lab/6.12.test tests/lab/6.1-part1.test tests/lab/6.1-part2.test tests/lab/6.1-bugs-part2.test tests/lab/6.1-bugs-part1.test \
	tests/lab/6.1-part3.test tests/lab/6.1-part4.test
dist_check_SCRIPTS += $(LAB_TESTS)
check-lab: all
	$(MAKE) $(AM_MAKEFLAGS) -j$$(nproc) check TESTS='$(LAB_TESTS)' TEST_TIMEOUT=3600

bench-lab: all
	$(srcdir)/tests/lab/run --bench

# As a distribution would install it, below $(LAB_OVERLAY): the VM's root file system lies under it.
LD = ld
LAB_OVERLAY = lab/overlay
lab-install: tests/lab/vmm
	$(call second_build,build-lab,--prefix=/usr --sysconfdir=/etc --localstatedir=/var)
	$(MAKE) -C build-lab all
	$(MAKE) -C build-lab tests/lab/offsets
	rm -rf '$(LAB_OVERLAY)'
	$(MAKE) -C build-lab install DESTDIR="$$(cd . && mkdir -p '$(LAB_OVERLAY)' && cd '$(LAB_OVERLAY)' && pwd)"
	$(MKDIR_P) '$(LAB_OVERLAY)/usr/local/bin' '$(LAB_OVERLAY)/usr/local/lib/lab'
	cp tests/lab/vmm '$(LAB_OVERLAY)/usr/local/bin/vmm'
	cp build-lab/tests/lab/offsets '$(LAB_OVERLAY)/usr/local/lib/lab/offsets'
	$(CC) -m32 -c '$(srcdir)/tests/lab/boot.S' -o tests/lab/boot.o
	$(LD) -m elf_i386 -Ttext 0x7c00 --oformat binary tests/lab/boot.o -o tests/lab/boot.img
	cp tests/lab/boot.img '$(LAB_OVERLAY)/usr/local/lib/lab/' && truncate -s 1M '$(LAB_OVERLAY)/usr/local/lib/lab/boot.img'
.PHONY: check-lab bench-lab lab-install

EXTRA_DIST += tests/lab/README.md tests/lab/run tests/lab/shell tests/lab/lib.sh tests/lab/image.sh tests/lab/initrd.sh tests/lab/merge.awk
EXTRA_DIST += tests/lab/boot.S tests/lab/guest tests/lab/scenarios tests/lab/bench tests/lab/kernel tests/lab/kernel.sh tests/lab/made.sh tests/lab/module.sh
CLEANFILES += tests/lab/boot.o tests/lab/boot.img
clean-local: clean-local-lab
clean-local-lab:
	rm -rf build-lab lab/run.* lab/overlay
