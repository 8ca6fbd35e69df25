// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations on nested descriptors, against arrays of bytes.
 *
 * Leaves are descriptors of memory of all sorts, each with a copy of its bytes, and with
 * what is known of how it is prepared. Composites are made of leaves and of each other;
 * for each of their bytes the model says which byte of which leaf it is. Whatever is done
 * to a descriptor is done to the model too, and they have to agree.
 */
#include <linux/bvec.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define NR_OPERATIONS	60000
#define NR_LEAVES	9
#define NR_NODES	22
#define NR_COMMANDS	3
#define MAX_PARTS	4
#define MAX_LENGTH	(8 * PAGE_SIZE)
#define MAX_COPY	(2 * PAGE_SIZE)

enum kind { LEAF, MULTI, SUB, INTERLEAVED, NR_KINDS };

struct node;

struct part {
	struct node *node;
	u64 offset;
	u64 length;
};

struct node {
	enum kind kind;
	struct iomd_desc *desc;
	u32 direction;
	u64 length;
	u8 **byte;		/* where the model has each byte, */
	u8 *leaf;		/* and the leaf it is of */
	u32 leaves;		/* all that it is made of, a bit each */
	u32 nr_parents;
	u32 prepares;		/* to be completed through it */
	u32 commands;		/* attached to it */
	u64 id;			/* what was answered last, */
	u64 lifetimes;		/* and what it stood for */

	/* Composites. */
	u32 nr_parts;
	struct part part[MAX_PARTS];

	/* Leaves. */
	const char *name;
	bool is_user;
	bool is_physical;
	bool is_pageable;
	u32 count;
	u32 held;
	bool read_only;
	bool writable;
	u64 lifetime;
};

enum operation {
	READ_BYTES, WRITE_BYTES, FIND_SEGMENT, PREPARE, COMPLETE, ASK_ID, USE_COMMAND, REMAKE,
	NR_OPERATION_KINDS
};

static const char * const names[] = {
	"read", "write", "segment", "prepare", "complete", "ask_id", "command", "remake",
};

struct command {
	struct iomd_dma *dma;
	u64 max_segment_size;
	struct node *node;	/* NULL while it is not prepared */
	u64 offset;
	u64 length;
};

struct model {
	struct rnd_state random;
	struct node node[NR_NODES];
	struct command command[NR_COMMANDS];
	u8 *bytes;
	const char *wrong;
	u32 done[NR_OPERATION_KINDS];	/* those that had an effect */
};

static u32 below(struct model *model, u32 limit)
{
	return iomd_kunit_below(&model->random, limit);
}

static bool is_wired(const struct node *leaf)
{
	return leaf->count || leaf->held || leaf->is_physical;
}

/* Note what is wrong, if it is. */
static void check(struct model *model, bool is_right, const char *what)
{
	if (!is_right && !model->wrong)
		model->wrong = what;
}

/*
 * The model of preparing.
 */

static void model_complete(struct node *node)
{
	u32 i;

	for (i = 0; i < node->nr_parts; i++)
		model_complete(node->part[i].node);
	if (node->kind != LEAF || node->is_physical || !node->count)
		return;
	if (!--node->count)
		node->read_only = false;
}

static int model_prepare_leaf(struct node *leaf, u32 direction)
{
	bool reads;

	if (leaf->is_physical)
		return 0;
	if (!(direction & BOTH))
		direction = leaf->direction;
	reads = (direction & BOTH) == OUT;

	if (leaf->count) {
		if (leaf->read_only && !reads)
			return -EROFS;
	} else {
		if (!leaf->held)
			leaf->writable = !reads || !leaf->is_user;
		else if (!reads && !leaf->writable)
			return -EROFS;
		leaf->read_only = reads;
		leaf->lifetime++;
	}
	leaf->count++;
	return 0;
}

