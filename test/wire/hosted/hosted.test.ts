import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createHostedDoor } from '../../../service/doors/hosted/index.ts';
import { CompleteReply, GenerateReply, StatusReply } from '../../../service/doors/hosted/wire.ts';
import type { Completed, Hosted, HostedLink } from '../../../service/engine/live/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode, type ProblemDetail } from '../../../service/lib/problem.ts';
import { recordedAccess, recordedKeys } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

/** What the engine answers in a recording. */
interface EngineScript {
  link?: HostedLink;
  token?: string;
  completed?: Completed;
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

function recordedHosted({ link, token = '', completed, refuse }: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(question: object, value: () => T): T => {
    asked.push(JSON.parse(JSON.stringify(question)));
    if (refuse)
      throw new Problem(refuse.code, refuse.message, refuse.details ? { details: refuse.details } : {});
    return value();
  };
  const hosted: Pick<Hosted, 'generate' | 'complete' | 'status' | 'page'> = {
    page: async (realm, part) => answer({ operation: 'page', realm, part }, () => [link!]),
    generate: async (realm, order, who) =>
      answer({ operation: 'generate', realm, order, who }, () => ({ link: link!, token })),
    complete: async (given, order) =>
      answer({ operation: 'complete', token: given, order }, () => completed!),
    status: async (realm, product, id) => answer({ operation: 'status', realm, product, id }, () => link!),
  };
  return { hosted, asked };
}

describe('hosted, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedHosted(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createHostedDoor(fake));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status !== 200) return;
    if (request.path === '/hosted/generate') GenerateReply.parse(answer.body);
    else if (request.method === 'POST') CompleteReply.parse(answer.body);
    else StatusReply.parse(answer.body);
  });
});

const paths = {
  verifyhuman: 'verifyhuman',
  verifyage: 'verifyage',
  verifyidentity: 'verifyidentity',
  verifycompliance: 'verifytrust',
} as const;

describe.each(Object.entries(paths))('the status path of %s', (path, product) => {
  test.each([
    ['PENDING', [], undefined],
    ['PASS', [], 1779013800000],
    ['FAIL', ['LIVENESS_FAILED'], 1779013800000],
    ['EXPIRED', ['EXPIRED'], 1779013800000],
  ] as const)('answers %s', async (status, reasons, completedAt) => {
    const link = {
      id: 'ver_1',
      realm: { organization: 'org_recorded', world: 'test' },
      product,
      status,
      reasons,
      createdAt: 1779013000000,
      createdBy: 'key:key_hosted',
      expiresAt: 1779017400000,
      ...(completedAt && { completedAt }),
    } as unknown as HostedLink;
    const { hosted } = recordedHosted({ link });
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createHostedDoor({ hosted }));
    const reply = await app.inject({
      url: `/api/mobile/v1/${path}/status/ver_1`,
      headers: { 'x-api-key': recordedKeys.hostedTest },
    });
    await app.close();
    expect([reply.statusCode, StatusReply.parse(reply.json())]).toEqual([
      200,
      {
        id: 'ver_1',
        product,
        status,
        environment: 'test',
        reasons,
        completed_at: completedAt === undefined ? null : '2026-05-17T10:30:00Z',
      },
    ]);
  });
});
