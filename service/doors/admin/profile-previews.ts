import { z } from 'zod';
import { builtInProfiles, checkNames, HoldsFor, ProfileDefinition } from '../../engine/matching/index.ts';
import { type Checks, type ProfilePreview, unknowns } from '../../engine/verification/index.ts';
import { time } from '../../lib/record-fields.ts';
import { byReaders } from './may-call.ts';
import { AnyProfile, Definition, OwnProfile, rule } from './profile-fields.ts';
import { type AdminRoute, route } from './route.ts';

const ProfilePreviewRequest = z
  .strictObject({
    definition: Definition.describe('The settings to try; nothing is stored'),
    limit: z
      .int()
      .min(1)
      .max(1000)
      .default(1000)
      .describe('How many of the last verifications to decide again'),
  })
  .meta({ id: 'ProfilePreviewRequest', examples: [{ definition: builtInProfiles[0]!.definition }] });

const ProfilePreviewReply = z
  .strictObject({
    considered: z.int().describe('Verifications that were decided again: the last ones with this profile'),
    oldest: time('Time of the oldest of them').optional(),
    newest: time('Time of the newest of them').optional(),
    refusedNow: z.int().describe('Verified then, refused with these settings'),
    verifiedNow: z.int().describe('Refused then, verified with these settings'),
    unknown: z.int().describe('Verifications whose stored figures do not suffice to decide again'),
    changed: z
      .array(
        z.strictObject({
          verificationId: z.string().describe('Id of the verification'),
          at: time('Time of the decision'),
          kind: z.enum(['1:1', '1:N']).describe('Compared with one person, or with all enrolled people'),
          profileVersion: z.int().describe('Version of the profile that decided it'),
          verified: z.boolean().describe('The decision'),
          wouldVerify: z.boolean().describe('The decision with these settings'),
          by: z
            .array(z.string())
            .describe(
              'Reasons of the refusal with these settings: `match`, `composite`, `picture`, `capture`, or checks',
            ),
        }),
      )
      .describe('Verifications with another decision, the newest first'),
    missing: z
      .array(
        z.strictObject({
          what: z.string().describe('A check, `match`, `picture` or `capture`'),
          why: z
            .enum(unknowns)
            .describe(
              '`not-run`: it was not measured then; `not-kept`: the figures it takes are not stored; `other-model`: other models would have measured it; `other-rates`: its rate held for every measured group and these for the average, or the other way round; `other-settings`: what the check reads beside its rule has changed; `other-version`: the settings that decided it are not in this release',
            ),
          verifications: z.int().describe('Number of verifications without it'),
        }),
      )
      .describe('Missing figures; one verification may lack several'),
  })
  .meta({
    id: 'ProfilePreview',
    description:
      'Decisions of past verifications under other settings, computed from the stored results and scores. Pictures are not stored and not analyzed again; limits of attempts are ignored.',
    examples: [
      {
        considered: 214,
        refusedNow: 3,
        verifiedNow: 0,
        unknown: 2,
        changed: [
          {
            verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
            at: '2026-11-20T12:00:00.000Z',
            kind: '1:1' as const,
            profileVersion: 2,
            verified: true,
            wouldVerify: false,
            by: ['faceQuality'],
          },
        ],
        missing: [{ what: 'liveness', why: 'not-run' as const, verifications: 2 }],
      },
    ],
  });

const CurveQuery = z.strictObject({
  scorer: ProfileDefinition.shape.models.shape.scorer
    .optional()
    .describe('Id of the scorer; absent: the one of the profile'),
  holdsFor: HoldsFor.optional().describe('Groups for which the rates are to hold; absent: as in the profile'),
  rate: z.coerce.number().min(1e-7).max(0.01).optional().describe('Additional false-match rate in `steps`'),
});

const share = z.strictObject({
  rate: z.number().describe('Share, 0..1'),
  interval: z
    .tuple([z.number(), z.number()])
    .describe(
      '95 % interval. Of the worst group: by bootstrap over people. Else by Wilson for independent pairs, and the true interval is wider, because people are in many pairs',
    ),
});

