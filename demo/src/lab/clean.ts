import { existsSync } from 'node:fs';
import { ensureTracefs, NetlinkError, NetNs, RtNetlink, sysctl, umount, unshareMounts } from 'nlbpf';
import { MNT_DETACH } from 'nlbpf/uapi/mount';
import { removeNetnsDirectory } from './mounts.js';
import { restoreSetting } from './settings.js';
import { isRunning, readState, removeState, STATE_DIRECTORY, type State } from './state.js';
import { removeTraceInstance } from './trace.js';

/**
 * Removes what an earlier run left, killed or with --keep, and tells what that was. The namespaces, programs and pins of
 * a killed run went with its mount namespace; those of a kept one go with the mount that keeps it.
 */
export function clean(tell: (what: string) => void): void {
  const state = readState();
  if (state === undefined) return;
  if (isRunning(state)) throw new Error(`the demo is running, as process ${state.pid}; end it first`);
  if (state.hostNetns !== undefined) checkNetns(state.hostNetns);
  if (state.kept !== undefined && existsSync(`${state.kept}/ns`)) {
    umount(state.kept, MNT_DETACH);
    tell(`mount namespace kept at ${state.kept}`);
  }
  if (state.hostNetns !== undefined) cleanHost(state, tell);
  if (state.netnsDirectory && removeNetnsDirectory()) tell('the directory of network namespaces');
  // The last two: finding the instance takes this process into mounts of its own.
  if (state.trace !== undefined) cleanTrace(state.trace, tell);
  removeState();
}

/** Links and settings of that run are to be found there only. */
function checkNetns(inode: number): void {
  using netns = NetNs.current();
  if (netns.inode === inode) return;
  throw new Error(
    `the run to be cleaned up was made in network namespace ${inode}, this is ${netns.inode}; ` +
      `do it there (lsns shows where that is), or delete ${STATE_DIRECTORY} if it is gone`,
  );
}

function cleanHost(state: State, tell: (what: string) => void): void {
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
