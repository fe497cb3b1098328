import { z } from 'zod';
import { CaptureSource, checkNames } from '../../engine/matching/index.ts';
import { Metadata } from '../../http/key-lists.ts';
import { eventIdField, versionField } from '../../http/published-route.ts';
import { identityEvents } from './webhook-events.ts';

const share = z.number().min(0).max(1);

const CheckOutcome = z
  .strictObject({
    check: z.enum(checkNames).describe('Name of the check'),
    pass: z.boolean().describe('True if it passed or was skipped'),
    score: share.describe('0..1; 0 when it failed or was skipped'),
    weight: z.number().min(0).describe('Its weight in compositeScore; 0 when skipped'),
    skipped: z.string().describe('Reason why it did not run').optional(),
  })
  .meta({ id: 'WebhookCheckResult', description: 'Result of one check of the profile.' });

const Profile = z
  .strictObject({
    id: z.string().describe('Id'),
    slug: z.string().describe('Name in requests').optional(),
    version: z.int().describe('Version of the profile').optional(),
    maturity: z
      .string()
      .describe('proven, alternate or experimental; custom for a profile of the organization’s own')
      .optional(),
  })
  .describe('The profile; events of releases before 0.1.1 have only the id');

/** Absent where no face could be judged, or where an earlier release wrote the event. */
const verification = {
  reason: z.string().describe('Reason, when not verified').optional(),
  confidence: share.describe('As in the reply to the caller; 0 in a refusal').optional(),
  checkResults: z.array(CheckOutcome).describe('Every check of the profile').optional(),
  assurance: z
    .enum(['match-only', 'passive', 'active'])
    .describe('Presentation attack detection that ran')
    .optional(),
  capture: z.strictObject({ source: CaptureSource }).describe('How the pictures were taken').optional(),
  verificationId: z.string().describe('Id of the stored verification'),
  profile: Profile,
};

/** `data` is ours to fill: the text prints `{ ... }`. */
const ofEvent = { eventId: eventIdField, version: versionField };
const metadata = Metadata.optional().describe('As the call gave it');

/** What `data` of each event holds. */
const data = {
  'verification.success': z.strictObject({
    verified: z.literal(true).describe('Always true'),
    userId: z.string().describe('Id of the person; absent once the person is erased').optional(),
    email: z.string().describe('E-mail of the person; absent once the person is erased').optional(),
    ...verification,
    compositeScore: share.describe('Weighted mean of the scores of the checks that ran').optional(),
    metadata,
    ...ofEvent,
  }),
  'verification.failure': z.strictObject({
    verified: z
      .literal(false)
      .describe('Always false; the person that the face was compared with is left out'),
    ...verification,
    metadata: metadata.describe(
      'As the call gave it; absent a day after the refusal, and where a delivery is repeated after it succeeded',
    ),
    ...ofEvent,
  }),
  'user.enrolled': z.strictObject({
    userId: z.string().describe('Id of the person'),
    email: z.string().describe('E-mail of the person; absent once the person is erased').optional(),
    created: z.boolean().describe('False: the person existed and has a further picture'),
    metadata,
    ...ofEvent,
  }),
  'alert.triggered': z.strictObject({
    alertId: z.string().describe('Id of the alert'),
    ruleId: z.string().describe('Id of the rule'),
    name: z.string().describe('Name of the rule'),
    metric: z.string().describe('Metric of the rule'),
    value: z.number().describe('Measured value'),
    threshold: z.number().describe('Threshold of the rule'),
    windowMinutes: z.number().describe('Window'),
    about: z.string().describe('Id of the person, webhook or key').optional(),
    reason: z.string().describe('Reason, for example why a webhook was disabled').optional(),
    ...ofEvent,
  }),
} as const;

/** Events of this family as the OpenAPI document describes them, in the order of the catalog. */
export const identityWebhooks = Object.entries(data).map(([event, fields]) => {
  const known = identityEvents.events.find(({ name }) => name === `identity.${event}`);
  if (!known) throw new Error(`identity.${event} is not in the catalog`);
  return {
    name: known.name,
    when: known.when,
    payload: z
      .strictObject({
        event: z.literal(event).describe('Its name'),
        orgId: z.string().describe('Id of the organization'),
        timestamp: z.iso.datetime().describe('Time of the event, UTC'),
        data: fields.describe('What happened'),
      })
      .meta({ examples: [known.sample] }),
  };
});
