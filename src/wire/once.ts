/**
 * What `make` gives, made at the first call: tables that are never used cost nothing when a module is loaded.
 */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