const Curve = z.strictObject({
  pictures: z.int().describe('Enrolled pictures per comparison'),
  genuine: z.int().describe('Measured pairs of one person'),
  impostors: z.int().describe('Measured pairs of two people'),
  measuredDownTo: z.number().describe('Smallest measured false-match rate; smaller ones are extrapolated'),
  points: z
    .array(
      z.strictObject({
        score: z.number().describe('Score'),
        falseMatch: share.describe('Pairs of two people that reach the score'),
        falseNonMatch: share.describe('Pairs of one person below the score'),
      }),
    )
    .describe('Measured points, by rising score'),
  steps: z
    .array(
      z.strictObject({
        fmr: z.number().describe('A false-match rate'),
        threshold: z.number().describe('Threshold for this rate, with the gallery shift'),
        fnmr: z.number().describe('Share of genuine comparisons below the threshold'),
        extrapolated: z.boolean().describe('Whether the threshold is extrapolated'),
      }),
    )
    .describe('Thresholds by falling rate'),
});

const ProfileCalibrationReply = z
  .strictObject({
    scorer: z
      .strictObject({
        id: z.string().describe('Id'),
        name: z.string().describe('Name'),
        maturity: z.string().describe('Maturity'),
      })
      .describe('The scorer of this profile with the current models'),
    data: z.string().describe('Pictures on which the curves were measured'),
    date: z.string().describe('Date of the measurement'),
    holdsFor: HoldsFor,
    groups: z
      .strictObject({
        data: z.string().describe('Pictures of the groups'),
        measured: z
          .array(
            z.strictObject({
              group: z.string().describe('Group of people'),
              people: z.int().describe('People of the group'),
              pairs: z.int().describe('Pairs of two of them'),
            }),
          )
          .describe('The groups'),
        severalFrom: z.string().optional().describe('How the worst group of several pictures was found'),
      })
      .optional()
      .describe(
        'Groups of people that were measured; false matches are those of the worst one at each score. Absent where the curves hold for the average',
      ),
    falseMatchRate: z.number().describe('1:1 rate of the profile'),
    falseIdentificationRate: z.number().describe('1:N rate of the profile'),
    shift: z.number().describe('Gallery shift, included in the thresholds in `steps`'),
    people: z.int().describe('People enrolled in this world'),
    safePeople: z
      .int()
      .describe('Largest gallery for which the 1:N rate of the profile is backed by measurements'),
    curves: z.array(Curve).describe('One curve for each number of pictures with a table'),
  })
  .meta({
    id: 'ProfileCalibration',
    description: 'Error rates of the scorer of a profile.',
    examples: [
      {
        scorer: { id: 'r', name: 'Embedding R alone', maturity: 'proven' },
        data: 'LFW',
        date: '2026-11-26',
        holdsFor: 'average' as const,
        falseMatchRate: 1e-3,
        falseIdentificationRate: 0.01,
        shift: 0,
        people: 12,
        safePeople: 636,
        curves: [],
      },
    ],
  });

const CheckOfCatalog = z
  .strictObject({
    name: z.enum(checkNames).describe('Name in a profile'),
    maturity: z
      .enum(['proven', 'experimental'])
      .optional()
      .describe(
        '`proven`: an exact rule; `experimental`: limits without a measurement; absent: the maturity of the PAD set',
      ),
    defaultRule: rule.describe('Default rule'),
    takesInput: z
      .boolean()
      .describe('Whether it depends on input of the caller, so that a rule may have `whenMissing`'),
  })
  .meta({
    id: 'CheckOfCatalog',
    description: 'A check for profiles.',
    examples: [
      {
        name: 'geoFence',
        maturity: 'proven',
        defaultRule: { enabled: true, weight: 0.1, threshold: 0.5, hardFail: true },
        takesInput: true,
      },
    ],
  });