static int model_prepare(struct node *node, u32 direction)
{
	u32 i;
	int err;

	if (node->kind == LEAF)
		return model_prepare_leaf(node, direction);
	if (node->kind != SUB && direction == NONE)
		direction = node->direction;
	for (i = 0; i < node->nr_parts; i++) {
		err = model_prepare(node->part[i].node, direction);
		if (!err)
			continue;
		while (i--)
			model_complete(node->part[i].node);
		return err;
	}
	return 0;
}

static void model_hold(struct node *node, int by)
{
	u32 i;

	for (i = 0; i < node->nr_parts; i++)
		model_hold(node->part[i].node, by);
	if (node->kind == LEAF)
		node->held += by;
}

enum readiness { UNWIRED = 1, READ_ONLY = 2 };

/* Is anything a node is made of not there, or not to be written? */
static u32 model_lacks(struct model *model, const struct node *node)
{
	u32 lacks = 0, i;

	for (i = 0; i < NR_LEAVES; i++) {
		const struct node *leaf = &model->node[i];

		if (!(node->leaves & BIT(i)) || leaf->is_physical)
			continue;
		if (!is_wired(leaf))
			lacks |= UNWIRED;
		else if (leaf->read_only || !leaf->writable)
			lacks |= READ_ONLY;
	}
	return lacks;
}

/* How many bytes from @offset on are there, one after the other. */
static u64 model_reach(struct model *model, const struct node *node, u64 offset, u64 length)
{
	u64 i;

	for (i = 0; i < length; i++)
		if (!is_wired(&model->node[node->leaf[offset + i]]))
			break;
	return i;
}

#define NO_LIFETIMES	0

/*
 * What preparation ID there should be: an answer that means there is none; or else, in
 * @lifetimes, what it stands for.
 */
static u64 model_id(const struct node *node, u64 *lifetimes)
{
	u32 i;

	if (node->kind == INTERLEAVED)
		return IOMD_PREPARATION_ID_UNSUPPORTED;
	if (node->kind == LEAF) {
		if (!node->count && !node->is_physical)
			return IOMD_PREPARATION_ID_UNPREPARED;
		*lifetimes = *lifetimes * 31 + node->lifetime + 1;
		return U64_MAX;
	}
	for (i = 0; i < node->nr_parts; i++) {
		u64 id = model_id(node->part[i].node, lifetimes);

		if (id != U64_MAX)
			return id;
	}
	return U64_MAX;
}

/*
 * Making leaves.
 */

static struct iomd_desc *kernel_leaf(struct kunit *test, u8 *memory)
{
	const struct iomd_range ranges[] = {
		{ (unsigned long)memory + 6000, 3000 }, { (unsigned long)memory + 5, 0 },
		{ (unsigned long)memory + 100, 5000 },
	};

	return iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 3, BOTH,
								    IOMD_KERNEL_TASK));
}

static struct iomd_desc *process_leaf(struct kunit *test, u32 options)
{
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	const struct iomd_range ranges[] = { { base + 9000, 2000 }, { base + 7, 5000 } };

	iomd_kunit_user_fill(test, base, 4 * PAGE_SIZE, 0);
	return iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, options,
								    iomd_kunit_mm));
}

static struct iomd_desc *bvec_leaf(struct kunit *test, struct page **pages)
{
	const struct bio_vec bvecs[] = {
		{ .bv_page = pages[2], .bv_offset = 9, .bv_len = 4000 },
		{ .bv_page = pages[0], .bv_offset = 0, .bv_len = PAGE_SIZE },
		{ .bv_page = pages[1], .bv_offset = 4095, .bv_len = 1 },
	};

	return iomd_kunit_desc(test, iomd_desc_with_bvecs(bvecs, 3, IN, NULL));
}

static void node_alloc(struct kunit *test, struct node *node)
{
	node->byte = iomd_kunit_zalloc(test, MAX_LENGTH * sizeof(*node->byte));
	node->leaf = iomd_kunit_zalloc(test, MAX_LENGTH);
}

static struct node *add_leaf(struct kunit *test, u32 index, const char *name,
			     struct iomd_desc *desc)
{
	struct model *model = test->priv;
	struct node *leaf = &model->node[index];
	u8 *bytes;
	u64 i;

