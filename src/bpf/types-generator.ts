import { DecodeError } from '../wire/error.js';
import { codecOf } from './btf/codec.js';
import { resolve } from './btf/resolve.js';
import type { Btf } from './btf/types.js';
import { isArray, isPerCpu, mapTypeName } from './map/types.js';
import { isFunction } from './object/shadow.js';
import { findVariables } from './object/variables.js';
import type { MapSpec, ObjectSpec } from './spec.js';
import { commentText, declaredName, property, quoted, TypeWriter } from './typescript.js';

/** The first words of every module made here. */
export const GENERATED = '// Made by nlbpf types';
/** Columns. */
const WIDTH = 120;

/**
 * A TypeScript module with the types of an object's maps, programs and global variables, so that an editor knows the
 * names and values of `BpfObject.open<Tunnel>('tunnel.o').load().map('tun_iface')`. It exports an interface for each
 * struct and union, a table of names for each enum, and the whole under `name`; default: that of the file.
 */
export function generateTypes(object: ObjectSpec, name = declaredName(object.name || 'object')): string {
  const writer = new TypeWriter(object.btf, name);
  const entry = (map: MapSpec): string =>
    `/** ${mapTypeName(map.type)} */\n    ${entryText(property(map.name), mapParts(writer, map))}`;
  const maps = object.maps.map(entry);
  const programs = object.programs.map(({ name, section }) =>
    entryText(property(name), [`readonly section: ${quoted(section)}`]),
  );
  const variables = findVariables(object)
    .filter(({ typeId }) => isValue(object.btf, typeId))
    .map((variable) => `${property(variable.name)}: ${writer.type(variable.typeId, '    ')};`);
  const structs = object.maps.flatMap((map) => shadowText(writer, map));
  const parts = [block('maps', maps), block('programs', programs), block('variables', [...variables, ...structs])];
  const file = object.name === '' ? 'a BPF object' : commentText(`${object.name}.o`);
  const whole = `/** What ${file} holds, for \`BpfObject.open<${name}>()\`. */\nexport interface ${name} {\n${parts.join('')}}\n`;
  return [`${GENERATED} from ${file}. To change it, make it again.\n`, ...writer.declarations, whole].join('\n');
}

function block(name: string, lines: readonly string[]): string {
  if (lines.length === 0) return `  readonly ${name}: Record<never, never>;\n`;
  return `  readonly ${name}: {\n${lines.map((line) => `    ${line}\n`).join('')}  };\n`;
}

/** In one line if it fits. */
function entryText(name: string, parts: readonly string[]): string {
  const line = `    readonly ${name}: { ${parts.join('; ')} };`;
  if (line.length <= WIDTH && !line.includes('\n')) return line.trimStart();
  return `readonly ${name}: {\n${parts.map((part) => `      ${part};\n`).join('')}    };`;
}

/** As LoadedObject chooses codecs. */
function mapParts(writer: TypeWriter, map: MapSpec): string[] {
  const key = isArray(map.type) ? 'number' : valueText(writer, map.btfKeyTypeId, map.keySize);
  const value = valueText(writer, map.btfValueTypeId, map.valueSize);
  return [`readonly key: ${key}`, `readonly value: ${isPerCpu(map.type) ? writer.arrayOf(value) : value}`];
}

/** A variable in section `.struct_ops`, whose members are set one by one. */
function shadowText(writer: TypeWriter, { name, structOps }: MapSpec): string[] {
  const { btf } = writer;
  const type = btf === undefined || structOps === undefined ? undefined : resolve(btf, structOps.typeId).type;
  if (btf === undefined || type?.kind !== 'struct') return [];
  const lines = type.members
    .filter((member) => member.name !== '' && member.bitSize === 0)
    .map((member) => {
      const text = isFunction(btf, member) ? 'string | undefined' : valueText(writer, member.type);
      return `      ${property(member.name)}: ${text};\n`;
    });
  return [`readonly ${property(name)}: {\n${lines.join('')}    };`];
}

/** `size` is what the map has, where that may differ from the type's. */
function valueText(writer: TypeWriter, id: number, size?: number): string {
  if (writer.btf === undefined || id === 0) return 'Uint8Array';
  try {
    return (size ?? codecOf(writer.btf, id).size) === codecOf(writer.btf, id).size
      ? writer.type(id, '      ')
      : 'Uint8Array';
  } catch (error) {
    if (error instanceof DecodeError) return 'unknown'; // not to be had as a value
    throw error;
  }
}

function isValue(btf: Btf | undefined, id: number): boolean {
  try {
    return btf !== undefined && codecOf(btf, id).size >= 0;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
