import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { AdministratorId, KioskId, OrganizationId, World } from '../../../lib/id.ts';
import { type ThisNode, withTag } from '../../../lib/node-tag.ts';
import { Problem } from '../../../lib/problem.ts';
import { createTurns } from '../../../lib/turns.ts';
import type { Actor } from '../../audit/index.ts';
import type { KioskCaller } from '../access/caller.ts';
import { refuseErased } from '../organizations/organization.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { isSignedBy, type Kiosk, type KioskOperator, type Pairing, signedText } from './kiosk.ts';
import {
  forgetPinTries,
  insertKiosk,
  selectKiosk,
  selectKiosks,
  selectNode,
  updateNode,
  updateRevoked,
  updateSeen,
} from './kiosk-store.ts';
import { createOperators, createPins, type KioskParts, type WaitingKiosk } from './operators.ts';
import { createPairings } from './pairings.ts';

/** Devices in front of which people enroll and verify: paired at the box, known by a key that never leaves the device. */
export interface Kiosks {
  /**
   * The code is shown this once, on the box's own screen: eight characters, five minutes, five tries. Throws CONFLICT for an organization that
   * was erased.
   */
  beginPairing(
    realm: { organization: OrganizationId; world: World },
    name: string,
    who: Actor,
  ): Promise<Pairing & { code: string }>;
  /** Throws NOT_FOUND once it is over. */
  pairing(organization: OrganizationId, id: string): Pairing;
  cancelPairing(organization: OrganizationId, id: string): void;
  /**
   * The person at the box has compared the fingerprints. Throws CONFLICT while no device has given the code, and for an organization that was
   * erased.
   */
  confirmPairing(organization: OrganizationId, id: string, who: Actor): Promise<Kiosk>;
  list(organization: OrganizationId): Promise<Kiosk[]>;
  /** From then on its sessions are over, and its key opens none. */
  revoke(organization: OrganizationId, id: string, who: Actor): Promise<Kiosk>;
  /** As `revoke`, of all of the organization. */
  revokeAll(organization: OrganizationId, who: Actor): Promise<void>;
  /** PINs are taken again after five wrong ones. */
  unlock(organization: OrganizationId, id: string, who: Actor): Promise<Kiosk>;

  /** Whether it was begun here. */
  hasPairing(id: string): boolean;
  /** Whether one of the codes that are open here is meant. */
  knowsCode(code: string): boolean;
  /** Run of the other node that has its sessions and its operator in memory; undefined: none, or this one. */
  nodeOf(kiosk: string): Promise<string | undefined>;

  /** Called by a device that sends a code. `publicKey`: SPKI, base64url. Throws SIGN_IN_REFUSED. */
  claim(code: string, publicKey: string): { claim: string; fingerprint: string };
  outcome(claim: string): { is: 'waiting' } | { is: 'paired'; kiosk: string } | { is: 'ended' };
  challenge(kiosk: string): string;
  /** Throws SIGN_IN_REFUSED. */
  openSession(
    kiosk: string,
    challenge: string,
    signature: string,
  ): Promise<{ token: string; expiresAt: number }>;
  byToken(token: string): Promise<KioskCaller | undefined>;
  get(caller: KioskCaller): Promise<{ kiosk: Kiosk; operator?: KioskOperator }>;

