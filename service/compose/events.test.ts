import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families, PAYLOAD_LIMIT, type RecordedEvent } from '../engine/events/index.ts';
import { riskFlags } from '../engine/live/index.ts';
import type { OrganizationId, SubjectId } from '../lib/id.ts';
import { webhookDialects } from './events.ts';

const bytes = (body: unknown) => Buffer.byteLength(JSON.stringify(body));
const dialectOf = (family: string) => webhookDialects.find((dialect) => dialect.family === family)!;

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** The longest name that doors accept from callers, in four-byte characters. */
const name = fc.string({ maxLength: 500, unit: 'binary' });
const count = fc.nat();
const check = fc.record({
  check: fc.constantFrom('liveness', 'geoFence'),
  pass: fc.boolean(),
  score: share,
  weight: share,
  skipped: fc.string({ maxLength: 200 }),
});
const verification = fc.record(
  {
    verification: fc.string(),
    kind: fc.constantFrom('1:1' as const, '1:N' as const),
    profile: fc.string(),
    actor: fc.string(),
    notPassed: fc.constant([]),
    confidence: share,
    composite: share,
    assurance: fc.string(),
    reason: fc.string({ maxLength: 1000 }),
    checks: fc.array(check, { maxLength: 8 }),
  },
  { requiredKeys: ['verification', 'kind', 'profile', 'actor', 'notPassed'] },
);
const end = {
  session: fc.string(),
  decision: fc.constantFrom('approved', 'rejected', 'duplicate', 'expired'),
};
const session = fc.record({
  flow: fc.constant('api'),
  ...end,
  expiresAt: fc.nat(),
  riskLevel: fc.constantFrom('low', 'medium', 'high'),
  riskScore: share,
  riskFlags: fc.array(fc.constantFrom(...riskFlags), { maxLength: 10 }),
  profile: fc.string(),
  challengesCompleted: count,
  processingTimeMs: count,
});
const hostedSession = fc.record({
  flow: fc.constant('hosted'),
  ...end,
  verification: fc.string(),
  proves: fc.constantFrom('human', 'age', 'identity', 'trust'),
});
const registration = fc.record({ flow: fc.constant('registration'), ...end });
const alert = fc.record({
  alert: fc.string(),
  rule: fc.string(),
  name,
  metric: fc.string(),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  threshold: share,
  windowMinutes: count,
});

const payloads: Record<RecordedEvent['type'], fc.Arbitrary<object>> = {
  'subject.enrolled': fc.record({
    subject: fc.string(),
    created: fc.boolean(),
    enrollment: fc.string(),
  }),
  'subject.erased': fc.record({ erasure: fc.string(), reason: fc.string() }),
  'subject.disabled': fc.record({ subject: fc.string() }),
  'subject.enabled': fc.record({ subject: fc.string() }),
  'enrollment.refused': fc.record({ code: fc.string(), actor: fc.string() }),
  'verification.verified': verification,
  'verification.refused': verification,
  'verification.disabled': fc.record({ target: fc.string(), failures: count }),
  'consent.withdrawn': fc.record({ subject: fc.string(), purposes: fc.array(fc.string()) }),
  'alert.triggered': alert,
  'webhook.disabled': fc.record({ endpoint: fc.string(), reason: name }),
  'session.decided': fc.oneof(session, hostedSession, registration),
  'behavior.judged': fc.record({ human: fc.boolean(), confidence: share }),
};
/** As much as a caller may send. */
const metadata = fc.constantFrom({}, { note: 'x'.repeat(16 * 1024 - 11) });
const personals: Partial<Record<RecordedEvent['type'], fc.Arbitrary<object>>> = {
  'subject.enrolled': fc.record({ email: name, metadata }, { requiredKeys: ['email'] }),
  'verification.verified': fc.record({ email: name, metadata }, { requiredKeys: [] }),
  'verification.refused': fc.record({ metadata }),
  'session.decided': fc.oneof(
    fc.record({ passToken: fc.option(fc.string()), metadata: fc.dictionary(fc.string(), fc.jsonValue()) }),
    fc.record({ reference: name, metadata }, { requiredKeys: ['reference'] }),
    fc.record({ metadata }, { requiredKeys: [] }),
  ),
  'behavior.judged': fc.record(
    { token: fc.string(), reference: name, metadata },
    { requiredKeys: ['token'] },
  ),
};
const anyEvent = fc
  .constantFrom(...(Object.keys(payloads) as RecordedEvent['type'][]))
  .chain((type) =>
    fc.record({
      id: fc.string(),
      type: fc.constant(type),
      organization: fc.string(),
      world: fc.constantFrom('live', 'test'),
      at: fc.nat(Date.UTC(2100, 0)),
      payload: payloads[type],
      // Absent too, as when the person was erased.
      personal: fc.option(personals[type] ?? fc.constant({}), { nil: undefined }),
    }),
  )
  .map((event) => event as unknown as RecordedEvent);

test('each family has one dialect, and its events bear its name', () => {
  expect(webhookDialects.map(({ family }) => family)).toEqual(families);
  for (const { family, events } of webhookDialects)
    for (const { name } of events) expect(name.startsWith(`${family}.`)).toBe(true);
});

