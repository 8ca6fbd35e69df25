/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounting of pinned memory.
 */
#ifndef _IOMD_ACCOUNT_H
#define _IOMD_ACCOUNT_H

#include <linux/cred.h>
#include <linux/mm_types.h>
#include <linux/sched/user.h>
#include <linux/types.h>

/**
 * struct iomd_account - Who pays for pinned pages.
 * @user: User who pays, held by @cred; NULL for one who has the capability to lock without limit,
 *	as long as nobody has found that it is not granted.
 * @mm: Address space whose VmPin shows the pages, held; NULL if the account is not open.
 * @cred: Of whoever asked, held.
 * @limit: RLIMIT_MEMLOCK of whoever asked, in pages.
 * @is_exempt: The security modules were asked, and whoever asked may lock without limit.
 *
 * Taken when a descriptor is made, because the pages may be pinned and unpinned
 * later by somebody else on its behalf.
 */
struct iomd_account {
	struct user_struct *user;
	struct mm_struct *mm;
	const struct cred *cred;
	unsigned long limit;
	bool is_exempt;
};

void iomd_account_open(struct iomd_account *account, struct mm_struct *mm);
void iomd_account_copy(struct iomd_account *account, const struct iomd_account *from);
void iomd_account_close(struct iomd_account *account);

int iomd_account_charge_beyond(struct iomd_account *account, unsigned long nr_pages);

static inline int iomd_account_charge_user(struct user_struct *user, unsigned long limit,
					   unsigned long nr_pages)
{
	long old = atomic_long_read(&user->locked_vm);

	do {
		if (old + nr_pages > limit)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &old, old + nr_pages));
	return 0;
}

/* Charge @nr_pages, or return -ENOMEM and charge nothing. Process context. */
static inline int iomd_account_charge(struct iomd_account *account, unsigned long nr_pages)
{
	u64 pinned;

	if (account->user) {
		int err = iomd_account_charge_user(account->user, account->limit, nr_pages);

		if (err)
			return err;
	}
	pinned = atomic64_add_return(nr_pages, &account->mm->pinned_vm);
	if (!account->user && unlikely(pinned > account->limit))
		return iomd_account_charge_beyond(account, nr_pages);
	return 0;
}

static inline void iomd_account_uncharge(struct iomd_account *account, unsigned long nr_pages)
{
	if (account->user)
		atomic_long_sub(nr_pages, &account->user->locked_vm);
	atomic64_sub(nr_pages, &account->mm->pinned_vm);
}

#endif /* _IOMD_ACCOUNT_H */
