import { z } from 'zod';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';

const secret = z.string().min(1).max(200);
const kioskId = z.string().regex(/^ksk_[0-9a-z]{26}$/);

export const ClaimRequest = z.strictObject({
  code: z.string().min(1).max(40),
  publicKey: z.string().min(1).max(400),
});
export const OutcomeRequest = z.strictObject({ claim: secret });
export const ChallengeRequest = z.strictObject({ kiosk: kioskId });
export const SessionRequest = z.strictObject({ kiosk: kioskId, challenge: secret, signature: secret });

const pin = z.string().min(1).max(20);
export const OperatorRequest = z.strictObject({ email: emailAddress, pin });
/** Without an address: the operator who is signed in. */
export const LeaveRequest = z.strictObject({ pin, email: emailAddress.optional() });
export const LeftRequest = z.strictObject({ token: secret });

/** JPEG as base64, at most 10 MB. */
const picture = z.base64().min(1).max(13_400_000);

export const EnrollRequest = z.strictObject({
  email: emailAddress,
  name: lineOfText(200).optional(),
  picture,
  /** With the first picture: the text the person agreed to, and how. */
  consent: z
    .strictObject({
      textVersion: lineOfText(80),
      method: z.enum(['typed-name', 'operator']),
    })
    .optional(),
});
export const VerifyRequest = z.strictObject({ email: emailAddress.optional(), picture });

export type OperatorRequest = z.output<typeof OperatorRequest>;
export type LeaveRequest = z.output<typeof LeaveRequest>;
export type LeftRequest = z.output<typeof LeftRequest>;
export type ClaimRequest = z.output<typeof ClaimRequest>;
export type OutcomeRequest = z.output<typeof OutcomeRequest>;
export type ChallengeRequest = z.output<typeof ChallengeRequest>;
export type SessionRequest = z.output<typeof SessionRequest>;
export type EnrollRequest = z.output<typeof EnrollRequest>;
export type VerifyRequest = z.output<typeof VerifyRequest>;
