/* What users of libbpf run. libbpf load FILE [again] | libbpf update|lookup|walk|update-batch|lookup-batch COUNT */
#include "bench.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static void load(const char *file) {
	struct bpf_object *object = bpf_object__open(file);
	if (!object || bpf_object__load(object)) die("bpf_object__load");
	bpf_object__close(object);
}

static uint32_t count, *keys;
static uint64_t *values, sum;

static void update(int fd) {
	for (uint32_t i = 0; i < count; i++)
		if (bpf_map_update_elem(fd, &keys[i], &values[i], BPF_ANY)) die("bpf_map_update_elem");
}

static void lookup(int fd) {
	uint64_t value;
	for (uint32_t i = 0; i < count; i++, sum += value)
		if (bpf_map_lookup_elem(fd, &i, &value)) die("bpf_map_lookup_elem");
}

static void walk(int fd) {
	uint32_t key, next, *before = NULL;
	uint64_t value;
	for (; bpf_map_get_next_key(fd, before, &next) == 0; before = &key, sum += value) {
		key = next;
		if (bpf_map_lookup_elem(fd, &key, &value)) die("bpf_map_lookup_elem");
	}
}

static void update_batch(int fd) {
	uint32_t done = count;
	if (bpf_map_update_batch(fd, keys, values, &done, NULL)) die("bpf_map_update_batch");
}

/* 4,096 at a time, as nlbpf walks. */
static void lookup_batch(int fd) {
	uint32_t token, *before = NULL, got;
	for (int result = 0; result == 0; before = &token) {
		got = 4096;
		result = bpf_map_lookup_batch(fd, before, &token, keys, values, &got, NULL);
		if (result && errno != ENOENT) die("bpf_map_lookup_batch");
		for (uint32_t i = 0; i < got; i++) sum += values[i];
	}
}

static const struct {
	const char *name;
	void (*work)(int fd);
	int filled; /* before */
} works[] = {{"update", update, 0},
	     {"update-batch", update_batch, 0},
	     {"lookup", lookup, 1},
	     {"walk", walk, 1},
	     {"lookup-batch", lookup_batch, 1}};

int main(int argc, char **argv) {
	if (strcmp(argv[1], "load") == 0) {
		if (argc > 3) load(argv[2]);
		begin();
		load(argv[2]);
		end(1);
		return 0;
	}
	count = atol(argv[2]);
	keys = malloc(count * 4ul);
	values = malloc(count * 8ul);
	for (uint32_t i = 0; i < count; i++) keys[i] = values[i] = i;
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", 4, 8, count, NULL);
	if (fd < 0) die("bpf_map_create");
	for (int i = 0; i < sizeof works / sizeof *works; i++) {
		if (strcmp(argv[1], works[i].name)) continue;
		if (works[i].filled) update_batch(fd);
		begin();
		works[i].work(fd);
		end(count);
	}
	return sum == 1;
}