	node_alloc(test, leaf);
	leaf->name = name;
	leaf->desc = desc;
	leaf->direction = iomd_desc_get_direction(desc);
	leaf->length = iomd_desc_get_length(desc);
	leaf->leaves = BIT(index);
	leaf->writable = true;
	KUNIT_ASSERT_LE(test, leaf->length, (u64)MAX_LENGTH);

	bytes = iomd_kunit_zalloc(test, MAX_LENGTH);
	for (i = 0; i < leaf->length; i++)
		leaf->byte[i] = bytes + i;
	memset(leaf->leaf, index, leaf->length);

	/* The same bytes on both sides. */
	iomd_kunit_fill(bytes, leaf->length, index);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, leaf->length), leaf->length);
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	return leaf;
}

static void make_leaves(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 9);
	struct iomd_buffer *buffer;
	struct iomd_desc *desc;
	struct node *leaf;
	u64 phys;
	u32 i = 0;

	add_leaf(test, i++, "kernel", kernel_leaf(test, iomd_kunit_vmap(test, pages, 3)));
	add_leaf(test, i++, "empty", iomd_kunit_of_kernel(test, NULL, 0, BOTH));
	add_leaf(test, i++, "process", process_leaf(test, BOTH))->is_user = true;
	add_leaf(test, i++, "process, out", process_leaf(test, OUT))->is_user = true;
	add_leaf(test, i++, "pages",
		 iomd_kunit_desc(test, iomd_desc_with_pages(pages + 3, 3, 50,
							    3 * PAGE_SIZE - 100, BOTH, NULL)));
	add_leaf(test, i++, "bvecs", bvec_leaf(test, pages + 6));

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(NONE, 5000, 1));
	leaf = add_leaf(test, i++, "buffer", iomd_buffer_desc(buffer));
	leaf->count = 1;

	buffer = iomd_kunit_pageable(test, 9000, 0);
	add_leaf(test, i++, "pageable", iomd_buffer_desc(buffer))->is_pageable = true;

	phys = page_to_phys(iomd_kunit_page(test, 0, U64_MAX)) + 500;
	desc = iomd_kunit_desc(test, iomd_desc_with_physical_address(phys, 3000, BOTH));
	add_leaf(test, i++, "physical", desc)->is_physical = true;
	KUNIT_ASSERT_EQ(test, i, (u32)NR_LEAVES);
}

/*
 * Making composites.
 */

/* Some nodes that come before @node, so that there are no circles, and windows on them. */
static void choose_parts(struct model *model, struct node *node)
{
	u32 index = node - model->node, nr = node->kind == SUB ? 1 : 1 + below(model, MAX_PARTS);
	u64 total = 0;
	u32 i;

	node->nr_parts = 0;
	for (i = 0; i < nr; i++) {
		struct part *part = &node->part[node->nr_parts];

		part->node = &model->node[below(model, index)];
		part->offset = 0;
		part->length = part->node->length;
		if (node->kind != MULTI) {
			part->offset = below(model, part->node->length + 1);
			part->length = below(model, part->node->length - part->offset + 1);
		}
		if (total + part->length > MAX_LENGTH)
			continue;
		total += part->length;
		node->nr_parts++;
	}
	node->length = total;
}

/* Pageable buffers do not mix with others in a multi descriptor. */
static bool is_mixed(const struct node *node)
{
	u32 i, nr = 0;

	for (i = 0; i < node->nr_parts; i++)
		nr += node->part[i].node->is_pageable;
	return node->kind == MULTI && nr && nr != node->nr_parts;
}

static void describe_parts(struct node *node)
{
	u64 at = 0;
	u32 i;

	node->leaves = 0;
	for (i = 0; i < node->nr_parts; i++) {
		const struct part *part = &node->part[i];

		memcpy(node->byte + at, part->node->byte + part->offset,
		       part->length * sizeof(*node->byte));
		memcpy(node->leaf + at, part->node->leaf + part->offset, part->length);
		at += part->length;
		node->leaves |= part->node->leaves;
		part->node->nr_parents++;
	}
	node->id = 0;
	node->lifetimes = NO_LIFETIMES;
}

