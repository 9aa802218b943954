import { createRequire } from 'node:module';
import { BpfObject, etherAddress, fixedBytes, ipv4, ipv6, type LoadedObject, struct, u32, u64 } from 'nlbpf';
import type { Case } from '../options.js';
import { DEVICES, OUTER, PIN_DIRECTORY, VIP4_NET, VIP6_NET } from '../topology.js';
import type { Undo } from '../undo.js';
import type { Tell } from './setup.js';
import type { Lab, Side } from './side.js';
import { OTHER_END } from './tunnel.js';

/** `struct config` of bpf/vip.h. */
const config = struct({ run: u32, vip4: ipv4, vip6: ipv6, remote4: ipv4, remote6: ipv6 });

/** `struct tunnel` of bpf/tunnel.c. */
const tunnelSettings = struct({
  run: u32,
  underlay: u32,
  otherEnd: u32,
  local4: ipv4,
  remote4: ipv4,
  local6: ipv6,
  remote6: ipv6,
  mac: etherAddress,
  unused: fixedBytes(2),
});

/** The objects are part of the package. */
const { resolve } = createRequire(import.meta.url);
const fileOf = (name: string): string => resolve(`nlbpf/bpf/${name}.o`);

/** The programs of one run, loaded. */
export class Programs {
  readonly #run: number;
  readonly #undo: Undo;
  readonly #tell: Tell;

  constructor(run: number, undo: Undo, tell: Tell) {
    this.#run = run;
    this.#undo = undo;
    this.#tell = tell;
  }

  /** Loads bpf/NAME.o; its maps that ask for it are pinned, or found there when another object pinned them. */
  load(name: string): LoadedObject {
    const loaded = BpfObject.open(fileOf(name)).load({ pinDirectory: PIN_DIRECTORY });
    const object = this.#undo.use(`programs of ${name}.o`, loaded);
    const programs = [...object.programs.values()].map((program) => `${program.name} (id ${program.info().id})`);
    this.#tell(`bpf/${name}.o: ${programs.join(', ')}`);
    return object;
  }

  /** Loads an object whose programs read `struct config`, and fills that in. */
  loadConfigured(name: string): LoadedObject {
    const object = this.load(name);
    const [, remote4] = OUTER.ipip;
    const [, remote6] = OUTER.ip6tnl;
    const settings = { run: this.#run, vip4: VIP4_NET, vip6: VIP6_NET, remote4, remote6 };
    object.map('config', { key: u32, value: config }).set(0, settings);
    return object;
  }

  /** Attaches a program where packets meet tc. */
  attach(
    side: Side,
    dev: string,
    parent: 'ingress' | 'egress',
    priority: number,
    object: LoadedObject,
    name: string,
  ): void {
    const program = object.program(name);
    side.tc.filters.add({ dev, parent, kind: 'bpf', priority, program, directAction: true });
    this.#tell(`tc filter ${dev} ${parent} (${side.name}): ${name}, direct action`);
  }

  /** Attaches what makes tunnels of two pairs of devices. */
  attachTunnels(lab: Lab, { tunnel }: Case): void {
    for (const end of ['tun1', 'tun2'] as const) {
      const side = end === 'tun1' ? lab.host : lab.ns2;
      const underlay = end === 'tun1' ? DEVICES.ve2 : DEVICES.vens2;
      const object = this.load('tunnel');
      const settings = tunnelOf(side, end, underlay);
      object.map('tunnel', { key: u32, value: tunnelSettings }).set(0, { ...settings, run: this.#run });
      side.tc.qdiscs.add({ dev: OTHER_END[end], kind: 'clsact' });
      this.attach(side, OTHER_END[end], 'ingress', 1, object, `encap_${tunnel}`);
      // The host's forward program hands over at tun1; in ns2 packets are taken where they arrive, behind the guard.
      if (end === 'tun1') side.tc.qdiscs.add({ dev: DEVICES.tun1, kind: 'clsact' });
      this.attach(side, end === 'tun1' ? DEVICES.tun1 : underlay, 'ingress', end === 'tun1' ? 1 : 2, object, 'decap');
    }
  }
}

function tunnelOf({ rt }: Side, end: 'tun1' | 'tun2', underlay: string) {
  const ends = (pair: readonly [string, string]) => (end === 'tun1' ? pair : ([pair[1], pair[0]] as const));
  const [local4, remote4] = ends(OUTER.ipip);
  const [local6, remote6] = ends(OUTER.ip6tnl);
  const { address: mac } = rt.links.get(end);
  return {
    underlay: rt.links.get(underlay).index,
    otherEnd: rt.links.get(OTHER_END[end]).index,
    local4,
    remote4,
    local6,
    remote6,
    mac: mac!,
  };
}

/** Packets that the guard let pass and dropped, from its map. */
export function verdicts(guard: LoadedObject): { readonly passed: number; readonly dropped: number } {
  const map = guard.map('verdicts', { key: u32, value: u64 });
  return { passed: Number(map.get(0) ?? 0n), dropped: Number(map.get(1) ?? 0n) };
}

/** The device at whose ingress or egress the redirect program sits. */
export function redirectDevice({ direction }: Case): string {
  return direction === 'ingress' ? DEVICES.ve1 : DEVICES.ve2;
}
