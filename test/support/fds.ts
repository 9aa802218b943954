import { readdirSync, readFileSync } from 'node:fs';

/** How many descriptors this process has open, not counting the one that reads the list. */
export function openFds(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/** The open flags of a descriptor, from /proc. */
export function flagsOf(fd: number): number {
  return Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))![1]!, 8);
}

/** How many mounts this process sees. */
export function mounts(): number {
  return readFileSync('/proc/self/mountinfo', 'latin1').split('\n').length;
}