static void forget_parts(struct node *node)
{
	u32 i;

	for (i = 0; i < node->nr_parts; i++)
		node->part[i].node->nr_parents--;
	node->nr_parts = 0;
}

static int make_multi(struct node *node)
{
	struct iomd_desc *children[MAX_PARTS];
	u32 i;

	for (i = 0; i < node->nr_parts; i++)
		children[i] = node->part[i].node->desc;
	if (node->desc)
		return iomd_multi_init_with_descriptors(node->desc, children, node->nr_parts,
							node->direction, false);
	node->desc = iomd_multi_with_descriptors(children, node->nr_parts, node->direction, false);
	return PTR_ERR_OR_ZERO(node->desc);
}

static int make_sub(struct node *node)
{
	const struct part *part = &node->part[0];

	if (node->desc)
		return iomd_sub_init_sub_range(node->desc, part->node->desc, part->offset,
					       part->length, node->direction);
	node->desc = iomd_sub_with_sub_range(part->node->desc, part->offset, part->length,
					     node->direction);
	return PTR_ERR_OR_ZERO(node->desc);
}

static int make_interleaved(struct node *node)
{
	u32 i;

	if (node->desc)
		iomd_interleaved_clear_memory_descriptors(node->desc, node->direction);
	else
		node->desc = iomd_interleaved_with_capacity(MAX_PARTS, node->direction);
	if (IS_ERR(node->desc))
		return PTR_ERR(node->desc);
	for (i = 0; i < node->nr_parts; i++)
		if (!iomd_interleaved_set_memory_descriptor(node->desc, node->part[i].node->desc,
							    node->part[i].offset,
							    node->part[i].length))
			return -EINVAL;
	return 0;
}

/* Make, or make anew, a composite of whatever comes. */
static void make_composite(struct kunit *test, struct node *node)
{
	struct model *model = test->priv;
	int err;

	do {
		choose_parts(model, node);
	} while (!node->nr_parts || is_mixed(node));

	/* NONE would leave an interleaved descriptor what it was. */
	node->direction = 1 + below(model, 3);
	err = node->kind == MULTI ? make_multi(node) :
	      node->kind == SUB ? make_sub(node) : make_interleaved(node);
	check(model, !err, "it could not be made");
	describe_parts(node);
	check(model, iomd_desc_get_length(node->desc) == node->length, "its length is wrong");
}

static void make_composites(struct kunit *test)
{
	struct model *model = test->priv;
	u32 i;

	for (i = NR_LEAVES; i < NR_NODES; i++) {
		struct node *node = &model->node[i];

		node_alloc(test, node);
		node->kind = MULTI + i % (NR_KINDS - 1);
		make_composite(test, node);
		iomd_kunit_desc(test, node->desc);
	}
}

static void make_commands(struct kunit *test)
{
	static const u64 max_segment_sizes[NR_COMMANDS] = { 0, 100, PAGE_SIZE };
	struct model *model = test->priv;
	u32 i;

	for (i = 0; i < NR_COMMANDS; i++) {
		struct command *command = &model->command[i];

		command->max_segment_size = max_segment_sizes[i];
		command->dma = iomd_dma_with_specification(iomd_dma_output_host64, 64,
							   command->max_segment_size,
							   IOMD_DMA_MAP_OPTION_UNMAPPED, 0, 1,
							   NULL, NULL);
		iomd_kunit_dma(test, command->dma);
	}
}

static int init(struct kunit *test)
{
	struct model *model;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	model = iomd_kunit_zalloc(test, sizeof(*model));
	test->priv = model;
	iomd_kunit_seed(test, &model->random);
	model->bytes = iomd_kunit_zalloc(test, MAX_COPY);
	make_leaves(test);
	make_composites(test);
	make_commands(test);
	KUNIT_ASSERT_NULL(test, model->wrong);
	return 0;
}

