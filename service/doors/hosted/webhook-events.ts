import type { EventPayloads } from '../../engine/events/index.ts';
import type { PayloadDialect } from '../../engine/webhooks/index.ts';

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
      },
    },
  ],
  translate(event) {
    if (event.type !== 'session.decided' || event.payload.flow !== 'hosted') return undefined;
    const { payload, world, at } = event;
    return {
      name: 'hosted.verification.completed',
      body: () => ({
        event: 'verification.completed',
        verification_id: payload.verification,
        status: statuses[payload.decision],
        product: products[payload.proves],
        environment: world,
        timestamp: toSeconds(at),
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

/** The family's times have no milliseconds. */
const toSeconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
