// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send a file through QEMU's educational devices and back.
 *
 *	edu-send [--offset N] [--expect-iommu | --expect-direct | --expect-bounced] FILE
 *	edu-send --errors
 *
 * The first form reads FILE into memory at byte N of a page, lets every /dev/eduN
 * take its share from there and bring it back elsewhere, compares, and prints what
 * it took. With --expect-..., it also fails unless the devices were behind an
 * IOMMU, reached the memory directly, or reached it through copies.
 *
 * The second form tries what must fail, and fails unless it does, with the right
 * error and with no page left pinned. It needs root, and no other user of devices.
 *
 * Exit code: 0 if all went as it should, 1 if not, 2 for wrong usage.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "iomd_edu.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define POISON		0xa5
#define KERNEL_ADDRESS	0xffff888000000000UL

/* One device, and its share of the file. */
struct worker {
	pthread_t thread;
	char *path;
	int device;
	int error;
	struct edu_request request;
};

/* Bytes at a chosen offset into a page, with a poisoned page or more on both sides. */
struct buffer {
	unsigned char *bytes;
	size_t length;
	unsigned char *map;
	size_t map_length;
};

static size_t page_size;

static unsigned char *map_pages(size_t length)
{
	unsigned char *map = mmap(NULL, length, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		err(1, "%zu bytes of memory", length);
	return map;
}

/* Have neighbouring pages lie apart in memory: use every other one first. */
static void scatter(unsigned char *map, size_t length)
{
	size_t i;

	madvise(map, length, MADV_NOHUGEPAGE);
	for (i = 0; i < length; i += 2 * page_size)
		map[i] = POISON;
}

static struct buffer make_buffer(size_t length, size_t offset)
{
	struct buffer buffer = { .length = length };

	buffer.map_length = (length / page_size + 4) * page_size;
	buffer.map = map_pages(buffer.map_length);
	buffer.bytes = buffer.map + page_size + offset;
	scatter(buffer.map, buffer.map_length);
	memset(buffer.map, POISON, buffer.map_length);
	return buffer;
}

static bool poison_intact(const struct buffer *buffer)
{
	const unsigned char *p;

	for (p = buffer->map; p < buffer->map + buffer->map_length; p++) {
		if (p == buffer->bytes)
			p += buffer->length;
		if (*p != POISON)
			return false;
	}
	return true;
}

static struct buffer load_file(const char *path, size_t offset)
{
	struct buffer buffer;
	struct stat status;
	size_t done = 0;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &status))
		err(1, "%s", path);
	if (!status.st_size)
		errx(1, "%s: empty", path);

	buffer = make_buffer(status.st_size, offset);
	while (done < buffer.length) {
		n = read(fd, buffer.bytes + done, buffer.length - done);
		if (n <= 0)
			err(1, "%s", path);
		done += n;
	}
	close(fd);
	return buffer;
}

/* Have sha256sum do it. It reads everything before it writes anything. */
static void sha256(const struct buffer *buffer, char digest[65])
{
	int input[2], output[2];
	size_t done = 0;
	ssize_t n;
	pid_t child;

	if (pipe(input) || pipe(output))
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		close(input[1]);
		execlp("sha256sum", "sha256sum", NULL);
		execlp("busybox", "busybox", "sha256sum", NULL);
		err(1, "sha256sum");
	}

	close(input[0]);
	close(output[1]);
	while (done < buffer->length) {
		n = write(input[1], buffer->bytes + done, buffer->length - done);
		if (n < 0)
			err(1, "sha256sum");
		done += n;
	}
	close(input[1]);
	for (done = 0; done < 64; done += n) {
		n = read(output[0], digest + done, 64 - done);
		if (n <= 0)
			errx(1, "no answer from sha256sum");
	}
	digest[64] = '\0';
	close(output[0]);
	waitpid(child, NULL, 0);
}

static int open_device(const char *path)
{
	int device = open(path, O_RDWR | O_CLOEXEC);

	if (device < 0)
		err(1, "%s", path);
	return device;
}

static struct worker *open_devices(size_t *count)
{
	struct worker *workers;
	glob_t found;
	size_t i;

	if (glob("/dev/edu[0-9]*", 0, NULL, &found))
		errx(1, "no /dev/edu*: driver not loaded, or QEMU without -device edu");

