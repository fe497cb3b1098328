import { z } from 'zod';
import { type EventPayloads, type PayloadDialect, SAMPLE_EVENT } from '../../engine/events/index.ts';
import { flowProducts } from '../../engine/live/index.ts';
import { Metadata } from '../../http/key-lists.ts';
import {
  eventIdField,
  type PublishedWebhook,
  versionField,
  WEBHOOK_VERSION,
} from '../../http/published-route.ts';
import { defined } from '../../lib/defined.ts';
import { toSeconds } from './translate.ts';

type HostedSession = Extract<EventPayloads['session.decided'], { flow: 'hosted' }>;

/** hosted.txt, "Webhook-first confirmation". */
export const hostedEvents: PayloadDialect = {
  family: 'hosted',
  signature: 'sha256',
  events: [
    {
      name: 'hosted.verification.completed',
      when: 'A hosted verification has its result: PASS, FAIL, or EXPIRED if it was not completed in time',
      fires: true,
      sample: {
        event: 'verification.completed',
        verification_id: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        status: 'PASS',
        product: 'verifyidentity',
        environment: 'live',
        timestamp: '2026-05-17T10:30:00Z',
        event_id: SAMPLE_EVENT,
        version: WEBHOOK_VERSION,
      },
    },
  ],
  translate(event) {
    if (event.type !== 'session.decided' || event.payload.flow !== 'hosted') return undefined;
    const { id, payload, personal, world, at } = event;
    return {
      name: 'hosted.verification.completed',
      body: () => ({
        event: 'verification.completed',
        verification_id: payload.verification,
        status: statuses[payload.decision],
        product: products[payload.proves],
        environment: world,
        timestamp: toSeconds(at),
        event_id: id,
        version: WEBHOOK_VERSION,
        ...(personal !== undefined && 'metadata' in personal ? defined({ metadata: personal.metadata }) : {}),
      }),
    };
  },
};

const statuses = {
  approved: 'PASS',
  rejected: 'FAIL',
  duplicate: 'FAIL',
  expired: 'EXPIRED',
} as const satisfies Record<HostedSession['decision'], string>;

const products = {
  human: 'verifyhuman',
  age: 'verifyage',
  identity: 'verifyidentity',
  trust: 'verifytrust',
} as const satisfies Record<HostedSession['proves'], string>;

const payload = z.strictObject({
  event: z.literal('verification.completed').describe('Always `verification.completed`'),
  verification_id: z.string().describe('As `/hosted/generate` answered it'),
  status: z.enum(['PASS', 'FAIL', 'EXPIRED']).describe('Result'),
  product: z.enum(flowProducts).describe('What the person had to prove'),
  environment: z.enum(['live', 'test']).describe('World'),
  timestamp: z.string().describe('When the result came, ISO 8601'),
  event_id: eventIdField,
  version: versionField,
  metadata: Metadata.optional(),
});

/** For the OpenAPI document. */
export const hostedWebhooks: PublishedWebhook[] = hostedEvents.events.map(({ name, when, sample }) => ({
  name,
  when,
  payload: payload.meta({ examples: [sample] }),
}));
