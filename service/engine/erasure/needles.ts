import { type Needle, SHORTEST } from './search-files.ts';

/** What is known of a person in the moment before the erasure. */
export interface Remembered {
  email?: string;
  name?: string;
  /** SHA-256 of enrolled pictures, hex. */
  marks: readonly string[];
  /** Templates as bytes of floats, in every form that they had: as they were stored and as the model gave them. */
  templates: readonly Uint8Array[];
}

/** Of a template so much is looked for, at several places: long enough to be nobody else's, short enough to lie in one page. */
const WINDOW = 24;

/** Byte patterns that would be found if something of the person were left in the open; and what is too short to look for. */
export function needlesOf({ email, name, marks, templates }: Remembered): {
  needles: Needle[];
  tooShort: string[];
} {
  const tooShort: string[] = [];
  const needles: Needle[] = [];
  const add = (kind: string, bytes: Uint8Array) => {
    if (!needles.some((one) => one.kind === kind && Buffer.compare(one.bytes, bytes) === 0)) {
      needles.push({ kind, bytes });
    }
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
  for (const mark of marks) add('picture mark', Buffer.from(mark));
  for (const template of templates) {
    for (const window of windows(template)) {
      add('template as floats', window);
      for (const encoded of base64(window)) add('template as base64', encoded);
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

/** The digits that are the same whatever stands before and after, for each of the three ways the bytes may be aligned; also as base64url. */
function base64(bytes: Uint8Array): Uint8Array[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([new Uint8Array(shift), bytes]);
    const digits = (encoding: 'base64' | 'base64url') =>
      shifted.toString(encoding).slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6));
    return [...new Set([digits('base64'), digits('base64url')])].map((text) => Buffer.from(text));
  });
}
