import { hash, verify } from '@node-rs/argon2';
import { createFairPlaces } from '../../lib/fair/fair-places.ts';
import type { Share } from '../../lib/fair/fair-queue.ts';
import type { AdministratorId, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KioskParts } from './parts.ts';
import { deletePin, putPin, selectPin } from './pin-store.ts';

export type Pins = ReturnType<typeof createPins>;

/** PINs of operators. */
export function createPins(parts: KioskParts) {
  const { db, inTransaction, integrity, audit, clock } = parts;
  const hashes = createPinHashes(parts);
  return {
    stored: (administrator: AdministratorId) => selectPin(db, integrity, administrator),
    verify: hashes.verify,
    async setPin(administrator: AdministratorId, organization: OrganizationId, pin: string | undefined) {
      const hashed = pin === undefined ? undefined : await hashes.hash(checkedPin(pin));
      await inTransaction(async (tx) => {
        if (hashed === undefined) await deletePin(tx, administrator);
        else await putPin(tx, integrity, { administrator, hash: hashed, setAt: clock.now() });
        await audit.add(tx, {
          actor: { is: 'administrator', administrator },
          action: hashed === undefined ? 'operator-pin.remove' : 'operator-pin.set',
          organization,
          target: administrator,
        });
      });
    },
  };
}

function checkedPin(pin: string): string {
  const bad =
    !/^\d{6,12}$/.test(pin) ||
    /^(\d)\1+$/.test(pin) ||
    '01234567890123'.includes(pin) ||
    '98765432109876'.includes(pin);
  if (!bad) return pin;
  throw new Problem(
    'PASSWORD_TOO_WEAK',
    'A PIN has 6 to 12 digits, not all the same and not counting up or down.',
    {
      details: [{ path: 'pin', message: '6 to 12 digits, not 111111 and not 123456.' }],
    },
  );
}

/** argon2id as OWASP advises, under a pepper that the database does not hold; it costs the same without a stored hash. */
function createPinHashes({ integrity, clock, pinCost = 19 * 1024 }: KioskParts) {
  const secret = Buffer.from(integrity.mac('operator-pin', ['pepper']), 'base64url');
  const places = createFairPlaces({
    atOnce: 2,
    waiting: 64,
    clock,
    busy: 'Too many PINs at once: try again in a moment.',
  });
  const options = { memoryCost: pinCost, timeCost: 2, parallelism: 1, secret };
  let dummy: Promise<string> | undefined;
  return {
    hash: (pin: string) => hash(pin, options),
    verify: (stored: string | undefined, pin: string, share: Share): Promise<boolean> =>
      places(share, async () => {
        dummy ??= hash('the PIN of no operator', options);
        const right = await verify(stored ?? (await dummy), pin, { secret });
        return right && stored !== undefined;
      }),
  };
}
