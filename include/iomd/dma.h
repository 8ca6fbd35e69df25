/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA commands: a descriptor as a device sees it. IODMACommand.
 */
#ifndef _IOMD_DMA_H
#define _IOMD_DMA_H

#include <iomd/client.h>
#include <iomd/types.h>

struct iomd_buffer;
struct iomd_desc;
struct iomd_dma;
struct iomd_mapper;

/* How a command comes to its addresses. */
#define IOMD_DMA_MAP_OPTION_MAPPED		0x00	/* through a mapper */
#define IOMD_DMA_MAP_OPTION_BYPASSED		0x01	/* no translation, else refuse */
#define IOMD_DMA_MAP_OPTION_NON_COHERENT	0x02	/* as MAPPED, with cache maintenance */
#define IOMD_DMA_MAP_OPTION_UNMAPPED		0x03	/* no mapper unless one is given */
#define IOMD_DMA_MAP_OPTION_TYPE_MASK		0x0f
#define IOMD_DMA_MAP_OPTION_NO_CACHE_STORE	0x10	/* accepted */
#define IOMD_DMA_MAP_OPTION_ON_CHIP		0x20	/* accepted */
#define IOMD_DMA_MAP_OPTION_ITERATE_ONLY	0x40	/* an iterator: never bounces */
#define IOMD_DMA_MAP_OPTION_DEXT_OWNER		0x80	/* of iomd_dk_dma_create() */

/* Options of iomd_dma_synchronize(), beside IOMD_DIRECTION_IN or IOMD_DIRECTION_OUT. */
#define IOMD_DMA_FORCE_DOUBLE_BUFFER		0x01000000	/* all of it, in own pages */

/**
 * typedef iomd_dma_segment_fn - Store one segment.
 * @dma: The command that generates.
 * @segment: Bus address and length.
 * @segments: The caller's array, or whatever it passed in its place.
 * @index: Element to fill; counts from 0 in every generate call.
 *
 * Called once per segment, in order. It must not sleep. Return false if the
 * segment cannot be encoded; generation then stops with -EMSGSIZE.
 * IOKit: IODMACommand::SegmentFunction. Implements DMA-1.
 */
typedef bool (*iomd_dma_segment_fn)(struct iomd_dma *dma, struct iomd_segment64 segment,
				    void *segments, u32 index);

bool iomd_dma_output_host32(struct iomd_dma *dma, struct iomd_segment64 segment,
			    void *segments, u32 index);
bool iomd_dma_output_big32(struct iomd_dma *dma, struct iomd_segment64 segment,
			   void *segments, u32 index);
bool iomd_dma_output_little32(struct iomd_dma *dma, struct iomd_segment64 segment,
			      void *segments, u32 index);
bool iomd_dma_output_host64(struct iomd_dma *dma, struct iomd_segment64 segment,
			    void *segments, u32 index);
bool iomd_dma_output_big64(struct iomd_dma *dma, struct iomd_segment64 segment,
			   void *segments, u32 index);
bool iomd_dma_output_little64(struct iomd_dma *dma, struct iomd_segment64 segment,
			      void *segments, u32 index);

/**
 * struct iomd_dma_segment_options - What a device demands of its segments.
 * @struct_size: Size of this struct; not looked at.
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @max_segment_size: Longest segment in bytes; 0 for no limit.
 * @max_transfer_size: Longest prepared range in bytes; 0 for no limit.
 * @alignment: Of the first segment's address, a power of two; 0 means 1.
 * @alignment_length: Of every segment's length, a power of two; 0 means 1.
 * @alignment_internal_segments: Of the other segments' addresses; 0 means
 *	@alignment.
 *
 * IOKit: IODMACommand::SegmentOptions.
 */
struct iomd_dma_segment_options {
	u8 struct_size;
	u8 num_address_bits;
	u64 max_segment_size;
	u64 max_transfer_size;
	u32 alignment;
	u32 alignment_length;
	u32 alignment_internal_segments;
};

struct iomd_dma *
iomd_client_dma_with_segment_options(struct iomd_client *client, iomd_dma_segment_fn out,
				     const struct iomd_dma_segment_options *segment_options,
				     u32 mapping_options, struct iomd_mapper *mapper,
				     void *ref_con);
struct iomd_dma *iomd_client_dma_with_specification(struct iomd_client *client,
						    iomd_dma_segment_fn out, u8 num_address_bits,
						    u64 max_segment_size, u32 mapping_options,
						    u64 max_transfer_size, u32 alignment,
						    struct iomd_mapper *mapper, void *ref_con);
int iomd_client_dma_init_with_segment_options(struct iomd_client *client, struct iomd_dma *dma,
					      iomd_dma_segment_fn out,
					      const struct iomd_dma_segment_options *options,
					      u32 mapping_options, struct iomd_mapper *mapper,
					      void *ref_con);
int iomd_client_dma_init_with_specification(struct iomd_client *client, struct iomd_dma *dma,
					    iomd_dma_segment_fn out, u8 num_address_bits,
					    u64 max_segment_size, u32 mapping_options,
					    u64 max_transfer_size, u32 alignment,
					    struct iomd_mapper *mapper, void *ref_con);
int iomd_client_dma_prepare_with_segment_options(struct iomd_client *client, struct iomd_dma *dma,
						 iomd_dma_segment_fn out,
						 const struct iomd_dma_segment_options *options,
						 u32 mapping_options, struct iomd_mapper *mapper,
						 u64 offset, u64 length, bool flush_cache,
						 bool synchronize);
