/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounting of pinned memory.
 */
#ifndef _IOMD_ACCOUNT_H
#define _IOMD_ACCOUNT_H

#include <linux/types.h>

struct mm_struct;
struct user_struct;

/**
 * struct iomd_account - Who pays for pinned pages.
 * @user: User who pays; NULL for one who may lock without limit.
 * @mm: Address space whose VmPin shows the pages.
 * @cred: Of whoever asked, held.
 * @limit: RLIMIT_MEMLOCK of whoever asked, in pages.
 *
 * Taken when a descriptor is made, because the pages may be pinned and unpinned
 * later by somebody else on its behalf.
 */
struct iomd_account {
	struct user_struct *user;
	struct mm_struct *mm;
	const struct cred *cred;
	unsigned long limit;
};

void iomd_account_open(struct iomd_account *account, struct mm_struct *mm);
void iomd_account_copy(struct iomd_account *account, const struct iomd_account *from);
void iomd_account_close(struct iomd_account *account);
int iomd_account_charge(struct iomd_account *account, unsigned long nr_pages);
void iomd_account_uncharge(struct iomd_account *account, unsigned long nr_pages);

#endif /* _IOMD_ACCOUNT_H */
