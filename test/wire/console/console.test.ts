import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { createAdminDoor } from '../../../service/doors/admin/index.ts';
import { accessListOf } from '../../../service/http/route-access.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';
import { type EngineScript, recordedRooms } from './recorded-engine.ts';

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
  .flatMap((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording[]);

async function startDoor(script: EngineScript) {
  const { rooms, asked } = recordedRooms(script);
  const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
  await app.register(createAdminDoor(rooms));
  return { app, asked };
}

describe('what API keys may administer, as recorded', () => {
  test('every route has a recording of what it answers when all is well', async () => {
    const { app } = await startDoor({});
    await app.ready();
    const routes = app.published
      .filter(({ access }) => accessListOf(access())?.key !== undefined)
      .flatMap(({ methods, url }) =>
        methods.filter((method) => !/HEAD|OPTIONS/.test(method)).map((method) => `${method} ${url}`),
      );
    const matches = (route: string, { method, path }: RecordedRequest) => {
      const pattern = new RegExp(`^${route.replaceAll(/:\w+/g, '[a-z]+_\\w{26}')}$`);
      return pattern.test(`${method} ${path.split('?')[0]}`);
    };
    const silent = routes.filter(
      (route) =>
        !recordings.some(({ request, response }) => matches(route, request) && response.status < 300),
    );
    expect(silent).toEqual([]);
    expect(routes).toHaveLength(25);
  });

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const { app, asked: seen } = await startDoor(engine);
    const answer = await send(
      app,
      {
        ...request,
        headers: {
          'x-api-key': 'gh_live_admin0123456789abcdefghijklmnopqr',
          'x-request-id': 'req-recorded',
          ...request.headers,
        },
      },
      Object.keys(response.headers ?? {}),
    );
    const schema = app.published.find(({ methods, url }) => {
      const pattern = new RegExp(`^${url.replaceAll(/:\w+/g, '[a-z]+_\\w{26}')}$`);
      return methods.includes(request.method) && pattern.test(request.path.split('?')[0]!);
    })?.schema.response as Record<string, ZodType> | undefined;
    await app.close();
    expect(answer).toEqual(response);
    expect(seen).toEqual(asked);
    if (answer.status < 300 && answer.status !== 204) schema![answer.status]!.parse(answer.body);
  });
});