int iomd_client_dma_prepare_with_specification(struct iomd_client *client, struct iomd_dma *dma,
					       iomd_dma_segment_fn out, u8 num_address_bits,
					       u64 max_segment_size, u32 mapping_options,
					       u64 max_transfer_size, u32 alignment,
					       struct iomd_mapper *mapper, u64 offset, u64 length,
					       bool flush_cache, bool synchronize);

/* The calls that take a mapper, under their IOKit names; see <iomd/client.h>. */
#define iomd_dma_with_specification(out, num_address_bits, max_segment_size, mapping_options, \
				    max_transfer_size, alignment, mapper, ref_con) \
	iomd_client_dma_with_specification(IOMD_THIS_CLIENT, out, num_address_bits, \
					   max_segment_size, mapping_options, \
					   max_transfer_size, alignment, mapper, ref_con)
#define iomd_dma_with_segment_options(out, segment_options, mapping_options, mapper, ref_con) \
	iomd_client_dma_with_segment_options(IOMD_THIS_CLIENT, out, segment_options, \
					     mapping_options, mapper, ref_con)
#define iomd_dma_init_with_specification(dma, out, num_address_bits, max_segment_size, \
					 mapping_options, max_transfer_size, alignment, mapper, \
					 ref_con) \
	iomd_client_dma_init_with_specification(IOMD_THIS_CLIENT, dma, out, num_address_bits, \
						max_segment_size, mapping_options, \
						max_transfer_size, alignment, mapper, ref_con)
#define iomd_dma_init_with_segment_options(dma, out, segment_options, mapping_options, mapper, \
					   ref_con) \
	iomd_client_dma_init_with_segment_options(IOMD_THIS_CLIENT, dma, out, segment_options, \
						  mapping_options, mapper, ref_con)
#define iomd_dma_prepare_with_specification(dma, out, num_address_bits, max_segment_size, \
					    mapping_options, max_transfer_size, alignment, \
					    mapper, offset, length, flush_cache, synchronize) \
	iomd_client_dma_prepare_with_specification(IOMD_THIS_CLIENT, dma, out, \
						   num_address_bits, max_segment_size, \
						   mapping_options, max_transfer_size, \
						   alignment, mapper, offset, length, \
						   flush_cache, synchronize)
#define iomd_dma_prepare_with_segment_options(dma, out, segment_options, mapping_options, mapper, \
					      offset, length, flush_cache, synchronize) \
	iomd_client_dma_prepare_with_segment_options(IOMD_THIS_CLIENT, dma, out, \
						     segment_options, mapping_options, mapper, \
						     offset, length, flush_cache, synchronize)

struct iomd_dma *iomd_dma_with_ref_con(void *ref_con);
int iomd_dma_init_with_ref_con(struct iomd_dma *dma, void *ref_con);
struct iomd_dma *iomd_dma_clone_command(const struct iomd_dma *dma, void *ref_con);

struct iomd_dma *iomd_dma_get(struct iomd_dma *dma);
void iomd_dma_put(struct iomd_dma *dma);

int iomd_dma_set_memory_descriptor(struct iomd_dma *dma, struct iomd_desc *desc,
				   bool auto_prepare);
int iomd_dma_clear_memory_descriptor(struct iomd_dma *dma, bool auto_complete);
struct iomd_desc *iomd_dma_get_memory_descriptor(const struct iomd_dma *dma);

int iomd_dma_prepare(struct iomd_dma *dma, u64 offset, u64 length, bool flush_cache,
		     bool synchronize);
int iomd_dma_complete(struct iomd_dma *dma, bool invalidate_cache, bool synchronize);
int iomd_dma_synchronize(struct iomd_dma *dma, u32 options);

u64 iomd_dma_read_bytes(struct iomd_dma *dma, u64 offset, void *bytes, u64 length);
u64 iomd_dma_write_bytes(struct iomd_dma *dma, u64 offset, const void *bytes, u64 length);

int iomd_dma_gen_iovm_segments(struct iomd_dma *dma, u64 *offset, void *segments,
			       u32 *num_segments);
int iomd_dma_gen_iovm_segments_with_function(struct iomd_dma *dma, iomd_dma_segment_fn out,
					     u64 *offset, void *segments, u32 *num_segments);
int iomd_dma_gen32_iovm_segments(struct iomd_dma *dma, u64 *offset,
				 struct iomd_segment32 *segments, u32 *num_segments);
int iomd_dma_gen64_iovm_segments(struct iomd_dma *dma, u64 *offset,
				 struct iomd_segment64 *segments, u32 *num_segments);

int iomd_dma_get_prepared_offset_and_length(const struct iomd_dma *dma, u64 *offset, u64 *length);
u8 iomd_dma_get_num_address_bits(const struct iomd_dma *dma);
u32 iomd_dma_get_alignment(const struct iomd_dma *dma);
u32 iomd_dma_get_alignment_length(const struct iomd_dma *dma);
u32 iomd_dma_get_alignment_internal_segments(const struct iomd_dma *dma);
struct iomd_desc *iomd_dma_get_io_memory_descriptor(struct iomd_dma *dma);
struct iomd_buffer *iomd_dma_create_copy_buffer(struct iomd_dma *dma, u32 direction, u64 length);
u64 iomd_dma_get_bounced(const struct iomd_dma *dma);
void *iomd_dma_get_ref_con(const struct iomd_dma *dma);
void iomd_dma_set_ref_con(struct iomd_dma *dma, void *ref_con);

#endif /* _IOMD_DMA_H */
