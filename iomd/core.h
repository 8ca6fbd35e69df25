/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all descriptors have in common, and what a kind of descriptor has to
 * supply.
 */
#ifndef _IOMD_CORE_H
#define _IOMD_CORE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <iomd/desc.h>

struct iomd_general;
struct iomd_map_set;
struct iomd_mapper;
struct iomd_mapping;
struct iomd_run;
struct iomd_runs;

/**
 * struct iomd_extent - The answer to the question that everything asks.
 * @address: CPU-physical address of the byte asked for.
 * @length: Bytes from there on that are contiguous.
 */
struct iomd_extent {
	u64 address;
	u64 length;
};

/**
 * struct iomd_stretch - Several runs at once.
 * @address: CPU-physical address of the byte asked for.
 * @position: Offset of that byte, as the runs count.
 * @end: Offset at which the stretch ends, exclusive, likewise.
 * @run: The run that the byte is in. Those that follow it in memory, up to the one in which
 *	the stretch ends, are the next ones.
 * @has_joints: There may be runs in it that continue the one before.
 * @has_device: Some of it may not be memory of the kernel's, but a device's.
 */
struct iomd_stretch {
	u64 address;
	u64 position;
	u64 end;
	const struct iomd_run *run;
	bool has_joints;
	bool has_device;
};

/**
 * struct iomd_walk - Where a walk through a descriptor is.
 * @runs: Run list that answers for the window; NULL before the first step.
 * @start: First offset of the window, in the descriptor walked.
 * @end: Offset at which the window ends, exclusive.
 * @base: Offset in @runs of the byte at @start.
 * @run: Run looked at last.
 * @leaf: Whose run list it is.
 *
 * However deep descriptors are nested, bytes are described by the run list of
 * some leaf. A walk remembers which, and for which offsets, so that a step within
 * the window asks no descriptor. Start one by zeroing it.
 */
struct iomd_walk {
	struct iomd_runs *runs;
	u64 start;
	u64 end;
	u64 base;
	u32 run;
	struct iomd_general *leaf;
};

/**
 * struct iomd_summary - What a DMA command wants to know before it plans.
 * @length: Bytes described.
 * @highest: Highest physical address in use; 0 if not known.
 * @page_align: In-page offset of the first byte, if all of it was pinned as one
 *	piece; -1 otherwise.
 * @piece: Where the memory is, if it has pages and is in one piece; IOMD_NO_PIECE otherwise.
 *	Good while the memory is held, like @flags.
 * @flags: The flags of everything that memory comes from, taken together.
 */
struct iomd_summary {
	u64 length;
	u64 highest;
	u64 piece;
	s32 page_align;
	u32 flags;
};

#define IOMD_NO_PIECE	U64_MAX

/* Which way bytes are copied. */
enum iomd_copy {
	IOMD_COPY_OUT,	/* from memory to the caller */
	IOMD_COPY_IN,	/* from the caller to memory */
};

/**
 * struct iomd_desc_ops - What makes a kind of descriptor.
 */
struct iomd_desc_ops {
	/** @name: For messages and traces. */
	const char *name;

	/**
	 * @prepare: Make the memory resident and count it. Process context, no
	 * locks held. On error nothing has changed. This callback is mandatory.
	 */
	int (*prepare)(struct iomd_desc *desc, u32 direction);

	/**
	 * @complete: Undo one @prepare. Does not allocate, and leaves nothing
	 * undone whatever it returns. Returns -EALREADY where there was nothing
	 * to complete. This callback is mandatory.
	 */
	int (*complete)(struct iomd_desc *desc, u32 direction);

	/**
	 * @resolve: Set the window of @walk to one that holds @offset, which lies
	 * inside the descriptor. Must not sleep. Returns 0; -EAGAIN if the memory
	 * is not prepared; or -EOPNOTSUPP, and @walk as it was, if it is opaque.
	 * This callback is mandatory.
	 */
	int (*resolve)(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset);

	/**
	 * @hold: Keep prepared memory resident beyond its last complete, and say what it
	 * is in @summary, if that is not NULL. Must not sleep. Returns false, with
	 * @summary undefined, if the memory is not prepared. This callback is mandatory.
	 */
	bool (*hold)(struct iomd_desc *desc, struct iomd_summary *summary);

	/**
	 * @drop: Undo one @hold. Must not sleep. This callback is mandatory.
	 */
	void (*drop)(struct iomd_desc *desc);

