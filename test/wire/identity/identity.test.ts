import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { createIdentityDoor } from '../../../service/doors/identity/index.ts';
import { EnrollReply, VerifyReply } from '../../../service/doors/identity/wire-replies.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';
import { type EngineScript, recordedChecks } from './recorded-engine.ts';

interface Recording {
  name: string;
  request: RecordedRequest;
  engine: EngineScript;
  response: RecordedResponse;
  /** What the engine was asked; [] where it must not be. */
  asked: unknown[];
}

const here = import.meta.dirname;
const recordings = readdirSync(here)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording);

const replies: Record<string, ZodType> = { '/api/verify': VerifyReply, '/api/enroll': EnrollReply };

describe('identity, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedChecks(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createIdentityDoor({ checks: fake.checks }));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status === 200)
      replies[request.path.replaceAll('//', '/').replace(/\/$/, '')]!.parse(answer.body);
  });
});
