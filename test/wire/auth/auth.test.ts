import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { type AuthDeps, createAuthDoor } from '../../../service/doors/auth/index.ts';
import type { AdministratorCaller } from '../../../service/engine/accounts/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { type AdministratorId, createIds, type OrganizationId } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../service/lib/problem.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

/** What the engine answers in a recording, by the name of the function that is asked. */
interface EngineScript {
  answers?: Record<string, unknown>;
  refuse?: { code: ProblemCode; message: string; extra?: ProblemExtra };
  /** The session of the caller proved no factor lately, or is limited. */
  stale?: true;
  limitedTo?: 'enrollment';
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

function recordedDeps({ answers = {}, refuse, stale, limitedTo }: EngineScript) {
  const asked: unknown[] = [];
  const functionNamed =
    (name: string) =>
    async (...given: unknown[]) => {
      asked.push(JSON.parse(JSON.stringify([name, ...given])));
      if (refuse) throw new Problem(refuse.code, refuse.message, refuse.extra);
      return answers[name];
    };
  const administrators = new Proxy({}, { get: (_, name) => functionNamed(String(name)) });
  const caller: AdministratorCaller = {
    is: 'administrator',
    administrator: 'adm_01m7w3hb8hbf355he5zqwjztdk' as AdministratorId,
    session: 'ses_01m7w3hb8hbf355he5zqwjztdk',
    organization: 'org_recorded' as OrganizationId,
    role: 'owner',
    applianceOwner: true,
    ...(limitedTo && { limitedTo }),
  };
  const sessions = {
    byCookie: async (secret: string) => (secret === 'recorded' ? caller : undefined),
    byToken: async (token: string) => (token === 'eyJ.recorded.s' ? caller : undefined),
    checkCsrf: (_: string, sent: string | undefined) => sent === 'csrf-recorded',
    hasFreshFactor: () => !stale,
    goesOn: async () => true,
  };
  const tokens = {
    issue: async () => ({ token: 'eyJ.recorded.s', expiresAt: Date.UTC(2026, 3, 7, 10, 15) }),
  };
  return { deps: { administrators, tokens, sessions } as unknown as AuthDeps, sessions, asked };
}

async function startDoor(script: EngineScript) {
  const { deps, sessions, asked } = recordedDeps(script);
  const app = createServer({
    access: recordedAccess(),
    sessions,
    log: silentLog,
    ids: createIds(systemClock),
  });
  await app.register(createAuthDoor(deps));
  return { app, asked };
}

const matches = (url: string, method: string, request: RecordedRequest) =>
  method === request.method &&
  new RegExp(`^${url.replaceAll(/:\w+/g, '[\\w-]+')}$`).test(request.path.split('?')[0]!);

describe('sign-in, as recorded', () => {
  test('every route has a recording of what it answers when all is well', async () => {
    const { app } = await startDoor({});
    await app.ready();
    // The first run and the notice are no wire contracts: `test/attacks/setup.test.ts` asks their routes.
    const routes = app.published
      .filter(({ url }) => !/^\/api\/(setup|auth\/notice)/.test(url))
      .flatMap(({ methods, url }) =>
        methods.filter((method) => !/HEAD|OPTIONS/.test(method)).map((method) => ({ method, url })),
      );
    await app.close();
    const silent = routes.filter(
      ({ method, url }) =>
        !recordings.some(({ request, response }) => matches(url, method, request) && response.status < 300),
    );
    expect(silent).toEqual([]);
    expect(routes.length).toBeGreaterThanOrEqual(19);
  });

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const { app, asked: seen } = await startDoor(engine);
    const answer = await send(
      app,
      {
        ...request,
        headers: { host: 'gatehouse.localhost', 'x-request-id': 'req-recorded', ...request.headers },
      },
      Object.keys(response.headers ?? {}),
    );
    const schema = app.published.find(
      ({ methods, url }) => methods.includes(request.method) && matches(url, request.method, request),
    )?.schema.response as Record<string, ZodType> | undefined;
    await app.close();
    expect(answer).toEqual(response);
    expect(seen).toEqual(asked);
    if (answer.status === 200) schema![200]!.parse(answer.body);
  });
});
