import { createSecretKey, type KeyObject } from 'node:crypto';
import { decrypt, OVERHEAD } from './aes-gcm.ts';

/** Sealed values of many people, packed so that they cross to another thread in a few pieces. */
export interface SealedPage {
  /** Keys of organizations that the thread does not know yet, by name. */
  wrapping: { name: string; key: KeyObject }[];
  persons: { wrapped: Uint8Array; wrapping: string; bound: string }[];
  /** Index in `persons` of the owner of a value; -1 if the key was destroyed. */
  person: Int32Array;
  bound: string[];
  /** One after the other. */
  sealed: Uint8Array;
  /** Where each ends. */
  ends: Uint32Array;
}

export const OPEN = 0;
export const ERASED = 1;
const DAMAGED = 2;

export interface OpenedPage {
  /** OPEN, ERASED or DAMAGED. */
  states: Uint8Array;
  /** As long as what was sealed without OVERHEAD; one after the other, each at a multiple of 8. */
  plain: Uint8Array;
  /** Where each begins. */
  starts: Uint32Array;
  /** Indices in `persons` of those whose keys do not open. */
  unopened: number[];
}

/** A person whose key does not open under the named wrapping key counts as damaged. */
export function openPage(
  { persons, person, bound, sealed, ends }: SealedPage,
  wrapping: ReadonlyMap<string, KeyObject>,
): OpenedPage {
  const keys = persons.map(({ wrapped, wrapping: name, bound: boundTo }) => {
    const outer = wrapping.get(name);
    const plain = outer && decrypt(outer, wrapped, boundTo);
    if (!plain) return undefined;
    const key = createSecretKey(plain);
    plain.fill(0);
    return key;
  });
  const states = new Uint8Array(ends.length);
  const starts = new Uint32Array(ends.length);
  let size = 0;
  for (let i = 0, from = 0; i < ends.length; from = ends[i]!, i++) {
    starts[i] = size;
    size += Math.ceil(Math.max(0, ends[i]! - from - OVERHEAD) / 8) * 8;
  }
  const plain = new Uint8Array(size);
  for (let i = 0, from = 0; i < ends.length; from = ends[i]!, i++) {
    const whose = person[i]!;
    const key = keys[whose];
    const opened = key && decrypt(key, sealed.subarray(from, ends[i]!), bound[i]!);
    if (opened) plain.set(opened, starts[i]!);
    states[i] = whose < 0 ? ERASED : opened ? OPEN : DAMAGED;
  }
  const unopened = keys.flatMap((key, i) => (key ? [] : [i]));
  return { states, plain, starts, unopened };
}