const PadSet = z
  .strictObject({
    id: z.string().describe('Id, for `models.padSet` of a profile'),
    name: z.string().describe('Name'),
    maturity: z.string().describe('How well it was measured'),
    data: z.string().optional().describe('Measured data'),
    date: z.string().optional().describe('Date of the measurement'),
    points: z
      .array(
        z.strictObject({
          at: z
            .enum(['half', 'apcer5', 'apcer10'])
            .describe(
              '`half`: 0.5 of the scale `live`; `apcer5`, `apcer10`: where 5 or 10 % of attack pictures pass, the former 0.5 of the scale `apcer5`',
            ),
          score: z.number().describe('Threshold on the live score'),
          apcer: z.number().describe('Share of accepted attack pictures (APCER)'),
          bpcer: z.number().describe('Share of refused live pictures (BPCER)'),
          worst: z
            .strictObject({
              species: z.string().describe('Attack type'),
              apcer: z.number().describe('Share of accepted pictures'),
            })
            .optional()
            .describe('Attack type with the highest rate'),
        }),
      )
      .describe('Measured thresholds, by rising score'),
  })
  .meta({
    id: 'PadSet',
    description: 'Models of presentation attack detection.',
    examples: [{ id: 'minifasnet-pair', name: 'MiniFASNetV2 and V1SE', maturity: 'alternate', points: [] }],
  });

const CheckCatalogReply = z
  .strictObject({
    checks: z.array(CheckOfCatalog).describe('All checks, in the order of execution'),
    padSets: z.array(PadSet).describe('Usable sets; the first is the default'),
  })
  .meta({
    id: 'CheckCatalog',
    description: 'Checks and PAD sets for profiles.',
    examples: [{ checks: [], padSets: [] }],
  });

const shown = ({ changed, ...preview }: ProfilePreview) => ({
  ...preview,
  refusedNow: changed.filter(({ verified }) => verified).length,
  verifiedNow: changed.filter(({ wouldVerify }) => wouldVerify).length,
  changed: changed.map(({ verification, ...one }) => ({ ...one, verificationId: verification })),
});

export interface PreviewRouteDeps {
  checks: Pick<Checks, 'previewProfile' | 'calibrationOf'>;
}

const about = {
  tag: 'profiles',
  within: 'world',
  may: byReaders,
  keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
} as const;

/** Preview of settings before they are stored. */
export const previewRoutes = ({ checks }: PreviewRouteDeps): AdminRoute[] => [
  route('POST /profiles/:slug/preview', {
    ...about,
    operationId: 'previewProfile',
    effect: 'none',
    summary: 'Try settings on past verifications',
    description:
      'Compares the last verifications of this profile with the decisions under other settings. Nothing is stored.',
    params: OwnProfile,
    body: ProfilePreviewRequest,
    reply: ProfilePreviewReply,
    refuses: ['NOT_FOUND', 'TIMEOUT'],
    handle: async ({ realm, params: { slug }, body: { definition, limit }, signal }) =>
      shown(await checks.previewProfile(realm, { slug, definition, limit, signal })),
  }),
  route('GET /profiles/:slug/calibration-curve', {
    ...about,
    operationId: 'getProfileCalibration',
    effect: 'none',
    summary: 'Show the calibration of a profile',
    description:
      'The measured curves of the scorer of the profile, with intervals and the limit beyond which thresholds are extrapolated.',
    params: AnyProfile,
    query: CurveQuery,
    reply: ProfileCalibrationReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND', 'MODEL_NOT_INSTALLED'],
    handle: ({ realm, params: { slug }, query }) => checks.calibrationOf(realm, slug, query),
  }),
];

export interface CheckRouteDeps {
  checks: Pick<Checks, 'catalog'>;
}

/** Checks and PAD sets for profiles. */
export const checkRoutes = ({ checks }: CheckRouteDeps): AdminRoute[] => [
  route('GET /checks', {
    tag: 'profiles',
    within: 'organization',
    keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
    may: byReaders,
    operationId: 'listChecks',
    effect: 'none',
    summary: 'List checks',
    description: 'Checks with their maturity, and the measured error rates of the usable PAD sets.',
    reply: CheckCatalogReply,
    handle: async () => checks.catalog(),
  }),
];
