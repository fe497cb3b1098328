import { z } from 'zod';
import { doorPageReply } from '../../http/cursor.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { RequestedTestOutcome, TestOutcomeReply } from '../../http/test-outcome.ts';
import { lineOfText } from '../../lib/text-fields.ts';

const types = ['GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID', 'IS_PHONE_NUMBER_VERIFIED'] as const;

const reference = lineOfText(200);

/** registrations.txt, "Step 1". */
export const RegisterRequest = z
  .object({
    reference_user_id: reference.describe(
      'Your own name of the user, or of one session of an anonymous user; upper and lower case differ',
    ),
    data_request: z
      .object({
        type: z
          .enum(types)
          .describe(
            '`GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID`, or `IS_PHONE_NUMBER_VERIFIED`: a placeholder that is always true, for a test key alone',
          ),
      })
      .describe('The data you want back'),
    redirect_url: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe(
        'Where the page leads at its end. It has to be among the redirect targets of the organization; absent: the user stays on the page',
      ),
    uniqueness_region_id: lineOfText(200)
      .optional()
      .describe('Each person counts once in this region, such as a survey; absent: once in the organization'),
    metadata: OwnMetadata.optional(),
    test_outcome: RequestedTestOutcome,
  })
  .meta({
    id: 'RegisterUser',
    examples: [
      {
        reference_user_id: 'user_123',
        data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
        redirect_url: 'https://app.example.com/done',
        uniqueness_region_id: 'survey_42',
      },
    ],
  });
export type RegisterRequest = z.output<typeof RegisterRequest>;

const inviteUrl = z
  .string()
  .describe('The page of the user: render it as a QR code on a desktop, link to it on a phone');
const exampleUrl = 'https://gatehouse.example.lan:7443/invite/Kd3mP8luYMC2Mi1xKd3mP8luYMC2Mi1xKd3mP8luYMA';

export const RegisterReply = z
  .strictObject({
    verification: z.strictObject({ invite_url: inviteUrl }).describe('As the text shows it'),
    invite_url: inviteUrl,
    reference_user_id: z.string().describe('Your name of the user'),
    expires_at: z.string().describe('Until when the invitation can be opened, ISO 8601'),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'RegisteredUser',
    description: 'The invitation of a user.',
    examples: [
      {
        verification: { invite_url: exampleUrl },
        invite_url: exampleUrl,
        reference_user_id: 'user_123',
        expires_at: '2026-06-01T21:00:00.000Z',
      },
    ],
  });
export type RegisterReply = z.output<typeof RegisterReply>;

export const StatusRequest = z
  .object({ reference_user_id: reference.describe('Your name of the user') })
  .meta({ id: 'RegistrationStatusRequest', examples: [{ reference_user_id: 'user_123' }] });
export type StatusRequest = z.output<typeof StatusRequest>;

export const StatusReply = z
  .strictObject({
    reference_user_id: z.string().describe('Your name of the user'),
    connection_status: z.enum(['PENDING', 'COMPLETED', 'FAILED', 'EXPIRED']).describe('State'),
    failure_code: z
      .enum(['NOT_UNIQUE', 'LIVENESS_FAILED', 'EXPIRED'])
      .nullable()
      .describe(
        'Why not. `NOT_UNIQUE`: the person takes part in the region under another reference. `LIVENESS_FAILED`: the person did not pass, stopped or did not consent',
      ),
    simple_data_request_response: z
      .union([
        z.strictObject({
          humanness_score: z
            .number()
            .min(0)
            .max(1)
            .describe(
              'Probability of a living human where people and attacks are equally frequent, 0.01..0.99; experimental',
            ),
          unique_human_id: z
            .string()
            .describe('Pseudonym of the person in the region; ids of two regions cannot be linked'),
        }),
        z.strictObject({ is_phone_number_verified: z.literal(true).describe('Always true') }),
      ])
      .nullable()
      .describe('The data you asked for; null until it is completed'),
    metadata: Metadata.optional(),
    test_outcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'RegistrationStatus',
    description: 'State of a user.',
    examples: [
      {
        reference_user_id: 'user_123',
        connection_status: 'COMPLETED',
        failure_code: null,
        simple_data_request_response: {
          humanness_score: 0.97,
          unique_human_id: '5c2f0d4b7a6e4f1d9c3b8a7e6d5f4c3b2a1908f7e6d5c4b3a291807f6e5d4c3b',
        },
      },
    ],
  });
export type StatusReply = z.output<typeof StatusReply>;

const listed = z
  .strictObject({
    ...StatusReply.shape,
    registration_id: z.string().describe('Id of the registration'),
    reference_user_id: z
      .string()
      .optional()
      .describe('Your name of the user; absent once the person was erased'),
    uniqueness_region_id: z.string().optional().describe('Region; absent: the organization'),
    created_at: z.string().describe('When the user was registered, ISO 8601'),
    expires_at: z.string().describe('Until when the invitation can be opened, ISO 8601'),
  })
  .meta({
    id: 'ListedRegistration',
    description: 'A registration in a list. One that another of the same user replaced is `EXPIRED`.',
    examples: [
      {
        registration_id: 'reg_01m7w3hbbec1gf5vj2bmsg7bmh',
        reference_user_id: 'user_123',
        connection_status: 'PENDING' as const,
        failure_code: null,
        simple_data_request_response: null,
        created_at: '2026-05-25T21:00:00.000Z',
        expires_at: '2026-06-01T21:00:00.000Z',
      },
    ],
  });
export type ListedRegistration = z.output<typeof listed>;
export const RegistrationPage = doorPageReply(listed, 'Registrations, the newest first', 'RegistrationPage');
