#include "bench.h"

/* maps update|lookup|walk|walk-batch|update-batch COUNT: a hash of u32 to u64. */
int main(int argc, char **argv) {
	const char *what = argv[1];
	uint32_t count = atol(argv[2]), next;
	uint64_t value, sum = 0;
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = count};
	int fd = bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0) die("BPF_MAP_CREATE");
	uint32_t *keys = malloc(count * 4ul);
	uint64_t *values = malloc(count * 8ul);
	for (uint32_t i = 0; i < count; i++) keys[i] = values[i] = i;

	int updates = strcmp(what, "update") == 0, many = strcmp(what, "update-batch") == 0;
	if (updates) begin();
	if (!many)
		for (uint32_t i = 0; i < count; i++) {
			value = i;
			attr = (union bpf_attr){.map_fd = fd, .key = (uintptr_t)&i, .value = (uintptr_t)&value};
			if (bpf(BPF_MAP_UPDATE_ELEM, &attr)) die("BPF_MAP_UPDATE_ELEM");
		}
	if (!updates) begin();
	if (many) {
		attr = (union bpf_attr){
			.batch = {.map_fd = fd, .keys = (uintptr_t)keys, .values = (uintptr_t)values, .count = count}};
		if (bpf(BPF_MAP_UPDATE_BATCH, &attr)) die("BPF_MAP_UPDATE_BATCH");
	} else if (strcmp(what, "lookup") == 0) {
		for (uint32_t i = 0; i < count; i++) {
			attr = (union bpf_attr){.map_fd = fd, .key = (uintptr_t)&i, .value = (uintptr_t)&value};
			if (bpf(BPF_MAP_LOOKUP_ELEM, &attr)) die("BPF_MAP_LOOKUP_ELEM");
			sum += value;
		}
	} else if (strcmp(what, "walk") == 0) {
		attr = (union bpf_attr){.map_fd = fd, .next_key = (uintptr_t)&next};
		while (bpf(BPF_MAP_GET_NEXT_KEY, &attr) == 0) {
			uint32_t key = next;
			attr = (union bpf_attr){.map_fd = fd, .key = (uintptr_t)&key, .value = (uintptr_t)&value};
			if (bpf(BPF_MAP_LOOKUP_ELEM, &attr)) die("BPF_MAP_LOOKUP_ELEM");
			sum += value;
			attr = (union bpf_attr){.map_fd = fd, .key = (uintptr_t)&key, .next_key = (uintptr_t)&next};
		}
	} else if (strcmp(what, "walk-batch") == 0) {
		uint32_t token, room = 4096;
		for (int first = 1, result = 0; result == 0; first = 0) {
			attr = (union bpf_attr){.batch = {.in_batch = first ? 0 : (uintptr_t)&token,
							  .out_batch = (uintptr_t)&token,
							  .keys = (uintptr_t)keys,
							  .values = (uintptr_t)values,
							  .count = room,
							  .map_fd = fd}};
			result = bpf(BPF_MAP_LOOKUP_BATCH, &attr);
			if (result && errno != ENOENT) die("BPF_MAP_LOOKUP_BATCH");
			for (uint32_t i = 0; i < attr.batch.count; i++) sum += values[i];
		}
	}
	end(count);
	return sum == 1;
}
