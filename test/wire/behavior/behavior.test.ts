import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBehaviorDoor } from '../../../service/doors/behavior/index.ts';
import { NewWebhookReply, WebhookList } from '../../../service/doors/behavior/wire.ts';
import type { Endpoint, Webhooks } from '../../../service/engine/webhooks/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode } from '../../../service/lib/problem.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

/** What the engine answers in a recording. */
interface EngineScript {
  endpoints?: Endpoint[];
  secret?: string;
  refuse?: { code: ProblemCode; message: string };
}

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

function recordedWebhooks({ endpoints = [], secret = '', refuse }: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(question: object, value: () => T): T => {
    asked.push(JSON.parse(JSON.stringify(question)));
    if (refuse) throw new Problem(refuse.code, refuse.message);
    return value();
  };
  const webhooks: Pick<Webhooks, 'add' | 'list' | 'remove'> = {
    add: async (realm, endpoint, actor) =>
      answer({ operation: 'add', realm, endpoint, actor }, () => ({ endpoint: endpoints[0]!, secret })),
    list: async (realm, filter) => answer({ operation: 'list', realm, filter }, () => endpoints),
    remove: async (realm, id, actor) => answer({ operation: 'remove', realm, id, actor }, () => undefined),
  };
  return { webhooks, asked };
}

describe('behavior, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedWebhooks(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createBehaviorDoor(fake));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status === 200) WebhookList.parse(answer.body);
    if (answer.status === 201) NewWebhookReply.parse(answer.body);
  });
});
