import { isUtf8 } from 'node:buffer';
import { Problem } from '../../lib/problem.ts';

/** The bytes that give JSON its structure (RFC 8259 §2). */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

interface JsonLimits {
  /** Objects and arrays inside one another. */
  depth: number;
  /** Texts (names too), numbers, objects, arrays, commas and escaped quotation marks, counted over the whole body. */
  tokens: number;
}

const jsonLimits: JsonLimits = { depth: 32, tokens: 20_000 };
/** Escapes in all texts. Some serializers write each "/" or "+" of base64 as one: 900,000 in the pictures of a largest body. */
const MOST_ESCAPES = 1_000_000;
/** Bytes outside of texts and numbers, for each token that is allowed: white space, `true`, brackets. */
const BYTES_BETWEEN = 64;
const LONGEST_NUMBER = 1024;

/** Bytes from which on a text may stay in the body. */
const LONG = 64 * 1024;

/**
 * A long text left where it lies in the body: UTF-8, without escapes. A picture of ten megabytes is never made a string,
 * which would stop everything else for as long.
 */
export class LongText {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

export interface JsonOptions {
  limits?: Partial<JsonLimits>;
  /** Give texts of 64 KiB and more as LongText, unless they hold an escape. */
  longTexts?: boolean;
}

interface Frame {
  /** Names seen so far; undefined in an array. */
  names: Set<string> | undefined;
  /** Name of this container, and the last name read inside it. */
  under: string | undefined;
  last: string | undefined;
}

/**
 * Strict RFC 8259 JSON: UTF-8 only (a byte order mark is skipped), no name twice in one object, no
 * number beyond a double's range, no lone surrogate, no U+0000, no `__proto__`, no `constructor.prototype`, and bounded
 * depth and count, all found before anything is built from the text. Refuses with MALFORMED_JSON or PAYLOAD_TOO_LARGE;
 * the sentence never quotes the body.
 */
export function parseJson(body: Buffer, { limits, longTexts = false }: JsonOptions = {}): unknown {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  if (bytes.length === 0) throw malformed('The body is empty; JSON was announced.');
  if (!isUtf8(bytes)) throw malformed('The body is not UTF-8.');
  const long = inspect(bytes, { ...jsonLimits, ...limits });
  const around = longTexts && long.length > 0;
  try {
    return around ? parseAround(bytes, long) : JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const at = around ? undefined : /position (\d+)/.exec((error as Error).message)?.[1];
    throw malformed(`The body is not JSON${at === undefined ? '' : `: it breaks at character ${at}`}.`);
  }
}

/** Index of the first byte of a text, and of its closing quote. */
type Span = [start: number, end: number];

/** Parses the JSON around the long texts. A placeholder begins with U+0000, which no text of a body can (checkEscapes). */
function parseAround(bytes: Buffer, long: Span[]): unknown {
  let skeleton = '';
  let from = 0;
  for (const [i, [start, end]] of long.entries()) {
    skeleton += `${bytes.toString('utf8', from, start)}\\u0000${i}`;
    from = end;
  }
  skeleton += bytes.toString('utf8', from);
  return JSON.parse(skeleton, (_, value: unknown) => {
    if (typeof value !== 'string' || value.charCodeAt(0) !== 0) return value;
    const [start, end] = long[Number(value.slice(1))]!;
    return new LongText(bytes.subarray(start, end));
  });
}

const malformed = (sentence: string) => new Problem('MALFORMED_JSON', sentence);

/**
 * One pass over the bytes, which jumps over texts natively; gives the long ones without escapes. Need not notice every
 * syntax error: JSON.parse does.
 */
function inspect(bytes: Buffer, limits: JsonLimits): Span[] {
  const frames: Frame[] = [];
  const long: Span[] = [];
  let tokens = 0;
  // Where the next backslash is; kept between strings, so that the search stays linear over the body.
  let backslash = -1;
  const count = () => {
    if (++tokens > limits.tokens) {
      throw new Problem(
        'PAYLOAD_TOO_LARGE',
        `The body has more than ${limits.tokens} values, names and commas, the most this call takes. Leave out what it does not need.`,
      );
    }
  };
  let between = 0;
  let escapes = 0;

  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      count();
      const end = endOfString(bytes, at + 1, count);
      if (backslash <= at && backslash !== Number.POSITIVE_INFINITY) {
        const next = bytes.indexOf(BACKSLASH, at + 1);
        backslash = next === -1 ? Number.POSITIVE_INFINITY : next;
      }
      const escaped = backslash < end;
      if (escaped) {
        escapes += countEscapes(bytes, backslash, end, MOST_ESCAPES - escapes);
        checkEscapes(bytes.subarray(at, end + 1));
      }
      const frame = frames.at(-1);
      if (frame?.names && isName(bytes, end + 1)) {
        enterName(frame, escaped ? decode(bytes.subarray(at, end + 1)) : bytes.toString('utf8', at + 1, end));
      } else if (!escaped && end - at > LONG) {
        long.push([at + 1, end]);
      }
      at = end;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      count();
      if (frames.length >= limits.depth)
        throw malformed(`The body is nested deeper than ${limits.depth} levels.`);
      frames.push({
        names: byte === OPEN_OBJECT ? new Set() : undefined,
        under: frames.at(-1)?.last,
        last: undefined,
      });
    } else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && frames.length > 0) {
      frames.pop();
    } else if (byte === COMMA) {
      count();
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      count();
      const end = endOfNumber(bytes, at + 1);
      if (end - at > LONGEST_NUMBER)
        throw malformed(`The body has a number of more than ${LONGEST_NUMBER} characters.`);
      // "1e309" is the shortest that leaves a double's range.
      if (end - at >= 5 && Math.abs(Number(bytes.toString('latin1', at, end))) === Number.POSITIVE_INFINITY) {
        throw malformed('The body has a number too large to be represented.');
      }
      at = end - 1;
    } else if (++between > BYTES_BETWEEN * limits.tokens) {
      throw new Problem(
        'PAYLOAD_TOO_LARGE',
        `The body has more than ${BYTES_BETWEEN * limits.tokens} bytes of white space and the like; send it without.`,
      );
    }
  }
  return long;
}

