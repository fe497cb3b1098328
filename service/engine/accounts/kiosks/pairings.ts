import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { createFairQueue, type Share } from '../../../lib/fair/fair-queue.ts';
import type { Ids, OrganizationId, World } from '../../../lib/id.ts';
import { withTag } from '../../../lib/node-tag.ts';
import { Problem } from '../../../lib/problem.ts';
import { fingerprintOf, MOST_TRIES, type Pairing, readDeviceKey } from './kiosk.ts';

const LIFE = 5 * 60_000;
/** Codes open at a time: of one world of an organization, and in all. Beyond, the newest of the organization with the most gives way. */
const MOST = { perOrganization: 20, all: 400 };
/** Milliseconds after its end that the device can still learn what became of it. */
const KEPT = 60_000;
/** Crockford's base 32: no i, l, o, u. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

interface Open {
  id: string;
  share: Share;
  organization: OrganizationId;
  world: World;
  name: string;
  code: string;
  expiresAt: number;
  tries: number;
  device?: { publicKey: string; claim: string };
  /** The kiosk that it became. */
  became?: string;
  cancelled?: true;
}

export interface PairingsDeps {
  clock: Clock;
  ids: Ids;
  random: (into: Uint8Array) => void;
  /** Of this node, where others share the record. */
  tag?: string | undefined;
}

/**
 * Codes that pair a device, in memory: five minutes each. The first half of a code says which one is meant, and no two open codes
 * share it; a wrong second half counts against that code, and after five it is of no use. A device that gave the right one waits until
 * a person at the box confirms it.
 */
export function createPairings({ clock, ids, random, tag }: PairingsDeps) {
  const open = new Map<string, Open>();
  /** Those that take codes, by organization and world. */
  const queue = createFairQueue<Open>({ seats: 0, clock });

  const isOpen = (one: Open) => one.expiresAt > clock.now() && !one.became && !one.cancelled;
  const tidy = () => {
    for (const [id, one] of open) {
      if (!isOpen(one)) queue.remove(one);
      if (one.expiresAt + KEPT <= clock.now()) open.delete(id);
    }
  };
  const takesCodes = (one: Open) => isOpen(one) && !one.device && one.tries < MOST_TRIES;

  function find(organization: OrganizationId, id: string): Open {
    const one = open.get(id);
    if (one?.organization === organization && isOpen(one)) return one;
    throw new Problem('NOT_FOUND', 'There is no such pairing, or its five minutes are over: begin another.');
  }
  return {
    begin(organization: OrganizationId, world: World, name: string): Pairing & { code: string } {
      tidy();
      const share: Share = { world, organization, key: '' };
      if (queue.waitingOf(share) >= MOST.perOrganization) throw tooMany();
      const code = codeApartFrom([...open.values()].filter(isOpen), random);
      const id = ids.next('kioskPairing');
      const expiresAt = clock.now() + LIFE;
      const one: Open = { id, share, organization, world, name, code, expiresAt, tries: 0 };
      open.set(id, one);
      queue.add(one);
      const last = queue.dropExcess(one, MOST.all);
      if (last) last.cancelled = true;
      if (last === one) throw tooMany();
      return { ...describe(one), code };
    },
    has: (id: string): boolean => open.has(id),
    knows(typed: string): boolean {
      const name = nameOf(readCode(typed));
      return [...open.values()].some((one) => takesCodes(one) && nameOf(one.code) === name);
    },
    get: (organization: OrganizationId, id: string): Pairing => describe(find(organization, id)),
    cancel(organization: OrganizationId, id: string): void {
      find(organization, id).cancelled = true;
    },

    /** Throws SIGN_IN_REFUSED. The claim is the device's own secret until it is confirmed. */
    claim(typed: string, key: string): { claim: string; fingerprint: string } {
      const publicKey = readDeviceKey(key);
      const code = readCode(typed);
      const meant = [...open.values()].filter(takesCodes).find((one) => nameOf(one.code) === nameOf(code));
      if (meant?.code !== code) {
        if (meant) meant.tries++;
        throw new Problem(
          'SIGN_IN_REFUSED',
          'This code is wrong, was used, or is over: after five wrong codes, or five minutes, a new one is needed.',
        );
      }
      const bytes = new Uint8Array(32);
      random(bytes);
      const claim = withTag(Buffer.from(bytes).toString('base64url'), tag);
      meant.device = { publicKey, claim: hashOf(claim) };
      return { claim, fingerprint: fingerprintOf(publicKey) };
    },

    /** Outcome of a claim. */
    outcome(claim: string): { is: 'waiting' } | { is: 'paired'; kiosk: string } | { is: 'ended' } {
      const hash = hashOf(claim);
      const one = [...open.values()].find(({ device }) => device?.claim === hash);
      if (one?.became !== undefined) return { is: 'paired', kiosk: one.became };
      return one && isOpen(one) ? { is: 'waiting' } : { is: 'ended' };
    },

    /** The device that waits. Throws CONFLICT while there is none. */
    waiting(organization: OrganizationId, id: string) {
      const one = find(organization, id);
      if (!one.device) throw new Problem('CONFLICT', 'No device has given the code yet.');
      return { ...describe(one), publicKey: one.device.publicKey };
    },
    became(id: string, kiosk: string): void {
      const one = open.get(id);
      if (one) one.became = kiosk;
    },
  };
}

const describe = (one: Open): Pairing => ({
  id: one.id,
  organization: one.organization,
  world: one.world,
  name: one.name,
  expiresAt: one.expiresAt,
  state: one.device
    ? { is: 'claimed', fingerprint: fingerprintOf(one.device.publicKey) }
    : { is: 'waiting', triesLeft: MOST_TRIES - one.tries },
});

/** A code whose first half no other one has. */
function codeApartFrom(others: readonly Open[], random: (into: Uint8Array) => void): string {
  const taken = new Set(others.map(({ code }) => nameOf(code)));
  let code = makeCode(random);
  while (taken.has(nameOf(code))) code = makeCode(random);
  return code;
}

function makeCode(random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(8);
  random(bytes);
  return [...bytes].map((byte) => LETTERS[byte % 32]).join('');
}

/** Its first half, which says which one is meant. */
const nameOf = (code: string) => code.slice(0, 4);

const tooMany = () =>
  new Problem('OVERLOADED', 'Too many pairing codes are open: use one of them, or wait five minutes.', {
    retryAfterSeconds: 60,
  });

/** Normalizes a typed code. */
const readCode = (typed: string) =>
  typed.slice(0, 40).toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
