import {
  above,
  addFloats,
  addIntegers,
  advance,
  again,
  type Code,
  constant,
  differs,
  get,
  greaterFloats,
  I32,
  loadBytes,
  loadRepeated,
  loadVector,
  loop,
  minus,
  multiplyFloats,
  multiplyPairs,
  plus,
  set,
  shuffle,
  storeVector,
  tee,
  toFloats,
  V128,
  vector,
  type WasmFunction,
  zeroVector,
} from './wasm-code.ts';

/** Rows of a block: its rows of bytes, then their scales, then their margins. */
export const BLOCK = 256;

/**
 * Writes for each of `count` rows of a block an upper bound of its inner product with one probe, or with each of four: `scale * (bytes ·
 * probe) + margin`, in float32 from `out` on, and the greatest four of them at `greatest`. The sums are of integers, so they are exact.
 *
 * `rows`: address of the first row, `stride` bytes of each; `scales`: of the first scale, the margins are 4 * BLOCK bytes behind.
 * `probe`: numbers of 16 bits; of four probes eight numbers of each in turn. Of one probe rows are taken four at a time and `greatest`
 * has one of every fourth; of four two at a time, `out` has the four of each row, and `greatest` one of each probe. Rows behind `count` up to a whole
 * step are read and written too.
 */
export type Bounds = (
  rows: number,
  count: number,
  stride: number,
  probe: number,
  out: number,
  scales: number,
  greatest: number,
) => void;

/** Numbers that a step takes of each row. */
const NUMBERS = 16;
const LOWEST = vector([0, 0, 0x80, 0xff, 0, 0, 0x80, 0xff, 0, 0, 0x80, 0xff, 0, 0, 0x80, 0xff]);
const [first, count, stride, probe, out, scales, greatest] = [0, 1, 2, 3, 4, 5, 6];
const PARAMETERS = 7;

/** `rows` at a time against `probes`: rows × probes = 4 or 8 sums. */
function boundsOf(name: string, { rows, probes }: { rows: number; probes: number }): WasmFunction {
  let local = PARAMETERS;
  const take = (amount: number): number[] => Array.from({ length: amount }, () => local++);
  const [at, end] = take(2) as [number, number];
  const others = take(rows - 1);
  const integers = local - PARAMETERS;
  const sums = take(rows * probes);
  const bytes = take(rows);
  const [part, best] = take(2) as [number, number];
  const vectors = local - PARAMETERS - integers;
  const rowAt = [first, ...others];

  const step = Array.from({ length: NUMBERS / 8 }, (_, i) => [
    rowAt.flatMap((row, r) => [...get(row), ...loadBytes(8 * i), ...set(bytes[r]!)]),
    Array.from({ length: probes }, (_p, p) => [
      [...get(at), ...loadVector(16 * (probes * i + p)), ...set(part)],
      rowAt.flatMap((_row, r) => {
        const sum = sums[r * probes + p]!;
        return [get(sum), get(bytes[r]!), get(part), multiplyPairs, addIntegers, set(sum)].flat();
      }),
    ]),
  ]).flat(Number.POSITIVE_INFINITY) as Code;

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
  const scaleAt = (i: number): Code => (probes === 1 ? loadVector(16 * i) : loadRepeated(4 * i));
  const marginAt = (i: number): Code =>
    probes === 1 ? loadVector(16 * i + 4 * BLOCK) : loadRepeated(4 * i + 4 * BLOCK);
  const written = Array.from({ length: sums.length / 4 }, (_, i) =>
    [
      [...gathered(sums.slice(4 * i, 4 * i + 4)), ...toFloats],
      [...get(scales), ...scaleAt(i), ...multiplyFloats],
      [...get(scales), ...marginAt(i), ...addFloats, ...set(part)],
      [...get(out), ...get(part), ...storeVector(16 * i)],
      [...get(best), ...get(part), ...greaterFloats, ...set(best)],
    ].flat(),
  ).flat();

  const last = rowAt.at(-1)!;
  const body: Code = [
    [...LOWEST, ...set(best)],
    loop(
      ...others.map((other, i) => [...get(rowAt[i]!), ...get(stride), ...plus, ...set(other)]),
      [...get(first), ...get(stride), ...plus, ...set(end)],
      [...get(probe), ...set(at)],
      sums.flatMap((sum) => [...zeroVector, ...set(sum)]),
      loop(
        step,
        advance(at, constant(2 * NUMBERS * probes)),
        ...others.map((other) => advance(other, constant(NUMBERS))),
        [...get(first), ...constant(NUMBERS), ...plus, ...tee(first), ...get(end), ...differs, ...again],
      ),
      [...get(last), ...set(first)],
      written,
      advance(scales, constant(4 * rows)),
      advance(out, constant(4 * rows * probes)),
      [...get(count), ...constant(rows), ...minus, ...tee(count), ...constant(0), ...above, ...again],
    ),
    [...get(greatest), ...get(best), ...storeVector(0)],
  ].flat();
  const locals = [
    { type: I32, count: integers },
    { type: V128, count: vectors },
  ];
  return { name, parameters: PARAMETERS, locals, body };
}

export const byteFunctions = (): WasmFunction[] => [
  boundsOf('boundsOfOne', { rows: 4, probes: 1 }),
  boundsOf('boundsOfFour', { rows: 2, probes: 4 }),
];