/** Counts the escapes of one text from its first backslash; refuses more than `most`. */
function countEscapes(bytes: Buffer, first: number, end: number, most: number): number {
  let found = 0;
  for (let at = first; at !== -1 && at < end; at = bytes.indexOf(BACKSLASH, at + 2)) {
    if (++found > most) {
      throw new Problem(
        'PAYLOAD_TOO_LARGE',
        `The body has more than ${MOST_ESCAPES} escaped characters; send base64 without escapes, or the pictures as a form.`,
      );
    }
  }
  return found;
}

/** Index of the closing quote, with a call of `count` for each escaped one before it; refuses when there is none. */
function endOfString(bytes: Buffer, start: number, count: () => void): number {
  for (let end = start; ; end++) {
    end = bytes.indexOf(QUOTE, end);
    if (end === -1) throw malformed('The body is not JSON: a text does not end.');
    let slashes = 0;
    while (end - 1 - slashes >= start && bytes[end - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
    count();
  }
}

function endOfNumber(bytes: Buffer, start: number): number {
  let end = start;
  for (; end < Math.min(bytes.length, start + LONGEST_NUMBER + 1); end++) {
    const byte = bytes[end]!;
    const part = (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
    if (!part && byte !== 0x65 && byte !== 0x45) break;
  }
  return end;
}

function isName(bytes: Buffer, after: number): boolean {
  let at = after;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return bytes[at] === COLON;
}

function enterName(frame: Frame, name: string): void {
  if (name === '__proto__' || (name === 'prototype' && frame.under === 'constructor')) {
    throw malformed('The body has a field whose name is not allowed.');
  }
  if (frame.names!.has(name)) throw malformed('The body has a field twice in one object.');
  frame.names!.add(name);
  frame.last = name;
}

/** Only `\u` can make what is not a text or cannot be stored; PostgreSQL has no U+0000. */
function checkEscapes(quoted: Buffer): void {
  if (quoted.indexOf('\\u') === -1) return;
  const text = decode(quoted);
  if (!text.isWellFormed()) throw malformed('The body has a text with half a character (a lone surrogate).');
  if (text.includes('\0')) throw malformed('The body has a text with the character U+0000.');
}

function decode(quoted: Buffer): string {
  try {
    return JSON.parse(quoted.toString('utf8'));
  } catch {
    throw malformed('The body is not JSON: a text has a broken escape.');
  }
}
