import { existsSync } from 'node:fs';
import { ensureTracefs, NetlinkError, NetNs, RtNetlink, sysctl, umount, unshareMounts } from 'nlbpf';
import { MNT_DETACH } from 'nlbpf/uapi/mount';
import { restoreSetting } from './settings.js';
import { isRunning, readState, removeState, type State } from './state.js';
import { removeTraceInstance } from './trace.js';

/**
 * Removes what an earlier run left, killed or with --keep, and tells what that was. The namespaces, programs and pins of
 * a killed run went with its mount namespace; those of a kept one go with the mount that keeps it.
 */
export function clean(tell: (what: string) => void): void {
  const state = readState();
  if (state === undefined) return;
  if (isRunning(state)) throw new Error(`the demo is running, as process ${state.pid}; end it first`);
  if (state.kept !== undefined && existsSync(state.kept)) {
    umount(state.kept, MNT_DETACH);
    tell(`mount namespace kept at ${state.kept}`);
  }
  if (state.hostNetns !== undefined) cleanHost(state, state.hostNetns, tell);
  removeState();
  if (state.trace !== undefined) cleanTrace(state.trace, tell);
}

function cleanHost(state: State, inode: number, tell: (what: string) => void): void {
  using netns = NetNs.current();
  if (netns.inode !== inode) throw new Error('the run to be cleaned up was made in another network namespace');
  using rt = new RtNetlink();
  for (const link of state.links.toReversed()) {
    try {
      rt.links.delete(link);
      tell(`link ${link}`);
    } catch (error) {
      if (!(error instanceof NetlinkError && error.code === 'ENODEV')) throw error;
    }
  }
  for (const [name, value] of state.sysctls.toReversed()) {
    restoreSetting(sysctl(), name, value);
    tell(`sysctl ${name} = ${value}`);
  }
}

/** tracefs may not be mounted; it is, for as long as this process lives. */
function cleanTrace(name: string, tell: (what: string) => void): void {
  unshareMounts();
  ensureTracefs();
  if (removeTraceInstance(name)) tell(`trace instance ${name}`);
}