	/**
	 * @all_flags: The flags of everything that memory comes from, taken
	 * together. Must not sleep. This callback is mandatory.
	 */
	u32 (*all_flags)(struct iomd_desc *desc);

	/**
	 * @bus_extent: Where the byte at @offset is for the device behind the
	 * descriptor's mapper, and how far it is contiguous. @offset lies inside.
	 * May sleep. Returns 0; -EAGAIN if the memory is not prepared; -ENODEV
	 * without a mapper; or why it cannot be mapped. This callback is
	 * mandatory.
	 */
	int (*bus_extent)(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);

	/**
	 * @is_opaque: Is there memory of which only the descriptor's mapper knows
	 * where it is? A device finds it through @bus_extent and @own_mapping; it
	 * cannot be walked, nor mapped for others. Must not sleep. This callback is
	 * optional; without it there is none.
	 */
	bool (*is_opaque)(struct iomd_desc *desc);

	/**
	 * @copy: Copy @length bytes at @offset, which lie inside, between memory
	 * and @bytes, as iomd_desc_copy() does. May sleep for memory that is opaque.
	 * Returns bytes copied. This callback is optional; without it memory is
	 * found by walking.
	 */
	u64 (*copy)(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
		    u64 length);

	/**
	 * @own_mapping: The mapping of all of the descriptor for its mapper, which
	 * it keeps until it is unpinned; if there is none and @make, one is made,
	 * where it is of use to commands, which takes that the caller may sleep.
	 * Returns NULL if there is none. This callback is optional; without it
	 * there never is one.
	 */
	struct iomd_mapping *(*own_mapping)(struct iomd_desc *desc, bool make);

	/**
	 * @source_extent: The address of the byte at @offset, which lies inside, as it
	 * was given when the descriptor was made, and how far addresses continue. Must
	 * not sleep. Returns 0, or -EOVERFLOW if a part has become shorter than that.
	 * This callback is mandatory.
	 */
	int (*source_extent)(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);

	/**
	 * @dma_map_length: Bytes of the pages that a window touches, which is not
	 * empty and lies inside, pieces that continue each other taken as one; and
	 * where in its page the first byte lies. Must not sleep. This callback is
	 * mandatory.
	 */
	u64 (*dma_map_length)(struct iomd_desc *desc, u64 offset, u64 length, u64 *first);

	/**
	 * @page_counts: Add what there is to both counts. Returns 0; -EAGAIN without
	 * a backing object. This callback is optional; without it there is none.
	 */
	int (*page_counts)(struct iomd_desc *desc, u64 *resident, u64 *dirty);

	/**
	 * @set_purgeable: Change the state to one there is, and say what it was. This
	 * callback is optional; without it the answer is -EAGAIN.
	 */
	int (*set_purgeable)(struct iomd_desc *desc, u32 new_state, u32 *old_state);

	/**
	 * @preparation_id: Name of the prepared lifetime. This callback is
	 * optional; without it the answer is "unsupported", until a name is given.
	 */
	u64 (*preparation_id)(struct iomd_desc *desc);

	/**
	 * @own_address: Where all of the memory is in @task, if that is where it is
	 * described. May sleep. Returns the address of the first byte, or 0. This
	 * callback is optional; without it the memory is nowhere.
	 */
	u64 (*own_address)(struct iomd_desc *desc, struct mm_struct *task);

	/**
	 * @map_root: The descriptor that has the maps which are made of this one, and
	 * where in that the byte at @offset is. Must not sleep. This callback is
	 * optional; without it they are its own.
	 */
	struct iomd_desc *(*map_root)(struct iomd_desc *desc, u64 *offset);

	/**
	 * @reference: A descriptor of the memory that is behind this one now, for maps
	 * to keep: held, with a reference, and changed by nobody; iomd_reference_put()
	 * undoes both. The CPU may write it if @write. May sleep. Returns an error
	 * pointer if it cannot be had. This callback is optional; without it the memory
	 * cannot be mapped.
	 */
	struct iomd_desc *(*reference)(struct iomd_desc *desc, bool write);

	/**
	 * @command_operation: Answer a DMA command, in a record that is large enough. This
	 * callback is optional; without it the descriptor answers by what it says to
	 * the others here.
	 */
	int (*command_operation)(struct iomd_desc *desc, u32 op, void *data, void *caller);

