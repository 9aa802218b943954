import { BpfMap } from 'nlbpf';

/** Bytes as bpftool prints them: `2d 00 00 00`. */
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** `bpftool map show pinned PATH`. */
export function showMap(path: string): string[] {
  using map = BpfMap.open(path);
  const { id, typeName, name, flags, keySize, valueSize, maxEntries, memlock } = map.info();
  return [
    `${id}: ${typeName}  name ${name}  flags 0x${flags.toString(16)}`,
    `        key ${keySize}B  value ${valueSize}B  max_entries ${maxEntries}  memlock ${memlock}B`,
  ];
}

/** `bpftool map update pinned PATH key 00 00 00 00 value ...`, with the bytes that it takes. */
export function updateMap(path: string, key: number, value: number): string[] {
  using map = BpfMap.open(path);
  const bytes = (number: number) => new Uint8Array(Uint32Array.of(number).buffer); // host byte order
  map.set(bytes(key), bytes(value));
  return [`key ${hex(bytes(key))} value ${hex(bytes(value))}`];
}

/** `bpftool map dump pinned PATH`. */
export function dumpMap(path: string): string[] {
  using map = BpfMap.open(path);
  const lines = [...map].map(([key, value]) => `key: ${hex(key)}  value: ${hex(value)}`);
  return [...lines, `Found ${lines.length} element${lines.length === 1 ? '' : 's'}`];
}
