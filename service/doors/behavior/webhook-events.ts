import { type PayloadDialect, SAMPLE_EVENT } from '../../engine/events/index.ts';
import { WEBHOOK_VERSION } from '../../http/published-route.ts';
import { defined } from '../../lib/defined.ts';

/** behavior.txt, "Webhooks". */
export const behaviorEvents: PayloadDialect = {
  family: 'behavior',
  signature: 'timestamped',
  events: [
    {
      name: 'behavior.bot.detected',
      when: 'A bot is detected, by verify, a heartbeat or a challenge',
      fires: true,
      sample: {
        event: 'bot.detected',
        user_id: 'user_123',
        human: false,
        confidence: 0.18,
        score: 18,
        token: 'h_verified_Kd3mP8luYMC2Mi1x',
        timestamp: '2026-05-25T21:00:00.000Z',
        event_id: SAMPLE_EVENT,
        version: WEBHOOK_VERSION,
      },
    },
    {
      name: 'behavior.human.verified',
      when: 'A human is verified, by verify, a heartbeat or a challenge',
      fires: true,
      sample: {
        event: 'human.verified',
        user_id: 'user_123',
        human: true,
        confidence: 0.92,
        score: 92,
        token: 'h_verified_Kd3mP8luYMC2Mi1x',
        timestamp: '2026-05-25T21:00:00.000Z',
        event_id: SAMPLE_EVENT,
        version: WEBHOOK_VERSION,
      },
    },
  ],
  translate(event) {
    if (event.type !== 'behavior.judged') return undefined;
    const { human, confidence } = event.payload;
    const name = human ? 'human.verified' : 'bot.detected';
    return {
      name: `behavior.${name}`,
      body: () => ({
        event: name,
        ...defined({ user_id: event.personal?.reference }),
        human,
        // Not rounded: 0.4996 is no human, and must not read 0.5.
        confidence,
        score: Math.round(confidence * 100),
        ...defined({ token: event.personal?.token }),
        timestamp: new Date(event.at).toISOString(),
        event_id: event.id,
        version: WEBHOOK_VERSION,
        ...defined({ metadata: event.personal?.metadata }),
      }),
    };
  },
};