/*
 * Operations.
 */

static struct node *any_node(struct model *model)
{
	return &model->node[below(model, NR_NODES)];
}

/* Mostly short, and mostly inside. */
static void choose_range(struct model *model, const struct node *node, u64 *offset, u64 *length)
{
	*offset = below(model, node->length + 2);
	*length = below(model, below(model, 8) ? 300 : MAX_COPY);
}

static bool fits(const struct node *node, u64 offset, u64 length)
{
	return offset + length <= node->length;
}

static bool same_bytes(const struct node *node, u64 offset, const u8 *bytes, u64 length)
{
	u64 i;

	for (i = 0; i < length; i++)
		if (bytes[i] != *node->byte[offset + i])
			return false;
	return true;
}

static void store_bytes(struct node *node, u64 offset, const u8 *bytes, u64 length)
{
	u64 i;

	for (i = 0; i < length; i++)
		*node->byte[offset + i] = bytes ? bytes[i] : 0;
}

static void read(struct model *model, struct node *node)
{
	u64 offset, length, count = 0;

	choose_range(model, node, &offset, &length);
	if (fits(node, offset, length))
		count = model_reach(model, node, offset, length);
	check(model, iomd_desc_read_bytes(node->desc, offset, model->bytes, length) == count,
	      "another number of bytes was read");
	check(model, same_bytes(node, offset, model->bytes, count), "other bytes were read");
	model->done[READ_BYTES] += count > 0;
}

/* What is read-only in part is left alone: all of it, or that part? */
static void write(struct model *model, struct node *node)
{
	bool has_one_leaf = hweight32(node->leaves) == 1;
	bool zero = !below(model, 8);
	u32 lacks = model_lacks(model, node);
	u64 offset, length, count = 0;

	choose_range(model, node, &offset, &length);
	if ((lacks & READ_ONLY) && !has_one_leaf)
		return;
	if (fits(node, offset, length) && !(lacks & READ_ONLY))
		count = model_reach(model, node, offset, length);
	iomd_kunit_fill(model->bytes, length, prandom_u32_state(&model->random));

	/* The same byte may be there twice, and keeps what is written to it last. */
	store_bytes(node, offset, zero ? NULL : model->bytes, count);
	check(model, iomd_desc_write_bytes(node->desc, offset, zero ? NULL : model->bytes,
					   length) == count,
	      "another number of bytes was written");
	model->done[WRITE_BYTES] += count > 0;
}

/* Look at a segment as a device would. */
static bool is_segment(const struct node *node, u64 offset, u64 phys, u64 length)
{
	return fits(node, offset, length) && same_bytes(node, offset, phys_to_virt(phys), length);
}

static void segment(struct model *model, struct node *node)
{
	u64 offset = below(model, node->length + 2), length = 77, i;
	u64 phys = iomd_kunit_phys(node->desc, offset, &length);

	if (offset >= node->length || !is_wired(&model->node[node->leaf[offset]])) {
		check(model, !phys && !length, "there is a segment where there is none");
		return;
	}
	model->done[FIND_SEGMENT]++;
	check(model, phys && length && is_segment(node, offset, phys, length),
	      "a segment is somewhere else");
	for (i = 1; i < length; i++)
		if (node->leaf[offset + i] != node->leaf[offset])
			check(model, false, "a segment goes over a leaf's end");
}

static void prepare(struct model *model, struct node *node)
{
	static const u32 directions[] = { NONE, IN, OUT, BOTH, IOMD_PREPARE_NO_ZERO_FILL };
	u32 direction = directions[below(model, ARRAY_SIZE(directions))];
	int err = model_prepare(node, direction);

	check(model, iomd_desc_prepare(node->desc, direction) == err,
	      "preparing came to something else");
	node->prepares += !err;
	model->done[PREPARE] += !err;
}

static void complete_once(struct model *model, struct node *node)
{
	model_complete(node);
	node->prepares--;
	model->done[COMPLETE]++;
	check(model, !iomd_desc_complete(node->desc, NONE), "completing failed");
}

