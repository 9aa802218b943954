#include "bench.h"

/* routes add COUNT PER-DATAGRAM IFINDEX | routes dump */
int main(int argc, char **argv) {
	int fd = open_netlink();
	long count = argc > 2 ? atol(argv[2]) : 0, sum = 0;
	if (strcmp(argv[1], "add") == 0) {
		int batch = atoi(argv[3]), oif = atoi(argv[4]);
		begin();
		for (long i = 0; i < count; i++) {
			struct rtmsg *r = start(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *r);
			*r = (struct rtmsg){AF_INET, 32, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST, 0};
			uint32_t dst = htonl(0x0a000000 + i);
			put(RTA_DST, &dst, 4);
			put(RTA_OIF, &oif, 4);
			finish();
			if ((i + 1) % batch == 0) flush(fd);
		}
		flush(fd);
	} else {
		begin();
		struct rtmsg *r = start(RTM_GETROUTE, 0, sizeof *r);
		r->rtm_family = AF_INET;
		r->rtm_table = RT_TABLE_MAIN;
		count = dump(fd, RTM_NEWROUTE, sizeof *r, &sum);
	}
	end(count);
}
