#include "bench.h"

/* filters add COUNT PER-DATAGRAM IFINDEX | filters dump TIMES IFINDEX; ingress of a device with clsact. Priorities go
 * down, so that the kernel finds each one's place at once. */
int main(int argc, char **argv) {
	int fd = open_netlink(), ifindex = atoi(argv[argc - 1]);
	long count = atol(argv[2]), sum = 0, done = 0;
	int adding = strcmp(argv[1], "add") == 0, batch = adding ? atoi(argv[3]) : 1;
	uint32_t program = adding ? load_program() : 0, flags = TCA_BPF_FLAG_ACT_DIRECT;
	begin();
	for (long i = 0; i < count; i++) {
		struct tcmsg *t = start(adding ? RTM_NEWTFILTER : RTM_GETTFILTER, 0, sizeof *t);
		t->tcm_ifindex = ifindex;
		t->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
		if (!adding) {
			done += dump(fd, RTM_NEWTFILTER, sizeof *t, &sum);
			continue;
		}
		message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
		t->tcm_info = TC_H_MAKE((uint32_t)(count - i) << 16, htons(3 /* ETH_P_ALL */));
		put(TCA_KIND, "bpf", 4);
		struct rtattr *options = put(TCA_OPTIONS, NULL, 0);
		put(TCA_BPF_FD, &program, 4);
		put(TCA_BPF_NAME, "bench", 6);
		put(TCA_BPF_FLAGS, &flags, 4);
		nest_end(options);
		finish();
		if (++done % batch == 0) flush(fd);
	}
	flush(fd);
	end(done);
}
