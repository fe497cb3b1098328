/** Words of the binary format of WebAssembly (core specification 3.0), as bytes. */

export const I32 = 0x7f;
export const V128 = 0x7b;
const BLOCK_EMPTY = 0x40;
const END = 0x0b;

export type Code = number[];

function unsigned(value: number): Code {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}

const list = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => [...unsigned(value.length), ...Buffer.from(value)];
const section = (id: number, body: Code): Code => [id, ...unsigned(body.length), ...body];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const plus: Code = [0x6a];
export const minus: Code = [0x6b];
export const times: Code = [0x6c];
export const below: Code = [0x49];
export const differs: Code = [0x47];
/** Of signed numbers. */
export const above: Code = [0x4a];
export const loop = (...body: Code[]): Code => [0x03, BLOCK_EMPTY, ...body.flat(), END];
export const again: Code = [0x0d, 0];
/** `local` becomes greater by `by`. */
export const advance = (local: number, by: Code): Code => [...get(local), ...by, ...plus, ...set(local)];

const simd = (operation: number, ...rest: Code): Code => [0xfd, ...unsigned(operation), ...rest];
const atAddress = (operation: number, offset: number): Code => simd(operation, 2, ...unsigned(offset));
export const loadVector = (offset: number): Code => atAddress(0, offset);
/** One number of 32 bits, four times. */
export const loadRepeated = (offset: number): Code => atAddress(9, offset);
export const storeVector = (offset: number): Code => atAddress(11, offset);
const vector = (bytes: Code): Code => simd(12, ...bytes);
export const zeroVector: Code = vector(new Array<number>(16).fill(0));
export const shuffle = (...lanes: Code): Code =>
  simd(13, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)));
export const addFloats: Code = simd(0xe4);
export const multiplyFloats: Code = simd(0xe6);
/** All bits of a lane where the first is not less. */
export const notBelowFloats: Code = simd(0x46);
export const either: Code = simd(0x50);
/** 1 where a bit is set, or 0. */
export const anyBit: Code = simd(0x53);
export const addIntegers: Code = simd(0xae);
/**
 * `i32x4.relaxed_dot_i8x16_i7x16_add_s`: adds to each number of 32 bits the products of four bytes of the first with four of the second.
 * Processors differ where a byte of the second is beyond 0..127, or where two products side by side together are beyond 16 bits, which
 * bytes of 0..127 times bytes with a sign (2 * 127 * -128 at most) are not. So with such bytes it has one result only.
 */
export const addProducts: Code = simd(0x113);
export const toFloats: Code = simd(0xfa);
export const firstLane: Code = simd(0x1f, 0);
export const storeFloat: Code = [0x38, 2, 0];
export const storeInteger: Code = [0x36, 2, 0];

/** A function of i32 parameters. Parameters are the first locals, then those of `locals`, by type. */
export interface WasmFunction {
  name: string;
  parameters: number;
  /** Its i32, which `body` leaves; 0: none. */
  results: 0 | 1;
  locals: { type: number; count: number }[];
  body: Code;
}

/** A module that exports the functions, over a shared memory that it imports as `gallery.memory`. */
export function moduleOf(functions: readonly WasmFunction[], maximumPages: number): Uint8Array {
  const types = functions.map(({ parameters, results }) => [
    0x60,
    ...list(new Array<Code>(parameters).fill([I32])),
    ...list(new Array<Code>(results).fill([I32])),
  ]);
  const sharedMemory = [2, 3, ...unsigned(1), ...unsigned(maximumPages)];
  const codes = functions.map(({ locals, body }) => {
    const declared = list(locals.map(({ type, count }) => [...unsigned(count), type]));
    const code = [...declared, ...body, END];
    return [...unsigned(code.length), ...code];
  });
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...text('gallery'), ...text('memory'), ...sharedMemory]])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
    ...section(10, list(codes)),
  ]);
}
