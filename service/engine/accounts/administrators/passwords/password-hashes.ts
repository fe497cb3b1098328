import { hash, verify } from '@node-rs/argon2';
import { type Clock, systemClock } from '../../../../lib/clock.ts';
import type { Share } from '../../../../lib/fair/fair-queue.ts';
import { createFairSlots } from '../../../../lib/fair/fair-slots.ts';

/** argon2id as OWASP advises: 19 MiB, two passes, one lane. */
const COST = { memoryKiB: 19 * 1024, passes: 2 };

export interface HashingOptions {
  /** For tests: less than the product asks of an attacker. */
  cost?: typeof COST;
  /** Computed at the same time; each takes a thread of the pool that file access needs too. */
  atOnce?: number;
  /** Waiting at most; the newest of the address, account or organization with the most is refused. */
  waiting?: number;
  clock?: Clock;
}

/** Passwords as argon2id, off the event loop, with a pepper that the database does not hold. */
export interface PasswordHashes {
  /** In PHC form. */
  hash(password: string): Promise<string>;
  /** Costs the same without a stored hash, and is false then. `share`: whose turn it takes. Throws OVERLOADED. */
  verify(stored: string | undefined, password: string, share?: Partial<Share>): Promise<boolean>;
}

const unnamed: Share = { world: 'live', organization: '', key: '' };

/** Typed alike on every keyboard; NIST SP 800-63B, 3.1.1.2. */
const normalize = (password: string): string => password.normalize('NFKC');

export function createPasswordHashes(
  pepper: Uint8Array,
  { cost = COST, atOnce = 2, waiting = 64, clock = systemClock }: HashingOptions = {},
): PasswordHashes {
  const options = {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: 1,
    outputLen: 32,
    secret: pepper,
  };
  const places = createFairSlots({
    atOnce,
    waiting,
    clock,
    busy: 'Too many sign-ins at once: try again in a moment.',
  });
  let dummy: Promise<string> | undefined;

  function dummyHash(): Promise<string> {
    dummy ??= hash('the password of no account', options).catch((error: unknown) => {
      dummy = undefined;
      throw error;
    });
    return dummy;
  }

  return {
    hash: (password) => places(unnamed, () => hash(normalize(password), options)),
    verify: (stored, password, share) =>
      places({ ...unnamed, ...share }, async () => {
        const against = await dummyHash();
        const right = await verify(stored ?? against, normalize(password), { secret: pepper });
        return right && stored !== undefined;
      }),
  };
}
