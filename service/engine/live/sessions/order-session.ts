import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
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
import { capabilityHash, makeCapability } from './capability.ts';
import { requireAgreed } from './page-consent.ts';
import { SESSION_LIFE, type SessionParts } from './parts.ts';
import { consentColumns, handlerOf, type RecordingParts } from './record-session.ts';
import type { NewSession } from './session.ts';
import { planOf, profilePage, requirePath, rulesIn } from './session-rules.ts';
import type { NewSessionRow } from './session-store.ts';
import type { PreparedSession, Sessions } from './sessions.ts';

/** Bytes of a caller's own data. */
const MOST_METADATA = 16 * 1024;

/** Creates sessions. What cannot be carried out is refused here, before a person is asked for anything. */
export function createOrderSession(parts: RecordingParts): Pick<Sessions, 'prepare' | 'create'> {
  const { sealed, sealer, ids, clock, random, record, inTransaction } = parts;

  async function prepare(order: NewSession): Promise<PreparedSession> {
    check(parts, order);
    const found = await profileOf(parts, order);
    const profile = found.slug;
    const page = profilePage(order.page, { flow: order.flow, profile: found }, parts.challenges);
    const { realm, actor, match, request, flow } = order;
    const opened = order.opened && { ...order.opened, consent: requireAgreed(page, order.opened.consent) };
    const id = ids.next('session');
    const token = makeCapability(random);
    const now = clock.now();
    const expiresAt = opened ? Math.min(order.expiresAt, now + SESSION_LIFE) : order.expiresAt;
    const email = match === 'none' || match === 'any' ? undefined : match.email;
    const owner = { id, ...realm, subject: null as SubjectId | null };
    const { metadata, subjectRef, callback, uniqueness: rule, browserOrigins, profiles, context } = order;
    const { testOutcome } = order;
    const row: NewSessionRow = {
      id,
      ...realm,
      flow,
      state: 'created',
      token_hash: capabilityHash(token),
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
  { flow, realm, testOutcome, uniqueness: rule, metadata, expiresAt }: NewSession,
): void {
  handlerOf(handlers, { flow });
  requireTestWorld(realm, testOutcome);
  if (rule !== undefined && rule.policy !== 'off' && !uniqueness)
    throw new Problem(
      'CONFLICT',
      'This service does not count people once per scope: leave out the uniqueness policy.',
    );
  requireSmall(metadata);
  if (expiresAt <= clock.now())
    throw new Problem('INVALID_REQUEST', 'A session cannot end before it begins.');
}

/** Throws INVALID_REQUEST for too much of a caller's own data. */
export function requireSmall(metadata: Record<string, unknown> | undefined): void {
  if (metadata === undefined || Buffer.byteLength(JSON.stringify(metadata)) <= MOST_METADATA) return;
  throw new Problem('INVALID_REQUEST', `The metadata of a session has at most ${MOST_METADATA} bytes.`, {
    details: [{ path: 'metadata', message: 'Too large.' }],
  });
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
