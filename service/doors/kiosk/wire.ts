import { z } from 'zod';
import { purposes } from '../../engine/consent/index.ts';
import { env, time } from '../../lib/record-fields.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';

const secret = z.string().min(1).max(200);
const kioskId = z.string().regex(/^ksk_[0-9a-z]{26}$/);

export const PairRequest = z.strictObject({
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
      purposes: z
        .array(z.enum(purposes))
        .min(1)
        .max(purposes.length)
        .optional()
        .describe('Absent: all that the text asks for; needed where each is a choice'),
    })
    .optional(),
});
/** `pin`: of the operator, who has looked at the person after an answer that was `undecided`. */
export const VerifyRequest = z.strictObject({
  email: emailAddress.optional(),
  picture,
  pin: pin.optional(),
});

export const Claimed = z
  .object({ claim: secret.describe('For the outcome'), fingerprint: z.string().describe('Of the key') })
  .meta({ id: 'KioskClaim' });
export const OutcomeReply = z
  .discriminatedUnion('is', [
    z.object({ is: z.enum(['waiting', 'ended']) }),
    z.object({ is: z.literal('paired'), kiosk: kioskId }),
  ])
  .meta({ id: 'KioskOutcome' });
export const ChallengeReply = z.object({ challenge: secret }).meta({ id: 'KioskChallenge' });
const token = { token: secret, expiresAt: time('Its end') };
export const SessionReply = z.object(token).meta({ id: 'KioskSession' });
export const CaptureReply = z.object(token).meta({ id: 'KioskCapture' });
const operator = z.object({ name: z.string() });
export const StateReply = z
  .object({
    kiosk: z.object({ id: kioskId, name: z.string(), env: env('World'), pinLocked: z.boolean() }),
    organization: z.string(),
    logo: z.string().optional().describe('A PNG as a data URL'),
    logoInk: z
      .enum(['dark', 'light'])
      .optional()
      .describe('Of a transparent logo that one ground alone shows'),
    color: z.string().optional().describe('#rrggbb'),
    language: z.enum(['en', 'de']).optional().describe('In which a visit begins; absent: that of the device'),
    operator: operator.optional(),
  })
  .meta({ id: 'KioskState' });
export const OperatorReply = z.object({ operator }).meta({ id: 'KioskOperator' });
export const LeaveReply = z
  .object({ token: secret.describe('Proves to the desktop app that the kiosk was left') })
  .meta({ id: 'KioskLeave' });
const paragraphs = z.array(z.string());
export const ConsentReply = z
  .object({
    version: z.string(),
    text: z.object({ en: paragraphs, de: paragraphs }),
    purposes: z.array(z.enum(purposes)),
    languages: z.array(z.enum(['en', 'de'])).describe('In which it is written'),
    apart: z.boolean(),
  })
  .meta({ id: 'KioskConsent' });
export const EnrollReply = z.object({ pictures: z.int() }).meta({ id: 'KioskEnrolled' });
export const VerifyReply = z
  .object({
    verified: z.boolean(),
    reference: z.string(),
    undecided: z
      .boolean()
      .optional()
      .describe(
        'Liveness alone is against it, and not sure: the same picture again, with the PIN of the operator',
      ),
    person: z.string().optional().describe('Who was confirmed, for the desk: the name, else the address'),
    capture: z.object({ source: z.string() }),
  })
  .meta({ id: 'KioskVerified' });