	workers = calloc(found.gl_pathc, sizeof(*workers));
	if (!workers)
		err(1, "workers");
	for (i = 0; i < found.gl_pathc; i++) {
		workers[i].path = found.gl_pathv[i];
		workers[i].device = open_device(workers[i].path);
	}
	*count = found.gl_pathc;
	return workers;
}

/*
 * Give each device an equal share. Shares meet on page boundaries of the
 * destination: two devices never write into one cache line.
 */
static void share_out(struct worker *workers, size_t count, const struct buffer *from,
		      const struct buffer *to)
{
	size_t slack = (uintptr_t)to->bytes % page_size;
	size_t start = 0, end, i;

	for (i = 0; i < count; i++) {
		end = (from->length * (i + 1) / count + slack) / page_size * page_size;
		end = end > slack ? end - slack : 0;
		if (i == count - 1)
			end = from->length;
		workers[i].request = (struct edu_request) {
			.source = (uintptr_t)from->bytes + start,
			.destination = (uintptr_t)to->bytes + start,
			.length = end - start,
		};
		start = end;
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	if (worker->request.length &&
	    ioctl(worker->device, EDU_IOC_LOOP, &worker->request))
		worker->error = errno;
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* All devices at once; the time it took. */
static double run(struct worker *workers, size_t count)
{
	double start = now();
	size_t i;

	for (i = 0; i < count; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			errx(1, "cannot start a thread");
	for (i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < count; i++)
		if (workers[i].error)
			errx(1, "%s: %s", workers[i].path, strerror(workers[i].error));
	return now() - start;
}

struct total {
	unsigned long long least_runs, most_runs, segments, bounced;
};

struct summary {
	size_t descriptors, translated;
	unsigned long long pieces;
	struct total out, in;
};

static void add_side(struct total *total, const struct edu_side *side)
{
	if (!total->least_runs || side->runs < total->least_runs)
		total->least_runs = side->runs;
	if (side->runs > total->most_runs)
		total->most_runs = side->runs;
	total->segments += side->segments;
	total->bounced += side->bounced;
}

static struct summary sum_up(const struct worker *workers, size_t count)
{
	struct summary summary = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		if (!workers[i].request.length)
			continue;
		summary.descriptors++;
		summary.translated += workers[i].request.translated;
		summary.pieces += workers[i].request.pieces;
		add_side(&summary.out, &workers[i].request.out);
		add_side(&summary.in, &workers[i].request.in);
	}
	return summary;
}

static void print_row(const char *what, const char *out, const char *in)
{
	printf("  %-24s %20s %20s\n", what, out, in);
}

static void print_numbers(const char *what, unsigned long long out, unsigned long long in)
{
	char text[2][24];

	snprintf(text[0], sizeof(text[0]), "%llu", out);
	snprintf(text[1], sizeof(text[1]), "%llu", in);
	print_row(what, out ? text[0] : "no", in ? text[1] : "no");
}

static void print_runs(const struct summary *summary)
{
	char text[2][48];

	snprintf(text[0], sizeof(text[0]), "%llu to %llu", summary->out.least_runs,
		 summary->out.most_runs);
	snprintf(text[1], sizeof(text[1]), "%llu to %llu", summary->in.least_runs,
		 summary->in.most_runs);
	print_row("runs per descriptor", text[0], text[1]);
}

static void print_table(const struct summary *summary, size_t length)
{
	const char *iommu = summary->translated ? "yes" : "no";

	print_row("", "memory to device", "device to memory");
	print_numbers("bytes", length, length);
	print_numbers("descriptors", summary->descriptors, summary->descriptors);
	print_runs(summary);
	print_numbers("pieces", summary->pieces, summary->pieces);
	print_numbers("segments", summary->out.segments, summary->in.segments);
	print_numbers("double-buffered bytes", summary->out.bounced, summary->in.bounced);
	print_row("IOMMU", iommu, iommu);
}

/* How the devices can have reached the memory; the names are those of the options. */
enum way { ANY_WAY, IOMMU, DIRECT, BOUNCED };

static void expect(enum way way, const struct summary *summary)
{
	bool all = summary->translated == summary->descriptors;
	bool none = !summary->translated;
	bool copied = summary->out.bounced && summary->in.bounced;
	bool straight = !summary->out.bounced && !summary->in.bounced;

	if (way == IOMMU && !(all && straight))
		errx(1, "not every device was behind an IOMMU, or some bytes were copied");
	if (way == DIRECT && !(none && straight))
		errx(1, "a device was behind an IOMMU, or some bytes were copied");
	if (way == BOUNCED && !(none && copied))
		errx(1, "a device was behind an IOMMU, or no bytes were copied in some direction");
}

static int send_file(const char *path, size_t offset, enum way way)
{
	char sent[65], received[65];
	struct summary summary;
	struct worker *workers;
	struct buffer from, to;
	size_t count;
	double seconds;

	workers = open_devices(&count);
	from = load_file(path, offset);
	to = make_buffer(from.length, (offset + 4) % page_size);
	sha256(&from, sent);
	printf("%s: %zu bytes from byte %zu of a page to byte %zu, %zu device%s\n", path,
	       from.length, offset, (offset + 4) % page_size, count, count == 1 ? "" : "s");
	fflush(stdout);

	share_out(workers, count, &from, &to);
	seconds = run(workers, count);
	sha256(&to, received);

	summary = sum_up(workers, count);
	print_table(&summary, from.length);
	printf("  sent      SHA-256 %s\n  came back SHA-256 %s\n", sent, received);
	printf("  %.1f s\n", seconds);

	if (memcmp(from.bytes, to.bytes, from.length) || strcmp(sent, received))
		errx(1, "what came back is not what was sent");
	if (!poison_intact(&from) || !poison_intact(&to))
		errx(1, "bytes beside the data were changed");
	expect(way, &summary);
	printf("the file came back unchanged\n");
	return 0;
}

/*
 * Errors.
 */

static int failures;

static void report(bool good, const char *name, const char *detail)
{
	printf("  %-6s %-52s %s\n", good ? "ok" : "FAILED", name, detail);
	fflush(stdout);
	if (!good)
		failures++;
}

static unsigned long long read_number(const char *path, const char *key)
{
	unsigned long long number = 0;
	char line[256];
	size_t length = strlen(key);
	FILE *file = fopen(path, "r");

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, length))
			number = strtoull(line + length, NULL, 10);
	fclose(file);
	return number;
}

