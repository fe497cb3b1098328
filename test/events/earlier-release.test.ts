import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SubjectId } from '../../service/lib/id.ts';
import { sealJson } from '../../service/storage/sealing/sealed.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { type EventStack, openEventStack } from '../support/event-stack.ts';

// Rows of the outbox, letter by letter as versions up to 0.1.1 wrote them. They stay in outboxes across upgrades: where this test
// fails, the rows need a reader, not the test a change.

let engine: Engine;
let stack: EventStack;
let ada: SubjectId;

const DAY = 86_400_000;
const profile =
  '"profile":"prf_1","profileSlug":"standard","profileVersion":2,"profileMaturity":"proven","actor":"key:key_1"';
const checks =
  '"checks":[{"check":"faceMatch","pass":true,"score":0.91234567,"weight":1},{"check":"geoFence","pass":false,"score":0,"weight":0.5,"skipped":"no position"}]';

interface EarlierRow {
  type: string;
  payload: string;
  /** Sealed under the person's key. */
  personal?: { email?: string };
}

const rows = (): EarlierRow[] => [
  {
    type: 'subject.enrolled',
    payload: `{"subject":"${ada}","created":true,"enrollment":"enr_1"}`,
    personal: { email: 'ada@example.com' },
  },
  {
    type: 'verification.verified',
    payload: `{"verification":"ver_1","kind":"1:1",${profile},"notPassed":[],"assurance":"passive",${checks},"confidence":0.98765432,"composite":0.912345,"subject":"${ada}"}`,
    personal: { email: 'ada@example.com' },
  },
  {
    type: 'verification.refused',
    payload: `{"verification":"ver_2","kind":"1:N",${profile},"notPassed":["faceMatch"],"assurance":"match-only","confidence":0,"reason":"No match."}`,
  },
  {
    type: 'alert.triggered',
    payload:
      '{"alert":"alr_1","rule":"rule_1","name":"Failures","metric":"failures-per-key","value":5,"threshold":5,"windowMinutes":15,"about":"key_1"}',
  },
  { type: 'subject.erased', payload: '{"erasure":"era_1","reason":"request"}' },
  { type: 'enrollment.refused', payload: '{"code":"FACE_NOT_FOUND","actor":"key:key_1"}' },
  { type: 'verification.disabled', payload: '{"target":"clm_1","failures":5}' },
  { type: 'consent.withdrawn', payload: `{"subject":"${ada}","purposes":["verification"]}` },
  { type: 'webhook.disabled', payload: '{"endpoint":"whe_1","reason":"failing for five days"}' },
];

/** A type that 0.1.1 knew and never wrote; and one that no version knows. */
const strangers: EarlierRow[] = [
  { type: 'hosted.completed', payload: '{"verification":"ver_1","status":"PASS","product":"verifyage"}' },
  { type: 'from.another.release', payload: '{"anything":1}' },
];

async function insert(number: number, { type, payload, personal }: EarlierRow): Promise<string> {
  const id = `evt_${String(number).padStart(26, '0')}`;
  const place = { ...stack.realm, subject: ada, field: `outbox.personal/${id}` };
  await engine.db
    .insertInto('outbox')
    .values({
      id,
      seq: number,
      ...stack.realm,
      type,
      subject: personal ? ada : null,
      payload,
      personal_sealed: personal ? await sealJson(engine.sealer, place, personal) : null,
      created_at: stack.clock.now(),
      relayed_at: null,
    })
    .execute();
  return id;
}

onSqlite('events that an earlier version wrote', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    stack = await openEventStack(engine);
    ada = await stack.person();
  });
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });

  test('are delivered, listed, replayed and resent in the words of the families, and strangers stop none', async () => {
    const families = ['identity', 'sessions', 'behavior', 'hosted', 'registrations'] as const;
    for (const family of families) await stack.addEndpoint({ family, url: `https://${family}.example.org/` });
    const [identity] = await stack.webhooks.list(stack.realm, { family: 'identity' });
    const all = [...strangers, ...rows()];
    const ids: string[] = [];
    for (const [i, row] of all.entries()) ids.push(await insert(i + 1, row));
    await stack.start();
    await stack.settled();

    const common = {
      orgId: engine.organization,
      timestamp: new Date(stack.clock.now()).toISOString(),
    };
    const profile = { id: 'prf_1', slug: 'standard', version: 2, maturity: 'proven' };
    const bodies = [
      { event: 'user.enrolled', ...common, data: { userId: ada, email: 'ada@example.com', created: true } },
      {
        event: 'verification.success',
        ...common,
        data: {
          verified: true,
          userId: ada,
          email: 'ada@example.com',
          confidence: 0.9877,
          compositeScore: 0.9123,
          checkResults: [
            { check: 'faceMatch', pass: true, score: 0.9123, weight: 1 },
            { check: 'geoFence', pass: false, score: 0, weight: 0.5, skipped: 'no position' },
          ],
          assurance: 'passive',
          verificationId: 'ver_1',
          profile,
        },
      },
      {
        event: 'verification.failure',
        ...common,
        data: {
          verified: false,
          reason: 'No match.',
          confidence: 0,
          assurance: 'match-only',
          verificationId: 'ver_2',
          profile,
        },
      },
      {
        event: 'alert.triggered',
        ...common,
        data: {
          alertId: 'alr_1',
          ruleId: 'rule_1',
          name: 'Failures',
          metric: 'failures-per-key',
          value: 5,
          threshold: 5,
          windowMinutes: 15,
          about: 'key_1',
        },
      },
    ];
    const sent = () => stack.posted.map(({ url, json }) => [url.hostname, JSON.stringify(json)]).toSorted();
    const once = bodies.map(({ data, ...body }, i) => [
      'identity.example.org',
      JSON.stringify({ ...body, data: { ...data, eventId: ids[strangers.length + i], version: 1 } }),
    ]);
    expect(sent()).toEqual(once.toSorted());
    expect(stack.problems).toEqual([]);

    const listed = await stack.eventLog.list(stack.realm, { limit: 50 });
    expect(listed.map(({ id, type, payload }) => ({ id, type, payload }))).toEqual(
      all.map(({ type, payload }, i) => ({ id: ids[i], type, payload: JSON.parse(payload) })).reverse(),
    );

    await stack.deliveries.replay(
      stack.realm,
      { endpoint: identity!.id, since: stack.clock.now() - DAY },
      operator,
    );
    await stack.settled();
    expect(sent()).toEqual([...once, ...once].toSorted());
    const [delivery] = await stack.rows();
    const read = await stack.deliveries.get(stack.realm, delivery!.id, operator);
    expect(read.log[0]?.exchange?.request.body).toBe(once[0]![1]);
    await stack.deliveries.resend(stack.realm, delivery!.id, operator);
    await stack.settled();
    expect(sent()).toEqual([...once, ...once, once[0]!].toSorted());
  });
});
