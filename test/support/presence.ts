import { randomFillSync } from 'node:crypto';
import {
  type BeginOptions,
  type DecidedSession,
  type NewSession,
  pageConsent,
  type SessionDecision,
  type Sessions,
} from '../../service/engine/live/index.ts';
import { createPresence, type Presence } from '../../service/engine/live/orders/presence.ts';
import type { SessionId, SubjectId } from '../../service/lib/id.ts';
import { type Engine, key } from './engine.ts';

export const begin: BeginOptions = {
  test: false,
  consent: { version: pageConsent({ name: 'Acme' }, 'any').version },
  path: { flash: true, motion: true },
  device: {},
};

interface Decision {
  decision: SessionDecision;
  person?: { id: SubjectId; email?: string };
  otherPerson?: boolean;
  live?: boolean;
  reasons?: string[];
}

/** A live session as it ends. */
const decidedSession = (
  {
    id,
    realm,
    match,
    relyingOrder,
  }: { id: SessionId } & Pick<NewSession, 'realm' | 'match' | 'relyingOrder'>,
  { decision, person, otherPerson = false, live = true, reasons = [] }: Decision,
) =>
  ({
    id,
    realm,
    flow: 'presence',
    relyingOrder,
    decision,
    actor: key,
    otherPerson,
    reasons,
    match: typeof match === 'object' ? 'email' : match,
    liveness: { passed: live, score: 0.9234, assurance: 'active', evidence: [], reasons: [] },
    models: { 'a-net': '0123456789ab' },
    ...(person && { person, composite: 0.871 }),
  }) as unknown as DecidedSession;

/** Uses the link, and ends its live session with this person. */
export async function approve(
  engine: Pick<Engine, 'db' | 'inTransaction' | 'presence' | 'organization'>,
  link: string,
  person: { id: SubjectId; email?: string },
): Promise<void> {
  const { sessionId } = await engine.presence.links.begin(link, begin);
  const { id: relyingOrder } = await engine.db
    .selectFrom('relying_order')
    .select('id')
    .where('session', '=', sessionId)
    .executeTakeFirstOrThrow();
  const of = { id: sessionId as SessionId, match: 'any', relyingOrder } as const;
  const realm = { organization: engine.organization, world: 'live' } as const;
  const session = decidedSession({ ...of, realm }, { decision: 'approved', person });
  await engine.inTransaction((tx) => engine.presence.end.onDecided(tx, session));
}

/** Presence over live sessions that a test decides: what engine/sessions does with cameras. */
export function openPresence(engine: Engine) {
  const orders = new Map<SessionId, NewSession>();
  const presence: Presence = createPresence({
    ...engine,
    tokens: engine.personTokens,
    random: randomFillSync,
    sessions: {
      async prepare(order) {
        const id = engine.ids.next('session');
        const write = async () => void orders.set(id, order);
        return { id, token: `capability of ${id}`, expiresAt: order.expiresAt, write };
      },
      requireBrowser: async () => {},
      async cancel(_realm, id) {
        await decide(id as SessionId, { decision: 'cancelled' });
        return {} as Awaited<ReturnType<Sessions['cancel']>>;
      },
    },
  });
  const decide = (id: SessionId, decision: Decision) =>
    engine.inTransaction((tx) =>
      presence.end.onDecided(tx, decidedSession({ id, ...orders.get(id)! }, decision)),
    );
  return { presence, orders, decide };
}
