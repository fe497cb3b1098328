import type { AdministratorId, KioskId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KioskCaller } from '../access/index.ts';
import type { Administrator, From } from '../administrators/index.ts';
import type { KioskOperator } from './kiosk.ts';
import { countPinTry, forgetPinTries, normalizeEmail } from './kiosk-store.ts';
import type { KioskParts } from './parts.ts';
import type { Pins } from './pins.ts';

/** Milliseconds that a person stays signed in at a kiosk. */
const SHIFT = 12 * 3_600_000;
const roles: readonly string[] = ['owner', 'administrator', 'operator'];

export type Proof = { pin: string } | { password: string };

/** Whether the operator of this proof stands before the kiosk. `lockedOut`: five PINs were wrong. */
function createProofs(parts: KioskParts, pins: Pins, lockOut: (kiosk: KioskId) => void) {
  const { inTransaction, administrators } = parts;

  async function checkPin(caller: KioskCaller, administrator: AdministratorId | undefined, pin: string) {
    // Counted before it is judged, so that many at once give no further guess.
    if (!(await inTransaction((tx) => countPinTry(tx, caller.kiosk)))) throw lockedOut();
    const stored = administrator && (await pins.stored(administrator));
    if (await pins.verify(stored?.hash, pin)) return inTransaction((tx) => forgetPinTries(tx, caller.kiosk));
    const locked = (await parts.kioskOf(caller.kiosk))?.pinLocked ?? true;
    await writeLine(parts, caller, 'refused', { by: 'pin', locked });
    if (!locked) throw refused();
    lockOut(caller.kiosk);
    throw lockedOut();
  }

  async function checkPassword(email: string, password: string, from: From): Promise<void> {
    const answer = await administrators.signIn({ email, password, ...from });
    if (answer.is === 'enrollment-required')
      throw new Problem('SECOND_FACTOR_REQUIRED', '2FA enrollment required');
    // The password was right. No session of the console stays behind on a kiosk.
    if (answer.is === 'signed-in') {
      const { id, administrator } = answer.session;
      await administrators.signOut(id, { is: 'administrator', administrator: administrator.id });
    }
  }

  return async function prove(
    caller: KioskCaller,
    email: string,
    proof: Proof,
    from: From,
  ): Promise<Administrator> {
    const all = await administrators.list(caller.organization);
    const wanted = normalizeEmail(email);
    const found = all.find((one) => one.email === wanted);
    const account = mayOperate(found) ? found : undefined;
    if ('pin' in proof) await checkPin(caller, account?.id, proof.pin);
    else {
      await checkPassword(email, proof.password, from);
      if (account) await inTransaction((tx) => forgetPinTries(tx, caller.kiosk));
    }
    if (!account) throw refused();
    return account;
  };
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

/** Who is signed in at which kiosk, in memory: after a restart an operator signs in again. */
export function createOperators(parts: KioskParts, pins: Pins, endSessions: (kiosk: KioskId) => void) {
  const { administrators, clock } = parts;
  const signedIn = new Map<KioskId, KioskOperator>();
  const leave = (kiosk: KioskId): void => {
    signedIn.delete(kiosk);
    endSessions(kiosk);
  };
  const prove = createProofs(parts, pins, leave);

  return {
    async signIn(caller: KioskCaller, email: string, proof: Proof, from: From): Promise<KioskOperator> {
      const { id, name } = await prove(caller, email, proof, from);
      const operator = { administrator: id, name, until: clock.now() + SHIFT };
      await writeLine(parts, caller, 'done', { operator: id, by: 'pin' in proof ? 'pin' : 'password' });
      signedIn.set(caller.kiosk, operator);
      return operator;
    },

    /** Only the operator who signed in lets the kiosk be left. */
    async signOut(caller: KioskCaller, proof: Proof, from: From): Promise<void> {
      const operator = signedIn.get(caller.kiosk);
      if (operator) {
        const { email } = await administrators.get(caller.organization, operator.administrator);
        await prove(caller, email, proof, from);
      }
      leave(caller.kiosk);
    },

    /** Who is signed in, unless the shift is over or the account may not any more. */
    async at({ kiosk, organization }: Pick<KioskCaller, 'kiosk' | 'organization'>) {
      const operator = signedIn.get(kiosk);
      if (!operator) return undefined;
      const account = await administrators.get(organization, operator.administrator).catch(() => undefined);
      if (operator.until > clock.now() && mayOperate(account)) return operator;
      signedIn.delete(kiosk);
      return undefined;
    },

    leave,
  };
}

const refused = () => new Problem('SIGN_IN_REFUSED', 'The e-mail address, the PIN or the password is wrong.');
const lockedOut = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'Five wrong PINs: the session of this kiosk has ended. An operator signs in with the password.',
  );