  /** Five wrong PINs in a row end the session of the kiosk; then none is taken until it is unlocked. Throws SIGN_IN_REFUSED, and TIMEOUT as `leave`. */
  signIn(caller: WaitingKiosk, email: string, pin: string): Promise<KioskOperator>;
  /**
   * Ends the session of the kiosk by the PIN of an operator: of `email`, or without it of the one who is signed in. The token proves it to
   * the desktop app, once and for a minute. Throws SIGN_IN_REFUSED, also while the kiosk is locked, and TIMEOUT where the caller did not
   * wait: then nothing was done.
   */
  leave(caller: WaitingKiosk, pin: string, email?: string): Promise<{ token: string }>;
  /** The operator who is signed in vouches with the PIN. Throws SIGN_IN_REFUSED, also while the kiosk is locked, and TIMEOUT as `leave`. */
  confirmOperator(caller: WaitingKiosk, pin: string): Promise<void>;
  /** Uses up a token of `leave`. Throws SIGN_IN_REFUSED. */
  confirmLeft(token: string): void;
  /** Absent: removed. Ends the shifts that began with the PIN of before. Throws PASSWORD_TOO_WEAK. */
  setPin(
    administrator: AdministratorId,
    organization: OrganizationId,
    pin: string | undefined,
  ): Promise<void>;
  hasPin(administrator: AdministratorId): Promise<boolean>;
}

export interface KiosksDeps extends Omit<KioskParts, 'kioskOf'> {
  organizations: Pick<Organizations, 'get'>;
  random?: (into: Uint8Array) => void;
  /** Absent: no other node shares the record. */
  node?: ThisNode | undefined;
}

const SEEN_EVERY = 60_000;

export function createKiosks({ random = randomFillSync, node, ...deps }: KiosksDeps): Kiosks {
  const { db, inTransaction, integrity, ids, clock } = deps;
  const pairings = createPairings({ clock, ids, random, tag: node?.tag });
  const secret = () => {
    const bytes = new Uint8Array(32);
    random(bytes);
    return withTag(Buffer.from(bytes).toString('base64url'), node?.tag);
  };
  const devices = createDeviceSessions({ clock, secret });
  const left = createLeaveTokens({ clock, secret });
  const kioskOf = (id: string) => selectKiosk(db, integrity, id);
  const parts = { ...deps, kioskOf };
  const pins = createPins(parts);
  const operators = createOperators(parts, pins, devices.endAll);

  async function usable(id: string) {
    const kiosk = await kioskOf(id);
    return kiosk && kiosk.revokedAt === undefined ? kiosk : undefined;
  }
  async function own(organization: OrganizationId, id: string): Promise<Kiosk> {
    const found = (await selectKiosks(db, organization)).find((one) => one.id === id);
    if (found) return found;
    throw new Problem('NOT_FOUND', `No kiosk has the id ${id}.`);
  }

  return {
    ...atBox({ ...deps, pairings, operators, own }),
    ...overDevices({ ...deps, pairings, operators, own }),

    hasPairing: pairings.has,
    knowsCode: pairings.knows,
    async nodeOf(id) {
      const at = node && (await selectNode(db, id));
      return at && at !== node?.run && (await node?.isRunning(at)) ? at : undefined;
    },
    claim: pairings.claim,
    outcome: pairings.outcome,
    challenge: devices.challenge,

    async openSession(id, challenge, signature) {
      const kiosk = await usable(id);
      const opened = devices.open(id, challenge, signature, kiosk?.publicKey);
      if (kiosk && clock.now() - (kiosk.lastSeenAt ?? 0) >= SEEN_EVERY)
        await inTransaction((tx) => updateSeen(tx, kiosk.id, clock.now()));
      if (kiosk && node) await inTransaction((tx) => updateNode(tx, kiosk.id, node.run));
      return opened;
    },

    async byToken(token) {
      const found = devices.find(token);
      const kiosk = found && (await usable(found.kiosk));
      if (!kiosk) return undefined;
      const { id, organization, world } = kiosk;
      const operator = await operators.at({ kiosk: id, organization });
      return {
        is: 'kiosk',
        kiosk: id,
        session: found.session,
        organization,
        world,
        ...(operator && { operator: operator.administrator }),
      };
    },

    async get(caller) {
      const kiosk = await own(caller.organization, caller.kiosk);
      const operator = await operators.at(caller);
      return { kiosk, ...(operator && { operator }) };
    },

    signIn: operators.signIn,
    confirmOperator: operators.confirm,
    async leave(caller, pin, email) {
      await operators.signOut(caller, pin, email);
      return { token: left.issue(caller.kiosk) };
    },
    confirmLeft(token) {
      if (left.redeem(token) !== undefined) return;
      throw new Problem('SIGN_IN_REFUSED', 'No kiosk was left with this token in the last minute.');
    },
    async setPin(administrator, organization, pin) {
      await pins.setPin(administrator, organization, pin);
      operators.leaveAll(administrator);
    },
    hasPin: async (administrator) => (await pins.stored(administrator)) !== undefined,
  };
}

