import { z } from 'zod';
import { type CheckName, checkNames } from '../../../engine/checks/index.ts';
import { builtInProfiles, ProfileDefinition } from '../../../engine/profiles/index.ts';
import { unknowns } from '../../../engine/verification/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { actor, time } from '../reply-fields.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'It must be lower-case letters, digits and hyphens.');

/** Pages go on after the id of a built-in profile, or the slug of an own one. */
export const ProfileQuery = z.strictObject(pageQuery(z.string().max(80)));
export const AnyProfile = z.strictObject({ slug: z.string().max(80).describe('Slug or id of the profile') });
export const OwnProfile = z.strictObject({ slug: slug.describe('Slug of the profile') });

const rule = ProfileDefinition.shape.checks.valueType.meta({
  id: 'CheckRule',
  description: 'How a check counts.',
});
const rules = Object.fromEntries(checkNames.map((name) => [name, rule])) as Record<CheckName, typeof rule>;

const [builtIn] = builtInProfiles;

/** As the engine has it, with each check by its name in the OpenAPI document. */
export const Definition = ProfileDefinition.extend({
  checks: z.strictObject(rules).describe('One rule for each check.'),
}).meta({
  id: 'ProfileDefinition',
  description: 'What a verification checks, and how strictly.',
  examples: [builtIn!.definition],
});

export const ProfileReply = z
  .strictObject({
    id: z.string().describe('`builtin:<slug>`, or the id of this version'),
    slug: z.string().describe('What calls name it by'),
    version: z.int().describe('Its newest version'),
    builtIn: z.boolean().describe('Whether it comes with the product'),
    definition: Definition,
  })
  .meta({ id: 'Profile', description: 'A verification profile.', examples: [builtIn] });

export const ProfilePage = pageReply(
  ProfileReply,
  'Built-in profiles that the organization has not replaced, then its own by slug',
  'ProfilePage',
);

export const ProfileResetReply = z
  .strictObject({ builtIn: ProfileReply.optional().describe('The built-in profile that holds again') })
  .meta({ id: 'ProfileReset', description: 'What holds after a reset.', examples: [{}] });

const version = z.coerce.number().int().min(1).max(1_000_000_000);

/** Pages go on after a version. */
export const VersionQuery = z.strictObject(pageQuery(z.int()));
export const VersionParams = z.strictObject({
  slug: slug.describe('Slug of the profile'),
  version: version.describe('Number of the version'),
});

export const ProfileVersionReply = ProfileReply.extend({
  createdAt: time('When it was stored'),
  createdBy: actor,
  restoredFrom: z.int().optional().describe('The version whose settings this one has put back'),
  removedAt: time(
    'When it was put away with all others of its slug; verifications may name it still',
  ).optional(),
  removedBy: actor.optional(),
}).meta({
  id: 'ProfileVersion',
  description: 'One stored change of a profile.',
  examples: [
    {
      ...{ ...builtIn!, id: 'prof_01m7w3hb8hbf355he5zqwjztdk', builtIn: false, version: 3 },
      createdAt: '2026-11-20T12:00:00.000Z',
      createdBy: 'operator:ada',
    },
  ],
});

export const ProfileVersionPage = pageReply(
  ProfileVersionReply,
  'Stored changes, the newest first; also those that were put away',
  'ProfileVersionPage',
);

export const ProfilePreviewRequest = z
  .strictObject({
    definition: Definition.describe('The settings to try; nothing is stored'),
    limit: z
      .int()
      .min(1)
      .max(1000)
      .default(1000)
      .describe('How many of the last verifications to judge again'),
  })
  .meta({ id: 'ProfilePreviewRequest', examples: [{ definition: builtIn!.definition }] });

