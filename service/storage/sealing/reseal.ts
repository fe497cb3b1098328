import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { decrypt, encrypt, type Format } from './aes-gcm.ts';
import {
  createTemplateTransform,
  type TemplateTransform,
  toBytes,
  toVector,
  untransformed,
} from './template-transform.ts';

/** Keys of people, to be wrapped by the newest of these keys of their organization. */
export interface RewrapPage {
  is: 'rewrap';
  /** By generation. */
  keys: ReadonlyMap<number, KeyObject>;
  newest: number;
  rows: readonly { generation: number; wrapped: Uint8Array; bound: string }[];
}

/** Vectors of people, to be put under another rotation. */
export interface RotatePage {
  is: 'rotate';
  /** What wraps the keys of the people, by generation. */
  keys: ReadonlyMap<number, KeyObject>;
  /** Of the rotations there are, by generation. */
  secrets: ReadonlyMap<number, Uint8Array>;
  to: number;
  rows: readonly RotatedRow[];
}

interface RotatedRow {
  /** The person's; undefined when it was destroyed. */
  key: { generation: number; wrapped: Uint8Array; bound: string } | undefined;
  sealed: Uint8Array;
  bound: string;
  /** Generation of the rotation that it is under. */
  from: number;
  anew: { bound: string; format: Format };
}

export type ResealPage = RewrapPage | RotatePage;
/** In order; undefined for what does not open. */
export type Resealed = (Uint8Array | undefined)[];

/** `known`: rotations that were made of their secrets for the pages before, by generation; of one organization. */
export const resealPage = (page: ResealPage, known = new Map<number, TemplateTransform>()): Resealed =>
  page.is === 'rewrap' ? rewrap(page) : rotate(page, known);

function rewrap({ keys, newest, rows }: RewrapPage): Resealed {
  const outer = keys.get(newest)!;
  return rows.map(({ generation, wrapped, bound }) => {
    const plain = openWith(keys.get(generation), wrapped, bound);
    if (!plain) return undefined;
    const anew = encrypt(outer, plain, bound, randomFillSync);
    plain.fill(0);
    return anew;
  });
}

function rotate({ keys, secrets, to, rows }: RotatePage, known: Map<number, TemplateTransform>): Resealed {
  for (const [generation, secret] of secrets)
    if (!known.has(generation)) known.set(generation, createTemplateTransform(secret, generation));
  const newest = known.get(to)!;
  return rows.map(({ key: own, sealed, bound, from, anew }) => {
    const plainKey = own && openWith(keys.get(own.generation), own.wrapped, own.bound);
    const transform = from === 0 ? untransformed : known.get(from);
    if (!plainKey || !transform) return undefined;
    const key = createSecretKey(plainKey);
    plainKey.fill(0);
    const plain = decrypt(key, sealed, bound);
    if (!plain) return undefined;
    const rotated = newest.rotate(transform.restore(toVector(plain)));
    plain.fill(0);
    return encrypt(key, toBytes(rotated), anew.bound, randomFillSync, anew.format);
  });
}

const openWith = (key: KeyObject | undefined, sealed: Uint8Array, bound: string) =>
  key && decrypt(key, sealed, bound);
