// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures what iomd costs, and what the same costs by hand, on memory of the process
 * that asks. It binds to QEMU's edu device, which never gets to do anything: somebody
 * has to be there whom memory is mapped for.
 */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define MAX_REPETITIONS	101
#define BYTES_MAX	SZ_1M		/* that are ever copied */

static struct device *bench_dev;
static struct iomd_mapper *bench_mapper;

/* One column for each stage, and one for the total. */
struct results {
	u64 column[BENCH_STAGES + 1][MAX_REPETITIONS];
};

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 median(u64 *values, u32 nr)
{
	sort(values, nr, sizeof(*values), compare, NULL);
	return values[nr / 2];
}

/* What reading the clock costs. */
static u64 overhead(struct bench *bench)
{
	bench->mark = bench->marks;
	bench_mark(bench);
	bench_mark(bench);
	return bench->marks[1] - bench->marks[0];
}

static const struct bench_case *find_in(const struct bench_case *cases, const char *name)
{
	for (; cases->name; cases++)
		if (!strcmp(cases->name, name))
			return cases;
	return NULL;
}

static const struct bench_case *find_case(const char *name)
{
	return find_in(bench_by_hand, name) ?: find_in(bench_with_iomd, name);
}

/* Where the device is sent at @address. */
static phys_addr_t physical(const struct bench *bench, u64 address)
{
	if (!iomd_mapper_translates(bench->mapper))
		return address;
	return iommu_iova_to_phys(iommu_get_domain_for_dev(bench->dev), address);
}

/* Every page of the memory says which it is: is it where the segments are? */
int bench_check_segments(struct bench *bench)
{
	u64 page = 0, offset;
	u32 i;

	bench->is_to_check = false;
	for (i = 0; i < bench->nr_segments; i++) {
		const struct iomd_segment64 *segment = &bench->segments[i];

		for (offset = 0; offset < segment->length; offset += PAGE_SIZE, page++)
			if (*(u64 *)phys_to_virt(physical(bench, segment->iovm_addr + offset)) !=
			    page)
				return -EBADMSG;
	}
	return page == bench->nr_pages ? 0 : -EBADMSG;
}

/*
 * For how long interrupts have to wait: how late a timer is that rings often.
 */
#define WATCH_PERIOD	(4 * NSEC_PER_USEC)

static struct watch {
	struct hrtimer timer;
	u64 latest;
} watch;

static enum hrtimer_restart watch_ring(struct hrtimer *timer)
{
	u64 late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));

	watch.latest = max(watch.latest, late);
	hrtimer_forward_now(timer, WATCH_PERIOD);
	return HRTIMER_RESTART;
}

static void watch_start(void)
{
	watch.latest = 0;
	hrtimer_init(&watch.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	watch.timer.function = watch_ring;
	hrtimer_start(&watch.timer, WATCH_PERIOD, HRTIMER_MODE_REL_PINNED_HARD);
}

static u64 watch_stop(void)
{
	hrtimer_cancel(&watch.timer);
	return watch.latest;
}

static int run_once(struct bench *bench, const struct bench_case *what)
{
	memset(bench->marks, 0, sizeof(bench->marks));
	bench->mark = bench->marks;
	return what->run(bench);
}

/* The first run is not counted: it finds caches cold, and is checked. */
static int run_all(struct bench *bench, const struct bench_case *what,
		   struct bench_request *request, struct results *results)
{
	u64 clock = overhead(bench);
	u32 run, stage, stages = 0;
	int err;

	bench->is_to_check = what->checked;
	err = run_once(bench, what);
	if (!err && bench->is_to_check)
		err = -EBADMSG;
	if (what->is_watched)
		watch_start();
	for (run = 0; run < request->repetitions && !err; run++) {
		u64 total = 0;

		if (request->trace)
			tracing_on();
		err = run_once(bench, what);
		if (request->trace)
			tracing_off();
		stages = bench->mark - bench->marks - 1;
		for (stage = 0; stage < stages; stage++) {
			u64 ticks = bench->marks[stage + 1] - bench->marks[stage] - clock;

			results->column[stage][run] = ticks;
			total += ticks;
		}
		results->column[BENCH_STAGES][run] = total;
	}
	if (what->is_watched)
		results->column[BENCH_STAGES][0] = watch_stop();
	if (err)
		return err;

	request->stages = stages;
	request->segments = bench->nr_segments;
	for (stage = 0; stage < stages; stage++)
		request->stage[stage] = median(results->column[stage], request->repetitions);
	request->total = what->is_watched ? results->column[BENCH_STAGES][0] :
			 median(results->column[BENCH_STAGES], request->repetitions);
	return 0;
}

static int measure(struct bench *bench, const struct bench_case *what,
		   struct bench_request *request)
{
	struct results *results = vmalloc(sizeof(*results));
	int err = 0;

	if (!results)
		return -ENOMEM;
	if (what->begin)
		err = what->begin(bench);
	if (!err)
		err = run_all(bench, what, request, results);
	if (what->end)
		what->end(bench);
	vfree(results);
	return err;
}

static int serve(struct bench_request *request)
{
	const struct bench_case *what;
	struct bench bench = {
		.dev = bench_dev,
		.mapper = bench_mapper,
		.address = request->address,
		.length = request->length,
		.nr_pages = request->length >> PAGE_SHIFT,
		.max_segments = request->length >> PAGE_SHIFT,
	};
	int err;

	request->name[BENCH_NAME - 1] = 0;
	what = find_case(request->name);
	if (!what || !bench.nr_pages || !request->repetitions ||
	    request->repetitions > MAX_REPETITIONS)
		return -EINVAL;

	bench.segments = vmalloc_array(bench.max_segments, sizeof(*bench.segments));
	if (request->length <= BYTES_MAX)
		bench.bytes = vmalloc(request->length);
	if (!bench.segments || (request->length <= BYTES_MAX && !bench.bytes))
		err = -ENOMEM;
	else
		err = measure(&bench, what, request);
	vfree(bench.bytes);
	vfree(bench.segments);
	return err;
}

static long bench_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	void __user *user = (void __user *)argument;
	struct bench_request request;
	int err;

	if (command != BENCH_IOC_RUN)
		return -ENOTTY;
	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	err = serve(&request);
	if (!err && copy_to_user(user, &request, sizeof(request)))
		err = -EFAULT;
	return err;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "iomd_bench",
	.fops = &bench_fops,
};

static int bench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	if (bench_dev)
		return -EBUSY;
	err = pcim_enable_device(pdev) ?:
	      dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	bench_mapper = iomd_mapper_for_device(&pdev->dev);
	if (IS_ERR(bench_mapper))
		return PTR_ERR(bench_mapper);
	bench_dev = &pdev->dev;
	err = misc_register(&bench_misc);
	if (err) {
		iomd_mapper_put(bench_mapper);
		bench_dev = NULL;
	}
	return err;
}

static void bench_remove(struct pci_dev *pdev)
{
	misc_deregister(&bench_misc);
	iomd_mapper_put(bench_mapper);
	bench_dev = NULL;
}

static const struct pci_device_id bench_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, bench_ids);

static struct pci_driver bench_driver = {
	.name = KBUILD_MODNAME,
	.id_table = bench_ids,
	.probe = bench_probe,
	.remove = bench_remove,
};
module_pci_driver(bench_driver);

MODULE_DESCRIPTION("What iomd costs, and what the same costs by hand");
MODULE_AUTHOR("The iomd developers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(IOMD_NS);
