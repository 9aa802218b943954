// Made by nlbpf types from globals.o. To change it, make it again.

/** What globals.o holds, for `BpfObject.open<Globals>()`. */
export interface Globals {
  readonly maps: {
    /** array */
    readonly '.rodata': {
      readonly key: number;
      readonly value: {
        readonly limit: number;
        readonly hidden: bigint;
      };
    };
    /** array */
    readonly '.data': {
      readonly key: number;
      readonly value: {
        readonly counter: number;
      };
    };
    /** array */
    readonly '.rodata.own': {
      readonly key: number;
      readonly value: {
        readonly own: string;
      };
    };
    /** array */
    readonly '.bss': {
      readonly key: number;
      readonly value: {
        readonly scratch: number;
        readonly totals: readonly bigint[];
      };
    };
  };
  readonly programs: {
    readonly global: { readonly section: 'socket' };
  };
  readonly variables: {
    limit: number;
    hidden: bigint;
    counter: number;
    own: string;
    scratch: number;
    totals: readonly bigint[];
  };
}
