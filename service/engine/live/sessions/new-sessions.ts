import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { withTag } from '../../../lib/node-tag.ts';
import { Problem } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { describeActor } from '../../audit/index.ts';
import {
  type Profile,
  profileNamed,
  requireAllowed,
  requireSource,
  sourceOfFrames,
} from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { LiveSessions } from './live-sessions.ts';
import { requireAgreed } from './page-consent.ts';
import { SESSION_LIFE, type SessionParts } from './parts.ts';
import { consentColumns, handlerOf, type RecordingParts } from './record-session.ts';
import type { NewSession } from './session.ts';
import { type Capability, describeSession, isOver, requireUndecided } from './session-page.ts';
import {
  beginHash,
  capabilityHash,
  makeCapability,
  planOf,
  profilePage,
  requirePath,
  rulesIn,
  sameHash,
} from './session-rules.ts';
import { type NewSessionRow, sourceOfSession } from './session-store.ts';
import type { Handover, PreparedSession, Sessions } from './sessions.ts';

/** Creates sessions. What cannot be carried out is refused here, before a person is asked for anything. */
export function createNewSessions(parts: RecordingParts): Pick<Sessions, 'prepare' | 'create'> {
  const { store, sealed, sealer, ids, clock, random, record, inTransaction } = parts;

  async function prepare(order: NewSession): Promise<PreparedSession> {
    check(parts, order);
    const found = await profileOf(parts, order);
    const profile = found.slug;
    const page = profilePage(order.page, { flow: order.flow, profile: found }, parts.challenges);
    const { realm, actor, match, request, flow } = order;
    const opened = order.opened && { ...order.opened, consent: requireAgreed(page, order.opened.consent) };
    const id = ids.next('session');
    const token = order.opened?.secret ?? makeCapability(random);
    if (await store.byTokenHash(capabilityHash(token)))
      throw new Problem('CONFLICT', 'This secret was used already: load the page again.');
    const now = clock.now();
    const expiresAt = opened ? Math.min(order.expiresAt, now + SESSION_LIFE) : order.expiresAt;
    const email = match === 'none' || match === 'any' ? undefined : match.email;
    const owner = { id, ...realm, subject: null as SubjectId | null };
    const { metadata, subjectRef, callback, uniqueness: rule, browserOrigins, profiles, context } = order;
    const { testOutcome, relyingOrder } = order;
    const row: NewSessionRow = {
      id,
      ...realm,
      flow,
      state: 'created',
      token_hash: capabilityHash(token),
      follower_hash: order.opened ? beginHash(order.opened) : null,
      actor: describeActor(actor),
      profile,
      matching: email === undefined ? match : 'email',
      attempts: 0,
      email_hash: email === undefined ? null : sealer.emailHash(realm.organization, email),
      verification: order.verification ?? null,
      order_sealed: await sealed.seal(owner, 'order', {
        page,
        ...defined({
          email,
          metadata,
          subjectRef,
          callback,
          relyingOrder,
          uniqueness: rule,
          browserOrigins,
          profiles,
          context,
          testOutcome,
        }),
      }),
      device_sealed: opened ? await sealed.seal(owner, 'device', opened.device) : null,
      created_at: now,
      expires_at: expiresAt,
      ...(opened && consentColumns(opened, now)),
    } as NewSessionRow;
    const write = (tx: Tx) => record.ordered(tx, row, { actor, request, opened });
    return { id, token, expiresAt, write };
  }

  return {
    prepare,
    async create(order) {
      const { write, ...session } = await prepare(order);
      await inTransaction(write);
      return session;
    },
  };
}

/** The profile that the caller may use, checked before a person stands in front of the camera. */
async function profileOf(
  parts: RecordingParts,
  { flow, realm, actor, profile, profiles = [], opened }: NewSession,
): Promise<Profile> {
  const { organization } = realm;
  const { allowedProfiles } = await parts.organizations.get(organization);
  const inUse = await parts.profiles.list(organization);
  const allowed = { inUse, organization: allowedProfiles, key: profiles };
  const isOpen = profiles.length === 0 && allowedProfiles === undefined;
  const named = profile ?? (flow === 'api' && isOpen ? 'specter' : undefined);
  const found = await parts.profiles.get(organization, profileNamed({ ...allowed, named }));
  requireAllowed(found, actor, allowed);
  requireSource(found, sourceOfFrames(actor));
  // Refused now rather than in front of the camera.
  await planOf(parts, { realm, profile: found.slug });
  if (opened) requirePath(opened.path, rulesIn(flow, found, parts.challenges).withoutMotion);
  return found;
}

function check(
  { handlers, uniqueness, clock }: SessionParts,
  { flow, realm, testOutcome, uniqueness: rule, expiresAt }: NewSession,
): void {
  handlerOf(handlers, { flow });
  requireTestWorld(realm, testOutcome);
  if (rule !== undefined && rule.policy !== 'off' && !uniqueness)
    throw new Problem(
      'CONFLICT',
      'This service does not count people once per scope: leave out the uniqueness policy.',
    );
  if (expiresAt <= clock.now())
    throw new Problem('INVALID_REQUEST', 'A session cannot end before it begins.');
}

