import { hash } from 'node:crypto';
import type { OrganizationId, World } from '../../../lib/id.ts';
import type { Judgement } from '../judge.ts';

export interface VerdictRealm {
  organization: OrganizationId;
  world: World;
}

/** The key that asks: its lineage owns the tokens. */
export interface VerdictCaller extends VerdictRealm {
  lineage: string;
}

/** What a verdict says. */
export type Finding = Pick<Judgement, 'human' | 'confidence' | 'score' | 'notes' | 'agent'>;

/** What the server of a page can compare with what it expects. */
export interface Asked {
  /** Of the page that asked, as its browser said. */
  hostname?: string;
  /** What the page was about, in its own word. */
  action?: string;
  /** Of a challenge: its form in words, which a program can ask for too. */
  accessible?: true;
}

/** A token that counts, with the verdict behind it. */
export interface TokenRecord {
  tokenHash: string;
  kind: VerdictKind;
  /** `userHashOf` of the user that it was given for. */
  userHash: string;
  lineage: string;
  human: boolean;
  score: number;
  confidence: number;
  issuedAt: number;
  expiresAt: number;
  asked?: Asked;
}

/** 0 to 100, as the answers say it. */
export const scoreOf = (confidence: number): number => Math.round(confidence * 100);

export type VerdictKind = 'verified' | 'challenge';

const prefixes = { verified: 'h_verified_', challenge: 'h_challenge_' } as const satisfies Record<
  VerdictKind,
  string
>;

/** In the order of their bytes. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Characters of the millisecond of issue: until the year 2081. */
const TIME = 7;
/** Characters by chance: 89 bits. */
const RANDOM = 15;

/**
 * Letters and digits alone, as in the text: some clients check the form. They begin with the time, so that new tokens stand beside each
 * other in the index that finds them: at random places, every token changes a page of its own on disk.
 */
export function newVerdictToken(
  kind: VerdictKind,
  issuedAt: number,
  random: (into: Uint8Array) => void,
): string {
  const bytes = new Uint8Array(2 * RANDOM);
  let text = timeText(issuedAt);
  while (text.length < TIME + RANDOM) {
    random(bytes);
    for (const byte of bytes) {
      // The rest of 256 / 62 would favor the first letters.
      if (byte < 4 * ALPHABET.length && text.length < TIME + RANDOM) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return prefixes[kind] + text;
}

function timeText(time: number): string {
  let text = '';
  for (let rest = time; text.length < TIME; rest = Math.floor(rest / ALPHABET.length))
    text = ALPHABET[rest % ALPHABET.length] + text;
  return text;
}

/** Whether the text has the form of a token of behavior. */
export const isVerdictToken = (text: string): boolean =>
  /^h_(verified|challenge)_[A-Za-z0-9]{22}$/.test(text);

/** As it is stored: its time, and SHA-256, hex. */
export const hashVerdictToken = (token: string): string => storedFormsOf(token)[0];

/** As it is stored now, and as version 0.1.1 did, whose tokens count until they run out. */
export function storedFormsOf(token: string): [now: string, before: string] {
  const start = token.lastIndexOf('_') + 1;
  const hashed = hash('sha256', token, 'hex');
  return [`${token.slice(start, start + TIME)}.${hashed}`, hashed];
}
