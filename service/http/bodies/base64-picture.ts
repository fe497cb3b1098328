import { setImmediate } from 'node:timers/promises';
import { Problem } from '../../lib/problem.ts';
import { invalidField } from '../validation.ts';
import { LongText } from './json-body.ts';

const HEADER_MOST = 128;
/** Characters decoded at once, a multiple of four: between two pieces everything else gets its turn. */
const PIECE = 1024 * 1024;
/** Characters checked for white space at once. */
const BLANKS = 4096;

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

function payloadOf(source: Source, path: string): Source {
  const header = source.read(0, HEADER_MOST).toLowerCase();
  if (!header.startsWith('data:')) return source;
  const comma = header.indexOf(',');
  if (comma === -1 || !header.slice(0, comma).endsWith(';base64')) {
    throw invalidField(path, 'A data URL must begin like "data:image/jpeg;base64,".');
  }
  const from = comma + 1;
  return { length: source.length - from, read: (start, end) => source.read(from + start, from + end) };
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