test('for any event, a translation has a name of the catalog, fits, and is the same at each attempt', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      for (const { translate, events } of webhookDialects) {
        const translated = translate(event);
        if (translated === undefined) continue;
        expect(events.map(({ name }) => name)).toContain(translated.name);
        const body = translated.body();
        expect(translated.name.endsWith(`.${body.event}`)).toBe(true);
        expect(bytes(body)).toBeLessThanOrEqual(PAYLOAD_LIMIT);
        const again = translate(structuredClone(event));
        expect(again?.name).toBe(translated.name);
        for (const one of [translated, again]) expect(JSON.stringify(one?.body())).toBe(JSON.stringify(body));
      }
    }),
    { numRuns: 500 },
  );
});

const at = Date.UTC(2026, 10, 20);
const common = { id: 'evt_1', organization: 'org_1' as OrganizationId, world: 'live' as const, at };

describe('of a person who was erased', () => {
  const erased = { ...common, personal: undefined };
  const bodies: [string, RecordedEvent, string][] = [
    [
      'identity',
      {
        ...erased,
        type: 'subject.enrolled',
        payload: { subject: 'sub_1' as SubjectId, created: true, enrollment: 'enr_1' },
      },
      '{"event":"user.enrolled","orgId":"org_1","timestamp":"2026-11-20T00:00:00.000Z","data":{"userId":"sub_1","created":true,"eventId":"evt_1","version":1}}',
    ],
    [
      'behavior',
      { ...erased, type: 'behavior.judged', payload: { human: true, confidence: 0.999 } },
      '{"event":"human.verified","human":true,"confidence":0.999,"score":100,"timestamp":"2026-11-20T00:00:00.000Z","event_id":"evt_1","version":1}',
    ],
    [
      'registrations',
      {
        ...erased,
        type: 'session.decided',
        payload: { flow: 'registration', session: 'ses_1', decision: 'approved' },
      },
      '{"event":"USER_VERIFICATION_COMPLETED","event_id":"evt_1","version":1,"connection_status":"COMPLETED","failure_code":null,"timestamp":"2026-11-20T00:00:00.000Z"}',
    ],
  ];
  test.each(bodies)('%s leaves out what was personal', (family, event, body) => {
    expect(JSON.stringify(dialectOf(family).translate(event)?.body())).toBe(body);
  });
});

test('an expired invitation was not completed: registrations send nothing', () => {
  expect(
    dialectOf('registrations').translate({
      ...common,
      type: 'session.decided',
      payload: { flow: 'registration', session: 'ses_1', decision: 'expired' },
      personal: { reference: 'user_1' },
    }),
  ).toBeUndefined();
});

describe('how a session ended, in the words of its flow’s family', () => {
  const decisions = ['approved', 'rejected', 'duplicate', 'expired'] as const;

  test.each([
    ['human', 'verifyhuman'],
    ['age', 'verifyage'],
    ['identity', 'verifyidentity'],
    ['trust', 'verifytrust'],
  ] as const)('hosted: %s is %s; a duplicate has failed', (proves, product) => {
    const bodies = decisions.map((decision) => {
      const payload = { flow: 'hosted', session: 'ses_1', decision, verification: 'ver_1', proves } as const;
      return dialectOf('hosted')
        .translate({ ...common, type: 'session.decided', payload, personal: undefined })
        ?.body();
    });
    expect(bodies.map((body) => [body?.product, body?.status])).toEqual(
      ['PASS', 'FAIL', 'FAIL', 'EXPIRED'].map((status) => [product, status]),
    );
  });

  test('registrations: rejected is a failed liveness, a duplicate is not unique, expired is not sent', () => {
    const bodies = decisions.map((decision) => {
      const payload = { flow: 'registration', session: 'ses_1', decision } as const;
      return dialectOf('registrations')
        .translate({ ...common, type: 'session.decided', payload, personal: { reference: 'user_1' } })
        ?.body();
    });
    expect(bodies.map((body) => body && [body.connection_status, body.failure_code])).toEqual([
      ['COMPLETED', null],
      ['FAILED', 'LIVENESS_FAILED'],
      ['FAILED', 'NOT_UNIQUE'],
      undefined,
    ]);
  });
});

describe('metadata of a session', () => {
  const decided = (metadata: Record<string, unknown>): RecordedEvent => ({
    ...common,
    type: 'session.decided',
    payload: {
      flow: 'api',
      session: 'sess_1',
      decision: 'approved',
      expiresAt: at,
      riskLevel: 'low',
      riskScore: 0,
      riskFlags: [],
      profile: 'specter',
      challengesCompleted: 1,
      processingTimeMs: 2,
    },
    personal: { passToken: 'hp_1', metadata },
  });
  const bodyOf = (metadata: Record<string, unknown>) =>
    dialectOf('sessions').translate(decided(metadata))!.body();
  const room = PAYLOAD_LIMIT - bytes(bodyOf({ note: '' }));

  test('is sent up to the last byte that fits, and replaced by a mark beyond it', () => {
    const full = bodyOf({ note: 'x'.repeat(room) });
    expect(bytes(full)).toBe(PAYLOAD_LIMIT);
    expect(full.metadata).toMatchObject({ note: 'x'.repeat(room), profile: 'specter' });
    for (const note of ['x'.repeat(room + 1), 'ü'.repeat(room - 1)])
      expect(bodyOf({ note }).metadata).toEqual({
        profile: 'specter',
        challengesCompleted: 1,
        processingTimeMs: 2,
        metadataOmitted: 'too large',
      });
  });
});
