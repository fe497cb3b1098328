import { hash, verify } from '@node-rs/argon2';
import { Problem } from '../../../lib/problem.ts';

/** argon2id as OWASP advises: 19 MiB, two passes, one lane. */
const COST = { memoryKiB: 19 * 1024, passes: 2 };

export interface HashingOptions {
  /** For tests: less than the product asks of an attacker. */
  cost?: typeof COST;
  /** Computed at the same time; each takes a thread of the pool that file access needs too. */
  atOnce?: number;
  /** Waiting at most; further ones are refused. */
  waiting?: number;
}

/** Passwords as argon2id, off the event loop, with a pepper that the database does not hold. */
export interface PasswordHashes {
  /** In PHC form. */
  hash(password: string): Promise<string>;
  /** Costs the same without a stored hash, and is false then. Throws OVERLOADED. */
  verify(stored: string | undefined, password: string): Promise<boolean>;
}

/** Typed alike on every keyboard; NIST SP 800-63B, 3.1.1.2. */
const normalize = (password: string): string => password.normalize('NFKC');

export function createPasswordHashes(
  pepper: Uint8Array,
  { cost = COST, atOnce = 2, waiting = 64 }: HashingOptions = {},
): PasswordHashes {
  const options = {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: 1,
    outputLen: 32,
    secret: pepper,
  };
  const places = createPlaces(atOnce, waiting);
  let dummy: Promise<string> | undefined;

  function dummyHash(): Promise<string> {
    dummy ??= hash('the password of no account', options).catch((error: unknown) => {
      dummy = undefined;
      throw error;
    });
    return dummy;
  }

  return {
    hash: (password) => places(() => hash(normalize(password), options)),
    verify: (stored, password) =>
      places(async () => {
        const against = await dummyHash();
        const right = await verify(stored ?? against, normalize(password), { secret: pepper });
        return right && stored !== undefined;
      }),
  };
}

/** Lets `atOnce` run and `waiting` more wait for their turn. */
function createPlaces(atOnce: number, waiting: number) {
  let running = 0;
  const queue: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (queue.length >= waiting)
        throw new Problem('OVERLOADED', 'Too many sign-ins at once: try again in a moment.', {
          retryAfterSeconds: 1,
        });
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      // The place goes to the next in the queue, or is free.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
}
