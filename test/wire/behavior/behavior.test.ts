import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBehaviorDoor } from '../../../service/doors/behavior/index.ts';
import { NewWebhookReply, WebhookList } from '../../../service/doors/behavior/wire.ts';
import { VerifyReply } from '../../../service/doors/behavior/wire-verify.ts';
import type { Verdicts } from '../../../service/engine/behavior/index.ts';
import type { Endpoint, Webhooks } from '../../../service/engine/events/index.ts';
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
  verdict?: Awaited<ReturnType<Verdicts['verify']>>;
  refuse?: { code: ProblemCode; message: string; retryAfterSeconds?: number };
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

function recordedEngine({ endpoints = [], secret = '', verdict, refuse }: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(question: object, value: () => T): T => {
    asked.push(JSON.parse(JSON.stringify(question)));
    if (refuse) {
      const { code, message, ...extra } = refuse;
      throw new Problem(code, message, extra);
    }
    return value();
  };
  const webhooks: Pick<Webhooks, 'add' | 'list' | 'remove'> = {
    add: async (realm, endpoint, actor) =>
      answer({ operation: 'add', realm, endpoint, actor }, () => ({ endpoint: endpoints[0]!, secret })),
    list: async (realm, filter) => answer({ operation: 'list', realm, filter }, () => endpoints),
    remove: async (realm, id, actor) => answer({ operation: 'remove', realm, id, actor }, () => undefined),
  };
  const verdicts: Pick<Verdicts, 'verify' | 'userHashOf'> = {
    userHashOf: undefined as never,
    verify: async ({ organization, world, lineage }, order) =>
      answer({ operation: 'verify', caller: { organization, world, lineage }, order }, () => verdict!),
  };
  return { webhooks, verdicts, asked };
}

/** Recorded in challenges/. */
const notAsked = {
  behaviorChallenges: undefined as never,
  heartbeats: undefined as never,
  limits: undefined as never,
  alerts: { noteChange: async () => {} },
};

describe('behavior, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedEngine(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createBehaviorDoor({ ...fake, ...notAsked }));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status === 200) (engine.verdict ? VerifyReply : WebhookList).parse(answer.body);
    if (answer.status === 201) NewWebhookReply.parse(answer.body);
  });
});
