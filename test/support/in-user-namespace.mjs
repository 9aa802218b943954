/*
 * A process in a user namespace of its own, where it may do what BPF a mount of bpffs delegates. The parent, which has the
 * capabilities to delegate, sets the mount up between its two lines.
 *
 *   node in-user-namespace.mjs OBJECT     prints the descriptor of a file system to be, waits for a line, mounts it, and
 *                                         prints what loading OBJECT came to, with the mount and without
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import koffi from 'koffi';
import { BpfObject } from '../../dist/bpf/index.js';

const libc = koffi.load(null);

/** A system call that C libraries have no function for; its number is that of every architecture. */
function define(number, ...types) {
  const syscall = libc.func('syscall', 'intptr_t', ['intptr_t', ...types]);
  return (...args) => {
    const result = syscall(number, ...args);
    if (result < 0) throw new Error(`system call ${number}: error ${koffi.errno()}`);
    return result;
  };
}

const moveMount = define(429, 'int', 'str', 'int', 'str', 'uint');
const fsopen = define(430, 'str', 'uint');
const fsmount = define(432, 'int', 'uint', 'uint');
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;

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
const fileSystem = fsopen('bpf', 0);
console.log(fileSystem);
await once(createInterface(process.stdin), 'line');
// Seen by this process alone.
const path = '/mnt';
moveMount(fsmount(fileSystem, 0, 0), '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
const opened = BpfObject.open(object);
console.log(JSON.stringify([outcome(() => opened.load({ tokenPath: path })), outcome(() => opened.load())]));
process.exit();
