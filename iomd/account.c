// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting of pinned memory.
 *
 * Pages are charged to the user, where RLIMIT_MEMLOCK limits what all processes
 * of that user pin together (as io_uring and iommufd do), and are added to the
 * address space's VmPin so that they can be seen.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>

#include "account.h"

/* Open an account on @mm for the caller. Both are held until it is closed. */
void iomd_account_open(struct iomd_account *account, struct mm_struct *mm)
{
	mmgrab(mm);
	account->mm = mm;
	account->cred = get_current_cred();
	account->limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/* Close an account that nothing is charged to any more. */
void iomd_account_close(struct iomd_account *account)
{
	put_cred(account->cred);
	mmdrop(account->mm);
	account->cred = NULL;
	account->mm = NULL;
}

/* May whoever opened the account pin without limit? */
static bool account_exempt(const struct iomd_account *account)
{
	const struct cred *mine = override_creds(account->cred);
	bool exempt = capable(CAP_IPC_LOCK);

	revert_creds(mine);
	return exempt;
}

/* Charge @nr_pages, or return -ENOMEM and charge nothing. */
int iomd_account_charge(struct iomd_account *account, unsigned long nr_pages)
{
	atomic_long_t *locked = &account->cred->user->locked_vm;
	long total = atomic_long_add_return(nr_pages, locked);

	if (unlikely(total > account->limit) && !account_exempt(account)) {
		atomic_long_sub(nr_pages, locked);
		return -ENOMEM;
	}
	atomic64_add(nr_pages, &account->mm->pinned_vm);
	return 0;
}

void iomd_account_uncharge(struct iomd_account *account, unsigned long nr_pages)
{
	atomic_long_sub(nr_pages, &account->cred->user->locked_vm);
	atomic64_sub(nr_pages, &account->mm->pinned_vm);
}
