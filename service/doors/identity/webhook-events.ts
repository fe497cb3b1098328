import {
  type EventPayloads,
  type PayloadDialect,
  type RecordedEvent,
  SAMPLE_EVENT,
  type Translation,
  withMetadata,
} from '../../engine/events/index.ts';
import { WEBHOOK_VERSION } from '../../http/published-route.ts';
import { defined } from '../../lib/defined.ts';

/** What receivers of this family's webhooks get, as the catalog shows it and a test event sends it. */

/** Names the event, for receivers that keep bodies and no headers. */
const ofEvent = { eventId: SAMPLE_EVENT, version: WEBHOOK_VERSION };
const profile = { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' };

const verificationSuccess = {
  event: 'verification.success',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    verified: true,
    userId: 'sub_01m7w3ayykpzv1m774b6g68g31',
    email: 'alice@example.com',
    confidence: 0.94,
    compositeScore: 0.87,
    checkResults: [
      { check: 'liveness', pass: true, score: 0.9, weight: 1.5 },
      { check: 'frameConsistency', pass: true, score: 1, weight: 1 },
      { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'Not enough was known.' },
      { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5 },
    ],
    assurance: 'passive',
    capture: { source: 'kiosk' },
    verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
    profile,
    ...ofEvent,
  },
};

const verificationFailure = {
  event: 'verification.failure',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    verified: false,
    reason: 'Identity not recognised',
    confidence: 0,
    checkResults: [
      {
        check: 'liveness',
        pass: true,
        score: 0,
        weight: 0,
        skipped: 'No presentation attack detection ran: the test world, match only, or none is installed.',
      },
      { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5 },
    ],
    assurance: 'match-only',
    capture: { source: 'api' },
    verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
    profile,
    ...ofEvent,
  },
};

const userEnrolled = {
  event: 'user.enrolled',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: { userId: 'sub_01m7w3ayykpzv1m774b6g68g31', email: 'alice@example.com', created: true, ...ofEvent },
};

const alertTriggered = {
  event: 'alert.triggered',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    alertId: 'alr_01m7w3hbbec1gf5vj2bmsg7bmh',
    ruleId: 'rule_01m7w3ayykpzv1m774b6g68g31',
    name: 'Too many failures of one person',
    metric: 'failures-per-person',
    value: 5,
    threshold: 5,
    windowMinutes: 10,
    about: 'sub_01m7w3ayykpzv1m774b6g68g31',
    ...ofEvent,
  },
};

/** identity.txt, "Webhooks": `{ event, orgId, timestamp, data }`; inside `data` the names of this family's HTTP answers. */
export const identityEvents: PayloadDialect = {
  family: 'identity',
  signature: 'hex',
  events: [
    {
      name: 'identity.verification.success',
      when: 'An identity is matched',
      fires: true,
      sample: verificationSuccess,
    },
    {
      name: 'identity.verification.failure',
      when: 'A verification attempt fails: no person recognized, a check failed, or no usable face in the picture',
      fires: true,
      sample: verificationFailure,
    },
    {
      name: 'identity.user.enrolled',
      when: 'A user completes identity enrollment; `created` is false for a further picture of a known user',
      fires: true,
      sample: userEnrolled,
    },
    {
      name: 'identity.alert.triggered',
      when: 'An alert rule threshold is breached; a webhook endpoint that was switched off is one',
      fires: true,
      sample: alertTriggered,
    },
  ],
  translate(event) {
    switch (event.type) {
      case 'verification.verified':
        return toTranslation(event, 'verification.success', () => ({
          verified: true,
          ...defined({ userId: event.payload.subject, email: event.personal?.email }),
          ...fromVerification(event.payload),
        }));
      // As over HTTP: a refusal does not name the claimed person, so that an unknown e-mail looks like a mismatch.
      case 'verification.refused':
        return toTranslation(event, 'verification.failure', () => ({
          verified: false,
          ...fromVerification(withoutFigures(event.payload)),
        }));
      case 'subject.enrolled':
        return toTranslation(event, 'user.enrolled', () => ({
          userId: event.payload.subject,
          ...defined({ email: event.personal?.email }),
          created: event.payload.created,
        }));
      case 'alert.triggered':
        return toTranslation(event, 'alert.triggered', () => fromAlert(event.payload));
      default:
        return undefined;
    }
  },
};

const toTranslation = (
  { id, organization, at, personal }: RecordedEvent,
  event: string,
  data: () => Record<string, unknown>,
): Translation => ({
  name: `identity.${event}`,
  body: () =>
    withMetadata(
      (metadata) => ({
        event,
        orgId: organization,
        timestamp: new Date(at).toISOString(),
        data: { ...data(), ...defined({ metadata }), eventId: id, version: WEBHOOK_VERSION },
      }),
      personal !== undefined && 'metadata' in personal ? personal.metadata : undefined,
    ),
});

/** Events of earlier releases carry less: what is not known is absent. */
function fromVerification(payload: EventPayloads['verification.verified']): Record<string, unknown> {
  const { reason, confidence, composite, checks, assurance, source, verification } = payload;
  const { profile, profileSlug, profileVersion, profileMaturity } = payload;
  return {
    ...defined({ reason }),
    ...(confidence === undefined ? {} : { confidence: round(confidence) }),
    ...(composite === undefined ? {} : { compositeScore: round(composite) }),
    ...defined({
      checkResults: checks?.map(({ check, pass, score, weight, skipped }) => ({
        check,
        pass,
        score: round(score),
        weight: round(weight),
        ...defined({ skipped }),
      })),
      assurance,
      capture: source && { source },
    }),
    verificationId: verification,
    profile: {
      id: profile,
      ...defined({ slug: profileSlug, version: profileVersion, maturity: profileMaturity }),
    },
  };
}

/** Events of earlier releases carry the composite score of a refusal. It would help an attacker, so it is left out. */
function withoutFigures({ composite: _, ...payload }: EventPayloads['verification.refused']) {
  const { confidence, checks } = payload;
  return {
    ...payload,
    ...(confidence === undefined ? {} : { confidence: 0 }),
    ...defined({ checks: checks?.map((one) => (one.pass ? one : { ...one, score: 0 })) }),
  };
}

const fromAlert = (payload: EventPayloads['alert.triggered']) => ({
  alertId: payload.alert,
  ruleId: payload.rule,
  name: payload.name,
  metric: payload.metric,
  value: payload.value,
  threshold: payload.threshold,
  windowMinutes: payload.windowMinutes,
  ...defined({ about: payload.about, reason: payload.reason }),
});

/** Four decimals, as over HTTP. */
const round = (value: number) => Math.round(value * 1e4) / 1e4;
