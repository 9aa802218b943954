/* What the C programs share: rtnetlink messages by hand, and measuring. They are the floor: raw system calls, no checks
 * beyond what a correct answer needs. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
	perror(what);
	exit(1);
}

/* ---- measuring ---- */

static struct timespec wall_begin;
static struct rusage usage_begin;

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

static void begin(void) {
	getrusage(RUSAGE_SELF, &usage_begin);
	clock_gettime(CLOCK_MONOTONIC, &wall_begin);
}

/* One line of JSON: seconds and KiB, and how many things were done. */
static void end(long count) {
	struct timespec now;
	struct rusage usage;
	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime) - seconds(usage_begin.ru_utime) -
		     seconds(usage_begin.ru_stime);
	double wall = now.tv_sec - wall_begin.tv_sec + (now.tv_nsec - wall_begin.tv_nsec) / 1e9;
	printf("{\"count\":%ld,\"cpu\":%.9f,\"wall\":%.9f,\"rss\":%ld}\n", count, cpu, wall, usage.ru_maxrss);
}

/* ---- rtnetlink ---- */

static char out[1 << 17];
static int used; /* bytes in out */
static struct nlmsghdr *message;
static char in[1 << 15];

static int open_netlink(void) {
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;
	if (fd < 0) die("socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
	return fd;
}

static void *start(int type, int flags, int header) {
	message = (void *)(out + used);
	memset(message, 0, NLMSG_SPACE(header));
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_len = NLMSG_LENGTH(header);
	return NLMSG_DATA(message);
}

static struct rtattr *put(int type, const void *data, int length) {
	struct rtattr *a = (void *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(length);
	if (data) memcpy(RTA_DATA(a), data, length);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void nest_end(struct rtattr *a) { a->rta_len = (char *)message + message->nlmsg_len - (char *)a; }

static void finish(void) { used += NLMSG_ALIGN(message->nlmsg_len); }

/* Sends what there is; the last message has asked for an acknowledgement, of the others only failures are told. */
static void flush(int fd) {
	if (used == 0) return;
	message->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, out, used, 0) != used) die("send");
	used = 0;
	if (recv(fd, in, sizeof in, 0) < 0) die("recv");
	int error = ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)in))->error;
	if (error) {
		errno = -error;
		die("request");
	}
}

/* Visits all messages of a dump and all their attributes; answers how many messages there were. */
static long dump(int fd, int type, int header, long *sum) {
	message->nlmsg_flags |= NLM_F_DUMP;
	finish();
	if (send(fd, out, used, 0) != used) die("send");
	used = 0;
	for (long count = 0;;) {
		int length = recv(fd, in, sizeof in, 0);
		if (length < 0) die("recv");
		for (struct nlmsghdr *m = (void *)in; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
			if (m->nlmsg_type == NLMSG_DONE) return count;
			if (m->nlmsg_type != type) die("an unexpected message");
			count++;
			int left = m->nlmsg_len - NLMSG_SPACE(header);
			for (struct rtattr *a = (void *)((char *)m + NLMSG_SPACE(header)); RTA_OK(a, left); a = RTA_NEXT(a, left))
				*sum += a->rta_type + *(uint8_t *)RTA_DATA(a);
		}
	}
}

/* ---- bpf(2) ---- */

static int bpf(int command, union bpf_attr *attr) { return syscall(SYS_bpf, command, attr, sizeof *attr); }

static int load_program(void) {
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SCHED_CLS,
			       .insn_cnt = 2,
			       .insns = (uintptr_t)code,
			       .license = (uintptr_t) "GPL"};
	int fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) die("BPF_PROG_LOAD");
	return fd;
}