interface BoxDeps extends Omit<KiosksDeps, 'random' | 'node'> {
  pairings: ReturnType<typeof createPairings>;
  operators: ReturnType<typeof createOperators>;
  own(organization: OrganizationId, id: string): Promise<Kiosk>;
}

/** How a person at the box, or a manager, pairs a device. */
function atBox({
  organizations,
  inTransaction,
  integrity,
  audit,
  ids,
  clock,
  pairings,
  own,
}: BoxDeps): Pick<Kiosks, 'beginPairing' | 'pairing' | 'cancelPairing' | 'confirmPairing'> {
  const turns = createTurns();
  return {
    async beginPairing({ organization, world }, name, who) {
      refuseErased(await organizations.get(organization));
      const begun = pairings.begin(organization, world, name);
      await inTransaction((tx) =>
        audit.add(tx, {
          actor: who,
          action: 'kiosk.code',
          organization,
          target: begun.id,
          details: { world },
        }),
      );
      return begun;
    },
    pairing: pairings.get,
    cancelPairing: pairings.cancel,

    // Of two at once the second finds that it is over.
    confirmPairing: (organization, id, who) =>
      turns(id, async () => {
        refuseErased(await organizations.get(organization));
        const { publicKey, name, world } = pairings.waiting(organization, id);
        const kiosk = ids.next('kiosk');
        await inTransaction(async (tx) => {
          await insertKiosk(tx, integrity, {
            id: kiosk,
            organization,
            world,
            name,
            publicKey,
            pairedAt: clock.now(),
          });
          await audit.add(tx, {
            actor: who,
            action: 'kiosk.pair',
            organization,
            target: kiosk,
            details: { world },
          });
        });
        pairings.became(id, kiosk);
        return own(organization, kiosk);
      }),
  };
}

/** Operations on paired devices. */
function overDevices({
  db,
  inTransaction,
  integrity,
  audit,
  clock,
  operators,
  own,
}: BoxDeps): Pick<Kiosks, 'list' | 'revoke' | 'revokeAll' | 'unlock'> {
  async function revoke(organization: OrganizationId, id: string, who: Actor): Promise<Kiosk> {
    const kiosk = await own(organization, id);
    if (kiosk.revokedAt === undefined) {
      await inTransaction(async (tx) => {
        await updateRevoked(tx, integrity, kiosk.id, clock.now());
        await audit.add(tx, { actor: who, action: 'kiosk.revoke', organization, target: kiosk.id });
      });
    }
    operators.leave(kiosk.id);
    return own(organization, id);
  }
  return {
    list: (organization) => selectKiosks(db, organization),
    revoke,
    async revokeAll(organization, who) {
      for (const { id } of await selectKiosks(db, organization)) await revoke(organization, id, who);
    },

    async unlock(organization, id, who) {
      const kiosk = await own(organization, id);
      if (kiosk.pinLocked) {
        await inTransaction(async (tx) => {
          await forgetPinTries(tx, kiosk.id);
          await audit.add(tx, { actor: who, action: 'kiosk.unlock', organization, target: kiosk.id });
        });
      }
      return own(organization, id);
    },
  };
}

/** Milliseconds for the device to sign. */
const CHALLENGE_LIFE = 60_000;
const SESSION_LIFE = 15 * 60_000;
/** Sessions of one device; a further one ends the oldest. */
const MOST_SESSIONS = 16;

interface DeviceSessionsDeps {
  clock: Clock;
  /** 256 random bits, base64url. */
  secret: () => string;
}

