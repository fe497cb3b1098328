import {
  above,
  addFloats,
  addIntegers,
  addProducts,
  advance,
  again,
  anyBit,
  type Code,
  constant,
  differs,
  either,
  get,
  I32,
  loadRepeated,
  loadVector,
  loop,
  minus,
  multiplyFloats,
  notBelowFloats,
  plus,
  set,
  shuffle,
  storeInteger,
  storeVector,
  tee,
  times,
  toFloats,
  V128,
  type WasmFunction,
  zeroVector,
} from './wasm-code.ts';

/** Rows of a block: its rows of bytes, then their scales, then their margins. */
export const BLOCK = 256;

/**
 * Compares `count` rows of a block with one probe, or with each of four: what each product is at most is
 * `(bytes · probe + start) * factor * scale + margin`, in float32. The sums are of integers, so they are exact. Rows are taken in
 * steps, one probe with four and four probes with two; a step in which a bound is not below the `least` of its probe is written as a record from
 * `out` on: the number of its first row, then its bounds, those of the four probes with one row side by side. Returns where the records end.
 *
 * `rows`: address of the first row, `stride` bytes of each, all 0..127; `scales`: of the first scale, the margins are 4 * BLOCK bytes behind.
 * `probes`: address of a head and of the bytes, of four probes sixteen of each in turn. Rows behind `count` up to a whole step are read too.
 */
export type Bounds = (
  rows: number,
  count: number,
  stride: number,
  probes: number,
  out: number,
  scales: number,
) => number;

/** Before the bytes of probes: four times `start` (integers), `factor`, `least`, of each of the four probes or all of the one. */
export const HEAD = { start: 0, factor: 4, least: 8, bytes: 48 };
/** Most bytes of the records of a block. */
export const RECORDS = (BLOCK / 2) * 36;
/** Rows of a step, by how many probes are compared at once. */
export const ROWS_OF_STEP = { 1: 4, 4: 2 } as const;

/** Numbers that an instruction takes of each row. */
const NUMBERS = 16;
const [first, count, stride, probes, out, scales] = [0, 1, 2, 3, 4, 5];
const PARAMETERS = 6;

/** `rows` at a time against `together` probes: the sums, the rows and a probe have room in the sixteen registers of x64. */
function boundsOf(name: string, together: 1 | 4): WasmFunction {
  const rows = ROWS_OF_STEP[together];
  let local = PARAMETERS;
  const take = (amount: number): number[] => Array.from({ length: amount }, () => local++);
  const [at, end, row] = take(3) as [number, number, number];
  const others = take(rows - 1);
  const integers = local - PARAMETERS;
  const sums = take(rows * together);
  const bytes = take(rows);
  const [part, near] = take(2) as [number, number];
  const vectors = local - PARAMETERS - integers;
  const rowAt = [first, ...others];

  const step: Code = [
    rowAt.flatMap((from, r) => [...get(from), ...loadVector(0), ...set(bytes[r]!)]),
    Array.from({ length: together }, (_, p) => [
      ...[...get(at), ...loadVector(NUMBERS * p), ...set(part)],
      ...rowAt.flatMap((_row, r) => {
        const sum = sums[r * together + p]!;
        return [get(part), get(bytes[r]!), get(sum), addProducts, set(sum)].flat();
      }),
    ]).flat(),
  ].flat();

  /** Four sums, each of four lanes, as the four lanes of one. */
  const gathered = ([a, b, c, d]: number[]): Code => {
    const pair = (one: number, two: number): Code =>
      [get(one), get(two), shuffle(0, 4, 1, 5), get(one), get(two), shuffle(2, 6, 3, 7), addIntegers].flat();
    return [
      [...pair(a!, b!), ...set(a!)],
      [...pair(c!, d!), ...set(c!)],
      [...get(a!), ...get(c!), ...shuffle(0, 1, 4, 5), ...get(a!), ...get(c!), ...shuffle(2, 3, 6, 7)],
      addIntegers,
    ].flat();
  };
  const head = (what: number): Code => [...get(probes), ...loadVector(4 * what)];
  const ofRows = (i: number, offset: number): Code =>
    [get(scales), together === 1 ? loadVector(16 * i + offset) : loadRepeated(4 * i + offset)].flat();
  const compared = Array.from({ length: sums.length / 4 }, (_, i) =>
    [
      [...gathered(sums.slice(4 * i, 4 * i + 4)), ...head(HEAD.start), ...addIntegers, ...toFloats],
      [...head(HEAD.factor), ...multiplyFloats, ...ofRows(i, 0), ...multiplyFloats],
      [...ofRows(i, 4 * BLOCK), ...addFloats, ...set(part)],
      [...get(out), ...get(part), ...storeVector(4 + 16 * i)],
      [...get(part), ...head(HEAD.least), ...notBelowFloats],
      i === 0 ? [] : [...get(near), ...either],
      set(near),
    ].flat(),
  ).flat();

  const body: Code = [
    loop(
      ...others.map((other, i) => [...get(rowAt[i]!), ...get(stride), ...plus, ...set(other)]),
      [...get(first), ...get(stride), ...plus, ...set(end)],
      [...get(probes), ...constant(HEAD.bytes), ...plus, ...set(at)],
      sums.flatMap((sum) => [...zeroVector, ...set(sum)]),
      loop(
        step,
        advance(at, constant(NUMBERS * together)),
        ...others.map((other) => advance(other, constant(NUMBERS))),
        [...get(first), ...constant(NUMBERS), ...plus, ...tee(first), ...get(end), ...differs, ...again],
      ),
      [...get(rowAt.at(-1)!), ...set(first)],
      [...get(out), ...get(row), ...storeInteger],
      compared,
      // Without a branch: the record is written over by the next one where nothing in it is near.
      advance(out, [...get(near), ...anyBit, ...constant(4 + 4 * sums.length), ...times]),
      advance(row, constant(rows)),
      advance(scales, constant(4 * rows)),
      [...get(count), ...constant(rows), ...minus, ...tee(count), ...constant(0), ...above, ...again],
    ),
    get(out),
  ].flat();
  const locals = [
    { type: I32, count: integers },
    { type: V128, count: vectors },
  ];
  return { name, parameters: PARAMETERS, results: 1, locals, body };
}

export const byteFunctions = (): WasmFunction[] => [boundsOf('boundsOfOne', 1), boundsOf('boundsOfFour', 4)];
