// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgeable memory: contents that may be thrown away when memory is short.
 *
 * Owners say when; a shrinker then takes from those that may go, in the order they asked
 * for. What is wired is left alone until it no longer is.
 */
#include <linux/mm.h>
#include <linux/mutex.h>

#include <iomd/types.h>

#include "compat.h"
#include "purge.h"
#include "shmem.h"

/*
 * Guards all purgeable memory. The shrinker only tries it: whoever holds it may be
 * waiting for memory.
 */
static DEFINE_MUTEX(purge_lock);

/* Memory whose contents may go, what goes first in front. */
static LIST_HEAD(volatile_list);

static struct iomd_shrinker purge_shrinker;

static u32 state_of(u32 state)
{
	return state & IOMD_PURGEABLE_STATE_MASK;
}

static u32 group_of(u32 state)
{
	return state & IOMD_PURGEABLE_VOLATILE_GROUP_MASK;
}

/* Does memory in state @one go before memory that has been in state @other? */
static bool goes_before(u32 one, u32 other)
{
	bool one_obsolete = one & IOMD_PURGEABLE_ORDERING_OBSOLETE;
	bool other_obsolete = other & IOMD_PURGEABLE_ORDERING_OBSOLETE;

	if (one_obsolete != other_obsolete)
		return one_obsolete;
	if (group_of(one) != group_of(other))
		return group_of(one) < group_of(other);
	return one & IOMD_PURGEABLE_BEHAVIOR_LIFO;
}

/* Put volatile memory where it belongs in the order in which contents go. */
static void enlist(struct iomd_purgeable *purgeable)
{
	struct iomd_purgeable *other;

	lockdep_assert_held(&purge_lock);
	list_for_each_entry(other, &volatile_list, node)
		if (goes_before(purgeable->state, other->state))
			break;
	list_add_tail(&purgeable->node, &other->node);
}

static bool may_go(const struct iomd_purgeable *purgeable)
{
	return !purgeable->nr_users && !list_empty(&purgeable->node);
}

/* Throw contents away, unless they are wired. */
static void empty(struct iomd_purgeable *purgeable)
{
	lockdep_assert_held(&purge_lock);
	list_del_init(&purgeable->node);
	if (!purgeable->nr_users)
		iomd_shmem_discard(purgeable->file);
}

void iomd_purgeable_open(struct iomd_purgeable *purgeable, struct file *file)
{
	INIT_LIST_HEAD(&purgeable->node);
	purgeable->file = file;
	purgeable->state = IOMD_PURGEABLE_NON_VOLATILE;
	purgeable->nr_users = 0;
}

void iomd_purgeable_close(struct iomd_purgeable *purgeable)
{
	mutex_lock(&purge_lock);
	list_del_init(&purgeable->node);
	mutex_unlock(&purge_lock);
}

/*
 * Change to @new_state, which is a state there is. Sleeps. Return: what the state was,
 * without modifiers: EMPTY if contents are lost, whoever lost them.
 */
u32 iomd_purgeable_set_state(struct iomd_purgeable *purgeable, u32 new_state)
{
	u32 old;

	mutex_lock(&purge_lock);
	old = state_of(purgeable->state);

	switch (state_of(new_state)) {
	case IOMD_PURGEABLE_NON_VOLATILE:
		list_del_init(&purgeable->node);
		purgeable->state = IOMD_PURGEABLE_NON_VOLATILE;
		break;
	case IOMD_PURGEABLE_VOLATILE:
		list_del_init(&purgeable->node);
		/* Unless it was written again, there is nothing that could go. */
		if (old == IOMD_PURGEABLE_EMPTY && iomd_shmem_is_empty(purgeable->file))
			break;
		purgeable->state = new_state;
		enlist(purgeable);
		break;
	case IOMD_PURGEABLE_EMPTY:
		empty(purgeable);
		purgeable->state = IOMD_PURGEABLE_EMPTY;
		break;
	}
	mutex_unlock(&purge_lock);
	return old;
}

/* Keep the contents while they are wired, whatever the state. Sleeps. */
void iomd_purgeable_use(struct iomd_purgeable *purgeable)
{
	mutex_lock(&purge_lock);
	purgeable->nr_users++;
	mutex_unlock(&purge_lock);
}

void iomd_purgeable_unuse(struct iomd_purgeable *purgeable)
{
	mutex_lock(&purge_lock);
	purgeable->nr_users--;
	mutex_unlock(&purge_lock);
}

/* Does anybody keep the contents? Sleeps. */
bool iomd_purgeable_is_used(struct iomd_purgeable *purgeable)
{
	bool is_used;

	mutex_lock(&purge_lock);
	is_used = purgeable->nr_users;
	mutex_unlock(&purge_lock);
	return is_used;
}

static unsigned long purge_count(void)
{
	struct iomd_purgeable *purgeable;
	u64 resident = 0;

	if (!mutex_trylock(&purge_lock))
		return 0;
	list_for_each_entry(purgeable, &volatile_list, node)
		if (may_go(purgeable))
			resident += iomd_shmem_resident(purgeable->file);
	mutex_unlock(&purge_lock);
	return resident;
}

/* Return: pages freed. */
static unsigned long purge_scan(unsigned long nr_to_scan)
{
	struct iomd_purgeable *purgeable, *next;
	unsigned long freed = 0;

	if (!mutex_trylock(&purge_lock))
		return 0;
	list_for_each_entry_safe(purgeable, next, &volatile_list, node) {
		if (freed >= nr_to_scan)
			break;
		if (!may_go(purgeable))
			continue;
		freed += iomd_shmem_resident(purgeable->file);
		empty(purgeable);
		purgeable->state = IOMD_PURGEABLE_EMPTY;
	}
	mutex_unlock(&purge_lock);
	return freed;
}

int __init iomd_purge_init(void)
{
	return iomd_shrinker_register(&purge_shrinker, purge_count, purge_scan);
}

void iomd_purge_exit(void)
{
	iomd_shrinker_unregister(&purge_shrinker);
}
