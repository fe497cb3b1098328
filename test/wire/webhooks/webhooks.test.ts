import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { webhookDialects } from '../../../service/compose/events.ts';
import type { RecordedEvent } from '../../../service/engine/events/index.ts';

/** An event as it is read back from the outbox, and the request's body that a family's receivers get for it. */
interface Recording {
  name: string;
  family: string;
  event: RecordedEvent;
  request: { name: string; body: Record<string, unknown> };
}

const here = import.meta.dirname;
const recordings = new Map(
  readdirSync(here)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording,
    ]),
);

/** Names and order of every field: a receiver may log, sign or compare the text. */
const text = (value: unknown) => JSON.stringify(value, null, 1);

describe('webhooks, as recorded', () => {
  test.each([...recordings.values()])('$name', ({ family, event, request }) => {
    for (const dialect of webhookDialects) {
      const translated = dialect.translate(event);
      if (dialect.family === family)
        expect(text({ name: translated?.name, body: translated?.body() })).toBe(text(request));
      else expect(translated).toBeUndefined();
    }
  });

  const catalog = webhookDialects.flatMap(({ family, events }) =>
    events.map((event) => ({ ...event, family })),
  );

  test.each(catalog)('the sample of $name is what its recording delivers', ({ family, name, sample }) => {
    const recording = recordings.get(name.replace('.', '-'));
    expect(recording).toMatchObject({ family, request: { name } });
    expect(text(recording?.request.body)).toBe(text(sample));
  });

  test('the names are those of the texts', () => {
    expect(catalog.map(({ name }) => name)).toEqual([
      'identity.verification.success',
      'identity.verification.failure',
      'identity.user.enrolled',
      'identity.alert.triggered',
      'sessions.verification.completed',
      'sessions.verification.failed',
      'sessions.verification.duplicate',
      'behavior.bot.detected',
      'behavior.human.verified',
      'hosted.verification.completed',
      'registrations.USER_VERIFICATION_COMPLETED',
    ]);
  });
});

test.each([
  [
    'behavior-bot.detected',
    `{
      "event": "bot.detected",
      "user_id": "user_123",
      "human": false,
      "confidence": 0.18,
      "score": 18,
      "token": "h_verified_Kd3mP8luYMC2Mi1x",
      "timestamp": "2026-05-25T21:00:00.000Z"
    }`,
  ],
  [
    'sessions-verification.completed',
    `{
      "event": "verification.completed",
      "sessionId": "sess_abc123xyz789",
      "decision": "approved",
      "passToken": "hp_x9y8z7w6v5u4",
      "expiresAt": "2026-04-21T13:00:00.000Z",
      "riskLevel": "low",
      "riskScore": 0.08,
      "riskFlags": [],
      "timestamp": "2026-04-21T12:00:00.000Z",
      "metadata": {
        "profile": "specter",
        "challengesCompleted": 4,
        "processingTimeMs": 3400
      }
    }`,
  ],
])(
  '%s begins with the payload printed in the family’s text, and nothing but its id and version follows',
  (file, printed) => {
    const { id } = recordings.get(file)!.event;
    const own = file.startsWith('sessions') ? { eventId: id, version: 1 } : { event_id: id, version: 1 };
    expect(text(recordings.get(file)?.request.body)).toBe(text({ ...JSON.parse(printed), ...own }));
  },
);

test('where the text leaves values open, its fields and their order hold', () => {
  const fields = (file: string) => Object.keys(recordings.get(file)?.request.body ?? {});
  expect(fields('hosted-verification.completed')).toEqual([
    'event',
    'verification_id',
    'status',
    'product',
    'environment',
    'timestamp',
    'event_id',
    'version',
  ]);
  expect(recordings.get('hosted-verification.completed')?.request.body.timestamp).toBe(
    '2026-05-17T10:30:00Z',
  );
  expect(fields('identity-verification.success')).toEqual(['event', 'orgId', 'timestamp', 'data']);
});
