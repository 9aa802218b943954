import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BpfMap } from '../../src/bpf/map/map.js';
import { BpfObject } from '../../src/bpf/object.js';
import { BpfProgram } from '../../src/bpf/program/program.js';
import type { NetlinkError } from '../../src/netlink/error.js';
import { RtNetlink, type RtNetlinkOptions } from '../../src/netlink/rtnetlink.js';
import { errnoText } from '../../src/sys/errno.js';
import { ensureBpffs, mount, umount } from '../../src/sys/mount.js';
import { NetNs } from '../../src/sys/netns.js';
import { PacketSocket } from '../../src/sys/packet.js';
import { sysctl } from '../../src/sys/sysctl.js';
import { TrafficControl } from '../../src/tc/traffic-control.js';
import { NlbpfError } from '../../src/wire/error.js';
import { u32, u64 } from '../../src/wire/integers.js';
import { mounts, openFds } from '../support/fds.js';
import { objectPath, shippedPath } from '../support/objects.js';

// Deliberate mistakes, each with what a user gets for it: class, code, and the whole message. After each nothing is left.

const PINS = '/sys/fs/bpf/mistakes';
const FILES = '/run/mistakes';

let rt: RtNetlink;
let tc: TrafficControl;
let netns: NetNs;
let map: BpfMap<number, bigint>;
let full: BpfMap<number, bigint>;
let program: BpfProgram;
let xdp: BpfProgram;

const insn = (code: number, registers: number, offset: number, immediate: number): number[] => {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint8(0, code);
  view.setUint8(1, registers);
  view.setInt16(2, offset, true);
  view.setInt32(4, immediate, true);
  return [...new Uint8Array(view.buffer)];
};
const EXIT = insn(0x95, 0, 0, 0);
const ANSWER_0 = Uint8Array.from([insn(0xb7, 0, 0, 0), EXIT].flat());
/** Reads through a register that holds nothing. */
const UNSET = Uint8Array.from([insn(0x71, 0x20, 0, 0), EXIT].flat());
/** Calls bpf_probe_read_kernel(), number 113, which is for GPL programs. */
const GPL_ONLY = Uint8Array.from(
  [
    insn(0xbf, 0xa1, 0, 0),
    insn(0x07, 0x01, 0, -8),
    insn(0xb7, 2, 0, 8),
    insn(0xb7, 3, 0, 0),
    insn(0x85, 0, 0, 113),
    insn(0xb7, 0, 0, 0),
    EXIT,
  ].flat(),
);

beforeAll(() => {
  const quiet: RtNetlinkOptions = { onWarning: () => {} };
  rt = new RtNetlink(quiet);
  tc = new TrafficControl(rt);
  netns = NetNs.create('mistakes');
  // Addresses and routes of its own making would come in the middle.
  sysctl().set('net/ipv6/conf/default/disable_ipv6', 1);
  rt.links.add({ ifname: 'm0', kind: 'veth', peer: { ifname: 'm1' } });
  rt.addresses.add({ dev: 'm0', address: '192.0.2.1/24' });
  rt.links.set('m0', { up: true });
  rt.links.set('m1', { up: true });
  // Down: before 6.2 a link that is up cannot be renamed at all.
  rt.links.add({ ifname: 'm2', kind: 'veth', peer: { ifname: 'm3' } });
  tc.qdiscs.add({ dev: 'm0', kind: 'clsact' });
  const codecs = { key: u32, value: u64 };
  map = BpfMap.create({ name: 'table', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 1 }, codecs);
  full = BpfMap.create({ name: 'full', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 1 }, codecs);
  full.set(1, 1n);
  program = BpfProgram.load({ name: 'answer', type: 'sched_cls', instructions: ANSWER_0 });
  xdp = BpfProgram.load({ name: 'drop', type: 'xdp', instructions: ANSWER_0 });
  map.pin(`${PINS}/table`);
  program.pin(`${PINS}/program`);
  mkdirSync(FILES);
  const elf = readFileSync(shippedPath('forward'));
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(elf);
    change(bytes);
    return bytes;
  };
  writeFileSync(`${FILES}/empty.o`, '');
  writeFileSync(`${FILES}/text.o`, 'this is no object');
  writeFileSync(`${FILES}/short.o`, elf.subarray(0, 40));
  writeFileSync(`${FILES}/cut.o`, elf.subarray(0, elf.length - 100));
  writeFileSync(
    `${FILES}/big.o`,
    changed((bytes) => bytes.writeUInt8(2, 5)),
  );
  writeFileSync(
    `${FILES}/x86.o`,
    changed((bytes) => bytes.writeUInt16LE(62, 18)),
  );
  writeFileSync(
    `${FILES}/elf32.o`,
    changed((bytes) => bytes.writeUInt8(1, 4)),
  );
});

afterAll(() => {
  for (const handle of [xdp, program, full, map, netns, rt]) handle?.close();
  NetNs.delete('mistakes');
  rmSync(PINS, { recursive: true, force: true });
  rmSync(FILES, { recursive: true, force: true });
});

/** As a user who may nothing: Linux takes the capabilities with the user's number, and gives them back with it. */
const nobody = (make: () => unknown) => () => {
  process.seteuid!(65534);
  try {
    return make();
  } finally {
    process.seteuid!(0);
  }
};

/** Braces are around the kernel's own words, which change from version to version. */
type Row = readonly [
  mistake: string,
  make: () => unknown,
  error: string,
  code: string | RegExp,
  message: string | RegExp,
];

/** How a pinned map differs from the tun_iface of forward.o, which is an array; its keys have no other size. */
const DIFFERENCES = {
  type: 'type is hash and should be array',
  keySize: 'type is hash and should be array, key size is 8 and should be 4',
  valueSize: 'value size is 8 and should be 4',
  maxEntries: 'max entries is 2 and should be 1',
  flags: 'flags is 0x400 and should be 0x0',
} as const;