static void complete_some(struct model *model, struct node *node)
{
	if (node->prepares)
		complete_once(model, node);
}

static void ask_id(struct model *model, struct node *node)
{
	u64 lifetimes = 1, id = iomd_desc_get_preparation_id(node->desc);
	u64 expected = model_id(node, &lifetimes);

	if (expected != U64_MAX) {
		check(model, id == expected, "there is an ID where there is none");
		return;
	}
	check(model, id >> 32, "there is no ID");
	if (node->lifetimes != NO_LIFETIMES)
		check(model, (id == node->id) == (lifetimes == node->lifetimes),
		      "an ID stands for another lifetime");
	node->id = id;
	node->lifetimes = lifetimes;
	model->done[ASK_ID]++;
}

/* A composite that nobody uses is made of something else. */
static void remake(struct model *model, struct node *node, struct kunit *test)
{
	if (node->kind == LEAF || node->nr_parents || node->prepares || node->commands)
		return;
	forget_parts(node);
	make_composite(test, node);
	model->done[REMAKE]++;
}

/*
 * Commands.
 */

static void detach(struct model *model, struct command *command)
{
	check(model, !iomd_dma_clear_memory_descriptor(command->dma, true), "detaching failed");
	model_hold(command->node, -1);
	command->node->commands--;
	command->node = NULL;
}

static void attach(struct model *model, struct command *command, struct node *node)
{
	bool has_all = !(model_lacks(model, node) & UNWIRED);
	int err;

	if (!node->length)
		return;
	command->offset = below(model, node->length);
	command->length = 1 + below(model, node->length - command->offset);
	check(model, !iomd_dma_set_memory_descriptor(command->dma, node->desc, false),
	      "attaching failed");
	err = iomd_dma_prepare(command->dma, command->offset, command->length, true, true);
	check(model, err == (has_all ? 0 : -EAGAIN), "a command came to something else");
	if (err) {
		iomd_dma_clear_memory_descriptor(command->dma, true);
		return;
	}
	model_hold(node, 1);
	node->commands++;
	command->node = node;
}

/* What the device does with a segment: it reads it, or writes it. */
static void use_segment(struct model *model, struct command *command, u64 at,
			const struct iomd_segment64 *segment, bool writes)
{
	struct node *node = command->node;
	u64 offset = command->offset + at;
	u8 *memory = phys_to_virt(segment->iovm_addr);

	if (at + segment->length > command->length ||
	    !is_segment(node, offset, segment->iovm_addr, segment->length)) {
		check(model, false, "a command's segment is somewhere else");
		return;
	}
	if (writes) {
		iomd_kunit_fill(memory, segment->length, prandom_u32_state(&model->random));
		store_bytes(node, offset, memory, segment->length);
	}
}

static void transfer(struct model *model, struct command *command)
{
	bool writes = !(model_lacks(model, command->node) & READ_ONLY) && below(model, 2);
	u64 offset = 0, joins = 0;

	while (offset < command->length && !model->wrong) {
		struct iomd_segment64 segments[4];
		u32 nr = 1 + below(model, 4), i;
		u64 at = offset;

		if (iomd_dma_gen64_iovm_segments(command->dma, &offset, segments, &nr)) {
			check(model, false, "a command has no segments");
			return;
		}
		for (i = 0; i < nr; i++) {
			use_segment(model, command, at, &segments[i], writes);
			at += segments[i].length;
			if (command->max_segment_size)
				check(model, segments[i].length <= command->max_segment_size,
				      "a command's segment is too long");
			else
				check(model, segments[i].iovm_addr != joins,
				      "segments are not joined");
			joins = segments[i].iovm_addr + segments[i].length;
		}
		check(model, at == offset, "a command's segments are longer or shorter");
	}
	model->done[USE_COMMAND]++;
}

