import { z } from 'zod';
import { purposes } from '../../../engine/consent/index.ts';
import { consentLanguages, type SetupStep, setupStates } from '../../../engine/organizations/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const name = lineOfText(120).describe('Its name, which no other organization of the box has');
const matchOnly = z
  .boolean()
  .describe(
    'Whether live verifications may run without presentation attack detection: a photograph may pass then',
  );
const uniquenessPolicy = z
  .enum(['off', 'warn', 'block'])
  .describe('What happens when a face belongs to another e-mail address already');
const consentPolicy = z
  .enum(['attested', 'with-call'])
  .describe('Consent is attested once for everybody, or comes with each enrollment');
const allowedProfiles = z.array(z.string().min(1).max(63)).max(100);
const twoPersonReview = z.boolean().describe('Whether two administrators have to agree on a review');
const redirectTargets = z
  .array(z.string().min(1).max(260))
  .max(100)
  .describe(
    'Where hosted flows may lead back to: hosts (`app.example.com`), plain HTTP origins of the own network (`http://10.0.0.5:8080`), schemes of apps (`myapp:`)',
  );
const step = (what: string) => z.enum(setupStates).optional().describe(what);
const setupSteps = z
  .strictObject({
    name: step('Name and certificate'),
    factor: step('Second factor of the owner'),
    'attack-detection': step('Liveness, or match only'),
    consent: step('Consent and its text'),
    destinations: step('What may leave the box'),
    keys: step('First keys'),
  } satisfies Record<SetupStep, z.ZodType>)
  .describe('How far the assistant has come; `later`: put off');
const consentLanguage = z
  .enum(consentLanguages)
  .describe('Language in which the consent text is shown first');
const signInNotice = z.string().trim().min(1).max(4000);
const OWN_PROFILES = 'its own profiles, and built-in ones that it has not replaced';

export const OrganizationQuery = z.strictObject(pageQuery(idOf('organization')));

export const NewOrganization = z
  .strictObject({ name })
  .meta({ id: 'NewOrganization', examples: [{ name: 'Museum of Bern' }] });

export const OrganizationChange = z
  .strictObject({
    name: name.optional(),
    matchOnly: matchOnly.optional(),
    uniquenessPolicy: uniquenessPolicy.optional(),
    consentPolicy: consentPolicy.optional(),
    allowedProfiles: allowedProfiles
      .min(1)
      .nullish()
      .describe(`Slugs of the only profiles that callers may name; null: ${OWN_PROFILES}`),
    twoPersonReview: twoPersonReview.optional(),
    redirectTargets: redirectTargets.optional(),
    signInNotice: signInNotice.nullish().describe('What people read before they sign in; null: nothing'),
    setupSteps: setupSteps.optional(),
    consentLanguage: consentLanguage.optional(),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one setting.',
  )
  .meta({ id: 'OrganizationChange', examples: [{ uniquenessPolicy: 'warn' }] });

const example = {
  id: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  name: 'Museum of Bern',
  createdAt: '2026-11-20T12:00:00.000Z',
  matchOnly: false,
  uniquenessPolicy: 'off' as const,
  consentPolicy: 'attested' as const,
};

export const OrganizationReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('Its name'),
    createdAt: time('When it was made'),
    matchOnly,
    uniquenessPolicy,
    consentPolicy,
    attestation: z
      .strictObject({
        textVersion: z.string().describe('Version of the text that people agreed to'),
        purposes: z.array(z.enum(purposes)).describe('What they agreed to'),
        method: z.string().describe('How they agreed'),
        legalBasis: z.string().describe('Legal basis'),
        attestedBy: actor,
        attestedAt: time('When'),
      })
      .optional()
      .describe('What it attests for everybody without a consent of their own'),
    allowedProfiles: allowedProfiles
      .optional()
      .describe(`Slugs of the only profiles that callers may name; absent: ${OWN_PROFILES}`),
    twoPersonReview: twoPersonReview.optional().describe('Two administrators have to agree on a review'),
    redirectTargets: redirectTargets.optional(),
    signInNotice: signInNotice.optional().describe('What people read before they sign in'),
    setupSteps: setupSteps.optional(),
    consentLanguage: consentLanguage.optional(),
    erasedAt: time('When everybody in it and its secrets were erased').optional(),
  })
  .meta({ id: 'Organization', description: 'An organization and its settings.', examples: [example] });

export const OrganizationPage = pageReply(
  OrganizationReply,
  'Organizations, the newest first',
  'OrganizationPage',
);

