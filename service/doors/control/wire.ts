import { z } from 'zod';
import { type Consent, purposes } from '../../engine/consent/index.ts';
import { emailAddress, lineOfText } from '../../http/text-fields.ts';

/** What the control API reads. Times on this wire are ISO 8601, UTC. */

const world = z.enum(['live', 'test']).describe('real people, or trials');

export const OrganizationParams = z.object({ organization: z.string().min(1).max(64) });
export const SubjectParams = z.object({ subject: z.string().max(254) });
export const SubjectQuery = z.strictObject({ world });
export const SubjectPage = z.strictObject({
  world,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().max(64).optional(),
});

export const ConsentFields = z.strictObject({
  textVersion: lineOfText(80),
  purposes: z.array(z.enum(purposes)).min(1),
  method: lineOfText(80),
  legalBasis: lineOfText(120),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
export const toConsent = ({ expiresAt, ...rest }: z.output<typeof ConsentFields>): Consent => ({
  ...rest,
  ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
});

/** The `request` part beside the picture. */
export const EnrollRequest = z.strictObject({
  world,
  email: emailAddress,
  name: lineOfText(200).optional(),
  consent: ConsentFields.optional(),
  mark: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('SHA-256 of the picture: one that the person has with this mark is not enrolled again'),
  overrideMismatch: z.boolean().optional(),
  overrideLiveness: z.boolean().optional(),
  confirmed: z.boolean().optional().describe('the operator has seen that it is the person'),
});
export const PictureParams = z.object({ subject: z.string().max(254), picture: z.string().max(64) });
export const Confirmation = z.strictObject({ world, confirmed: z.boolean() });

/** The `request` part beside the picture. */
export const VerifyRequest = z.strictObject({
  world,
  email: emailAddress.optional(),
  profile: z.string().max(80).optional(),
  place: z
    .strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
    .optional(),
});
