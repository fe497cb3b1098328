import { z } from 'zod';
import { purposes } from '../../../engine/consent/index.ts';
import { galleryStandings, HoldsFor } from '../../../engine/matching/index.ts';
import { consentLanguages, type SetupStep, setupStates } from '../../../engine/organizations/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, altered, time } from '../reply-fields.ts';

const name = lineOfText(120).describe('Name, unique on the box');
const matchOnly = z
  .boolean()
  .describe(
    'Whether live verifications may run without presentation attack detection, so that a photograph may pass',
  );
const uniquenessPolicy = z
  .enum(['off', 'warn', 'block'])
  .describe('Action when the face is enrolled under another e-mail address');
const consentPolicy = z
  .enum(['attested', 'with-call'])
  .describe('Consent is attested once for all people, or sent with each enrollment');
const allowedProfiles = z.array(z.string().min(1).max(63)).max(100);
const twoPersonReview = z.boolean().describe('Whether two administrators have to agree on a review');
const redirectTargets = z
  .array(z.string().min(1).max(260))
  .max(100)
  .describe(
    'Allowed redirects of hosted flows: hosts (`app.example.com`), plain HTTP origins of the own network (`http://10.0.0.5:8080`), schemes of apps (`myapp:`)',
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
const color = z
  .string()
  .max(20)
  .describe(
    'Color behind the first letter of the name where people who are verified see no logo, `#rrggbb`; the letter is black or white, whichever is easier to read',
  );
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
    signInNotice: signInNotice.nullish().describe('Notice shown before sign-in; null: none'),
    setupSteps: setupSteps.optional(),
    consentLanguage: consentLanguage
      .nullish()
      .describe('Language in which the consent text is shown first; null: that of the reader'),
    color: color.nullish().describe('Color of the pages of people who are verified, `#rrggbb`; null: none'),
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
    createdAt: time('Time of creation'),
    matchOnly,
    uniquenessPolicy,
    consentPolicy,
    attestation: z
      .strictObject({
        textVersion: z.string().describe('Version of the text that people agreed to'),
        purposes: z.array(z.enum(purposes)).describe('Purposes'),
        method: z.string().describe('Method of the consent'),
        legalBasis: z.string().describe('Legal basis'),
        attestedBy: actor,
        attestedAt: time('When'),
      })
      .optional()
      .describe('What it attests for all people without a consent of their own'),
    allowedProfiles: allowedProfiles
      .optional()
      .describe(`Slugs of the only profiles that callers may name; absent: ${OWN_PROFILES}`),
    twoPersonReview: twoPersonReview.optional().describe('Two administrators have to agree on a review'),
    faceFactor: z
      .boolean()
      .optional()
      .describe('Whether administrators may enroll a face as a second factor'),
    fourEyes: z
      .boolean()
      .optional()
      .describe('Whether a second administrator has to confirm erasing and exporting people'),
    redirectTargets: redirectTargets.optional(),
    signInNotice: signInNotice.optional().describe('Notice shown before sign-in'),
    setupSteps: setupSteps.optional(),
    consentLanguage: consentLanguage.optional(),
    color: color.optional(),
    logo: z
      .strictObject({
        width: z.int().describe('Pixels'),
        height: z.int().describe('Pixels'),
        sha256: z.string().describe('SHA-256 of the PNG, hex'),
      })
      .optional()
      .describe('The logo that people see who are verified; absent: none'),
    erasedAt: time('Time when its people and its secrets were erased').optional(),
    altered,
  })
  .meta({ id: 'Organization', description: 'An organization and its settings.', examples: [example] });

export const OrganizationPage = pageReply(
  OrganizationReply,
  'Organizations, the newest first',
  'OrganizationPage',
);

export const OrganizationErasure = z
  .strictObject({
    confirm: z.string().max(120).optional().describe('The name of the organization, as a confirmation'),
    limit: z.int().min(1).max(1000).default(100).describe('Maximum number of people to erase in this call'),
  })
  .meta({ id: 'OrganizationErasure', examples: [{ confirm: 'Museum of Bern' }] });

export const ErasedReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people erased by this call'),
    left: z.int().min(0).describe('People left in both worlds'),
    done: z.boolean().describe('All people are erased, and the secrets of the organization are destroyed'),
    copies: z
      .array(
        z.strictObject({
          place: z.string().describe('Location of the copy'),
          copy: z.string().optional().describe('Id of the copy'),
          own: z.literal(true).optional().describe('Whether it is the key store itself'),
          state: z
            .enum(['destroyed', 'unreachable', 'attested-destroyed'])
            .describe('`unreachable`: the copy still holds the secrets'),
          reason: z.string().optional().describe('Reason why it could not be reached'),
          attested: z
            .strictObject({ by: actor, at: time('When') })
            .optional()
            .describe('Operator who attested that its medium is destroyed'),
        }),
      )
      .describe('Copies of the key store, once `done`'),
  })
  .meta({
    id: 'OrganizationErased',
    description: 'Progress of the erasure of an organization.',
    examples: [{ erased: [], left: 0, done: true, copies: [] }],
  });

