// Made by nlbpf types from maps.o. To change it, make it again.

/** struct point, 8 bytes */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** enum color */
export const Color = {
  RED: 0,
  GREEN: 7,
  BLUE: -1,
} as const;

/** enum large */
export const Large = {
  LARGE: 78187493520n,
} as const;

/** struct everything, 128 bytes */
export interface Everything {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly up: boolean;
  readonly small: number;
  readonly ports: readonly number[];
  readonly color: number;
  readonly packets: bigint;
  readonly offset: bigint;
  readonly large: bigint;
  readonly points: readonly Point[];
  readonly v4: number;
  readonly v6: Uint8Array;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly wide: bigint;
  readonly bit: boolean;
  readonly pointer: bigint;
  readonly ratio: number;
  readonly last: number;
}

/** What maps.o holds, for `BpfObject.open<Maps>()`. */
export interface Maps {
  readonly maps: {
    /** hash */
    readonly table: { readonly key: Point; readonly value: Everything };
    /** array_of_maps */
    readonly outer: { readonly key: number; readonly value: Uint8Array };
    /** hash */
    readonly on_node: { readonly key: number; readonly value: string };
    /** lru_hash */
    readonly sizes_only: { readonly key: Uint8Array; readonly value: Uint8Array };
    /** ringbuf */
    readonly events: { readonly key: Uint8Array; readonly value: Uint8Array };
  };
  readonly programs: {
    readonly count: { readonly section: 'cgroup_skb/ingress' };
  };
  readonly variables: Record<never, never>;
}
