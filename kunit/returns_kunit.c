// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOReturn codes and errnos, there and back.
 */
#include <kunit/test.h>
#include <linux/err.h>

#include <iomd/returns.h>

/* RET-1 RET-2 RET-3 RET-6 RET-14: the parts of a code */
static void code_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(iomd_return_t), 4);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_SUCCESS, 0U);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_BAD_ARGUMENT, 0xe00002c2U);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_SYSTEM(IOMD_RETURN_BUSY), 0x38U);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_SUBSYSTEM(IOMD_RETURN_BUSY), 0U);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_CODE(IOMD_RETURN_BUSY), 0x2d5U);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_SUBSYSTEM(IOMD_RETURN_VENDOR(7)), 0xffeU);
	KUNIT_EXPECT_EQ(test, IOMD_RETURN_CODE(IOMD_RETURN_VENDOR(7)), 7U);
}

/* RET-8 RET-9 RET-11: canonical codes survive the way out and back, others do not */
static void canonical_round_trip(struct kunit *test)
{
	unsigned int canonical = 0, lossy = 0;
	u32 code;

	for (code = 0x2bc; code <= 0x2f0; code++) {
		iomd_return_t ret = IOMD_RETURN_COMMON(code);
		int error = iomd_errno_from_return(ret);

		KUNIT_EXPECT_LT(test, error, 0);
		if (code == 0x2cb || code == 0x2dc)
			KUNIT_EXPECT_EQ(test, error, -EIO);
		else if (iomd_return_from_errno(error) == ret)
			canonical++;
		else
			lossy++;
	}
	KUNIT_EXPECT_EQ(test, iomd_errno_from_return(0), 0);
	KUNIT_EXPECT_EQ(test, iomd_return_from_errno(0), 0U);
	KUNIT_EXPECT_EQ(test, canonical, 40U);
	KUNIT_EXPECT_EQ(test, lossy, 11U);
	KUNIT_EXPECT_EQ(test, iomd_errno_from_return(IOMD_RETURN_INVALID), -EIO);
}

/* RET-10: every errno without an alias comes back as itself */
static void errno_round_trip(struct kunit *test)
{
	unsigned int inexact = 0;
	int error;

	for (error = 1; error <= MAX_ERRNO; error++)
		if (iomd_errno_from_return(iomd_return_from_errno(-error)) != -error)
			inexact++;
	KUNIT_EXPECT_EQ(test, inexact, 29U);
	KUNIT_EXPECT_EQ(test, iomd_return_from_errno(-EINTR), IOMD_RETURN_ABORTED);
	KUNIT_EXPECT_EQ(test, iomd_return_from_errno(-EXDEV), IOMD_RETURN_UNIX(EXDEV));
	KUNIT_EXPECT_EQ(test, iomd_errno_from_return(IOMD_RETURN_UNIX(EXDEV)), -EXDEV);
}

/* RET-5 RET-7: numbers that are neither code nor errno are failures, never success */
static void strangers_fail(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, iomd_return_from_errno(1), IOMD_RETURN_ERROR);
	KUNIT_EXPECT_EQ(test, iomd_return_from_errno(-MAX_ERRNO - 1), IOMD_RETURN_ERROR);
	KUNIT_EXPECT_EQ(test, iomd_errno_from_return(1), -EIO);
	KUNIT_EXPECT_EQ(test, iomd_errno_from_return(IOMD_RETURN_UNIX(MAX_ERRNO + 1)), -EIO);
}

/* RET-18 */
static void texts(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, iomd_string_from_return(0), "completed");
	KUNIT_EXPECT_STREQ(test, iomd_string_from_return(0xe00002ff), "undefined");
	KUNIT_EXPECT_PTR_EQ(test, iomd_string_from_return(IOMD_RETURN_BUSY),
			    iomd_string_from_return(IOMD_RETURN_BUSY));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(code_layout),
	KUNIT_CASE(canonical_round_trip),
	KUNIT_CASE(errno_round_trip),
	KUNIT_CASE(strangers_fail),
	KUNIT_CASE(texts),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_returns",
	.test_cases = cases,
};

kunit_test_suite(suite);
