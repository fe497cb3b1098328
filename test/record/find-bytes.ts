import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Something that must not lie anywhere in plain sight. */
export interface Needle {
  /** `e-mail of ada`: what a failing test says. */
  what: string;
  bytes: Buffer;
}

/** A text as files and logs could hold it. */
export const textNeedles = (what: string, text: string): Needle[] => [
  { what, bytes: Buffer.from(text) },
  { what: `${what} (UTF-16)`, bytes: Buffer.from(text, 'utf16le') },
  ...base64Needles(what, Buffer.from(text)),
];

/** Parts of a vector, so that half of one is found too: 32-bit floats as they lie in memory, base64, hex and JSON. */
export function vectorNeedles(what: string, vector: Float32Array): Needle[] {
  return [0, Math.floor(vector.length / 2), vector.length - 8].flatMap((from) => {
    const part = vector.slice(from, from + 8);
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    return [
      { what: `${what} (float32)`, bytes },
      { what: `${what} (hex)`, bytes: Buffer.from(bytes.toString('hex')) },
      { what: `${what} (JSON)`, bytes: Buffer.from([...part.slice(0, 3)].join(',')) },
      ...base64Needles(what, bytes),
    ];
  });
}

/** However the base64 text is aligned to these bytes: its inner characters at each of the three offsets. */
function base64Needles(what: string, bytes: Buffer): Needle[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const clean = text.slice(offset === 0 ? 0 : 4, -2);
    return { what: `${what} (base64)`, bytes: Buffer.from(clean) };
  });
}

/** Which needles lie in which file below `folder`: `<file>: <what>`. Sockets and the like are passed over. */
export function findBytes(folder: string, needles: readonly Needle[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      return needles
        .filter((needle) => bytes.includes(needle.bytes))
        .map(({ what }) => `${relative(folder, path)}: ${what}`);
    });
}