/* Pages that are pinned, in the whole system. Counters lag behind unless refreshed. */
static unsigned long long pinned_pages(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY);

	if (refresh >= 0) {
		if (write(refresh, "1", 1) != 1)
			err(1, "stat_refresh");
		close(refresh);
	}
	return read_number("/proc/vmstat", "nr_foll_pin_acquired ") -
	       read_number("/proc/vmstat", "nr_foll_pin_released ");
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* What was pinned before, or has leaked since. */
static unsigned long long pinned_always;

/* Wait for a request to have pinned something. */
static bool becomes_pinned(void)
{
	int tries;

	for (tries = 0; tries < 3000; tries++) {
		if (pinned_pages() > pinned_always)
			return true;
		pause_ms(10);
	}
	return false;
}

/* Nothing may stay pinned; what does is a leak only once. */
static bool is_unpinned(void)
{
	unsigned long long pinned;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		pinned = pinned_pages();
		if (pinned <= pinned_always)
			return true;
		pause_ms(10);
	}
	pinned_always = pinned;
	return false;
}

struct error_case {
	const char *name;
	unsigned long command;
	uintptr_t source, destination;
	unsigned long long length;
	int error;
};

static void check_case(int device, const struct error_case *c)
{
	struct edu_request request = {
		.source = c->source, .destination = c->destination, .length = c->length,
	};
	int error = ioctl(device, c->command, &request) ? errno : 0;
	char detail[128];

	snprintf(detail, sizeof(detail), "%s, wanted %s", strerror(error), strerror(c->error));
	report(error == c->error, c->name, error == c->error ? strerror(error) : detail);
	if (!is_unpinned())
		report(false, c->name, "left pages pinned");
}

/* A page that the kernel lends to every process, and lets nobody pin. */
static uintptr_t find_vvar(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	uintptr_t address = 0;
	char line[256];

	if (!maps)
		err(1, "/proc/self/maps");
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar]"))
			address = strtoull(line, NULL, 16);
	fclose(maps);
	return address;
}

