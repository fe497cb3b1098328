import type { EventPayloads, PayloadDialect, RecordedEvent, Translation } from '../../engine/events/index.ts';
import { WEBHOOK_VERSION } from '../../http/webhook-version.ts';
import { defined } from '../../lib/defined.ts';
import { alertTriggered, userEnrolled, verificationFailure, verificationSuccess } from './webhook-samples.ts';

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
  { id, organization, at }: RecordedEvent,
  event: string,
  data: () => Record<string, unknown>,
): Translation => ({
  name: `identity.${event}`,
  body: () => ({
    event,
    orgId: organization,
    timestamp: new Date(at).toISOString(),
    data: { ...data(), eventId: id, version: WEBHOOK_VERSION },
  }),
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
