import { z } from 'zod';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { ChallengeSettings } from '../challenges/challenge-rules.ts';
import { Rule } from '../checks/check.ts';
import { checkNamed, checkNames, modelSettingsShape, settingsShape } from '../checks/registered-checks.ts';
import { HoldsFor } from '../every-group.ts';

const failing = checkNames.filter((name) => checkNamed(name).withoutInput === 'fail-if-hard');

const CheckRule = Rule.extend({
  whenMissing: Rule.shape.whenMissing.describe(
    `${Rule.shape.whenMissing.description} Absent: 'fail' for a hard-fail ${failing.slice(0, -1).join(', ')} and ${failing.at(-1)}, 'skip' otherwise.`,
  ),
});

/** What an administrator writes; stored versioned. */
export const ProfileDefinition = z.strictObject({
  name: z.string().min(1).max(80).describe('For people.'),
  maturity: z
    .enum(['proven', 'alternate', 'experimental', 'custom'])
    .describe(
      "Maturity of a built-in profile; an organization's own is always `custom`, because it was not measured.",
    ),
  description: z.string().max(400).describe('Purpose of the profile.'),
  checks: z.record(z.enum(checkNames), CheckRule).describe('One rule for each check.'),
  minimumComposite: z.number().min(0).max(1).describe('Smallest composite that verifies, 0..1.'),
  models: z
    .strictObject({
      detector: z.enum(['blazeface', 'yunet']).describe('Face detector; `yunet` has to be imported.'),
      scorer: z
        .enum(['a', 'r', 'best'])
        .describe(
          "'best': embedding R, with MobileFaceNet where that is enabled; 'r': R alone; 'a': embedding A alone, whose weights are in the public domain. With 'best' and 'r', people who have no template of R yet are compared by A. With 'a', covered faces and pictures that show no person are not refused: these gates were measured with embedding R.",
        ),
      supersededUntil: z.iso
        .date()
        .optional()
        .describe(
          'Last day on which people are compared who only have templates of a superseded embedder; without it they are until they have new ones.',
        ),
      pad: z
        .enum(['where-installed', 'required'])
        .describe(
          '`required`: presentation attack detection runs in the test world and for organizations that only match faces too; `where-installed`: in the live world of all other organizations. Where it has to run and no set is in use, the answer is PAD_NOT_INSTALLED.',
        ),
      padSet: z
        .string()
        .max(64)
        .optional()
        .describe('Id of the PAD set to run; the first installed one when absent.'),
      ...modelSettingsShape,
    })
    .describe('Which models run.'),
  match: z
    .strictObject({
      falseMatchRate: z.number().min(1e-7).max(0.01).describe('1:1 false-match rate.'),
      holdsFor: HoldsFor.optional().describe(
        'Groups for which the error rates hold: `every-group`, people of every group that the scorer was measured with; `average`, all people measured together. Absent, as in profiles of earlier releases: `average`. A scorer that was not measured by groups holds them for the average only; a superseded one, by which people are compared who have no other templates, a tenth of them for the average. The answer says so.',
      ),
      falseIdentificationRate: z
        .number()
        .min(1e-5)
        .max(0.05)
        .describe('1:N false-identification rate over the whole gallery.'),
    })
    .describe('Error rates of the match.'),
  attempts: z
    .strictObject({
      failuresBeforeDelay: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe('Failures in a row before attempts are delayed; 5 when absent.'),
      failuresBeforeDelayWithPad: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe('The same if presentation attack detection ran; 10 when absent.'),
      delaySeconds: z
        .int()
        .min(1)
        .max(86_400)
        .optional()
        .describe('Seconds between two delayed attempts; 30 when absent.'),
      failuresBeforeDisabled: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Failures in a row after which an operator has to unlock the person; 50 when absent.'),
      failuresBeforeDisabledWithPad: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('The same if presentation attack detection ran; 50 when absent.'),
    })
    .optional()
    .describe(
      'Limits of failed attempts at one person; the figures of NIST SP 800-63B when absent. The strictest of the allowed profiles applies.',
    ),
  capture: z
    .enum(['any', 'kiosk'])
    .optional()
    .describe(
      'Where pictures have to come from: `any` unless stated. `kiosk`: from a paired kiosk of this box, whose camera stands before an operator. Every other source (the page of a live session in a browser or on a phone, a picture sent over the API, the console or the command line) is refused before a picture is taken or judged. Enrollments follow the profile `default`.',
    ),
  challenge: ChallengeSettings.optional(),
  ...settingsShape,
});
export type ProfileDefinition = z.infer<typeof ProfileDefinition>;

export interface Profile {
  /** `builtin:<slug>` or `prof_…`. */
  id: string;
  slug: string;
  version: number;
  builtIn: boolean;
  definition: ProfileDefinition;
  /** Another program wrote or changed its row in the database: its settings are not read, and nothing is judged by it. */
  altered?: true;
}

interface Asked {
  /** Id or slug; undefined where the caller named none. */
  named: string | undefined;
  /** Every profile in use: the organization's own, and built-in ones it has not replaced. */
  inUse: readonly Profile[];
  /** Slugs the organization allows; all in use where it does not say. */
  organization: readonly string[] | undefined;
  /** Slugs the key is restricted to; empty: those of the organization. */
  key: readonly string[];
}

/** Those of `inUse` that the organization allows. */
export const allowedOf = (inUse: readonly Profile[], slugs: readonly string[] | undefined): Profile[] =>
  inUse.filter(({ slug }) => slugs === undefined || slugs.includes(slug));

/**
 * The name of the profile for a call that names none: `default`, or the only one that is allowed.
 */
export function profileNamed({ named, inUse, organization, key }: Asked): string {
  if (named !== undefined) return named;
  const allowed = forKey(allowedOf(inUse, organization), key);
  return allowed.length === 1 ? allowed[0]!.slug : 'default';
}

/**
 * Throws PROFILE_NOT_ALLOWED, naming those that are allowed. A built-in profile that the organization has replaced is not
 * allowed under its id either. An operator of the box may run any.
 */
export function requireAllowed(
  profile: Profile,
  actor: Actor,
  { inUse, organization, key }: Omit<Asked, 'named'>,
): void {
  if (actor.is === 'operator') return;
  const allowed = forKey(allowedOf(inUse, organization), key);
  if (allowed.some(({ slug, builtIn }) => slug === profile.slug && builtIn === profile.builtIn)) return;
  const names = allowed.map(({ slug }) => slug).join(', ');
  throw new Problem(
    'PROFILE_NOT_ALLOWED',
    names === ''
      ? 'No profile is allowed to this caller: an operator chooses with “gatehouse org set --profiles”; “gatehouse doctor” says whether the settings of the organization are in use.'
      : `The profile ${profile.id} is not allowed to this caller: name one of ${names}.`,
  );
}

const forKey = (profiles: readonly Profile[], slugs: readonly string[]): Profile[] =>
  profiles.filter(({ slug }) => slugs.length === 0 || slugs.includes(slug));
