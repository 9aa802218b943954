import { readdirSync } from 'node:fs';
import type { Undo } from '../undo.js';
import type { Side } from './side.js';
import { type State, writeState } from './state.js';

/** Sets kernel settings; with `keepsOld` (the machine's own namespace) what was there is written down and put back. */
export class Settings {
  readonly #side: Side;
  readonly #keepsOld: boolean;
  readonly #state: State;
  readonly #undo: Undo;

  constructor(side: Side, keepsOld: boolean, state: State, undo: Undo) {
    this.#side = side;
    this.#keepsOld = keepsOld;
    this.#state = state;
    this.#undo = undo;
  }

  set(name: string, value: number): void {
    if (this.#keepsOld && this.#side.sysctl.get(name) !== String(value)) this.#remember(name);
    this.#side.sysctl.set(name, value);
  }

  /**
   * Lets the namespace forward IPv6. The kernel carries the setting over to every device, and again when it is put
   * back, so all are remembered (addrconf_fixup_forwarding() in net/ipv6/addrconf.c, v6.12).
   */
  forwardIpv6(): void {
    const all = 'net/ipv6/conf/all/forwarding';
    if (this.#keepsOld && this.#side.sysctl.get(all) !== '1') {
      const devices = this.#side.netns.run(() => readdirSync('/proc/sys/net/ipv6/conf'));
      const others = devices.filter((name) => name !== 'all');
      for (const device of others) this.#remember(`net/ipv6/conf/${device}/forwarding`);
    }
    this.set(all, 1);
  }

  #remember(name: string): void {
    const old = this.#side.sysctl.get(name);
    this.#state.sysctls.push([name, old]);
    writeState(this.#state);
    this.#undo.defer(`sysctl ${name}`, () => restoreSetting(this.#side.sysctl, name, old));
  }
}

/** Puts a setting back; that of a device that is gone meanwhile is gone with it. */
export function restoreSetting(sysctl: Side['sysctl'], name: string, value: string): void {
  try {
    sysctl.set(name, value);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
