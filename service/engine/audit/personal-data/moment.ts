import { z } from 'zod';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { actor, time } from '../../../lib/record-fields.ts';

/** What a moment of a timeline is. The words of `says` for each: */
export const momentKinds = {
  request: 'The verification was asked for; `says`: the source of its pictures',
  verdict: 'A verification was decided; `says`: `VERIFIED`, or the reason',
  enrolled: 'A picture was enrolled',
  disabled: 'The person was disabled',
  consent: 'A consent; `says`: `given` or `withdrawn`',
  hold: 'A legal hold; `says`: `placed` or `released`',
  session: 'A live session; `says`: `created`, `held`, or the decision',
  review: 'Two faces to compare; `says`: `arrived`, or the decision',
  delivery: 'A delivery to a webhook; `says`: its state',
  audit: 'A line of the audit log; `says`: the action',
  deletion:
    'Yet to come: `says` what is deleted: `verification`, `deliveries`; or why the person is erased: `unused`, `consent-over`, `consent-withdrawn`; or `held`: a legal hold keeps it',
} as const;
export type MomentKind = keyof typeof momentKinds;

export const Moment = z
  .strictObject({
    at: time('When; of a deletion, when it is due'),
    kind: z.enum(Object.keys(momentKinds) as [MomentKind]).describe(
      Object.entries(momentKinds)
        .map(([kind, what]) => `\`${kind}\`: ${what}`)
        .join('. '),
    ),
    says: z.string().optional().describe('What happened, in the words of its kind'),
    about: z
      .string()
      .optional()
      .describe('The check that decided, the event of a delivery, the purpose of a consent'),
    object: z.string().optional().describe('Id of the object that has a page'),
    within: z.string().optional().describe('Id of the webhook of a delivery'),
    by: actor.optional(),
    request: z.string().optional().describe('Id of the request (`x-request-id`)'),
    refused: z.literal(true).optional().describe('It was refused'),
    times: z.int().min(2).optional().describe('How often, where the same reader read it again and again'),
  })
  .meta({
    id: 'Moment',
    description: 'Something that happened to a person or a verification, or is due.',
    examples: [
      {
        at: '2026-11-20T12:00:00.000Z',
        kind: 'verdict',
        says: 'CHECK_FAILED',
        about: 'liveness',
        object: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        by: 'key:key_01m7w3ayykpzv1m774b6g68g31',
      },
    ],
  });
export type Moment = z.output<typeof Moment>;

/** Whose moments: a person's, or one verification's. */
export interface MomentsOf {
  organization: OrganizationId;
  world: World;
  subject?: SubjectId;
  verification?: string;
  /** Of earlier features in the list: what they found is looked up by the later ones. */
  found: readonly Moment[];
  /** Terms of the organization in milliseconds. */
  terms: { verification: number; delivery: number; unused: number };
  /** Of each kind the newest. */
  most: number;
}