static uintptr_t map_shared(int protection)
{
	void *map = mmap(NULL, page_size, protection, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		err(1, "shared memory");
	return (uintptr_t)map;
}

static void check_table(int device)
{
	unsigned char *area = map_pages(8 * page_size);
	uintptr_t good = (uintptr_t)area;
	uintptr_t readable = good + 3 * page_size;
	uintptr_t forbidden = good + 5 * page_size;
	uintptr_t hole = good + 7 * page_size;
	uintptr_t last = UINTPTR_MAX - 9;
	const struct error_case cases[] = {
		{ "write from memory", EDU_IOC_WRITE, good + 1, 0, 100, 0 },
		{ "write from read-only memory", EDU_IOC_WRITE, readable + 1, 0, 100, 0 },
		{ "write from shared memory", EDU_IOC_WRITE, map_shared(PROT_READ), 0, 100, 0 },
		{ "write from the program's code", EDU_IOC_WRITE, (uintptr_t)check_case, 0, 100,
		  0 },
		{ "write from nowhere", EDU_IOC_WRITE, hole, 0, 100, EFAULT },
		{ "write from address 0", EDU_IOC_WRITE, 0, 0, 100, EFAULT },
		{ "write from memory without any access", EDU_IOC_WRITE, forbidden, 0, 100,
		  EACCES },
		{ "write from memory that cannot be pinned", EDU_IOC_WRITE, find_vvar(), 0, 100,
		  EXFULL },
		{ "write from the kernel", EDU_IOC_WRITE, KERNEL_ADDRESS, 0, 100, EFAULT },
		{ "write from memory that ends early", EDU_IOC_LOOP, hole - 1, good, 100, EFAULT },
		{ "read to memory", EDU_IOC_READ, 0, good + 1, 100, 0 },
		{ "read to shared memory", EDU_IOC_READ, 0,
		  map_shared(PROT_READ | PROT_WRITE), 100, 0 },
		{ "read to read-only memory", EDU_IOC_READ, 0, readable, 100, EACCES },
		{ "read to nowhere", EDU_IOC_READ, 0, hole, 100, EFAULT },
		{ "read to the kernel", EDU_IOC_READ, 0, KERNEL_ADDRESS, 100, EFAULT },
		{ "read to memory that becomes read-only", EDU_IOC_READ, 0, readable - 5, 100,
		  EACCES },
		{ "loop from memory to nowhere", EDU_IOC_LOOP, good, hole, 100, EFAULT },
		{ "loop from memory to read-only memory", EDU_IOC_LOOP, good, readable, 100,
		  EACCES },
		{ "loop from memory onto itself", EDU_IOC_LOOP, good + 7, good + 7, 100, 0 },
		{ "no bytes", EDU_IOC_LOOP, good, good, 0, EINVAL },
		{ "more bytes than the device takes", EDU_IOC_WRITE, good, 0, EDU_PIECE_MAX + 1,
		  EINVAL },
		{ "bytes beyond the address space", EDU_IOC_LOOP, good, good, ~0ULL, EOVERFLOW },
		{ "bytes across the end of the address space", EDU_IOC_WRITE, last, 0, 100,
		  EOVERFLOW },
		{ "unknown command", _IO('e', 0x7f), good, good, 100, ENOTTY },
	};
	size_t i;

	if (mprotect(area + 3 * page_size, 2 * page_size, PROT_READ) ||
	    mprotect(area + 5 * page_size, page_size, PROT_NONE) ||
	    munmap(area + 7 * page_size, page_size))
		err(1, "memory for the table");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(device, &cases[i]);
	munmap(area, 7 * page_size);
}

/* What an ordinary user may not pin, the administrator may. */
static void check_limit(int device)
{
	struct rlimit limit = { 65536, 65536 };
	struct edu_request request = { .length = 1 << 20 };
	pid_t child = fork();
	int status;

	if (child < 0)
		err(1, "fork");
	if (!child) {
		request.source = (uintptr_t)map_pages(request.length);
		request.destination = (uintptr_t)map_pages(request.length);
		if (setrlimit(RLIMIT_MEMLOCK, &limit) || setuid(65534))
			_exit(0);
		_exit(ioctl(device, EDU_IOC_LOOP, &request) ? errno : 0);
	}
	waitpid(child, &status, 0);
	report(WIFEXITED(status) && WEXITSTATUS(status) == ENOMEM, "more than RLIMIT_MEMLOCK",
	       strerror(WEXITSTATUS(status)));
	report(is_unpinned(), "no page stays pinned", "");
}

/* A child that keeps a device busy for minutes; exits with the errno it gets. */
static pid_t start_long_request(const char *path)
{
	size_t length = 8 << 20;
	struct edu_request request = { .length = length };
	int device;
	pid_t child = fork();

	if (child < 0)
		err(1, "fork");
	if (child)
		return child;

	device = open_device(path);
	request.source = (uintptr_t)map_pages(length);
	request.destination = (uintptr_t)map_pages(length);
	_exit(ioctl(device, EDU_IOC_LOOP, &request) ? errno : 0);
}

static bool device_works(int device)
{
	struct buffer from = make_buffer(10000, 1), to = make_buffer(10000, 2);
	struct edu_request request = {
		.source = (uintptr_t)from.bytes,
		.destination = (uintptr_t)to.bytes,
		.length = from.length,
	};
	bool good;

	memset(from.bytes, 0x3c, from.length);
	good = !ioctl(device, EDU_IOC_LOOP, &request) &&
	       !memcmp(from.bytes, to.bytes, from.length) && poison_intact(&to);
	munmap(from.map, from.map_length);
	munmap(to.map, to.map_length);
	return good;
}

static void check_kill(const char *path, int device)
{
	pid_t child = start_long_request(path);
	int status;

	report(becomes_pinned(), "a long request pins its memory", "");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	report(WIFSIGNALED(status), "it can be killed", "");
	report(is_unpinned(), "no page stays pinned", "");
	report(device_works(device), "the device goes on working", "");
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* The name of the PCI device behind /dev/eduN, by way of sysfs. */
static void pci_name(const char *path, char name[64])
{
	char link[64], target[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/class/misc/%s/device", strrchr(path, '/') + 1);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		err(1, "%s", link);
	target[n] = '\0';
	snprintf(name, 64, "%.63s", strrchr(target, '/') + 1);
}

static void check_unbind(const char *path, int device)
{
	pid_t child = start_long_request(path);
	struct edu_request request = { .destination = (uintptr_t)map_pages(1), .length = 1 };
	char name[64];
	int status, error;

	pci_name(path, name);
	report(becomes_pinned(), "a long request is under way", "");
	write_text("/sys/bus/pci/drivers/iomd_edu/unbind", name);
	waitpid(child, &status, 0);
	report(WIFEXITED(status) && WEXITSTATUS(status) == ENODEV,
	       "it ends when its device is unbound", strerror(WEXITSTATUS(status)));
	report(is_unpinned(), "no page stays pinned", "");
	error = ioctl(device, EDU_IOC_READ, &request) ? errno : 0;
	report(error == ENODEV, "a file that was open finds the device gone", strerror(error));

	write_text("/sys/bus/pci/drivers/iomd_edu/bind", name);
	device = open_device(path);
	report(device_works(device), "bound again, it works", "");
	close(device);
}

static int check_errors(void)
{
	size_t count;
	struct worker *workers = open_devices(&count);
	const char *path = workers[0].path;
	int device = workers[0].device;

	pinned_always = pinned_pages();
	check_table(device);
	check_limit(device);
	check_kill(path, device);
	check_unbind(path, device);
	if (failures)
		errx(1, "%d checks failed", failures);
	printf("every error is as documented\n");
	return 0;
}

static void wrong_usage(void)
{
	fprintf(stderr,
		"usage: edu-send [--offset N] [--expect-iommu | --expect-direct | --expect-bounced] FILE\n"
		"       edu-send --errors\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "expect-iommu", no_argument, NULL, IOMMU },
		{ "expect-direct", no_argument, NULL, DIRECT },
		{ "expect-bounced", no_argument, NULL, BOUNCED },
		{ "offset", required_argument, NULL, 'o' },
		{ "errors", no_argument, NULL, 'e' },
		{ 0 },
	};
	bool errors = false;
	enum way way = ANY_WAY;
	size_t offset = 3;
	int option;

	page_size = sysconf(_SC_PAGESIZE);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == IOMMU || option == DIRECT || option == BOUNCED)
			way = option;
		else if (option == 'o')
			offset = strtoul(optarg, NULL, 0) % page_size;
		else if (option == 'e')
			errors = true;
		else
			wrong_usage();
	}

	if (errors && optind == argc)
		return check_errors();
	if (errors || optind != argc - 1)
		wrong_usage();
	return send_file(argv[optind], offset, way);
}