/* Attach a command, run it, or let go; whatever is completed meanwhile. */
static void command(struct model *model, struct node *node)
{
	struct command *command = &model->command[below(model, NR_COMMANDS)];

	if (!command->node)
		attach(model, command, node);
	else if (below(model, 3))
		transfer(model, command);
	else
		detach(model, command);
}

static enum operation operate(struct kunit *test, struct node *node)
{
	static const u8 kinds[] = {
		READ_BYTES, READ_BYTES, READ_BYTES, WRITE_BYTES, WRITE_BYTES, WRITE_BYTES,
		FIND_SEGMENT, FIND_SEGMENT,
		PREPARE, PREPARE, PREPARE, PREPARE, COMPLETE, COMPLETE, ASK_ID,
		USE_COMMAND, USE_COMMAND, USE_COMMAND, USE_COMMAND, REMAKE,
	};
	struct model *model = test->priv;
	enum operation kind = kinds[below(model, ARRAY_SIZE(kinds))];

	switch (kind) {
	case READ_BYTES:
		read(model, node);
		break;
	case WRITE_BYTES:
		write(model, node);
		break;
	case FIND_SEGMENT:
		segment(model, node);
		break;
	case PREPARE:
		prepare(model, node);
		break;
	case COMPLETE:
		complete_some(model, node);
		break;
	case ASK_ID:
		ask_id(model, node);
		break;
	case USE_COMMAND:
		command(model, node);
		break;
	case REMAKE:
		remake(model, node, test);
		break;
	default:
		break;
	}
	return kind;
}

/* Undo all that is prepared. */
static void settle(struct model *model)
{
	u32 i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (model->command[i].node)
			detach(model, &model->command[i]);
	for (i = 0; i < NR_NODES; i++)
		while (model->node[i].prepares)
			complete_once(model, &model->node[i]);
}

/* All leaves hold what the model says, and are prepared no more than at first. */
static void expect_leaves(struct kunit *test)
{
	struct model *model = test->priv;
	u8 *bytes = iomd_kunit_zalloc(test, MAX_LENGTH);
	u32 i;

	for (i = 0; i < NR_LEAVES; i++) {
		struct node *leaf = &model->node[i];

		KUNIT_EXPECT_EQ(test, iomd_kunit_is_prepared(leaf->desc),
				leaf->count || leaf->is_physical);
		KUNIT_EXPECT_EQ(test, leaf->held, 0U);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(leaf->desc, IN), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(leaf->desc, 0, bytes, leaf->length),
				leaf->length);
		KUNIT_EXPECT_TRUE_MSG(test, same_bytes(leaf, 0, bytes, leaf->length),
				      "bytes of %s", leaf->name);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(leaf->desc, NONE), 0);
	}
}

/*
 * MD-36 MD-38 MD-40 MD-41 MD-45 MD-47 MD-49 MD-50 MULTI-10 MULTI-11 MULTI-13 MULTI-14
 * MULTI-16 MULTI-18 MULTI-19 SUB-8 SUB-9 SUB-11 SUB-14 SUB-15 ILV-8 ILV-12 ILV-18 ILV-19
 * GMD-40 GMD-41 GMD-42 GMD-72 GMD-76: whatever is done, bytes, addresses, counts and names
 * are what arrays and counters say
 */
static void behaves_like_arrays(struct kunit *test)
{
	struct model *model = test->priv;
	u32 i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		struct node *node = any_node(model);
		enum operation kind = operate(test, node);

		KUNIT_ASSERT_NULL_MSG(test, model->wrong, "operation %u (%s) on node %u: %s", i,
				      names[kind], (u32)(node - model->node), model->wrong);
		/* What is read-only does not stay so for good, nor does all stay prepared. */
		if (i % 500 == 499)
			settle(model);
	}
	settle(model);
	KUNIT_ASSERT_NULL(test, model->wrong);
	expect_leaves(test);
	for (i = 0; i < NR_OPERATION_KINDS; i++)
		KUNIT_EXPECT_GE_MSG(test, model->done[i], (u32)NR_OPERATIONS / 1000, "%s",
				    names[i]);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(behaves_like_arrays),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_model",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
