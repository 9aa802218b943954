import fc from 'fast-check';

/** A place in some bytes, by its remainder. Anywhere: fast-check by itself would try the first bytes most often. */
export const place = fc.noBias(fc.nat());

/** Null, but for one of so many cases. */
export const oneIn = <T>(cases: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: cases - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
