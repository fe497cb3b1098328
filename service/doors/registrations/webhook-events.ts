import { z } from 'zod';
import { type PayloadDialect, SAMPLE_EVENT } from '../../engine/events/index.ts';
import { Metadata } from '../../http/key-lists.ts';
import {
  eventIdField,
  type PublishedWebhook,
  versionField,
  WEBHOOK_VERSION,
} from '../../http/published-route.ts';
import { defined } from '../../lib/defined.ts';

/**
 * registrations.txt names the event and shows no payload; this is the smallest that names the user and the outcome, in the words of
 * /get_status, where the results are asked for (docs/decisions/0013-webhook-payloads-beyond-the-texts.md).
 */
export const registrationsEvents: PayloadDialect = {
  family: 'registrations',
  signature: 'standard',
  events: [
    {
      name: 'registrations.USER_VERIFICATION_COMPLETED',
      when: 'A user finishes verification, whether it succeeded or failed; an invitation that expires unused sends no event',
      fires: true,
      sample: {
        event: 'USER_VERIFICATION_COMPLETED',
        event_id: SAMPLE_EVENT,
        version: WEBHOOK_VERSION,
        registration_id: 'reg_01m7w3hbbec1gf5vj2bmsg7bmh',
        reference_user_id: 'user_123',
        uniqueness_region_id: 'survey_42',
        connection_status: 'COMPLETED',
        failure_code: null,
        metadata: { campaign: 'spring' },
        timestamp: '2026-05-25T21:00:00.000Z',
      },
    },
  ],
  translate(event) {
    if (event.type !== 'session.decided' || event.payload.flow !== 'registration') return undefined;
    const { id, payload, personal, at } = event;
    // An invitation that expired was completed by no one.
    if (payload.decision === 'expired') return undefined;
    const ended = ends[payload.decision];
    return {
      name: 'registrations.USER_VERIFICATION_COMPLETED',
      body: () => ({
        event: 'USER_VERIFICATION_COMPLETED',
        event_id: id,
        version: WEBHOOK_VERSION,
        ...defined({ registration_id: payload.registration }),
        ...(personal !== undefined && 'reference' in personal
          ? { reference_user_id: personal.reference }
          : {}),
        ...defined({ uniqueness_region_id: payload.region }),
        connection_status: ended.status,
        failure_code: ended.failureCode,
        ...(personal !== undefined && 'metadata' in personal ? defined({ metadata: personal.metadata }) : {}),
        timestamp: new Date(at).toISOString(),
      }),
    };
  },
};

/** `DOES_NOT_EXIST` is an answer of /get_status alone: a user who is not registered has no session. */
const ends = {
  approved: { status: 'COMPLETED', failureCode: null },
  rejected: { status: 'FAILED', failureCode: 'LIVENESS_FAILED' },
  duplicate: { status: 'FAILED', failureCode: 'NOT_UNIQUE' },
} as const;

const payload = z.strictObject({
  event: z.literal('USER_VERIFICATION_COMPLETED').describe('Always `USER_VERIFICATION_COMPLETED`'),
  event_id: eventIdField,
  version: versionField,
  registration_id: z
    .string()
    .describe('Id of the registration; absent in events of earlier releases')
    .optional(),
  reference_user_id: z
    .string()
    .describe('Your name of the user; absent once the person is erased')
    .optional(),
  uniqueness_region_id: z.string().describe('Region; absent: the organization').optional(),
  connection_status: z.enum(['COMPLETED', 'FAILED']).describe('As `/get_status` answers it'),
  failure_code: z.enum(['NOT_UNIQUE', 'LIVENESS_FAILED']).nullable().describe('As `/get_status` answers it'),
  metadata: Metadata.optional(),
  timestamp: z.string().describe('When the user finished, ISO 8601'),
});

/** For the OpenAPI document. */
export const registrationsWebhooks: PublishedWebhook[] = registrationsEvents.events.map(
  ({ name, when, sample }) => ({
    name,
    when,
    payload: payload.meta({ examples: [sample] }),
  }),
);
