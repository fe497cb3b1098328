import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { createPresenceDoor } from '../../../service/doors/presence/index.ts';
import {
  NewPresenceSessionReply,
  PresenceSessionReply,
  PresenceTokenReply,
  VerifyTokenReply,
} from '../../../service/doors/presence/wire.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';
import { type PresenceScript, recordedPresence } from './recorded-presence.ts';

interface Recording {
  name: string;
  request: RecordedRequest;
  engine: PresenceScript;
  response: RecordedResponse;
  /** What the engine was asked; [] where it must not be. */
  asked: unknown[];
}

const here = import.meta.dirname;
const recordings = readdirSync(here)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording);

const replies: [RegExp, ZodType][] = [
  [/\/sessions$/, NewPresenceSessionReply],
  [/\/token$/, PresenceTokenReply],
  [/\/verify-token$/, VerifyTokenReply],
  [/\/sessions\/[^/]+(\/cancel)?$/, PresenceSessionReply],
];

describe('presence, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(25));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedPresence(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createPresenceDoor({ presence: fake.presence }));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status < 300) replies.find(([path]) => path.test(request.path))![1].parse(answer.body);
  });
});
