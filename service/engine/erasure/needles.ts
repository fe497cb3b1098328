import type { Searched } from '../personal-data/index.ts';
import { type Needle, SHORTEST } from './search-files.ts';

/** Data of a person, saved before the erasure for the proof. */
export interface Remembered {
  email?: string;
  name?: string;
  /** The sealed values to search for (`Searched.forms`), in every form. */
  patterns: readonly { kind: Searched['kind']; bytes: Uint8Array }[];
}

/** Bytes of a template that are searched for, at several offsets: long enough to be unique, short enough for one page. */
const WINDOW = 24;

/** Byte patterns of the person's values as plain text; and the values that are too short to search for. */
export function needlesOf({ email, name, patterns }: Remembered): {
  needles: Needle[];
  tooShort: string[];
} {
  const tooShort: string[] = [];
  const needles: Needle[] = [];
  // A person of many verifications has thousands.
  const known = new Set<string>();
  const add = (kind: string, bytes: Uint8Array) => {
    const name = `${kind} ${Buffer.from(bytes).toString('latin1')}`;
    if (known.has(name)) return;
    known.add(name);
    needles.push({ kind, bytes });
  };
  const addText = (kind: string, text: string) => {
    const plain = Buffer.from(text);
    if (plain.length < SHORTEST) {
      if (!tooShort.includes(kind)) tooShort.push(kind);
      return;
    }
    add(kind, plain);
    for (const encoded of base64(plain)) if (encoded.length >= SHORTEST) add(`${kind} as base64`, encoded);
  };
  if (email !== undefined) for (const text of [email, email.trim().toLowerCase()]) addText('e-mail', text);
  if (name !== undefined) addText('name', name);
  for (const { kind, bytes } of patterns) {
    if (kind === 'picture mark') add(kind, bytes);
    else {
      for (const window of windows(bytes)) {
        add(kind === 'portrait' ? kind : `${kind} as floats`, window);
        for (const encoded of base64(window)) add(`${kind} as base64`, encoded);
      }
    }
  }
  return { needles, tooShort };
}

/** From the beginning, the middle and the end; whole floats. Zeroes alone are no pattern. */
function windows(template: Uint8Array): Uint8Array[] {
  const last = template.length - WINDOW;
  const starts = new Set([0, Math.floor(last / 8) * 4, last].filter((start) => start >= 0));
  return [...starts]
    .map((start) => template.subarray(start, start + WINDOW))
    .filter((window) => window.some((byte) => byte !== 0));
}

/** Base64 digits that do not depend on the bytes before and after, for each of the three alignments; also as base64url. */
function base64(bytes: Uint8Array): Uint8Array[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([new Uint8Array(shift), bytes]);
    const digits = (encoding: 'base64' | 'base64url') =>
      shifted.toString(encoding).slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6));
    return [...new Set([digits('base64'), digits('base64url')])].map((text) => Buffer.from(text));
  });
}