	/**
	 * @release: Free the descriptor; completes what is still prepared.
	 * Process context. This callback is mandatory.
	 */
	void (*release)(struct iomd_desc *desc);
};

/**
 * struct iomd_desc - What every descriptor has; the first member of each kind.
 * @ops: The kind.
 * @ref: References.
 * @flags: Creation options and state bits.
 * @tag: The owner's, not interpreted.
 * @kernel_tag: Accounting tag where the kernel uses the memory.
 * @user_tag: Accounting tag where a task does.
 * @mapper_options: For mappers.
 * @is_extended: Something was stored that not every descriptor has; from then on
 *	@preparation_id counts as an answer, if the kind has no better one.
 * @is_redirected: Those who touch the memory in a task wait. Guarded by the lock of @maps.
 * @preparation_id: Name of the prepared lifetime; 0 until asked for.
 * @descriptor_id: Name of the descriptor; 0 until asked for.
 * @context: Object kept for the owner, or NULL; a reference is held.
 * @length: Bytes described.
 * @depth: How deep descriptors are nested in this one; 0 if it is made of none.
 * @nr_parents: How many times it is part of another.
 * @nr_active: How many have said that they are using the memory, and not yet that they
 *	no longer do; each holds the memory and has a reference.
 * @mapper: Mapper the descriptor is bound to, or NULL; a reference is held.
 * @maps: Maps of the memory; NULL until there is one.
 * @release_work: Runs the release when the last reference goes in a context that
 *	cannot sleep.
 */
struct iomd_desc {
	const struct iomd_desc_ops *ops;
	struct kref ref;
	u32 flags;
	u32 tag;
	u16 kernel_tag;
	u16 user_tag;
	u16 mapper_options;
	bool is_extended;
	bool is_redirected;
	atomic64_t preparation_id;
	atomic64_t descriptor_id;
	struct iomd_context *context;
	u64 length;
	u32 depth;
	atomic_t nr_parents;
	atomic_t nr_active;
	struct iomd_mapper *mapper;
	struct iomd_map_set *maps;
	struct work_struct release_work;
};

void iomd_desc_init(struct iomd_desc *desc, const struct iomd_desc_ops *ops);
void iomd_desc_exit(struct iomd_desc *desc);
int iomd_desc_walk(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
		   struct iomd_extent *extent);

/* A step of a walk: iomd_desc_walk(), or iomd_desc_bus_walk(). */
typedef int (*iomd_walk_fn)(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
			    struct iomd_extent *extent);

int iomd_desc_walk_joined(struct iomd_desc *desc, iomd_walk_fn walk_fn, struct iomd_walk *walk,
			  u64 offset, u64 limit, struct iomd_extent *extent);
int iomd_desc_bus_walk(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
		       struct iomd_extent *extent);
u64 iomd_desc_segment(struct iomd_desc *desc, u64 offset, u64 *length, u32 options, void *caller);
void iomd_desc_complain(const struct iomd_desc *desc, int err, void *caller);

/* Does a descriptor give CPU-physical addresses whatever is asked? */
static inline bool iomd_desc_is_untranslated(const struct iomd_desc *desc)
{
	return desc->flags & (IOMD_MEMORY_MAPPER_NONE | IOMD_MEMORY_HOST_ONLY |
			      IOMD_MEMORY_REMOTE);
}

/* Is any of the memory pinned for reading only? */
static inline bool iomd_desc_is_read_only(struct iomd_desc *desc)
{
	return desc->ops->all_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY;
}

/* Does only one mapper know where some of the memory is? */
static inline bool iomd_desc_is_opaque(struct iomd_desc *desc)
{
	return desc->ops->is_opaque && desc->ops->is_opaque(desc);
}

/* In long loops that softirq may be in as well. */
static inline void iomd_cond_resched(void)
{
	if (!in_interrupt())
		cond_resched();
}

static inline bool iomd_desc_hold(struct iomd_desc *desc)
{
	return desc->ops->hold(desc, NULL);
}

static inline void iomd_desc_drop(struct iomd_desc *desc)
{
	desc->ops->drop(desc);
}

/*
 * Work that a context which cannot sleep leaves behind; flushed on unload. It has no rescuer:
 * nothing that memory is freed by may wait for it.
 */
extern struct workqueue_struct *iomd_workqueue;

#endif /* _IOMD_CORE_H */
