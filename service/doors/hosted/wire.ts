import { z } from 'zod';
import { flowProducts, hostedReasons } from '../../engine/live/index.ts';
import { doorPageReply } from '../../http/cursor.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { RequestedTestOutcome, TestOutcomeReply } from '../../http/test-outcome.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';

const time = (what: string) => z.string().describe(what);
const HOURS = 720;

const redirect = z.string().min(1).max(2048);

/** hosted.txt, "Option 2"; those from `language` on are ours. */
export const GenerateRequest = z
  .object({
    product: z
      .enum(flowProducts)
      .describe(
        'What the person has to prove: `verifyhuman` (a living person), `verifyidentity` (an enrolled person), `verifytrust` (that and the context checks of the profile), `verifyage` (that and the date of birth that an operator has recorded)',
      ),
    redirect_url: redirect
      .optional()
      .describe(
        'Where the page leads after success. It has to be among the redirect targets of the organization; absent: the person stays on the result page',
      ),
    failure_redirect_url: redirect
      .optional()
      .describe('The same after a failure, and where the person does not consent'),
    expires_in_hours: z
      .number()
      .gt(0)
      .max(HOURS)
      .default(24)
      .describe('Hours in which the link can be opened, at most 720'),
    page_title: lineOfText(80).optional().describe('Heading of the page'),
    success_message: lineOfText(300).optional().describe('Text after success'),
    failure_message: lineOfText(300).optional().describe('Text after a failure'),
    language: z.enum(['en', 'de']).optional().describe('Language of the page; absent: that of the browser'),
    profile: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe('Slug of the profile; absent: the one of the organization'),
    minimum_age: z.int().min(1).max(120).optional().describe('Years, for `verifyage` alone; absent: 18'),
    email: emailAddress
      .optional()
      .describe(
        'E-mail address of the enrolled person who has to appear; absent: any enrolled person. Not for `verifyhuman`',
      ),
    metadata: OwnMetadata.optional(),
    test_outcome: RequestedTestOutcome,
  })
  .meta({
    id: 'HostedGenerate',
    examples: [
      {
        product: 'verifyidentity',
        redirect_url: 'myapp://verify-complete?result=pass',
        failure_redirect_url: 'myapp://verify-complete?result=fail',
        expires_in_hours: 1,
        page_title: 'Identity Verification',
        success_message: 'Verification complete. Returning to app…',
        failure_message: 'Verification failed. Please try again.',
      },
    ],
  });
export type GenerateRequest = z.output<typeof GenerateRequest>;

export const GenerateReply = z
  .strictObject({
    hosted_url: z.string().describe('The page; give it to one person'),
    token: z.string().describe('Last part of the URL. For one use, shown this once'),
    expires_at: time('Until when it can be opened, ISO 8601'),
    verification_id: z.string().describe('Id of the verification, as webhooks and the status paths name it'),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'HostedGenerated',
    description: 'A link for one verification.',
    examples: [
      {
        hosted_url: 'https://gatehouse.example.lan:7443/hosted/v/Kd3mP8luYMC2Mi1xKd3mP8luYMC2Mi1xKd3mP8luYMA',
        token: 'Kd3mP8luYMC2Mi1xKd3mP8luYMC2Mi1xKd3mP8luYMA',
        expires_at: '2026-05-17T11:30:00Z',
        verification_id: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
      },
    ],
  });
export type GenerateReply = z.output<typeof GenerateReply>;

export const TokenParams = z.object({
  token: z.string().min(1).max(200).describe('Token of the link'),
});

export const CompleteRequest = z
  .object({
    denied: z
      .boolean()
      .default(false)
      .describe(
        'The person does not consent, or says that they are too young: ends a link that was not opened',
      ),
  })
  .nullish()
  .meta({ id: 'HostedComplete', examples: [{}] });

export const CompleteReply = z
  .strictObject({
    verification_id: z.string().describe('Id of the verification'),
    status: z.enum(['PASS', 'FAIL', 'EXPIRED']).describe('Result'),
    redirect_url: z
      .string()
      .nullable()
      .describe('Where the page leads; null: the person stays on the result page. It proves nothing'),
  })
  .meta({
    id: 'HostedCompleted',
    description: 'The end of a hosted verification.',
    examples: [
      {
        verification_id: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        status: 'PASS',
        redirect_url: 'myapp://verify-complete?result=pass',
      },
    ],
  });
export type CompleteReply = z.output<typeof CompleteReply>;

export const StatusParams = z.object({
  id: z.string().min(1).max(64).describe('`verification_id` of the verification'),
});

export const StatusReply = z
  .strictObject({
    id: z.string().describe('Id of the verification'),
    product: z.enum(flowProducts).describe('What the person has to prove'),
    status: z.enum(['PENDING', 'PASS', 'FAIL', 'EXPIRED']).describe('Result'),
    environment: z.enum(['live', 'test']).describe('World'),
    completed_at: z.string().nullable().describe('When the result came, ISO 8601; null: there is none yet'),
    reasons: z
      .array(z.enum(hostedReasons))
      .describe('Why it did not pass. `AGE_NOT_RECORDED`: no operator has recorded a date of birth'),
    metadata: Metadata.optional(),
    test_outcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'HostedStatus',
    description: 'State of a hosted verification.',
    examples: [
      {
        id: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        product: 'verifyidentity',
        status: 'PASS',
        environment: 'live',
        completed_at: '2026-05-17T10:30:00Z',
        reasons: [],
      },
    ],
  });
export const HostedPage = doorPageReply(StatusReply, 'Verifications, the newest first', 'HostedPage');
export type StatusReply = z.output<typeof StatusReply>;
