/*
 * A process in a user namespace of its own, where it may do what BPF a mount of bpffs delegates. The parent, which has the
 * capabilities to delegate, sets the mount up between its two lines.
 *
 *   node in-user-namespace.mjs OBJECT     prints the descriptor of a file system to be, waits for a line, mounts it, and
 *                                         prints what loading OBJECT came to, with the mount and without
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { BpfObject } from '../../dist/bpf/index.js';
import { libc } from '../../dist/sys/libc.js';
import { keepReachable, Memory } from '../../dist/sys/memory.js';

/** Of every architecture. */
const [MOVE_MOUNT, FSOPEN, FSMOUNT] = [429, 430, 432];
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;

function call(number, ...args) {
  const given = args.map((arg) => (typeof arg === 'string' ? Memory.fromText(arg) : arg));
  const plain = [...given.map((arg) => arg.address ?? arg), 0, 0, 0, 0, 0].slice(0, 5);
  const result = keepReachable(given, () => libc().syscall(number, ...plain));
  if (result < 0) throw new Error(`system call ${number}: ${result}`);
  return result;
}

function outcome(load) {
  try {
    const object = load();
    const names = [...object.programs.keys(), ...object.maps.keys()];
    object.close();
    return names;
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message };
  }
}

const [object] = process.argv.slice(2);
const fileSystem = call(FSOPEN, 'bpf', 0);
console.log(fileSystem);
await once(createInterface(process.stdin), 'line');
const path = mkdtempSync('/tmp/nlbpf-token-');
call(MOVE_MOUNT, call(FSMOUNT, fileSystem, 0, 0), '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
const opened = BpfObject.open(object);
console.log(JSON.stringify([outcome(() => opened.load({ tokenPath: path })), outcome(() => opened.load())]));
process.exit();
