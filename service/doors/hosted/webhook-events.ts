import type { PayloadDialect } from '../../engine/webhooks/index.ts';

/** hosted.txt, "Webhook-first confirmation". */
export const hostedEvents: PayloadDialect = {
  family: 'hosted',
  signature: 'sha256',
  events: [
    {
      name: 'hosted.verification.completed',
      when: 'A hosted verification has its result: PASS, FAIL, or EXPIRED where nobody completed it in time',
      fires: false,
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
    if (event.type !== 'hosted.completed') return undefined;
    const { verification, status, product } = event.payload;
    return {
      name: 'hosted.verification.completed',
      body: {
        event: 'verification.completed',
        verification_id: verification,
        status,
        product,
        environment: event.world,
        timestamp: toSeconds(event.at),
      },
    };
  },
};

/** The family's times have no milliseconds. */
const toSeconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
