# SPDX-License-Identifier: GPL-2.0-only
#
# Entry for people; what Kbuild reads is in Kbuild. "make help" lists the targets.

KERNELRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE)/build

# Selections for "make kunit", read by the scripts.
export SUITE CASE KERNEL

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod -a $(KERNELRELEASE)

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

demo prove-lanes:
	@scripts/install-tools
	@scripts/$@

check kunit smoke:
	@scripts/install-tools
	@scripts/run-lanes $@

test:
	@scripts/install-tools
	@scripts/run-lanes kunit smoke check

help:
	@echo "modules      build iomd.ko for the kernel at KDIR (default)"
	@echo "install      install it for KERNELRELEASE"
	@echo "clean        remove what modules built"
	@echo ""
	@echo "demo         a file through a device and back, in QEMU"
	@echo "test         everything below; closes with N passed, N failed"
	@echo "check        static checks"
	@echo "kunit        KUnit suites on debug kernels; KERNEL=6.1|6.12 SUITE=... CASE=..."
	@echo "smoke        the sample driver on stock and debug kernels; KERNEL=6.1|6.12"
	@echo "prove-lanes  break things on purpose, and see the lanes fail"
	@echo ""
	@echo "KDIR = $(KDIR)"

.PHONY: modules install clean demo test check kunit smoke prove-lanes help
