#include "bench.h"

static void name(char *text, const char *prefix, long i) { snprintf(text, IFNAMSIZ, "%s%ld", prefix, i); }

static void veth(long i) {
	char a[IFNAMSIZ], b[IFNAMSIZ];
	name(a, "bva", i);
	name(b, "bvb", i);
	start(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	put(IFLA_IFNAME, a, strlen(a) + 1);
	struct rtattr *info = put(IFLA_LINKINFO, NULL, 0);
	put(IFLA_INFO_KIND, "veth", 5);
	struct rtattr *data = put(IFLA_INFO_DATA, NULL, 0);
	struct ifinfomsg none = {0};
	struct rtattr *peer = put(VETH_INFO_PEER, &none, sizeof none);
	put(IFLA_IFNAME, b, strlen(b) + 1);
	nest_end(peer);
	nest_end(data);
	nest_end(info);
	finish();
}

static void delete(long i) {
	char a[IFNAMSIZ];
	name(a, "bva", i);
	start(RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	put(IFLA_IFNAME, a, strlen(a) + 1);
	finish();
}

/* links add COUNT PER-DATAGRAM | links delete COUNT | links dump TIMES EXT-MASK */
int main(int argc, char **argv) {
	int fd = open_netlink();
	long count = atol(argv[2]), sum = 0, done = 0;
	uint32_t third = argc > 3 ? atoi(argv[3]) : 1; /* how many in a datagram, or RTEXT_FILTER_* */
	begin();
	for (long i = 0; i < count; i++) {
		if (strcmp(argv[1], "dump") == 0) {
			start(RTM_GETLINK, 0, sizeof(struct ifinfomsg));
			put(IFLA_EXT_MASK, &third, 4);
			done += dump(fd, RTM_NEWLINK, sizeof(struct ifinfomsg), &sum);
			continue;
		}
		if (strcmp(argv[1], "add") == 0) veth(i);
		else delete(i);
		if (++done % third == 0) flush(fd);
	}
	flush(fd);
	end(done);
}
