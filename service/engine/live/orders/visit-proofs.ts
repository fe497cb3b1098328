import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';

/** Work that the browser of a visitor does before it begins: an answer whose SHA-256 with the challenge begins with so many zero bits. */
export interface VisitWork {
  challenge: string;
  bits: number;
}

export interface VisitProof {
  challenge: string;
  answer: string;
}

export interface VisitProofsDeps {
  clock: Clock;
  random: (into: Uint8Array) => void;
  integrity: Pick<RowIntegrity, 'mac'>;
}

/** Zero bits of the first step, one more for each twice as many visits: 32,768 hashes on average, a second in a browser. */
const BITS = 14;
/** Milliseconds from the description of the page to the consent. */
const LIFE = 30 * 60_000;
/** Challenges that cost a visitor's machine work, each for one flow. Nothing of them is kept. */
export function createVisitProofs({ clock, random, integrity }: VisitProofsDeps) {
  const macOf = (flow: string, rest: string) => integrity.mac('visit-proof', [flow, rest]);
  const bitsAt = (level: number) => BITS + level;

  return {
    /** `level`: from 1, how far the address is beyond its free visits. */
    work(flow: string, level: number): VisitWork {
      const nonce = new Uint8Array(16);
      random(nonce);
      const bits = bitsAt(level);
      const rest = `${clock.now() + LIFE}.${bits}.${Buffer.from(nonce).toString('base64url')}`;
      return { challenge: `${rest}.${macOf(flow, rest)}`, bits };
    },
    /** Until when this work counts, which was done for this flow; of the level before it counts too. Undefined where it was not. */
    endOf(flow: string, level: number, { challenge, answer }: VisitProof): number | undefined {
      const at = challenge.lastIndexOf('.');
      const rest = challenge.slice(0, at);
      if (challenge.slice(at + 1) !== macOf(flow, rest)) return undefined;
      const [expiresAt = 0, bits = 0] = rest.split('.').map(Number);
      if (expiresAt <= clock.now() || bits < bitsAt(Math.max(1, level - 1))) return undefined;
      const found = zeroBits(createHash('sha256').update(`${challenge}.${answer}`).digest());
      return found < bits ? undefined : expiresAt;
    },
  };
}

function zeroBits(hash: Uint8Array): number {
  const first = hash.findIndex((byte) => byte !== 0);
  return first < 0 ? 8 * hash.length : 8 * first + Math.clz32(hash[first]!) - 24;
}
