import { z } from 'zod';
import { TOKEN_LIFE } from '../../engine/live/index.ts';
import { doorPageReply } from '../../http/cursor.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { RequestedTestOutcome, TestOutcomeReply } from '../../http/test-outcome.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';

const nonce = z.string().min(1).max(256);
const orgId = z.string().min(1).max(64);

export const NewPresenceSession = z
  .object({
    orgId: orgId.describe('The organization of the API key.'),
    purpose: lineOfText(300).describe(
      'What the person confirms by being there, in one line. The page shows it, and the token carries it.',
    ),
    email: emailAddress
      .describe('Only the person with this address is accepted; absent: any enrolled person.')
      .optional(),
    nonce: nonce.describe('Your own random text; the token carries it.').optional(),
    ttlSeconds: z
      .int()
      .min(TOKEN_LIFE.least)
      .max(TOKEN_LIFE.most)
      .describe(`Seconds that the token is valid; ${TOKEN_LIFE.usual} when absent.`)
      .optional(),
    singleUse: z
      .boolean()
      .describe('The token is accepted by `verify-token` once; false when absent.')
      .optional(),
    metadata: OwnMetadata.optional(),
    testOutcome: RequestedTestOutcome,
  })
  .meta({
    id: 'NewPresenceSession',
    examples: [
      {
        orgId: 'org_01m7w3hb8hbf355he5zqwjztdk',
        purpose: 'Authorize production deployment',
        email: 'alice@example.com',
        nonce: '8f3a0c51d7',
        ttlSeconds: 300,
      },
    ],
  });

export const PresenceParams = z.object({
  id: z.string().min(1).max(64).describe('Id of the session, `prs_…`'),
});

const sessionId = z.string().describe('Id of the session');
const verifiedEmail = z
  .string()
  .describe('E-mail address of the person; absent for a person without one')
  .optional();
const verifiedAt = z.iso.datetime().describe('When the person was recognized');

export const NewPresenceSessionReply = z
  .strictObject({
    sessionId,
    verifyUrl: z
      .string()
      .describe('Address for the person, shown only once. It can be used once; opening it changes nothing.'),
    expiresAt: z.iso.datetime().describe('Until when the person has to be recognized'),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'NewPresenceSessionReply',
    examples: [
      {
        sessionId: 'prs_01m7w3hb8hbf355he5zqwjztdk',
        verifyUrl: 'https://id.example.com/verify-presence/abc123',
        expiresAt: '2026-04-06T15:00:00.000Z',
      },
    ],
  });
export type NewPresenceSessionReply = z.output<typeof NewPresenceSessionReply>;

export const statuses = ['PENDING', 'VERIFIED', 'EXPIRED', 'CANCELLED'] as const;
export const cancelReasons = ['caller', 'declined', 'not_verified', 'another_person'] as const;

export const PresenceSessionReply = z
  .strictObject({
    sessionId,
    status: z.enum(statuses).describe('`PENDING` until it ends in one of the others'),
    verifiedEmail,
    verifiedAt: verifiedAt.optional(),
    expiresAt: z.iso.datetime().describe('Until when the person has to be recognized'),
    reason: z
      .enum(cancelReasons)
      .describe(
        'Why it is `CANCELLED`: by you, by the person, because no enrolled person was recognized, or because another person appeared than the one it is locked to',
      )
      .optional(),
    metadata: Metadata.optional(),
    testOutcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'PresenceSession',
    examples: [
      {
        sessionId: 'prs_01m7w3hb8hbf355he5zqwjztdk',
        status: 'VERIFIED',
        verifiedEmail: 'alice@example.com',
        verifiedAt: '2026-04-06T14:52:10.000Z',
        expiresAt: '2026-04-06T15:00:00.000Z',
      },
    ],
  });
export const PresencePage = doorPageReply(PresenceSessionReply, 'Sessions, the newest first', 'PresencePage');
export type PresenceSessionReply = z.output<typeof PresenceSessionReply>;

export const PresenceTokenReply = z
  .strictObject({
    token: z.string().describe('The Human Presence Token: a JWT (EdDSA, `typ: presence+jwt`)'),
    jti: z.string().describe('Its id'),
    verifiedEmail,
    verifiedAt,
    expiresAt: z.iso.datetime().describe('Until when the token is valid'),
  })
  .meta({
    id: 'PresenceToken',
    examples: [
      {
        token: 'eyJhbGciOiJFZERTQSJ9.<CLAIMS>.<SIGNATURE>',
        jti: 'q3mB0rY6T0C1v0mXb3s2Vw',
        verifiedEmail: 'alice@example.com',
        verifiedAt: '2026-04-06T14:52:10.000Z',
        expiresAt: '2026-04-06T14:57:10.000Z',
      },
    ],
  });
export type PresenceTokenReply = z.output<typeof PresenceTokenReply>;

export const VerifyToken = z
  .object({
    token: z.string().min(1).max(8192).describe('The token'),
    expectedOrgId: orgId
      .describe('The organization that you expect. A token of another one than yours is never valid.')
      .optional(),
    expectedEmail: emailAddress.describe('The person that you expect').optional(),
    expectedNonce: nonce.describe('The nonce that you gave').optional(),
  })
  .meta({
    id: 'VerifyPresenceToken',
    examples: [
      {
        token: 'eyJhbGciOiJFZERTQSJ9.<CLAIMS>.<SIGNATURE>',
        expectedOrgId: 'org_01m7w3hb8hbf355he5zqwjztdk',
        expectedEmail: 'alice@example.com',
        expectedNonce: '8f3a0c51d7',
      },
    ],
  });

export const VerifyTokenReply = z
  .strictObject({
    valid: z.boolean().describe('Whether the token counts; nothing else is answered but `reason` if not'),
    reason: z.string().describe('Why not, by code').optional(),
    sub: z.string().describe('E-mail address of the person; their id where they have none').optional(),
    orgId: z.string().describe('Organization').optional(),
    userId: z.string().describe('Id of the person').optional(),
    sessionId: sessionId.optional(),
    purpose: z.string().describe('Purpose of the session').optional(),
    nonce: z.string().describe('Nonce of the session').optional(),
    checks: z.record(z.string(), z.number()).describe('`compositeScore` and `liveness`, 0 to 1').optional(),
    assurance: z.string().describe('How the live check was passed').optional(),
    issuedAt: z.iso.datetime().describe('When it was issued').optional(),
    expiresAt: z.iso.datetime().describe('Until when it is valid').optional(),
  })
  .meta({
    id: 'PresenceTokenVerdict',
    examples: [
      {
        valid: true,
        sub: 'alice@example.com',
        orgId: 'org_01m7w3hb8hbf355he5zqwjztdk',
        userId: 'sub_01m7w3hb8hbf355he5zqwjztdm',
        sessionId: 'prs_01m7w3hb8hbf355he5zqwjztdk',
        purpose: 'Authorize production deployment',
        checks: { compositeScore: 0.87, liveness: 0.92 },
        assurance: 'active',
        issuedAt: '2026-04-06T14:52:10.000Z',
        expiresAt: '2026-04-06T14:57:10.000Z',
      },
    ],
  });
export type VerifyTokenReply = z.output<typeof VerifyTokenReply>;
