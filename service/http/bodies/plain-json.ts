import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-bytes.ts';

/** Larger bodies are rare, and mostly pictures. */
const LARGEST = 16 * 1024;

export interface PlainLimits {
  /** Objects and arrays inside one another. */
  depth: number;
  /** Texts, names, numbers, objects, arrays and commas. */
  tokens: number;
}

/**
 * Reads a small UTF-8 body without escapes, as most are, in a quarter of the time of the whole inspection (json-body.ts). Undefined for
 * every body in which that would find something to refuse, and for some others: it then decides.
 */
export function parsePlainJson(bytes: Buffer, limits: PlainLimits): { value: unknown } | undefined {
  if (bytes.length > LARGEST) return undefined;
  const names = countNames(bytes, limits);
  if (names === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  // Of a name that comes twice, the text has one more than the value.
  return namesOf(value) === names ? { value } : undefined;
}

const MINUS = 0x2d;
/** Of a number: a double of more digits is rounded, and "1e309" is no double. */
const LONGEST_NUMBER = 32;

/** How many names a text has, if it is JSON; undefined where it is over a limit or has an escape. */
function countNames(bytes: Buffer, limits: PlainLimits): number | undefined {
  let names = 0;
  let tokens = 0;
  let depth = 0;
  let digits = 0;
  let inside = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inside) {
      if (byte === QUOTE) inside = false;
      else if (byte === BACKSLASH) return undefined;
      continue;
    }
    const digit = byte >= 0x30 && byte <= 0x39;
    if (digit || byte === MINUS) {
      if (digits === 0) tokens++;
      if (++digits > LONGEST_NUMBER) return undefined;
      continue;
    }
    // A point or an exponent goes on with the number; at worst one number is counted as two.
    digits = 0;
    if (byte === QUOTE) {
      inside = true;
      tokens++;
    } else if (byte === COLON) names++;
    else if (byte === COMMA) tokens++;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      tokens++;
      if (++depth > limits.depth) return undefined;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return tokens > limits.tokens ? undefined : names;
}

/** How many names a value has; not a number where it has one that is refused, or a number out of range. */
function namesOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (const one of value) names += namesOf(one);
    return names;
  }
  // The names of the value itself: JSON gives no others. V8 reads a field by the place that the loop has at hand, and does not look for it.
  for (const name in value) {
    if (name === '__proto__' || name === 'prototype') return Number.NaN;
    names += 1 + namesOf((value as Record<string, unknown>)[name]);
  }
  return names;
}