export const OrganizationErasure = z
  .strictObject({
    confirm: z
      .string()
      .max(120)
      .optional()
      .describe('The name of the organization; without it nothing is erased'),
    limit: z.int().min(1).max(1000).default(100).describe('Most people of this call'),
  })
  .meta({ id: 'OrganizationErasure', examples: [{ confirm: 'Museum of Bern' }] });

export const ErasedReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people that this call erased'),
    left: z.int().min(0).describe('People left in both worlds'),
    done: z.boolean().describe('Nobody is left, and the secrets of the organization are destroyed'),
    copies: z
      .array(
        z.strictObject({
          place: z.string().describe('Where it is kept'),
          copy: z.string().optional().describe('Id of the copy, whatever lies at its place now'),
          own: z.literal(true).optional().describe('It is the key store itself'),
          state: z
            .enum(['destroyed', 'unreachable', 'attested-destroyed'])
            .describe('`unreachable`: it still holds the secrets until it is reached'),
          reason: z.string().optional().describe('Why it could not be reached'),
          attested: z
            .strictObject({ by: actor, at: time('When') })
            .optional()
            .describe('Who gave their word that its medium is destroyed'),
        }),
      )
      .describe('Copies of the key store, once `done`'),
  })
  .meta({
    id: 'OrganizationErased',
    description: 'How far the erasure of an organization has come.',
    examples: [{ erased: [], left: 0, done: true, copies: [] }],
  });

export const RenewalOrder = z
  .strictObject({
    confirm: z
      .string()
      .max(120)
      .optional()
      .describe('The name of the organization; without it nothing is renewed'),
  })
  .meta({ id: 'TemplateRenewalOrder', examples: [{ confirm: 'Museum of Bern' }] });

export const StartedReply = z
  .strictObject({
    generation: z.int().describe('Number of the new key or secret'),
    total: z.int().min(0).describe('How much there is to do'),
  })
  .meta({
    id: 'RotationStarted',
    description: 'A rotation that goes on in the background.',
    examples: [{ generation: 2, total: 1200 }],
  });

const done = z.int().min(0).describe('How much is done');
const total = z.int().min(0).describe('Of how much');

export const ProgressReply = z
  .discriminatedUnion('is', [
    z.strictObject({
      is: z.literal('none').describe('Nothing is under way: it is finished, or was never begun'),
    }),
    z.strictObject({ is: z.literal('running').describe('Under way'), done, total }),
    z.strictObject({
      is: z
        .literal('stopped')
        .describe('Cut short; it goes on at the next start, or when it is asked for again'),
      done,
      total,
      reason: z.string().describe('Why'),
    }),
  ])
  .meta({
    id: 'RotationProgress',
    description: 'How far a rotation in the background has come.',
    examples: [{ is: 'running', done: 400, total: 1200 }],
  });

const share = z.number().min(0).max(1);

const CalibrationReply = z
  .strictObject({
    env: z.enum(['live', 'test']).describe('World of the gallery'),
    scorer: z.string().describe('Scorer'),
    shift: z.number().describe('What thresholds are raised by, in the scale of the scorer; 0: not at all'),
    people: z.int().min(0).describe('People enrolled when it was measured'),
    compared: z.int().min(0).describe('People that were compared: at most 2,000, one picture each'),
    pairs: z.int().min(0).describe('Pairs of different people; 0: too few people, nothing was measured'),
    rate: share.describe('Share of pairs that should reach the threshold'),
    share: share.describe('Share of pairs that do'),
    measuredAt: time('When'),
    outdated: z.boolean().describe('Models have changed since: it is not applied'),
  })
  .meta({
    id: 'GalleryCalibration',
    description: 'What the people enrolled raise the thresholds of one scorer by.',
    examples: [
      {
        env: 'live',
        scorer: 'a',
        shift: 0.01,
        people: 120,
        compared: 120,
        pairs: 7140,
        rate: 0.0014,
        share: 0.0021,
        measuredAt: '2026-11-20T12:00:00.000Z',
        outdated: false,
      },
    ],
  });

/** A few at most, one for each world and scorer: no pages. */
export const CalibrationsReply = z
  .strictObject({ items: z.array(CalibrationReply).describe('One for each world and scorer') })
  .meta({ id: 'GalleryCalibrations', description: 'Every gallery of the organization.', examples: [] });

export type OrganizationReply = z.output<typeof OrganizationReply>;
export type CalibrationReply = z.output<typeof CalibrationReply>;
