# SPDX-License-Identifier: GPL-2.0-only
#
# Entry for people; what Kbuild reads is in Kbuild. "make help" lists the targets.

KERNELRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE)/build

# Selections for "make kunit" and "make bench", read by the scripts.
export SUITE CASE KERNEL SIZE

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# Signing would want the key that the kernel was built with.
install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) CONFIG_MODULE_SIG_ALL= modules_install
	depmod $(addprefix -b ,$(INSTALL_MOD_PATH)) -a $(KERNELRELEASE)

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

demo:
	@scripts/demo

check kunit smoke:
	@scripts/run-lanes $@

test:
	@scripts/run-lanes kunit smoke check

bench:
	@scripts/bench

bench-plot:
	@scripts/install-tools
	@scripts/bench-plot

prove-lanes:
	@scripts/run-lanes prove

help:
	@echo "modules      build iomd.ko for the kernel at KDIR (default)"
	@echo "install      install it for KERNELRELEASE (below INSTALL_MOD_PATH)"
	@echo "clean        remove what modules built"
	@echo ""
	@echo "demo         a file through a device and back, in QEMU"
	@echo "test         everything below; closes with N passed, N failed"
	@echo "check        static checks"
	@echo "kunit        KUnit suites on debug kernels; KERNEL=6.1|6.12 SUITE=... CASE=..."
	@echo "smoke        the sample driver on stock and debug kernels; KERNEL=6.1|6.12"
	@echo "bench        instructions, beside code by hand; KERNEL=6.1|6.12 CASE=... SIZE=..."
	@echo "bench-plot   draw what bench has measured"
	@echo "prove-lanes  break things on purpose, and see the lanes fail"
	@echo ""
	@echo "KDIR = $(KDIR)"

.PHONY: modules install clean demo test check kunit smoke bench bench-plot prove-lanes help
