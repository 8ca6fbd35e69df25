// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting of pinned memory.
 *
 * Pages are charged to the user, where RLIMIT_MEMLOCK limits what all processes
 * of that user pin together (as io_uring does), unless the user may lock without
 * limit; and they are added to the address space's VmPin so that they can be seen.
 *
 * Whether the user may is up to the security modules, and asking them costs as much as a small
 * transfer has to spare. So whoever has the capability is not charged, and they are asked when
 * the address space is over the limit, once for each account; if they say no, the user is
 * charged after all. What such a user pins in an address space that is not over it is not.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "account.h"

static bool holds_capability(const struct cred *cred)
{
	return cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_IPC_LOCK);
}

/* May whoever opened the account lock without limit, or is the capability all there is? */
static bool ask_exempt(const struct iomd_account *account)
{
	const struct cred *own = override_creds(account->cred);
	bool exempt = ns_capable_noaudit(&init_user_ns, CAP_IPC_LOCK);

	revert_creds(own);
	return exempt;
}

/*
 * The address space of one who has the capability is over the limit. Who is found not to be
 * exempt pays from now on.
 */
int iomd_account_charge_beyond(struct iomd_account *account, unsigned long nr_pages)
{
	int err;

	account->is_exempt = account->is_exempt || ask_exempt(account);
	if (account->is_exempt)
		return 0;
	err = iomd_account_charge_user(account->cred->user, account->limit, nr_pages);
	if (err)
		atomic64_sub(nr_pages, &account->mm->pinned_vm);
	else
		account->user = account->cred->user;
	return err;
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
		account->is_exempt = false;
		account->user = holds_capability(account->cred) ? NULL : account->cred->user;
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
}

/* Close an account that nothing is charged to any more, if it is open. */
void iomd_account_close(struct iomd_account *account)
{
	if (!account->mm)
		return;
	put_cred(account->cred);
	mmdrop(account->mm);
	account->user = NULL;
	account->cred = NULL;
	account->mm = NULL;
}