const ROWS: readonly Row[] = [
  [
    'link get: no such link',
    () => rt.links.get('nosuch'),
    'NetlinkError',
    'ENODEV',
    'link get nosuch: no such device (ENODEV)',
  ],
  [
    'link get: index',
    () => rt.links.get(999_999),
    'NetlinkError',
    'ENODEV',
    'link get 999999: no such device (ENODEV)',
  ],
  [
    'link get: index 0',
    () => rt.links.get(0),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "link get 0: a device's index is an integer from 1 up, not 0",
  ],
  [
    'link get: undefined',
    () => rt.links.get(undefined as never),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link get undefined: a device is named by a string or a number, not undefined',
  ],
  [
    'link add: name too long',
    () => rt.links.add({ ifname: 'sixteen-bytes-ab', kind: 'veth' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `link add sixteen-bytes-ab: a device's name has at most 15 bytes, "sixteen-bytes-ab" has 16`,
  ],
  [
    'link add: slash',
    () => rt.links.add({ ifname: 'a/b', kind: 'veth' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `link add a/b: a device's name must not contain '/', ':' or white space, and not be '.' or '..': "a/b"`,
  ],
  [
    'link add: empty name',
    () => rt.links.add({ ifname: '', kind: 'veth' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "link add: a device's name must not be empty",
  ],
  [
    'link add: second',
    () => rt.links.add({ ifname: 'm0', kind: 'veth' }),
    'NetlinkError',
    'EEXIST',
    'link add m0: already exists (EEXIST)',
  ],
  [
    'link add: unknown kind',
    () => rt.links.add({ ifname: 'm9', kind: 'vteh' }),
    'NetlinkError',
    'EOPNOTSUPP',
    'link add m9: {Unknown device type} (EOPNOTSUPP)',
  ],
  [
    'link add: no kind',
    () => rt.links.add({ ifname: 'm9' }),
    'NetlinkError',
    'EOPNOTSUPP',
    'link add m9: {Unknown device type} (EOPNOTSUPP)',
  ],
  [
    'link add: a misspelt setting',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', mut: 1500 } as never),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "link add m9: mut: is not known here; did you mean 'mtu'?",
  ],
  [
    'link add: a misspelt setting of the kind',
    () => rt.links.add({ ifname: 'm9', kind: 'bridge', data: { vlanFiltring: true } } as never),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "link add m9: data.vlanFiltring: is not known here; did you mean 'vlanFiltering'?",
  ],
  [
    'link add: mtu too small',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', mtu: 10 }),
    'NetlinkError',
    'EINVAL',
    "link add m9: invalid argument (EINVAL); sent: ifname = 'm9', mtu = 10, linkinfo.kind = 'veth'",
  ],
  [
    'link add: mtu too big',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', mtu: 100_000 }),
    'NetlinkError',
    'EINVAL',
    "link add m9: invalid argument (EINVAL); sent: ifname = 'm9', mtu = 100000, linkinfo.kind = 'veth'",
  ],
  [
    'link add: mtu negative',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', mtu: -1 }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link add m9: mtu: must be an integer from 0 to 4294967295, is -1',
  ],
  [
    'link set: mtu as text',
    () => rt.links.set('m0', { mtu: '1500' as never }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link set m0: mtu: must be an integer from 0 to 4294967295, is "1500"',
  ],
  [
    'link set: mtu too big',
    () => rt.links.set('m0', { mtu: 100_000 }),
    'NetlinkError',
    'EINVAL',
    'link set m0: {mtu greater than device maximum} (EINVAL)',
  ],
  [
    'link set: up as text',
    () => rt.links.set('m0', { up: 'yes' as never }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link set m0: up: must be true or false, is "yes"',
  ],
  [
    'link set: bad MAC',
    () => rt.links.set('m0', { address: '02:00:00:00:00' }),
    'NetlinkError',
    'EINVAL',
    "link set m0: invalid argument (EINVAL); sent: ifname = 'm0', address = '02:00:00:00:00'",
  ],
  [
    'link set: bad MAC text',
    () => rt.links.set('m0', { address: 'zz:00:00:00:00:00' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `link set m0: address: must be a link-layer address such as '02:00:00:00:00:01', is "zz:00:00:00:00:00"`,
  ],
  [
    'link set: multicast MAC',
    () => rt.links.set('m0', { address: 'ff:ff:ff:ff:ff:ff' }),
    'NetlinkError',
    'EADDRNOTAVAIL',
    'link set m0: address is not available here (EADDRNOTAVAIL)',
  ],
  [
    'link set: no such master',
    () => rt.links.set('m0', { master: 'nosuch' }),
    'NetlinkError',
    'ENODEV',
    'link set m0: device nosuch: no such device (ENODEV)',
  ],
  [
    'link set: master that is no bridge',
    () => rt.links.set('m0', { master: 'm1' }),
    'NetlinkError',
    'EOPNOTSUPP',
    'link set m0: operation not supported (EOPNOTSUPP)',
  ],
  [
    'link set: rename to a taken name',
    () => rt.links.set('m2', { ifname: 'm1' }),
    'NetlinkError',
    'EEXIST',
    'link set m2: already exists (EEXIST)',
  ],
  [
    'link delete: lo',
    () => rt.links.delete('lo'),
    'NetlinkError',
    'EOPNOTSUPP',
    'link delete lo: operation not supported (EOPNOTSUPP)',
  ],
  [
    'link delete: no such',
    () => rt.links.delete('nosuch'),
    'NetlinkError',
    'ENODEV',
    'link delete nosuch: no such device (ENODEV)',
  ],
  [
    'vxlan: id 24 bits',
    () => rt.links.add({ ifname: 'm9', kind: 'vxlan', data: { id: 1 << 24 } }),
    'NetlinkError',
    'ERANGE',
    'link add m9: {VXLAN ID must be lower than 16777216} (ERANGE); at linkinfo.data.id = 16777216',
  ],
  [
    'vxlan: id 2^32',
    () => rt.links.add({ ifname: 'm9', kind: 'vxlan', data: { id: 2 ** 32 } }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link add m9: data.id: must be an integer from 0 to 4294967295, is 4294967296',
  ],
  [
    'vxlan: no id',
    () => rt.links.add({ ifname: 'm9', kind: 'vxlan', data: {} }),
    'NetlinkError',
    'EINVAL',
    'link add m9: {Required attributes not provided to perform the operation} (EINVAL)',
  ],
  [
    'vxlan: bad group',
    () => rt.links.add({ ifname: 'm9', kind: 'vxlan', data: { id: 1, group: '300.0.0.1' } }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `link add m9: data.group: must be an IPv4 address such as '10.0.0.1', is "300.0.0.1"`,
  ],
  [
    'veth: peer name taken',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', peer: { ifname: 'm1' } }),
    'NetlinkError',
    'EEXIST',
    'link add m9: already exists (EEXIST)',
  ],
  [
    'veth: peer mtu',
    () => rt.links.add({ ifname: 'm9', kind: 'veth', peer: { ifname: 'm8', mtu: 1.5 } }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'link add m9: data.peer.mtu: must be an integer from 0 to 4294967295, is 1.5',
  ],

  [
    'address add: no such device',
    () => rt.addresses.add({ dev: 'nosuch', address: '192.0.2.9/24' }),
    'NetlinkError',
    'ENODEV',
    'address add 192.0.2.9/24: device nosuch: no such device (ENODEV)',
  ],
  [
    'address add: no device',
    () => rt.addresses.add({ address: '192.0.2.9/24' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'address add 192.0.2.9/24: dev: must name the device',
  ],
  [
    'address add: bad address',
    () => rt.addresses.add({ dev: 'm0', address: '192.0.2.256/24' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `address add 192.0.2.256/24: address: must be a prefix such as '10.0.0.0/24', is "192.0.2.256/24"`,
  ],
  [
    'address add: bad prefix length',
    () => rt.addresses.add({ dev: 'm0', address: '192.0.2.9/33' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'address add 192.0.2.9/33: address: must have a prefix length from 0 to 32, is "192.0.2.9/33"',
  ],
  [
    'address add: bad IPv6',
    () => rt.addresses.add({ dev: 'm0', address: '2001:db8:::1/64' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `address add 2001:db8:::1/64: address: must be a prefix such as '10.0.0.0/24', is "2001:db8:::1/64"`,
  ],
  [
    'address add: undefined',
    () => rt.addresses.add({ dev: 'm0' } as never),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "address add undefined: address: must be a prefix such as '10.0.0.0/24', is undefined",
  ],
  [
    'address add: second',
    () => rt.addresses.add({ dev: 'm0', address: '192.0.2.1/24' }),
    'NetlinkError',
    'EEXIST',
    'address add 192.0.2.1/24: {ipv4: Address already assigned} (EEXIST)',
  ],
  [
    'address add: mixed',
    () => rt.addresses.add({ dev: 'm0', address: '192.0.2.9/24', local: '2001:db8::1' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `address add 192.0.2.9/24: local: must be an IPv4 address, as 'address' is, is "2001:db8::1"`,
  ],
  [
    'address delete: not there',
    () => rt.addresses.delete({ dev: 'm0', address: '192.0.2.77/24' }),
    'NetlinkError',
    'EADDRNOTAVAIL',
    'address delete 192.0.2.77/24: {ipv4: Address not found} (EADDRNOTAVAIL)',
  ],

  [
    'route add: no dst',
    () => rt.routes.add({ gateway: '192.0.2.2' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "route add: dst: must be a prefix such as '10.0.0.0/24', or 'default'",
  ],
  [
    'route add: bad dst',
    () => rt.routes.add({ dst: '10.0.0.0/240', gateway: '192.0.2.2' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'route add 10.0.0.0/240: dst: must have a prefix length from 0 to 32, is "10.0.0.0/240"',
  ],
  [
    'route add: host bits',
    () => rt.routes.add({ dst: '10.0.0.1/24', dev: 'm0' }),
    'NetlinkError',
    'EINVAL',
    'route add 10.0.0.1/24: {Invalid prefix for given prefix length} (EINVAL)',
  ],
  [
    'route add: unreachable gateway',
    () => rt.routes.add({ dst: '10.0.0.0/24', gateway: '203.0.113.1' }),
    'NetlinkError',
    'ENETUNREACH',
    'route add 10.0.0.0/24: {Nexthop has invalid gateway} (ENETUNREACH)',
  ],
  [
    'route add: bad gateway',
    () => rt.routes.add({ dst: '10.0.0.0/24', gateway: 'gw' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `route add 10.0.0.0/24: gateway: must be an IP address such as '10.0.0.1' or '2001:db8::1', is "gw"`,
  ],
  [
    'route add: mixed families',
    () => rt.routes.add({ dst: '10.0.0.0/24', gateway: '2001:db8::1', dev: 'm0' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `route add 10.0.0.0/24: gateway: must be IPv4, as the route is, is "2001:db8::1"; a gateway of the other family is given as 'via'`,
  ],
  [
    'route add: no such device',
    () => rt.routes.add({ dst: '10.0.0.0/24', dev: 'nosuch' }),
    'NetlinkError',
    'ENODEV',
    'route add 10.0.0.0/24: device nosuch: no such device (ENODEV)',
  ],
  [
    'route add: neither device nor gateway',
    () => rt.routes.add({ dst: '10.0.0.0/24' }),
    'NetlinkError',
    'ENODEV',
    'route add 10.0.0.0/24: no such device (ENODEV)',
  ],
  [
    'route add: foreign source',
    () => rt.routes.add({ dst: '10.0.0.0/24', dev: 'm0', prefsrc: '198.51.100.1' }),
    'NetlinkError',
    'EINVAL',
    'route add 10.0.0.0/24: {Invalid prefsrc address} (EINVAL)',
  ],
  [
    'route add: second',
    () => rt.routes.add({ dst: '192.0.2.0/24', dev: 'm0', prefsrc: '192.0.2.1', protocol: 2 }),
    'NetlinkError',
    'EEXIST',
    'route add 192.0.2.0/24: already exists (EEXIST)',
  ],
  [
    'route add6: unreachable gateway',
    () => rt.routes.add({ dst: '2001:db8:9::/64', gateway: '2001:db8:5::1' }),
    'NetlinkError',
    'EHOSTUNREACH',
    'route add 2001:db8:9::/64: no route to the host (EHOSTUNREACH)',
  ],
  [
    'route delete: not there',
    () => rt.routes.delete({ dst: '10.9.0.0/24' }),
    'NetlinkError',
    'ESRCH',
    'route delete 10.9.0.0/24: no such process or entry (ESRCH)',
  ],
  [
    'route change: not there',
    () => rt.routes.change({ dst: '10.9.0.0/24', dev: 'm0' }),
    'NetlinkError',
    'ENOENT',
    'route change 10.9.0.0/24: no such file or object (ENOENT)',
  ],
  [
    'route get: bad',
    () => rt.routes.get('10.9.0'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    `route get 10.9.0: dst: must be a prefix such as '10.0.0.0/24', is "10.9.0"`,
  ],
  [
    'route get: no route',
    () => rt.routes.get('203.0.113.9'),
    'NetlinkError',
    'ENETUNREACH',
    'route get 203.0.113.9: network is unreachable (ENETUNREACH)',
  ],

  [
    'qdisc add: unknown kind',
    () => tc.qdiscs.add({ dev: 'm0', kind: 'nosuch' }),
    'NetlinkError',
    'ENOENT',
    'qdisc add nosuch on m0: {Specified qdisc kind is unknown} (ENOENT)',
  ],
  [
    'qdisc add: second',
    () => tc.qdiscs.add({ dev: 'm0', kind: 'clsact' }),
    'NetlinkError',
    'EEXIST',
    'qdisc add clsact on m0: {Exclusivity flag on, cannot modify} (EEXIST)',
  ],
  [
    'qdisc add: no kind',
    () => tc.qdiscs.add({ dev: 'm0' }),
    'NetlinkError',
    'ENOENT',
    'qdisc add on m0: {Specified qdisc kind is unknown} (ENOENT)',
  ],
  [
    'qdisc add: no device',
    () => tc.qdiscs.add({ dev: 'nosuch', kind: 'clsact' }),
    'NetlinkError',
    'ENODEV',
    'qdisc add clsact on nosuch: device nosuch: no such device (ENODEV)',
  ],
  [
    'qdisc delete: not there',
    () => tc.qdiscs.delete({ dev: 'm1', parent: 'clsact' }),
    'NetlinkError',
    'ENOENT',
    'qdisc delete clsact on m1: {Cannot find specified qdisc on specified device} (ENOENT)',
  ],
  [
    'qdisc get: bad handle',
    () => tc.qdiscs.get({ dev: 'm0', handle: 'x:1' }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    /^qdisc get x:1 on m0: (handle: )?must be a handle such as '1:' or '1:10', or one of .*, is "x:1"$/,
  ],
  [
    'filter add: no qdisc',
    () => tc.filters.add({ dev: 'm1', parent: 'ingress', kind: 'bpf', program, directAction: true }),
    'NetlinkError',
    'EINVAL',
    "filter add bpf at ingress on m1: {Parent Qdisc doesn't exists} (EINVAL)",
  ],
  [
    'filter add: no program',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'bpf', directAction: true }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "filter add bpf at ingress on m0: program: must be given for a filter of kind 'bpf'",
  ],
  [
    'filter add: xdp program',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'bpf', program: xdp, directAction: true }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'filter add bpf at ingress on m0: program: must be of type sched_cls (3), is of type 6',
  ],
  [
    'filter add: not a program',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'bpf', program: { fd: 1 }, directAction: true }),
    'NetlinkError',
    'EINVAL',
    "filter add bpf at ingress on m0: invalid argument (EINVAL); sent: kind = 'bpf', options.fd = 1, options.flags = 1",
  ],
  [
    'filter add: other kind with program',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'u32', program }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "filter add u32 at ingress on m0: program and directAction are settings of kind 'bpf'",
  ],
  [
    'filter add: no kind',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', program }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    "filter add at ingress on m0: program and directAction are settings of kind 'bpf'",
  ],
  [
    'filter add: unknown kind',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'nosuch' }),
    'NetlinkError',
    'ENOENT',
    'filter add nosuch at ingress on m0: {TC classifier not found} (ENOENT)',
  ],
  [
    'filter add: bad parent',
    () => tc.filters.add({ dev: 'm0', parent: 'inbound', kind: 'bpf', program }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    /^filter add bpf at inbound on m0: parent: must be a handle such as '1:' or '1:10', or one of .*, is "inbound"$/,
  ],
  [
    'filter add: no parent',
    () => tc.filters.add({ dev: 'm0', kind: 'bpf', program }),
    'NetlinkError',
    'EINVAL',
    'filter add bpf on m0: {Qdisc not classful} (EINVAL)',
  ],
  [
    'filter add: no such class',
    () => tc.filters.add({ dev: 'm0', parent: '7:1', kind: 'bpf', program }),
    'NetlinkError',
    'EINVAL',
    "filter add bpf at 7:1 on m0: {Parent Qdisc doesn't exists} (EINVAL)",
  ],
  [
    'filter add: priority',
    () => tc.filters.add({ dev: 'm0', parent: 'ingress', kind: 'bpf', priority: 70_000, program }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'filter add bpf at ingress on m0: priority: must be an integer from 0 to 65535, is 70000',
  ],
  [
    'filter delete: not there',
    () => tc.filters.delete({ dev: 'm0', parent: 'ingress', priority: 9, kind: 'bpf' }),
    'NetlinkError',
    'ENOENT',
    'filter delete ingress on m0: {Cannot find specified filter chain} (ENOENT)',
  ],
  [
    'filter list: no device',
    () => tc.filters.list({ dev: 'nosuch', parent: 'ingress' }),
    'NetlinkError',
    'ENODEV',
    'filter list: device nosuch: no such device (ENODEV)',
  ],

  [
    'map: key too long',
    () => map.get(2 ** 32),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map table: key: must be an integer from 0 to 4294967295, is 4294967296',
  ],
  [
    'map: value of the wrong type',
    () => map.set(1, 'one' as never),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map table: value: must be an unsigned 64-bit integer (bigint), is "one"',
  ],
  [
    'map: value too big',
    () => map.set(1, 1n << 64n),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map table: value: must be an unsigned 64-bit integer (bigint), is 18446744073709551616n',
  ],
  [
    'map: codec of the wrong size',
    () => {
      using other = BpfMap.open(`${PINS}/table`, { key: u32, value: u32 });
      other.set(1, 1);
    },
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map table: value: must have 8 bytes, has 4',
  ],
  [
    'map: bytes of the wrong size',
    () => {
      using other = BpfMap.open(`${PINS}/table`);
      other.set(Uint8Array.of(1), new Uint8Array(8));
    },
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map table: key: must have 4 bytes, has 1',
  ],
  [
    'map: full',
    () => full.set(2, 2n),
    'BpfError',
    'E2BIG',
    'BPF_MAP_UPDATE_ELEM map full: argument or structure too big (E2BIG); it is full, with maxEntries 1',
  ],
  [
    'map: exists',
    () => full.set(1, 2n, 1),
    'BpfError',
    'EEXIST',
    'BPF_MAP_UPDATE_ELEM map full: already exists (EEXIST); the entry is there already',
  ],
  [
    'map: does not exist',
    () => full.set(2, 2n, 2),
    'BpfError',
    'ENOENT',
    'BPF_MAP_UPDATE_ELEM map full: no such file or object (ENOENT); there is no such entry',
  ],
  [
    'map: index',
    () => {
      using array = BpfMap.create(
        { name: 'row', type: 'array', keySize: 4, valueSize: 4, maxEntries: 4 },
        { key: u32, value: u32 },
      );
      array.set(4, 1);
    },
    'BpfError',
    'E2BIG',
    'BPF_MAP_UPDATE_ELEM map row: argument or structure too big (E2BIG); the index is not below its maxEntries, 4',
  ],
  [
    'map: delete of array',
    () => {
      using array = BpfMap.create(
        { name: 'row', type: 'array', keySize: 4, valueSize: 4, maxEntries: 4 },
        { key: u32, value: u32 },
      );
      array.delete(1);
    },
    'BpfError',
    'EINVAL',
    'BPF_MAP_DELETE_ELEM map row: invalid argument (EINVAL); entries of array maps cannot be deleted',
  ],
  [
    'map: no entries',
    () => BpfMap.create({ name: 'none', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 0 }),
    'BpfError',
    'EINVAL',
    'BPF_MAP_CREATE map none: invalid argument (EINVAL); a map of type hash cannot have keySize 4, valueSize 4, maxEntries 0, flags 0x0',
  ],
  [
    'map: array key',
    () => BpfMap.create({ name: 'none', type: 'array', keySize: 8, valueSize: 4, maxEntries: 1 }),
    'BpfError',
    'EINVAL',
    'BPF_MAP_CREATE map none: invalid argument (EINVAL); a map of type array cannot have keySize 8, valueSize 4, maxEntries 1, flags 0x0',
  ],
  [
    'map: type',
    () => BpfMap.create({ name: 'none', type: 'hahs' as never, keySize: 4, valueSize: 4, maxEntries: 1 }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    /^type: no such map type: "hahs"; there are hash, array, .*$/,
  ],
  [
    'map: type number',
    () => BpfMap.create({ name: 'none', type: 999, keySize: 4, valueSize: 4, maxEntries: 1 }),
    'UnsupportedError',
    'ERR_NOT_SUPPORTED',
    'this kernel does not support maps of type 999',
  ],
  [
    'map: name',
    () => BpfMap.create({ name: 'a-b', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'name: may hold letters, digits, _ and . only, is "a-b"',
  ],
  [
    'map: size',
    () => BpfMap.create({ name: 'none', type: 'hash', keySize: 4, valueSize: -4, maxEntries: 1 }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'map none: valueSize: must be an integer from 0 to 4294967295, is -4',
  ],
  [
    'map: freeze',
    () => {
      using other = BpfMap.create(
        { name: 'frozen', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 },
        { key: u32, value: u32 },
      );
      other.freeze();
      other.set(0, 1);
    },
    'BpfError',
    'EPERM',
    'BPF_MAP_UPDATE_ELEM map frozen: operation not permitted (EPERM); it is frozen, or opened or made without this access',
  ],
  [
    'map: closed',
    () => {
      const other = BpfMap.open(`${PINS}/table`);
      other.close();
      other.close();
      other.get(new Uint8Array(4));
    },
    'ClosedError',
    'ERR_CLOSED',
    'pinned BPF map /sys/fs/bpf/mistakes/table is closed',
  ],
  [
    'map: no such id',
    () => BpfMap.fromId(0x7fffffff),
    'BpfError',
    'ENOENT',
    'BPF_MAP_GET_FD_BY_ID map 2147483647: no such file or object (ENOENT)',
  ],
  [
    'pin: not bpffs',
    () => map.pin('/run/mistakes/table'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'path: /run/mistakes is not on a BPF file system; mount one, for example by ensureBpffs()',
  ],
  [
    'pin: twice',
    () => map.pin(`${PINS}/table`),
    'BpfError',
    'EEXIST',
    'BPF_OBJ_PIN map table as /sys/fs/bpf/mistakes/table: already exists (EEXIST)',
  ],
  [
    'pin: a dot',
    () => map.pin(`${PINS}/table.v2`),
    'BpfError',
    'EPERM',
    'BPF_OBJ_PIN map table as /sys/fs/bpf/mistakes/table.v2: operation not permitted (EPERM); bpffs takes no names with a dot',
  ],
  [
    'pin: open nothing',
    () => BpfMap.open(`${PINS}/nosuch`),
    'BpfError',
    'ENOENT',
    'BPF_OBJ_GET map /sys/fs/bpf/mistakes/nosuch: no such file or object (ENOENT)',
  ],
  [
    'pin: open outside',
    () => BpfMap.open('/run/mistakes/text.o'),
    'BpfError',
    'EACCES',
    'BPF_OBJ_GET map /run/mistakes/text.o: permission denied (EACCES); /run/mistakes is not on a BPF file system',
  ],
  [
    'pin: open nothing outside',
    () => BpfMap.open('/run/mistakes/nosuch'),
    'BpfError',
    'ENOENT',
    'BPF_OBJ_GET map /run/mistakes/nosuch: no such file or object (ENOENT); /run/mistakes is not on a BPF file system',
  ],
  [
    'pin: program as map',
    () => BpfMap.open(`${PINS}/program`),
    'EncodeError',
    'ERR_INVALID_VALUE',
    '/sys/fs/bpf/mistakes/program is not a pinned map, but a bpf-prog',
  ],
  [
    'pin: map as program',
    () => BpfProgram.open(`${PINS}/table`),
    'EncodeError',
    'ERR_INVALID_VALUE',
    '/sys/fs/bpf/mistakes/table is not a pinned program, but a bpf-map',
  ],

  [
    'program: verifier',
    () => BpfProgram.load({ name: 'unset', type: 'sched_cls', instructions: UNSET }),
    'VerifierError',
    'EACCES',
    /^program unset is refused by the verifier: R2 !read_ok.* at instruction 0: r0 = \*\(u8 \*\)\(r2 \+0\)/s,
  ],
  [
    'program: no license',
    () => BpfProgram.load({ name: 'gpl', type: 'sched_cls', instructions: GPL_ONLY }),
    'VerifierError',
    'EINVAL',
    /^program gpl is refused by the verifier: cannot call GPL-restricted function from non-GPL compatible program.* at instruction 4: call bpf_probe_read_kernel#113/s,
  ],
  [
    'program: empty',
    () => BpfProgram.load({ name: 'empty', type: 'sched_cls', instructions: new Uint8Array() }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'program empty: instructions: must be a multiple of 8 bytes and not empty, has 0',
  ],
  [
    'program: cut',
    () => BpfProgram.load({ name: 'cut', type: 'sched_cls', instructions: ANSWER_0.subarray(0, 12) }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'program cut: instructions: must be a multiple of 8 bytes and not empty, has 12',
  ],
  [
    'program: type',
    () => BpfProgram.load({ name: 'x', type: 'sched_clss' as never, instructions: ANSWER_0 }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    /^program x: type: no such program type: "sched_clss"; there are socket_filter, .*$/,
  ],
  [
    'program: attach type',
    () => BpfProgram.load({ name: 'x', type: 'cgroup_skb', expectedAttachType: 40, instructions: ANSWER_0 }),
    'BpfError',
    'EINVAL',
    'BPF_PROG_LOAD program x: invalid argument (EINVAL); a program of type cgroup_skb cannot have expectedAttachType 40 and flags 0x0',
  ],
  [
    'program: test run too short',
    () => program.testRun({ data: new Uint8Array(4) }),
    'BpfError',
    'EINVAL',
    'BPF_PROG_TEST_RUN program answer: invalid argument (EINVAL)',
  ],
  [
    'program: closed',
    () => {
      const other = BpfProgram.open(`${PINS}/program`);
      other.close();
      other.close();
      other.info();
    },
    'ClosedError',
    'ERR_CLOSED',
    'pinned BPF program /sys/fs/bpf/mistakes/program is closed',
  ],

  [
    'object: missing file',
    () => BpfObject.open(`${FILES}/nosuch.o`),
    'SystemError',
    'ENOENT',
    'open /run/mistakes/nosuch.o: no such file or object (ENOENT)',
  ],
  [
    'object: directory',
    () => BpfObject.open(FILES),
    'SystemError',
    'EISDIR',
    'read /run/mistakes: is a directory (EISDIR)',
  ],
  [
    'object: empty',
    () => BpfObject.open(`${FILES}/empty.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/empty.o: not an ELF file (at byte 0)',
  ],
  [
    'object: not ELF',
    () => BpfObject.open(`${FILES}/text.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/text.o: not an ELF file (at byte 0)',
  ],
  [
    'object: short',
    () => BpfObject.open(`${FILES}/short.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/short.o: ELF header is cut short (at byte 40)',
  ],
  [
    'object: cut',
    () => BpfObject.open(`${FILES}/cut.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/cut.o: cut short, or damaged: names bytes 4544 to 5376 of a file of 5276 (at byte 60)',
  ],
  [
    'object: big endian',
    () => BpfObject.open(`${FILES}/big.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/big.o: is a big-endian object; build it for this host with -target bpf or -target bpfel (at byte 5)',
  ],
  [
    'object: x86',
    () => BpfObject.open(`${FILES}/x86.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/x86.o: is for machine 62, not for BPF (247); build it with -target bpf (at byte 18)',
  ],
  [
    'object: 32 bits',
    () => BpfObject.open(`${FILES}/elf32.o`),
    'DecodeError',
    'ERR_DECODE',
    '/run/mistakes/elf32.o: not a 64-bit ELF file (at byte 4)',
  ],
  [
    'object: no such program',
    () => {
      using object = BpfObject.open(shippedPath('guard')).load({ pinDirectory: PINS });
      object.program('nosuch');
    },
    'ObjectError',
    'ERR_NO_SUCH_MEMBER',
    'program nosuch: the object has guard',
  ],
  [
    'object: no such program to load',
    () => BpfObject.open(shippedPath('guard')).load({ programs: ['nosuch'] }),
    'ObjectError',
    'ERR_NO_SUCH_MEMBER',
    'program nosuch: the object has guard',
  ],
  [
    'object: no such map',
    () => {
      using object = BpfObject.open(shippedPath('guard')).load({ pinDirectory: PINS });
      object.map('nosuch');
    },
    'ObjectError',
    'ERR_NO_SUCH_MEMBER',
    'map nosuch: the object has config, verdicts',
  ],
  [
    'object: no such map to change',
    () => BpfObject.open(shippedPath('guard'), { maps: { nosuch: {} } }),
    'ObjectError',
    'ERR_NO_SUCH_MEMBER',
    'map nosuch: the object has config, verdicts',
  ],
  [
    'object: free section',
    () => BpfObject.open(objectPath('sections')).load(),
    'ObjectError',
    'ERR_PROGRAM_TYPE',
    "program free_name: section l2_to_iptun_ingress_redirect does not tell its type; say it, as in programTypes: { free_name: 'sched_cls' }",
  ],
  [
    'object: license',
    () => {
      const object = BpfObject.open(shippedPath('guard'));
      new BpfObject({ ...object.spec, license: 'Proprietary' }).load({ pinDirectory: PINS });
    },
    'VerifierError',
    'EINVAL',
    /^program guard is refused by the verifier: cannot call GPL-restricted function from non-GPL compatible program.*guard\.c:35/s,
  ],
  [
    'object: pin directory',
    () => BpfObject.open(shippedPath('forward')).load({ pinDirectory: FILES }),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'path: /run/mistakes is not on a BPF file system; mount one, for example by ensureBpffs()',
  ],
  ...(Object.keys(DIFFERENCES) as (keyof typeof DIFFERENCES)[]).map(
    (property): Row => [
      `object: pinned map differs in ${property}`,
      () => {
        const shape = { type: 'array' as const, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
        const other = { type: 'hash' as const, keySize: 8, valueSize: 8, maxEntries: 2, flags: 1024 }[property];
        const pinned = {
          name: 'tun_iface',
          ...shape,
          ...(property === 'keySize' ? { type: 'hash' } : {}),
          [property]: other,
        } as never;
        using there = BpfMap.create(pinned);
        there.pin(`${PINS}/incompatible/tun_iface`);
        try {
          BpfObject.open(shippedPath('forward')).load({ pinDirectory: `${PINS}/incompatible` });
        } finally {
          rmSync(`${PINS}/incompatible`, { recursive: true });
        }
      },
      'IncompatibleMapError',
      'ERR_INCOMPATIBLE_MAP',
      `the map pinned at ${PINS}/incompatible/tun_iface cannot be used again: ${DIFFERENCES[property]}; unpin it, or make the definitions agree`,
    ],
  ),

  [
    'netns: exists',
    () => NetNs.create('mistakes'),
    'SystemError',
    'EEXIST',
    'open network namespace mistakes: already exists (EEXIST)',
  ],
  [
    'netns: bad name',
    () => NetNs.create('a/b'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'name: not a name for a network namespace: "a/b"',
  ],
  [
    'netns: no such',
    () => NetNs.open('nosuch'),
    'SystemError',
    'ENOENT',
    'open /run/netns/nosuch: no such file or object (ENOENT)',
  ],
  [
    'netns: not a namespace',
    () => NetNs.open('/proc/self/status'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    '/proc/self/status is not a network namespace',
  ],
  [
    'netns: other namespace',
    () => NetNs.open('/proc/self/ns/mnt'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    '/proc/self/ns/mnt is not a network namespace',
  ],
  [
    'netns: pid',
    () => NetNs.open({ pid: 4_194_305 }),
    'SystemError',
    'ENOENT',
    'open /proc/4194305/ns/net: no such file or object (ENOENT)',
  ],
  [
    'netns: delete what is not there',
    () => NetNs.delete('nosuch'),
    'SystemError',
    'ENOENT',
    'umount /run/netns/nosuch: no such file or object (ENOENT)',
  ],
  [
    'netns: delete without a name',
    () => {
      using here = NetNs.current();
      here.delete();
    },
    'EncodeError',
    'ERR_INVALID_VALUE',
    'a network namespace without a name cannot be deleted, only closed',
  ],
  [
    'netns: promise',
    () => netns.run(() => Promise.resolve()),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'a function run in a network namespace must be synchronous, this one answered a promise',
  ],
  [
    'netns: closed',
    () => {
      const other = NetNs.open('mistakes');
      other.close();
      other.close();
      other.run(() => 0);
    },
    'ClosedError',
    'ERR_CLOSED',
    'network namespace mistakes is closed',
  ],
  [
    'netns: wrong fd',
    () => new RtNetlink({ netns: { fd: 1 } }),
    'SystemError',
    'EINVAL',
    'setns network namespace: invalid argument (EINVAL)',
  ],
  [
    'socket: closed',
    () => {
      const other = new RtNetlink();
      other.close();
      other.close();
      other.links.list();
    },
    'ClosedError',
    'ERR_CLOSED',
    'a netlink socket is closed',
  ],
  [
    'socket: closed tc',
    () => {
      const other = new RtNetlink();
      other.close();
      new TrafficControl(other).qdiscs.list();
    },
    'ClosedError',
    'ERR_CLOSED',
    'a netlink socket is closed',
  ],
  [
    'packet: no such device',
    () => new PacketSocket({ ifindex: 999_999 }),
    'SystemError',
    'ENODEV',
    'bind a packet socket: no such device (ENODEV)',
  ],
  [
    'sysctl: no such',
    () => sysctl().get('net.ipv4.nosuch'),
    'SystemError',
    'ENOENT',
    'open sysctl net.ipv4.nosuch: no such file or object (ENOENT)',
  ],
  [
    'sysctl: bad name',
    () => sysctl().get('../etc/passwd'),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'name: not the name of a kernel setting: "../etc/passwd"',
  ],
  [
    'sysctl: empty',
    () => sysctl().get(''),
    'EncodeError',
    'ERR_INVALID_VALUE',
    'name: not the name of a kernel setting: ""',
  ],
  [
    'sysctl: bad value',
    () => sysctl(netns).set('net.ipv4.ip_default_ttl', 'many'),
    'SystemError',
    'EINVAL',
    'write sysctl net.ipv4.ip_default_ttl = many: invalid argument (EINVAL)',
  ],
  [
    'sysctl: out of range',
    () => sysctl(netns).set('net.ipv4.ip_default_ttl', 999),
    'SystemError',
    'EINVAL',
    'write sysctl net.ipv4.ip_default_ttl = 999: invalid argument (EINVAL)',
  ],
  [
    'sysctl: readonly',
    () => sysctl().set('net/ipv4/tcp_available_congestion_control', 'x'),
    'SystemError',
    'EACCES',
    'open sysctl net/ipv4/tcp_available_congestion_control = x: permission denied (EACCES)',
  ],
  [
    'mount: no such target',
    () => mount('tmpfs', '/run/nosuch', 'tmpfs'),
    'SystemError',
    'ENOENT',
    'mount tmpfs on /run/nosuch: no such file or object (ENOENT)',
  ],
  [
    'mount: no such type',
    () => mount('none', FILES, 'nosuchfs'),
    'SystemError',
    'ENODEV',
    'mount nosuchfs on /run/mistakes: no such device (ENODEV)',
  ],
  [
    'umount: not a mount',
    () => umount(FILES),
    'SystemError',
    'EINVAL',
    'umount /run/mistakes: invalid argument (EINVAL)',
  ],
  [
    'mount: bpffs nowhere',
    () => ensureBpffs('/run/nosuch'),
    'SystemError',
    'ENOENT',
    'statfs /run/nosuch: no such file or object (ENOENT)',
  ],
  [
    'nobody: socket opened by root',
    nobody(() => rt.links.set('m0', { mtu: 1400 })),
    'NetlinkError',
    'EPERM',
    'link set m0: operation not permitted (EPERM); it needs CAP_NET_ADMIN in the network namespace',
  ],
  [
    'nobody: socket of its own',
    nobody(() => {
      using own = new RtNetlink();
      own.links.add({ ifname: 'm9', kind: 'veth' });
    }),
    'NetlinkError',
    'EPERM',
    'link add m9: operation not permitted (EPERM); it needs CAP_NET_ADMIN in the network namespace',
  ],
  [
    'nobody: address',
    nobody(() => {
      using own = new RtNetlink();
      own.addresses.add({ dev: 'm0', address: '192.0.2.5/24' });
    }),
    'NetlinkError',
    'EPERM',
    'address add 192.0.2.5/24: operation not permitted (EPERM); it needs CAP_NET_ADMIN in the network namespace',
  ],
  [
    'nobody: qdisc',
    nobody(() => {
      using own = new RtNetlink();
      new TrafficControl(own).qdiscs.add({ dev: 'm1', kind: 'clsact' });
    }),
    'NetlinkError',
    'EPERM',
    'qdisc add clsact on m1: operation not permitted (EPERM); it needs CAP_NET_ADMIN in the network namespace',
  ],
  [
    'nobody: netns create',
    nobody(() => NetNs.create('forbidden')),
    'SystemError',
    'EPERM',
    'mount none on /run/netns (shared): operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
  ],
  [
    'nobody: netns anonymous',
    nobody(() => NetNs.anonymous()),
    'SystemError',
    'EPERM',
    'unshare network namespace: operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
  ],
  [
    'nobody: netns enter',
    nobody(() => new RtNetlink({ netns })),
    'SystemError',
    'EPERM',
    'setns network namespace: operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
  ],
  [
    'nobody: map create',
    nobody(() => BpfMap.create({ name: 'none', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 })),
    'BpfError',
    'EPERM',
    'BPF_MAP_CREATE map none: operation not permitted (EPERM); it needs CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8',
  ],
  [
    'nobody: program',
    nobody(() => BpfProgram.load({ name: 'x', type: 'sched_cls', instructions: ANSWER_0 })),
    'BpfError',
    'EPERM',
    'BPF_PROG_LOAD program x: operation not permitted (EPERM); it needs CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8',
  ],
  [
    'nobody: object',
    nobody(() => BpfObject.open(shippedPath('guard')).load({ pinDirectory: PINS })),
    'BpfError',
    'EPERM',
    'BPF_MAP_CREATE map config: operation not permitted (EPERM); it needs CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8',
  ],
  [
    'nobody: open pin',
    nobody(() => BpfMap.open(`${PINS}/table`)),
    'BpfError',
    // Before 5.19, kernel.unprivileged_bpf_disabled forbids even to look.
    /^(EACCES|EPERM)$/,
    /^BPF_OBJ_GET map \/sys\/fs\/bpf\/mistakes\/table: (permission denied \(EACCES\)|operation not permitted \(EPERM\))/,
  ],
  [
    'nobody: pin',
    nobody(() => map.pin(`${PINS}/second`)),
    'SystemError',
    'EACCES',
    'statfs /sys/fs/bpf/mistakes: permission denied (EACCES)',
  ],
  [
    'nobody: map by id',
    nobody(() => BpfMap.fromId(1)),
    'BpfError',
    'EPERM',
    'BPF_MAP_GET_FD_BY_ID map 1: operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
  ],
  [
    'nobody: mount',
    nobody(() => mount('tmpfs', FILES, 'tmpfs')),
    'SystemError',
    'EPERM',
    'mount tmpfs on /run/mistakes: operation not permitted (EPERM); it needs CAP_SYS_ADMIN',
  ],
  [
    'nobody: packet socket',
    nobody(() => new PacketSocket()),
    'SystemError',
    'EPERM',
    'socket a packet socket: operation not permitted (EPERM); it needs CAP_NET_RAW',
  ],
  [
    'nobody: sysctl',
    nobody(() => sysctl().set('net.ipv4.ip_forward', 1)),
    'SystemError',
    'EACCES',
    'open sysctl net.ipv4.ip_forward = 1: permission denied (EACCES)',
  ],
];

/** What a mistake may not change. */
const state = () => ({
  fds: openFds(),
  mounts: mounts(),
  links: rt.links.list().map(({ ifname }) => ifname),
  routes: rt.routes.list().length,
  addresses: rt.addresses.list().length,
  filters: tc.filters.list({ dev: 'm0', parent: 'ingress' }).length,
  qdiscs: tc.qdiscs.list().map(({ kind }) => kind),
  pins: readdirSync('/sys/fs/bpf', { recursive: true }),
  names: readdirSync('/run/netns'),
});

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a mistake is told with class, code and what to do, and leaves nothing', () => {
  test.each(ROWS)('%s', (_, make, name, code, expected) => {
    const before = state();
    const error = thrown(make);
    expect(error).toBeInstanceOf(NlbpfError);
    expect(error).toMatchObject({ name, code: typeof code === 'string' ? code : expect.stringMatching(code) });
    const { message, kernelMessage, errno = 0 } = error as NetlinkError;
    const words = /\{\S[^{}]*\}/;
    if (typeof expected !== 'string') expect(message).toMatch(expected);
    else if (!words.test(expected)) expect(message).toBe(expected);
    else expect(message.replace(/; sent: .*$/, '')).toBe(expected.replace(words, kernelMessage ?? errnoText(errno)));
    // The verifier's reason is followed by lines on where and why.
    if (name !== 'VerifierError') expect(message).not.toContain('\n');
    expect(state()).toEqual(before);
  });

  test('and there are enough of them', () => {
    expect(new Set(ROWS.map(([mistake]) => mistake)).size).toBeGreaterThanOrEqual(40);
  });
});
