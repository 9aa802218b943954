/**
 * What an object file holds, as plain data: no file descriptor, no system call. The parser makes it, a caller may change
 * it, the loader carries it out. Numbers are the kernel's, under the kernel's names in `uapi/bpf.ts`.
 */
import type { Btf } from './btf/types.js';

/** An ELF object, or one put together by hand. */
export interface ObjectSpec {
  /** The file's name without folder and suffix, `tunnel` for `bpf/tunnel.o`; empty when it came as bytes. */
  readonly name: string;
  /** The text of section `license`; programs that call GPL-only helpers need `GPL`. Empty when there is none. */
  readonly license: string;
  /** The number in section `version`, which kernels before 5.0 want for kprobes. */
  readonly version?: number;
  /** SHA-1 of the file, in hexadecimal; only where a map is pinned by it ({@link Pinning} `object`). */
  readonly hash?: string;
  /** Types of maps, functions and variables, DATASEC sizes and offsets filled in; absent when the object has none. */
  readonly btf?: Btf;
  readonly maps: readonly MapSpec[];
  /** What can be loaded. */
  readonly programs: readonly ProgramSpec[];
  /** What programs refer to and the object does not define, in libbpf's order. */
  readonly externs?: readonly ExternSpec[];
}

/** What is defined elsewhere: `extern ... __kconfig`, `extern ... __ksym`. */
export interface ExternSpec {
  readonly name: string;
  /**
   * `kconfig`: a setting of the kernel's build, found in map `.kconfig`. `address`: that of a kernel symbol without type.
   * `variable`: one of the kernel's, with its type. `function`: a kfunc.
   */
  readonly kind: 'kconfig' | 'address' | 'variable' | 'function';
  /** Programs can do without it. */
  readonly weak: boolean;
  /** In {@link ObjectSpec.btf}: the type of a variable, the prototype of a function. */
  readonly typeId: number;
  /** Of a kconfig: where its value begins in map `.kconfig`. */
  readonly offset?: number;
}

/** Where a legacy map wants to be pinned, or `byName` for LIBBPF_PIN_BY_NAME. */
export type Pinning =
  /** Not pinned. */
  | 'none'
  /** LIBBPF_PIN_BY_NAME: `<pin directory>/<name>`. */
  | 'byName'
  /** iproute2's PIN_OBJECT_NS: a folder of the object's own, `<bpffs>/tc/<hash of the file>/<name>`. */
  | 'object'
  /** iproute2's PIN_GLOBAL_NS: `<bpffs>/tc/globals/<name>`. */
  | 'global';

/** A map to be created. */
export interface MapSpec {
  /** The C variable's name; the kernel keeps the first 15 characters. */
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* of map creation. */
  readonly flags: number;
  /** What it means depends on the type: the number of hash functions of a bloom filter, the address of an arena. */
  readonly extra: bigint;
  /** Goes with BPF_F_NUMA_NODE; absent: any node. */
  readonly numaNode?: number;
  readonly pinning: Pinning;
  /** False: it is not created; programs load if they cannot get to where they use it. */
  readonly autocreate?: boolean;
  /** The key's type in {@link ObjectSpec.btf}; 0 when unknown. */
  readonly btfKeyTypeId: number;
  /** The value's type in {@link ObjectSpec.btf}; 0 when unknown. For global data, the DATASEC. */
  readonly btfValueTypeId: number;
  /** Of a map of maps: what an inner map looks like. */
  readonly inner?: MapSpec;
  /** Of a map of maps or a program array: the entries that it has from the start. */
  readonly slots?: readonly Slot[];
  /** Of global data: the content of entry 0. Of an arena: the global variables in it. */
  readonly contents?: Uint8Array;
  /** Of an arena: the DATASEC of its global variables in {@link ObjectSpec.btf}; 0 when unknown. */
  readonly dataTypeId?: number;
  /** Of global data: to be frozen (BPF_MAP_FREEZE) once filled, as `.rodata` is. */
  readonly readOnly: boolean;
  /** Of a struct_ops map: what it begins with. */
  readonly structOps?: StructOpsSpec;
  /** iproute2's `struct bpf_elf_map`: the map's number in the object, and those of its inner map. */
  readonly legacy?: { readonly id: number; readonly innerId: number; readonly innerIdx: number };
}

/** A variable in section `.struct_ops`: a struct of functions that programs implement. */
export interface StructOpsSpec {
  /** The struct in {@link ObjectSpec.btf}; the kernel has one of the same name, laid out as it likes. */
  readonly typeId: number;
  /** The variable's bytes. */
  readonly contents: Uint8Array;
  /** The programs that members point to, by byte. */
  readonly programs: Map<number, string>;
}

/** An entry of a map of maps, or of a program array. */
export interface Slot {
  readonly index: number;
  readonly kind: 'map' | 'program';
  /** Of a map or a program of the same object. */
  readonly name: string;
}