/** A fixed outcome is an order of the test world alone: INVALID_REQUEST else. */
export function requireTestWorld(
  { world }: Pick<Realm, 'world'>,
  testOutcome: TestOutcome | undefined,
): void {
  if (testOutcome === undefined || world === 'test') return;
  throw new Problem(
    'INVALID_REQUEST',
    'Only a session of the test world can have a fixed outcome: use a test key.',
    {
      details: [{ path: 'testOutcome', message: 'It is for test keys alone.' }],
    },
  );
}

/** Milliseconds for the second device. */
const LIFE = 5 * 60_000;
/** Of one session: each gives a stranger with the link one chance in three. */
const MOST = 5;

interface Open {
  session: string;
  number: string;
  numbers: string[];
  expiresAt: number;
}

/**
 * Handing a session over to a second device, in memory: a link for one use within five minutes, and a number that the person picks
 * among three. The second device then has the session, and the first can only follow.
 */
export function createHandovers(
  parts: RecordingParts,
  live: LiveSessions,
  find: (token: string) => Promise<Capability>,
): Pick<Sessions, 'state' | 'handOver' | 'describeHandover' | 'acceptHandover'> {
  const { record, inTransaction, turns } = parts;
  const codes = createCodes(parts);

  return {
    async state(token) {
      const { row, following } = await find(token);
      const state = await live.state(row, following);
      return codes.wasRefused(row.id) ? { ...state, codeUsedUp: true } : state;
    },

    async handOver(token) {
      const { row, following } = await find(token);
      if (following) throw new Problem('CONFLICT', 'The session was handed over to another device.');
      const now = await live.fresh(row.id);
      requireUndecided(now);
      if (sourceOfSession(row) === 'kiosk')
        throw new Problem('KIOSK_REQUIRED', 'This session was started at a kiosk: go on there.');
      return codes.make(row.id, now.expires_at);
    },

    async describeHandover(token) {
      const one = codes.waiting(token);
      const row = await live.fresh(one.session);
      // Of what has ended a holder of the link learns that alone, not the result.
      const { result: _, ...shown } = await describeSession(parts, row, false);
      return { ...shown, state: isOver(row) ? 'finished' : 'ready', numbers: one.numbers };
    },

    async acceptHandover(link, { number, request }) {
      // Used up by any answer, before anything is awaited.
      const one = codes.use(link);
      if (!sameHash(capabilityHash(number), capabilityHash(one.number))) {
        codes.refuse(one.session);
        throw new Problem('CONFLICT', 'This is not the number on the first device: show a new code there.');
      }
      return turns(one.session, async () => {
        const row = await live.fresh(one.session);
        if (isOver(row))
          throw new Problem('SESSION_EXPIRED', 'This session has ended: nothing is left to do.');
        const capability = makeCapability(parts.random);
        const token = capabilityHash(capability);
        await inTransaction((tx) => record.handedOver(tx, row, { token, request }));
        // An attempt in progress on the first device is over; it was counted.
        live.drop(row.id);
        return { sessionId: row.id, token: capability, expiresAt: row.expires_at };
      });
    },
  };
}

/** Codes that wait for a second device. */
function createCodes({ clock, random, node }: Pick<SessionParts, 'clock' | 'random' | 'node'>) {
  const open = new Map<string, Open>();
  const begun = new Map<string, { times: number; until: number; refused?: true }>();

  function tidy(): void {
    const now = clock.now();
    for (const [hash, { expiresAt }] of open) if (expiresAt <= now) open.delete(hash);
    for (const [session, { until }] of begun) if (until <= now) begun.delete(session);
  }
  function waiting(token: string): Open {
    tidy();
    const one = open.get(capabilityHash(token));
    if (one) return one;
    throw new Problem(
      'NOT_FOUND',
      'This code was used, or its five minutes are over: show a new one on the first device.',
    );
  }

  return {
    waiting,
    use(token: string): Open {
      const one = waiting(token);
      open.delete(capabilityHash(token));
      return one;
    },
    /** A wrong number was picked. The first device learns it, until it shows a new code. */
    refuse(session: string): void {
      const one = begun.get(session);
      if (one) one.refused = true;
    },
    wasRefused: (session: string): boolean => begun.get(session)?.refused ?? false,
    /** In place of the code before. Throws BURST_LIMIT_EXCEEDED. */
    make(session: string, until: number): Handover {
      tidy();
      const { times } = begun.get(session) ?? { times: 0 };
      if (times >= MOST)
        throw new Problem('BURST_LIMIT_EXCEEDED', 'This session was handed over too often: go on here.');
      begun.set(session, { times: times + 1, until });
      for (const [hash, one] of open) if (one.session === session) open.delete(hash);
      const token = withTag(makeCapability(random), node?.tag);
      const numbers = makeNumbers(random);
      const number = numbers[byteBelow(random, numbers.length)]!;
      const expiresAt = Math.min(until, clock.now() + LIFE);
      open.set(capabilityHash(token), { session, number, numbers, expiresAt });
      return { token, number, expiresAt };
    },
  };
}

/** Three different numbers of two digits. */
function makeNumbers(random: (into: Uint8Array) => void): string[] {
  const numbers = new Set<string>();
  while (numbers.size < 3) numbers.add(String(10 + byteBelow(random, 90)));
  return [...numbers];
}

/** An equally likely whole number below `end` (at most 256). */
function byteBelow(random: (into: Uint8Array) => void, end: number): number {
  const byte = new Uint8Array(1);
  do random(byte);
  while (byte[0]! >= 256 - (256 % end));
  return byte[0]! % end;
}