export const RenewalOrder = z
  .strictObject({
    confirm: z.string().max(120).optional().describe('The name of the organization, as a confirmation'),
  })
  .meta({ id: 'TemplateRenewalOrder', examples: [{ confirm: 'Museum of Bern' }] });

export const StartedReply = z
  .strictObject({
    generation: z.int().describe('Number of the new key or secret'),
    total: z.int().min(0).describe('Total items'),
  })
  .meta({
    id: 'RotationStarted',
    description: 'A rotation that runs in the background.',
    examples: [{ generation: 2, total: 1200 }],
  });

const done = z.int().min(0).describe('Completed items');
const total = z.int().min(0).describe('Total items');

export const ProgressReply = z
  .discriminatedUnion('is', [
    z.strictObject({
      is: z.literal('none').describe('Nothing is running: it is finished, or was never started'),
    }),
    z.strictObject({ is: z.literal('running').describe('Running'), done, total }),
    z.strictObject({
      is: z.literal('stopped').describe('Interrupted; it continues at the next start or the next call'),
      done,
      total,
      reason: z.string().describe('Why'),
    }),
  ])
  .meta({
    id: 'RotationProgress',
    description: 'Progress of a rotation in the background.',
    examples: [{ is: 'running', done: 400, total: 1200 }],
  });

const share = z.number().min(0).max(1);

const CalibrationReply = z
  .strictObject({
    env: z.enum(['live', 'test']).describe('World of the gallery'),
    scorer: z.string().describe('Scorer'),
    holdsFor: HoldsFor.describe('Table that was compared'),
    shift: z.number().describe('Amount by which thresholds are raised, in the scale of the scorer'),
    people: z.int().min(0).describe('People that the scorer could compare at the time of the measurement'),
    compared: z.int().min(0).describe('People compared: at most 2,000, one picture each'),
    pairs: z.int().min(0).describe('Pairs of different people; 0: too few people, nothing was measured'),
    rate: share.describe('Expected share of pairs that reach the threshold'),
    share: share.describe('Measured share of pairs that reach the threshold'),
    worstTenth: share.describe('The same among the pairs of the tenth of people who have most such pairs'),
    doubtful: z
      .int()
      .min(0)
      .describe('People compared whose template does not distinguish them (`listDoubtfulPeople`)'),
    measuredAt: time('When'),
    outdated: z.boolean().describe('The models have changed since; the calibration is not applied'),
  })
  .meta({
    id: 'GalleryCalibration',
    description: "Calibration of one scorer on the organization's own gallery.",
    examples: [
      {
        env: 'live',
        scorer: 'r',
        holdsFor: 'every-group',
        shift: 0.01,
        people: 120,
        compared: 120,
        pairs: 7140,
        rate: 0.0014,
        share: 0.0022,
        worstTenth: 0.0081,
        doubtful: 0,
        measuredAt: '2026-11-20T12:00:00.000Z',
        outdated: false,
      },
    ],
  });

const OwnGalleryReply = z
  .strictObject({
    env: z.enum(['live', 'test']).describe('World of the gallery'),
    scorer: z.string().describe('Scorer'),
    holdsFor: HoldsFor.describe('Table of the scorer'),
    people: z.int().min(0).describe('People that the scorer can compare now'),
    fewest: z.int().describe('People that are needed to measure'),
    standing: z
      .enum(galleryStandings)
      .describe(
        '`not-measured`: nothing says yet that the rates of the table hold for these people; `too-few-people`: too few to say',
      ),
  })
  .meta({
    id: 'OwnGallery',
    description: 'Whether a gallery was compared with a table of the scorer.',
    examples: [
      {
        env: 'live',
        scorer: 'r',
        holdsFor: 'every-group',
        people: 12,
        fewest: 30,
        standing: 'too-few-people',
      },
    ],
  });

/** A few at most, one for each world, scorer and table: no pages. */
export const CalibrationsReply = z
  .strictObject({
    items: z.array(CalibrationReply).describe('What was measured, for each world, scorer and table'),
    galleries: z.array(OwnGalleryReply).describe('Every gallery, measured or not'),
  })
  .meta({ id: 'GalleryCalibrations', description: 'Every gallery of the organization.', examples: [] });

/** The `request` part beside the file. */
export const LogoRequest = z
  .strictObject({})
  .meta({ id: 'OrganizationLogoUpload', description: 'No fields besides the file.', examples: [{}] });

export const LogoReply = z
  .strictObject({
    image: z.string().describe('PNG as a data URL'),
    width: z.int().describe('Pixels'),
    height: z.int().describe('Pixels'),
  })
  .meta({
    id: 'OrganizationLogo',
    description: 'The logo as it is kept: its pixels alone.',
    examples: [{ image: 'data:image/png;base64,iVBORw0KGgo…', width: 240, height: 84 }],
  });

export type OrganizationReply = z.output<typeof OrganizationReply>;
export type CalibrationReply = z.output<typeof CalibrationReply>;
export type CalibrationsReply = z.output<typeof CalibrationsReply>;