/** A program to be loaded. */
export interface ProgramSpec {
  /** The C function's name; the kernel keeps the first 15 characters. */
  readonly name: string;
  /** The ELF section: `tc`, `xdp`, `cgroup_skb/ingress`, or any other text; without the `?` of SEC("?..."). */
  readonly section: string;
  /** BPF_PROG_TYPE_*; absent when the section's name says nothing, and the caller has to. */
  readonly type?: number;
  /** BPF_* of enum bpf_attach_type; absent where the type has none. */
  readonly expectedAttachType?: number;
  /** Kernels that do not know expected attach types (before 4.17) take the program without. */
  readonly attachTypeOptional?: boolean;
  /** What it is for: `tcp_connect` in `fentry/tcp_connect`, `sched/sched_switch` in `tp/sched/sched_switch`. */
  readonly attachTarget?: string;
  /** The target is a type in the kernel's BTF, or a function of another program, and is needed to load. */
  readonly attachesByBtf?: boolean;
  /** For BPF_TRACE_UPROBE_MULTI, where the kernel has that, as user-space tracepoints (USDT) are. */
  readonly attachesByUprobes?: boolean;
  /** BPF_F_* of program load, such as BPF_F_XDP_HAS_FRAGS. */
  readonly flags: number;
  /** False for SEC("?..."): loaded only when asked for. */
  readonly autoload: boolean;
  /** Its code; `link` adds that of the functions it calls. */
  readonly entry: FunctionSpec;
  /** What is called when it throws (bpf_throw, since 6.7): a function with the tag `exception_callback:name`. */
  readonly exceptionCallback?: FunctionSpec;
}

/** A function as the object holds it. */
export interface FunctionSpec extends Code {
  readonly name: string;
  /** Functions that it calls, by the calling instruction, in ascending order. */
  readonly calls: readonly Call[];
}

/** A BPF_PSEUDO_CALL, or a BPF_LD_IMM64 of a function's address (BPF_PSEUDO_FUNC). */
export interface Call {
  readonly instruction: number;
  readonly target: FunctionSpec;
}

/** Instructions, and what belongs to them. */
export interface Code {
  /** `struct bpf_insn`, 8 bytes each. */
  readonly instructions: Uint8Array;
  /** Instructions into which the loader puts what is known only then. */
  readonly references: readonly Reference[];
  /** Instructions that name what the object does not define: kfuncs and kernel symbols. */
  readonly externs: readonly Extern[];
  /** Instructions that want a table of places to jump to; since 6.19. Absent: none. */
  readonly jumpTables?: readonly JumpTable[];
  /** Where each function starts, and its type; empty when the object does not tell. */
  readonly funcInfo: readonly FuncInfo[];
  /** Where each source line starts; empty when the object does not tell. */
  readonly lineInfo: readonly LineInfo[];
  /** CO-RE: instructions that depend on the types of the running kernel. */
  readonly coreRelocations: readonly CoreRelocation[];
}

/** A BPF_LD_IMM64 that wants a map's descriptor, or the address of data in a map. */
export interface Reference {
  /** Index of the first of the two instruction slots. */
  readonly instruction: number;
  /** Name of the map. */
  readonly map: string;
  /** Absent: the map itself (BPF_PSEUDO_MAP_FD). Else the address of this byte of entry 0 (BPF_PSEUDO_MAP_VALUE). */
  readonly offset?: number;
}

/** A BPF_LD_IMM64 that wants the address of a table in section `.jumptables`. */
export interface JumpTable {
  /** Index of the first of the two instruction slots. */
  readonly instruction: number;
  /** Which table: where it begins in its section. */
  readonly start: number;
  /** Indexes of the instructions that it leads to. */
  readonly targets: readonly number[];
}

export interface Extern {
  readonly instruction: number;
  readonly name: string;
  /** The program can do without. */
  readonly weak: boolean;
}

/** struct bpf_func_info. */
export interface FuncInfo {
  /** Index of the function's first instruction in the program. */
  readonly instruction: number;
  /** The FUNC in {@link ObjectSpec.btf}. */
  readonly typeId: number;
}

/** struct bpf_line_info. */
export interface LineInfo {
  /** Index of the first instruction made from this line. */
  readonly instruction: number;
  /** The file's name, as an offset into the strings of {@link ObjectSpec.btf}. */
  readonly fileNameOff: number;
  /** The line's text, as an offset into the strings of {@link ObjectSpec.btf}. */
  readonly lineOff: number;
  /** Counted from 1; at most 22 bits. */
  readonly line: number;
  /** Counted from 1; at most 10 bits. */
  readonly column: number;
}

/** struct bpf_core_relo. */
export interface CoreRelocation {
  readonly instruction: number;
  /** The type in {@link ObjectSpec.btf} that `access` starts from. */
  readonly typeId: number;
  /** Indexes of members and items, as in `0:1:2`. */
  readonly access: string;
  /** enum bpf_core_relo_kind. */
  readonly kind: number;
  /** Its place among those of the object, as a number that grows. */
  readonly order: number;
}
