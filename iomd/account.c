// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting of pinned memory.
 *
 * Pages are charged to the user, where RLIMIT_MEMLOCK limits what all processes
 * of that user pin together (as io_uring does), unless the user may lock without
 * limit; and they are added to the address space's VmPin so that they can be seen.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>

#include "account.h"

/*
 * Capabilities are looked at first: asking the security modules costs more, and is
 * audited where it is denied.
 */
static bool is_exempt(const struct cred *cred)
{
	return cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_IPC_LOCK) &&
	       ns_capable_noaudit(&init_user_ns, CAP_IPC_LOCK);
}

/*
 * Open an account on @mm for the caller, instead of the one that may be open. What it needs
 * is held until it is closed.
 */
void iomd_account_open(struct iomd_account *account, struct mm_struct *mm)
{
	if (account->mm != mm || account->cred != current_cred()) {
		iomd_account_close(account);
		mmgrab(mm);
		account->mm = mm;
		account->cred = get_current_cred();
		if (!is_exempt(account->cred))
			account->user = get_uid(current_user());
	}
	account->limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/* Another account of whoever has @from, whoever is asking. */
void iomd_account_copy(struct iomd_account *account, const struct iomd_account *from)
{
	iomd_account_close(account);
	*account = *from;
	mmgrab(account->mm);
	get_cred(account->cred);
	if (account->user)
		get_uid(account->user);
}

/* Close an account that nothing is charged to any more, if it is open. */
void iomd_account_close(struct iomd_account *account)
{
	if (!account->mm)
		return;
	if (account->user)
		free_uid(account->user);
	put_cred(account->cred);
	mmdrop(account->mm);
	account->user = NULL;
	account->cred = NULL;
	account->mm = NULL;
}

static int charge_user(struct user_struct *user, unsigned long nr_pages, unsigned long limit)
{
	long new, old = atomic_long_read(&user->locked_vm);

	do {
		new = old + nr_pages;
		if (new > limit)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &old, new));
	return 0;
}

/* Charge @nr_pages, or return -ENOMEM and charge nothing. */
int iomd_account_charge(struct iomd_account *account, unsigned long nr_pages)
{
	int err = 0;

	if (account->user)
		err = charge_user(account->user, nr_pages, account->limit);
	if (!err)
		atomic64_add(nr_pages, &account->mm->pinned_vm);
	return err;
}

void iomd_account_uncharge(struct iomd_account *account, unsigned long nr_pages)
{
	if (account->user)
		atomic_long_sub(nr_pages, &account->user->locked_vm);
	atomic64_sub(nr_pages, &account->mm->pinned_vm);
}
