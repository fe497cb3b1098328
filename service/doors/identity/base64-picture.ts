import { Problem } from '../../lib/problem.ts';

const HEADER_MOST = 128;

/**
 * The bytes of a data URL or of bare base64 (RFC 4648, either alphabet; line breaks and missing padding are allowed, any
 * other character is not).
 * `path` names the field in a refusal. The declared media type is ignored: the bytes say what they are.
 * Throws INVALID_REQUEST; IMAGE_TOO_LARGE when more than `most` bytes would come out, before decoding.
 */
export function decodePicture(text: string, path: string, most: number): Buffer {
  const base64 = payloadOf(text, path);
  const bytes =
    decodeBase64(base64, path, most) ?? decodeBase64(base64.replace(/[\t\n\f\r ]+/g, ''), path, most);
  if (!bytes) throw invalid(path, 'It is not base64.');
  if (bytes.length === 0) throw invalid(path, 'It is empty.');
  return bytes;
}

function payloadOf(text: string, path: string): string {
  if (text.slice(0, 5).toLowerCase() !== 'data:') return text;
  const header = text.slice(0, HEADER_MOST);
  const comma = header.indexOf(',');
  if (comma === -1 || !header.slice(0, comma).toLowerCase().endsWith(';base64')) {
    throw invalid(path, 'A data URL must begin like "data:image/jpeg;base64,".');
  }
  return text.slice(comma + 1);
}

/** Undefined when a character is not of the alphabet: Node skips those, so fewer bytes than the length promises come out. */
function decodeBase64(base64: string, path: string, most: number): Buffer | undefined {
  let length = base64.length;
  while (length > 0 && base64.length - length < 2 && base64[length - 1] === '=') length--;
  const padded = length !== base64.length;
  // Node looks at the low byte of a wide character only.
  if (Buffer.byteLength(base64) !== base64.length) return undefined;
  if (length % 4 === 1 || (padded && base64.length % 4 !== 0)) return undefined;
  const expected = Math.floor((length * 3) / 4);
  // Line breaks of every kind add under four per cent.
  if (expected > most * 1.04) throw tooLarge(path, expected, most);
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== expected) return undefined;
  if (expected > most) throw tooLarge(path, expected, most);
  return bytes;
}

export const tooLarge = (path: string, size: number, most: number) =>
  new Problem(
    'IMAGE_TOO_LARGE',
    `The field "${path}" is larger than ${most / (1024 * 1024)} MiB, the most a picture may have here.`,
    {
      details: [
        { path, message: `About ${(size / (1024 * 1024)).toFixed(1)} MiB; at most ${most / (1024 * 1024)}.` },
      ],
    },
  );

export const invalid = (path: string, message: string) =>
  new Problem('INVALID_REQUEST', `The field "${path}" cannot be used: ${message}`, {
    details: [{ path, message }],
  });
