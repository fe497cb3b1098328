import { hash, verify } from '@node-rs/argon2';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import { createFairSlots } from '../../../lib/fair/fair-slots.ts';
import type { AdministratorId, KioskId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Foundation } from '../../audit/index.ts';
import type { KioskCaller } from '../access/caller.ts';
import type { Administrator } from '../administrators/administrator.ts';
import type { Administrators } from '../administrators/administrators.ts';
import type { KioskOperator } from './kiosk.ts';
import {
  countOperatorTry,
  countPinTry,
  deletePin,
  forgetOperatorTries,
  forgetPinTries,
  type KioskIntegrity,
  type KnownKiosk,
  normalizeEmail,
  putPin,
  selectPin,
} from './kiosk-store.ts';

/** Milliseconds that a person stays signed in at a kiosk. */
const SHIFT = 12 * 3_600_000;
const roles: readonly string[] = ['owner', 'administrator', 'operator'];

/** A kiosk that sends a PIN. `signal` aborts once it waits for no answer: its operator went on, and the PIN does nothing any more. */
export interface WaitingKiosk extends KioskCaller {
  signal?: AbortSignal;
}

/**
 * Whether the operator of this PIN stands before the kiosk. A password is never asked for: it is no second factor, and has no place on a
 * shared screen; a PIN was set with one. `lockOut`: five PINs were wrong.
 */
function createProofs(parts: KioskParts, pins: Pins, lockOut: (kiosk: KioskId) => void) {
  const { inTransaction, administrators } = parts;

  return async function prove(caller: WaitingKiosk, email: string, pin: string): Promise<Proven> {
    const { organization, world } = caller;
    const all = await administrators.list(organization);
    const wanted = normalizeEmail(email);
    const found = all.find((one) => normalizeEmail(one.email) === wanted);
    const account = mayOperate(found) ? found : undefined;
    // Counted before it is judged, so that many at once give no further guess.
    if (!(await inTransaction((tx) => countPinTry(tx, caller.kiosk)))) throw lockedOut();
    const known = account && (await pins.stored(account.id));
    // Of the operator, at whatever kiosk: the own PIN of another operator gives no further guess.
    const stored =
      known && (await inTransaction((tx) => countOperatorTry(tx, known.administrator))) ? known : undefined;
    if ((await pins.verify(stored?.hash, pin, { world, organization, key: caller.kiosk })) && account) {
      await inTransaction(async (tx) => {
        await forgetPinTries(tx, caller.kiosk);
        await forgetOperatorTries(tx, account.id);
      });
      if (caller.signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
      return { account, pin: stored!.hash };
    }
    const locked = (await parts.kioskOf(caller.kiosk))?.pinLocked ?? true;
    await writeLine(parts, caller, 'refused', { by: 'pin', locked });
    if (!locked) throw refused();
    lockOut(caller.kiosk);
    throw lockedOut();
  };
}

/** The account, and the PIN that proved it, as it is stored. */
interface Proven {
  account: Administrator;
  pin: string;
}

const mayOperate = (one: Administrator | undefined): one is Administrator =>
  one !== undefined && one.disabledAt === undefined && !one.altered && roles.includes(one.role);

const writeLine = (
  { inTransaction, audit }: KioskParts,
  caller: KioskCaller,
  outcome: 'done' | 'refused',
  { operator, ...details }: Record<string, unknown>,
) =>
  inTransaction((tx) =>
    audit.add(tx, {
      actor: {
        is: 'kiosk',
        kiosk: caller.kiosk,
        ...(operator === undefined ? {} : { administrator: String(operator) }),
      },
      action: 'kiosk.operator',
      organization: caller.organization,
      target: caller.kiosk,
      outcome,
      details,
    }),
  );

type AtKiosk = Pick<KioskCaller, 'kiosk' | 'organization'>;

/** Who is signed in at which kiosk, in memory: after a restart an operator signs in again. */
export function createOperators(parts: KioskParts, pins: Pins, endSessions: (kiosk: KioskId) => void) {
  const { administrators, clock } = parts;
  const signedIn = new Map<KioskId, KioskOperator & { pin: string }>();
  const leave = (kiosk: KioskId): void => {
    signedIn.delete(kiosk);
    endSessions(kiosk);
  };
  const prove = createProofs(parts, pins, leave);
  /** The account of the signed-in operator. */
  async function accountAt({ kiosk, organization }: AtKiosk): Promise<Administrator | undefined> {
    const operator = signedIn.get(kiosk);
    if (!operator) return undefined;
    const account = await administrators.get(organization, operator.administrator).catch(() => undefined);
    // Set anew at another node, it ends the shift as it does here.
    const isSame = (await pins.stored(operator.administrator))?.hash === operator.pin;
    if (operator.until > clock.now() && isSame && mayOperate(account)) return account;
    if (isSame) signedIn.delete(kiosk);
    else leave(kiosk);
    return undefined;
  }

  return {
    async signIn(caller: WaitingKiosk, email: string, pin: string): Promise<KioskOperator> {
      const proven = await prove(caller, email, pin);
      const { id, name } = proven.account;
      const operator = { administrator: id, name, until: clock.now() + SHIFT };
      await writeLine(parts, caller, 'done', { operator: id, by: 'pin' });
      signedIn.set(caller.kiosk, { ...operator, pin: proven.pin });
      return operator;
    },

    /** Nothing but a right PIN in this very call lets the kiosk be left. */
    async signOut(caller: WaitingKiosk, pin: string, email?: string): Promise<void> {
      const wanted = email ?? (await accountAt(caller))?.email;
      if (wanted === undefined) throw noOperator();
      const { id } = (await prove(caller, wanted, pin)).account;
      await writeLine(parts, caller, 'done', { operator: id, by: 'pin', left: true });
      leave(caller.kiosk);
    },

    /** The signed-in operator stands before the kiosk, shown by the PIN in this very call. */
    async confirm(caller: WaitingKiosk, pin: string): Promise<void> {
      const account = await accountAt(caller);
      if (!account) throw noOperator();
      await prove(caller, account.email, pin);
    },

    /** The signed-in operator, unless the session has ended or the account lost the role. */
    async at(place: AtKiosk): Promise<KioskOperator | undefined> {
      const found = (await accountAt(place)) && signedIn.get(place.kiosk);
      if (!found) return undefined;
      const { pin: _, ...operator } = found;
      return operator;
    },

    leave,
    /** Ends the shifts of one operator, whose PIN is another one now. */
    leaveAll(administrator: AdministratorId): void {
      for (const [kiosk, operator] of signedIn) if (operator.administrator === administrator) leave(kiosk);
    },
  };
}

const refused = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'The e-mail address or the PIN is wrong, or five wrong ones have locked this PIN: then its operator sets a new one in the console.',
  );
const noOperator = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'No operator is signed in at this kiosk: an operator signs in with e-mail address and PIN.',
  );
const lockedOut = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'Five wrong PINs: the session of this kiosk has ended. An operator unlocks it in the console under Kiosks, or on the box with “gatehouse kiosk unlock”.',
  );

type Pins = ReturnType<typeof createPins>;

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
  const places = createFairSlots({
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

/** What the parts of the feature are built on. */
export interface KioskParts extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  integrity: KioskIntegrity;
  administrators: Pick<Administrators, 'list' | 'get'>;
  /** KiB that hashing a PIN takes; less in tests. */
  pinCost?: number;
  kioskOf(id: KioskId): Promise<KnownKiosk | undefined>;
}
