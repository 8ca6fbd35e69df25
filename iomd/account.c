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
		account->user = is_exempt(account->cred) ? NULL : account->cred->user;
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