/** Sessions that devices open with their keys, in memory: fifteen minutes each, opened anew by another signature. */
function createDeviceSessions({ clock, secret }: DeviceSessionsDeps) {
  /** Challenges that opened a session, until they are over. */
  const used = new Map<string, { until: number }>();
  const sessions = new Map<string, { kiosk: KioskId; until: number }>();
  const key = secret();
  const macOf = (...of: readonly string[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(of)).digest();

  function tidy(): void {
    for (const kept of [used, sessions])
      for (const [name, { until }] of kept) if (until <= clock.now()) kept.delete(name);
  }

  /** When a challenge that was made here for this kiosk is over; undefined for another text. */
  function endOf(kiosk: string, challenge: string): number | undefined {
    const [until = '', mac = '', chance = ''] = challenge.split('.');
    const [given, own] = [Buffer.from(mac, 'base64url'), macOf(kiosk, until, chance)];
    return given.length === own.length && timingSafeEqual(given, own) ? Number(until) : undefined;
  }

  return {
    /** Also for an unknown kiosk: the reply is the same. Kept nowhere: asking for one takes no credential. */
    challenge(kiosk: string): string {
      const until = String(clock.now() + CHALLENGE_LIFE);
      const chance = secret();
      // At the end is what names the node.
      return `${until}.${macOf(kiosk, until, chance).toString('base64url')}.${chance}`;
    },

    /** Uses the challenge up. Throws SIGN_IN_REFUSED. `publicKey`: of the kiosk, if it may call. */
    open(kiosk: string, challenge: string, signature: string, publicKey: string | undefined) {
      tidy();
      const end = endOf(kiosk, challenge);
      if (
        end === undefined ||
        end <= clock.now() ||
        used.has(challenge) ||
        publicKey === undefined ||
        !isSignedBy(publicKey, signedText(kiosk, challenge), signature)
      )
        throw new Problem('SIGN_IN_REFUSED', 'This device is not paired, or its pairing was revoked.');
      used.set(challenge, { until: end });
      const own = [...sessions].filter(([, one]) => one.kiosk === kiosk);
      if (own.length >= MOST_SESSIONS) sessions.delete(own[0]![0]);
      const token = `kiosk_session_${secret()}`;
      const until = clock.now() + SESSION_LIFE;
      sessions.set(hashOf(token), { kiosk: kiosk as KioskId, until });
      return { token, expiresAt: until };
    },

    find(token: string): { kiosk: KioskId; session: string } | undefined {
      const session = hashOf(token);
      const found = sessions.get(session);
      return found && found.until > clock.now() ? { kiosk: found.kiosk, session } : undefined;
    },

    endAll(kiosk: KioskId): void {
      for (const [key, one] of sessions) if (one.kiosk === kiosk) sessions.delete(key);
    },
  };
}

/** Secrets are kept as their hashes. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Milliseconds in which the desktop app asks whether its kiosk may be left. */
const LIFE = 60_000;

interface LeaveTokensDeps {
  clock: Clock;
  /** 256 random bits, base64url. */
  secret: () => string;
}

/** Proofs that an operator has just left a kiosk by PIN, in memory, each for one use. */
function createLeaveTokens({ clock, secret }: LeaveTokensDeps) {
  const issued = new Map<string, { kiosk: KioskId; until: number }>();
  return {
    issue(kiosk: KioskId): string {
      for (const [key, { until }] of issued) if (until <= clock.now()) issued.delete(key);
      const token = `kiosk_left_${secret()}`;
      issued.set(hashOf(token), { kiosk, until: clock.now() + LIFE });
      return token;
    },
    /** The kiosk that was left. Undefined for a token that is unknown, used or too old. */
    redeem(token: string): KioskId | undefined {
      const found = issued.get(hashOf(token));
      issued.delete(hashOf(token));
      return found && found.until > clock.now() ? found.kiosk : undefined;
    },
  };
}