export const ProfilePreviewReply = z
  .strictObject({
    considered: z.int().describe('Verifications that were judged again: the last that this profile decided'),
    oldest: time('Of the oldest of them').optional(),
    newest: time('Of the newest of them').optional(),
    refusedNow: z.int().describe('Verified then, refused with these settings'),
    verifiedNow: z.int().describe('Refused then, verified with these settings'),
    unknown: z.int().describe('Verifications whose stored figures do not tell'),
    changed: z
      .array(
        z.strictObject({
          verificationId: z.string().describe('Under which it is kept'),
          at: time('When it was decided'),
          kind: z.enum(['1:1', '1:N']).describe('Against one person, or a search of everybody'),
          profileVersion: z.int().describe('Version of the profile that decided it'),
          verified: z.boolean().describe('What was decided'),
          wouldVerify: z.boolean().describe('What these settings would have decided'),
          by: z
            .array(z.string())
            .describe('What refuses it with these settings: `match`, `composite`, `picture`, or checks'),
        }),
      )
      .describe('Those that would have been decided the other way, the newest first'),
    missing: z
      .array(
        z.strictObject({
          what: z.string().describe('A check, `match` or `picture`'),
          why: z
            .enum(unknowns)
            .describe(
              '`not-run`: it was not measured then; `not-kept`: the figures it takes are not stored; `other-model`: other models would have measured it; `other-settings`: what the check reads beside its rule has changed; `other-version`: the settings that decided it are not in this release',
            ),
          verifications: z.int().describe('Of how many it is missing'),
        }),
      )
      .describe('Why some are unknown; one verification may lack several'),
  })
  .meta({
    id: 'ProfilePreview',
    description:
      'What settings would have made of past verifications, from the stored results and scores. Pictures are not kept and not looked at again; limits of attempts are left out.',
    examples: [
      {
        ...{ considered: 214, refusedNow: 3, verifiedNow: 0, unknown: 2 },
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

export const CurveQuery = z.strictObject({
  scorer: ProfileDefinition.shape.models.shape.scorer
    .optional()
    .describe('Of this scorer; absent: of the one that the profile names'),
});

const share = z.strictObject({
  rate: z.number().describe('Share, 0..1'),
  interval: z
    .tuple([z.number(), z.number()])
    .describe(
      '95 % (Wilson) as if pairs were independent; people are in many pairs, so it is wider in truth',
    ),
});

const Curve = z.strictObject({
  pictures: z.int().describe('Enrolled pictures that one probe is compared with'),
  genuine: z.int().describe('Pairs of one person that were measured'),
  impostors: z.int().describe('Pairs of two people that were measured'),
  measuredDownTo: z
    .number()
    .describe('Smallest false-match rate that was measured; beyond it is extrapolated'),
  points: z
    .array(
      z.strictObject({
        score: z.number().describe('Score'),
        falseMatch: share.describe('Pairs of two people that reach the score'),
        falseNonMatch: share.describe('Pairs of one person below the score'),
      }),
    )
    .describe('As measured, by rising score'),
  steps: z
    .array(
      z.strictObject({
        fmr: z.number().describe('A false-match rate'),
        threshold: z.number().describe('The score that holds it, with the shift of the own gallery'),
        fnmr: z.number().describe('Share of genuine comparisons that this score refuses'),
        extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      }),
    )
    .describe('What rates take and cost, by falling rate'),
});

export const ProfileCalibrationReply = z
  .strictObject({
    scorer: z
      .strictObject({
        id: z.string().describe('Id'),
        name: z.string().describe('Name'),
        maturity: z.string().describe('How well it was measured'),
      })
      .describe('What compares faces under this profile with the models of now'),
    data: z.string().describe('Which pictures the curves were measured on'),
    date: z.string().describe('When they were measured'),
    falseMatchRate: z.number().describe('1:1 rate of the profile'),
    falseIdentificationRate: z.number().describe('1:N rate of the profile'),
    shift: z.number().describe('What the own gallery raises thresholds by; part of those in `steps`'),
    people: z.int().describe('People enrolled in this world'),
    safePeople: z
      .int()
      .describe('Most people of whom a 1:N at the rate of the profile rests on what was measured'),
    curves: z.array(Curve).describe('One for each number of pictures that there is a table for'),
  })
  .meta({
    id: 'ProfileCalibration',
    description: 'Error rates of the scorer that a profile chooses.',
    examples: [
      {
        scorer: { id: 'a', name: 'Embedding A, cosine', maturity: 'proven' },
        ...{ data: 'LFW', date: '2026-11-20', falseMatchRate: 1e-4, falseIdentificationRate: 0.01 },
        ...{ shift: 0, people: 12, safePeople: 636, curves: [] },
      },
    ],
  });

export type ProfileVersionReply = z.output<typeof ProfileVersionReply>;
export type ProfilePreviewReply = z.output<typeof ProfilePreviewReply>;
