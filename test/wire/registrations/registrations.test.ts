import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRegistrationsDoor } from '../../../service/doors/registrations/index.ts';
import { RegisterReply, StatusReply } from '../../../service/doors/registrations/wire.ts';
import type { Registration, Registrations } from '../../../service/engine/live/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode, type ProblemDetail } from '../../../service/lib/problem.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

/** What the engine answers in a recording. */
interface EngineScript {
  registration?: Registration;
  token?: string;
  refuse?: { code: ProblemCode; message: string; details?: ProblemDetail[] };
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

function recordedRegistrations({ registration, token = '', refuse }: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(question: object, value: () => T): T => {
    asked.push(JSON.parse(JSON.stringify(question)));
    if (refuse)
      throw new Problem(refuse.code, refuse.message, refuse.details ? { details: refuse.details } : {});
    return value();
  };
  const registrations: Pick<Registrations, 'register' | 'status' | 'page'> = {
    page: async (realm, part) => answer({ operation: 'page', realm, part }, () => [registration!]),
    register: async (realm, order, who) =>
      answer({ operation: 'register', realm, order, who }, () => ({ registration: registration!, token })),
    status: async (realm, reference) =>
      answer({ operation: 'status', realm, reference }, () => registration!),
  };
  return { registrations, asked };
}

describe('registrations, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(18));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedRegistrations(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createRegistrationsDoor(fake));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status !== 200) return;
    if (request.path === '/register') RegisterReply.parse(answer.body);
    else StatusReply.parse(answer.body);
  });
});
