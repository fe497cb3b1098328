import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK, HEAD, RECORDS, ROWS_OF_STEP } from './byte-kernel.ts';
import { compileKernel, createSharedMemory, instantiateKernel } from './gallery-kernel.ts';

const kernel = compileKernel();
const STRIDE = 48;
const ROWS = 12;
const ofRows = fc.oneof(fc.constantFrom(0, 1, 126, 127), fc.integer({ min: 0, max: 127 }));
const ofProbes = fc.oneof(fc.constantFrom(-128, -127, -1, 127), fc.integer({ min: -128, max: 127 }));
const bytes = (of: fc.Arbitrary<number>, length: number) =>
  fc.array(of, { minLength: length, maxLength: length });

/** What is written for `rows` and `probes` with these numbers of their own. */
function records(
  together: 1 | 4,
  given: { rows: number[]; probes: number[]; count: number; least: number[] },
) {
  const [rows, probes, out] = [0, 65_536, 80_000];
  const scales = rows + BLOCK * STRIDE;
  const memory = createSharedMemory(2);
  const { boundsOfOne, boundsOfFour } = instantiateKernel(kernel, memory);
  const [integers, floats] = [new Int32Array(memory.buffer), new Float32Array(memory.buffer)];
  const signed = new Int8Array(memory.buffer);
  signed.set(given.rows, rows);
  for (let row = 0; row < ROWS; row++) {
    floats[scales / 4 + row] = 2 ** (row % 3);
    floats[scales / 4 + BLOCK + row] = row;
  }
  for (let lane = 0; lane < 4; lane++) {
    const probe = lane % together;
    integers[probes / 4 + HEAD.start + lane] = 1000 * probe - 7;
    floats[probes / 4 + HEAD.factor + lane] = 2 ** -probe;
    floats[probes / 4 + HEAD.least + lane] = given.least[probe]!;
  }
  for (let i = 0; i < together * STRIDE; i++) {
    const [probe, at] = [Math.floor(i / STRIDE), i % STRIDE];
    signed[probes + HEAD.bytes + (Math.floor(at / 16) * together + probe) * 16 + (at % 16)] =
      given.probes[i]!;
  }
  const end = (together === 1 ? boundsOfOne : boundsOfFour)(rows, given.count, STRIDE, probes, out, scales);
  const sums = ROWS_OF_STEP[together] * together;
  const found: number[][] = [];
  for (let at = out / 4; at < end / 4; at += 1 + sums)
    found.push([integers[at]!, ...floats.slice(at + 1, at + 1 + sums)]);
  return found;
}

/** The same as the definition says. */
function expected(
  together: 1 | 4,
  given: { rows: number[]; probes: number[]; count: number; least: number[] },
) {
  const found: number[][] = [];
  for (let first = 0; first < given.count; first += ROWS_OF_STEP[together]) {
    const bounds = Array.from({ length: ROWS_OF_STEP[together] * together }, (_, i) => {
      const [row, probe] = [first + Math.floor(i / together), i % together];
      let sum = 1000 * probe - 7;
      for (let at = 0; at < STRIDE; at++)
        sum += given.rows[row * STRIDE + at]! * given.probes[probe * STRIDE + at]!;
      return sum * 2 ** -probe * 2 ** (row % 3) + row;
    });
    if (bounds.some((bound, i) => bound >= given.least[i % together]!)) found.push([first, ...bounds]);
  }
  return found;
}

describe.each([1, 4] as const)('%i at a time', (together) => {
  test('has the one result that rows of seven bits leave to the processor, whatever the bytes', () => {
    const all = fc.record({
      rows: bytes(ofRows, ROWS * STRIDE),
      probes: bytes(ofProbes, together * STRIDE),
      count: fc.integer({ min: 1, max: ROWS }),
      least: fc.array(
        fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer({ min: -90_000, max: 90_000 })),
        {
          minLength: together,
          maxLength: together,
        },
      ),
    });
    fc.assert(
      fc.property(all, (given) => {
        expect(records(together, given)).toEqual(expected(together, given));
      }),
      { numRuns: 200 },
    );
  });

  test('sums of the greatest products side by side are not cut off', () => {
    const given = {
      rows: new Array<number>(ROWS * STRIDE).fill(127),
      probes: new Array<number>(together * STRIDE).fill(-128),
      count: ROWS,
      least: new Array<number>(together).fill(Number.NEGATIVE_INFINITY),
    };
    expect(records(together, given)).toEqual(expected(together, given));
  });
});

test('the records of a block have room', () => {
  for (const together of [1, 4] as const) {
    const ofStep = ROWS_OF_STEP[together];
    expect((BLOCK / ofStep) * 4 * (1 + ofStep * together)).toBeLessThanOrEqual(RECORDS);
  }
});
