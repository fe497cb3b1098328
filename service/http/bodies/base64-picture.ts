import { setImmediate } from 'node:timers/promises';
import { Problem } from '../../lib/problem.ts';
import { invalidField } from '../validation.ts';
import { LongText } from './json-body.ts';

/** Characters decoded at once, a multiple of four: between two pieces everything else gets its turn. */
const PIECE = 1024 * 1024;
/** Characters looked through at once for white space, or for the end of the header. */
const BLANKS = 4096;
/** Characters that the end of the header of a data URL has at most, with white space. */
const ENDING = 24;

/** Base64, read piece by piece from wherever it is. */
interface Source {
  length: number;
  read(start: number, end: number): string;
}

/**
 * The bytes of a data URL or of bare base64 (RFC 4648, either alphabet; line breaks, missing padding and surrounding
 * white space are allowed, any other character is not). `path` names the field in a refusal. The declared media type is ignored: the bytes say what they
 * are. Throws INVALID_REQUEST; IMAGE_TOO_LARGE when more than `most` bytes would come out, before decoding.
 */
export async function decodePicture(text: string | LongText, path: string, most: number): Promise<Buffer> {
  const whole = text instanceof LongText ? fromBytes(text.bytes) : fromText(text);
  const source = trim(payloadOf(trim(whole), path));
  let bytes = await decodeBase64(source, path, most);
  if (!bytes && typeof text === 'string') {
    const joined = source.read(0, source.length).replace(/[\t\n\f\r]+/g, '');
    if (joined.length < source.length) bytes = await decodeBase64(fromText(joined), path, most);
  }
  if (!bytes) throw invalidField(path, 'It is not base64.');
  if (bytes.length === 0) throw invalidField(path, 'It is empty.');
  return bytes;
}

const fromText = (text: string): Source => ({
  length: text.length,
  read: (start, end) => text.slice(start, end),
});
const fromBytes = (bytes: Buffer): Source => ({
  length: bytes.length,
  read: (start, end) => bytes.toString('latin1', start, end),
});

/** Without the white space at both ends. */
function trim(source: Source): Source {
  let from = 0;
  let to = source.length;
  const pieceFrom = () => source.read(from, Math.min(to, from + BLANKS));
  const pieceTo = () => source.read(Math.max(from, to - BLANKS), to);
  for (let piece = pieceFrom(); piece !== '' && /^\s/.test(piece); piece = pieceFrom()) {
    from += piece.length - piece.trimStart().length;
  }
  for (let piece = pieceTo(); piece !== '' && /\s$/.test(piece); piece = pieceTo()) {
    to -= piece.length - piece.trimEnd().length;
  }
  return { length: to - from, read: (start, end) => source.read(from + start, from + end) };
}

/**
 * Behind the header of a data URL (RFC 2397), whatever its parameters are: programs write names of files into it, of any length and
 * with commas.
 */
function payloadOf(source: Source, path: string): Source {
  if (source.read(0, 5).toLowerCase() !== 'data:') return source;
  for (let at = 0; at < source.length; at += BLANKS) {
    const piece = source.read(at, Math.min(source.length, at + BLANKS + ENDING));
    const ending = /;\s{0,8}base64\s{0,8},/i.exec(piece);
    if (!ending) continue;
    const from = at + ending.index + ending[0].length;
    return { length: source.length - from, read: (start, end) => source.read(from + start, from + end) };
  }
  throw invalidField(path, 'A data URL must begin like "data:image/jpeg;base64,".');
}

/** Undefined when a character is not of the alphabet: Node skips those, so fewer bytes than the length promises come out. */
async function decodeBase64(source: Source, path: string, most: number): Promise<Buffer | undefined> {
  const tail = source.read(source.length - Math.min(2, source.length), source.length);
  const length = source.length - (tail === '==' ? 2 : tail.endsWith('=') ? 1 : 0);
  if (length % 4 === 1 || (length < source.length && source.length % 4 !== 0)) return undefined;
  const expected = Math.floor((length * 3) / 4);
  // Line breaks of every kind add under four per cent.
  if (expected > most * 1.04) throw tooLarge(path, most);
  const bytes = Buffer.allocUnsafeSlow(expected);
  for (let from = 0; from < length; from += PIECE) {
    if (from > 0) await setImmediate();
    const piece = source.read(from, Math.min(length, from + PIECE));
    const promised = Math.floor((piece.length * 3) / 4);
    // Node looks at the low byte of a wide character only.
    if (Buffer.byteLength(piece) !== piece.length) return undefined;
    if (bytes.write(piece, (from / 4) * 3, 'base64') !== promised) return undefined;
  }
  if (expected > most) throw tooLarge(path, most);
  return bytes;
}

export const tooLarge = (path: string, most: number) =>
  new Problem(
    'IMAGE_TOO_LARGE',
    `The field "${path}" is larger than ${most / (1024 * 1024)} MiB, the most a picture may have here: send a smaller one.`,
    { details: [{ path, message: `At most ${most / (1024 * 1024)} MiB.` }] },
  );
