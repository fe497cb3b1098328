import { z } from 'zod';
import { checkNames } from '../../engine/checks/index.ts';
import { identityEvents } from './webhook-events.ts';

const share = z.number().min(0).max(1);

const CheckOutcome = z
  .strictObject({
    check: z.enum(checkNames).describe('Which check'),
    pass: z.boolean().describe('True when it passed, and when it was skipped'),
    score: share.describe('0..1; 0 when it failed or was skipped'),
    weight: z.number().min(0).describe('Its part in compositeScore; 0 when skipped'),
    skipped: z.string().describe('Why it did not run').optional(),
  })
  .meta({ id: 'WebhookCheckResult', description: 'What one check of the profile found.' });

const Profile = z
  .strictObject({
    id: z.string().describe('Id'),
    slug: z.string().describe('Name in requests').optional(),
    version: z.int().describe('Version of its settings').optional(),
    maturity: z
      .string()
      .describe('proven, alternate or experimental; custom for a profile of the organization’s own')
      .optional(),
  })
  .describe('The profile that decided; events of releases before 0.1.1 have the id alone');

/** Absent where no face could be judged, or where an earlier release wrote the event. */
const verification = {
  reason: z.string().describe('Why not, when not verified').optional(),
  confidence: share.describe('As the caller was told; 0 in a refusal').optional(),
  checkResults: z.array(CheckOutcome).describe('Every check of the profile').optional(),
  assurance: z
    .enum(['match-only', 'passive', 'active'])
    .describe('What was done against presentation attacks')
    .optional(),
  verificationId: z.string().describe('Under which the verification is kept'),
  profile: Profile,
};

/** What `data` of each event holds. */
const data = {
  'verification.success': z.strictObject({
    verified: z.literal(true).describe('Always true'),
    userId: z.string().describe('Id of the person; absent once the person is erased').optional(),
    email: z.string().describe('Their e-mail; absent once the person is erased').optional(),
    ...verification,
    compositeScore: share.describe('Weighted mean of the scores of the checks that ran').optional(),
  }),
  'verification.failure': z.strictObject({
    verified: z.literal(false).describe('Always false; it is not told whom the face was not taken for'),
    ...verification,
  }),
  'user.enrolled': z.strictObject({
    userId: z.string().describe('Id of the person'),
    email: z.string().describe('Their e-mail; absent once the person is erased').optional(),
    created: z.boolean().describe('False: the person was known and has got a further picture'),
  }),
  'alert.triggered': z.strictObject({
    alertId: z.string().describe('Id of the alert'),
    ruleId: z.string().describe('Id of the rule'),
    name: z.string().describe('Name of the rule'),
    metric: z.string().describe('What the rule watches'),
    value: z.number().describe('What was found'),
    threshold: z.number().describe('From which value on the rule triggers'),
    windowMinutes: z.number().describe('Over how long'),
    about: z.string().describe('Id of the person, webhook or key that it is about').optional(),
    reason: z.string().describe('Why, for instance why a webhook was switched off').optional(),
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
        timestamp: z.iso.datetime().describe('When it happened, UTC'),
        data: fields.describe('What happened'),
      })
      .meta({ examples: [known.sample] }),
  };
});
