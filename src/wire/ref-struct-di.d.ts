declare module 'ref-struct-di' {
  interface StructType {
    readonly size: number;
    readonly alignment: number;
    readonly fields: Readonly<Record<string, { readonly offset: number }>>;
  }
  type Struct = (
    fields: readonly (readonly [type: unknown, name: string])[],
    options?: { packed?: boolean },
  ) => StructType;
  export default function inject(ref: unknown): Struct;
}
