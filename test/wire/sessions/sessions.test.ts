import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSessionsDoor, type SessionsDoorDeps } from '../../../service/doors/sessions/index.ts';
import type { SessionCaller } from '../../../service/engine/accounts/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode } from '../../../service/lib/problem.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

/** What the engine answers in a recording. */
interface EngineScript {
  organization?: object;
  created?: object;
  /** The session that is found. */
  session?: Record<string, unknown>;
  holder?: object;
  /** States of the live session, in the order in which they are asked for; the last stays. */
  states?: object[];
  result?: object;
  salt?: string;
  finding?: object;
  endpoints?: object[];
  /** By operation. */
  refuse?: Record<string, { code: ProblemCode; message: string }>;
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

/** The capability that recordings use, and its session. */
const CAPABILITY = 'kq3vkq3vkq3vkq3vkq3vkq3vkq3vkq3vkq3vkq3vkq3';
const person: SessionCaller = {
  is: 'session',
  kind: 'sessions',
  session: 'sess_1',
  world: 'live',
  organization: 'org_recorded' as never,
  origins: ['https://app.example.com'],
};

function recordedEngine(script: EngineScript) {
  const asked: unknown[] = [];
  const states = [...(script.states ?? [])];
  const ask = <T>(operation: string, question: object, answer: T): T => {
    asked.push({ operation, ...JSON.parse(JSON.stringify(question)) });
    const refused = script.refuse?.[operation];
    if (refused) throw new Problem(refused.code, refused.message);
    return answer;
  };
  const state = () => (states.length > 1 ? states.shift() : states[0]);
  const link = {
    state: async () => ask('state', {}, state()),
    start: async () => ask('start', {}, state()),
    submitFrame: async (frame: Uint8Array, at: number) =>
      ask('look', { frame: Buffer.from(frame).toString('base64'), at }, state()),
    close: () => undefined,
  };
  const deps = {
    liveSessions: {
      create: async (order: object) => {
        const { page, ...rest } = order as { page: { consent: { version: string }; redirect?: object } };
        const shown = { consent: page.consent.version, redirect: page.redirect };
        return ask('create', { ...rest, page: shown }, script.created);
      },
      find: async (realm: object, id: string) => ask('find', { realm, id }, script.session),
      finalize: async (realm: object, id: string) => ask('finalize', { realm, id }, script.result),
      finalizeByToken: async (token: string) => ask('finalizeByToken', { token }, script.result),
      holder: async (token: string) => ask('holder', { token }, script.holder),
      open: async (token: string, order: object) => ask('open', { token, order }, undefined),
      connect: async (token: string, order: object) => ask('connect', { token, order }, link),
    },
    organizations: {
      asTextOwner: async () => ({
        id: 'org_recorded',
        name: 'Acme',
        uniquenessPolicy: 'off',
        ...script.organization,
      }),
    },
    uniqueness: {
      termsOf: async (realm: object, scope: string) =>
        ask('terms', { realm, scope }, { onErasure: 'reopen' }),
      sessionSalt: async (organization: string, id: string) =>
        ask('salt', { organization, id }, script.salt!),
    },
    verifyToken: async (realm: object, token: string, demand: object, actor: object) =>
      ask('verifyToken', { realm, token, demand, actor }, script.finding),
    callbacks: {
      accept: async (realm: object, { url }: { url: string }) => ask('callback', { realm, url }, undefined),
    },
    webhooks: {
      list: async (realm: object, filter: object) => ask('webhooks', { realm, filter }, script.endpoints),
    },
    clock: { now: () => Date.UTC(2026, 10, 21, 12) },
  };
  return { deps: deps as unknown as SessionsDoorDeps, asked };
}

describe('sessions, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(30));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedEngine(engine);
    const app = createServer({
      access: recordedAccess(),
      log: silentLog,
      ids: createIds(systemClock),
      persons: { byToken: async (token) => (token === CAPABILITY ? person : undefined) },
    });
    await app.register(createSessionsDoor(fake.deps));
    const headers = { 'x-request-id': 'req-recorded', host: 'gate.example', ...request.headers };
    const answer = await send(app, { ...request, headers }, Object.keys(response.headers ?? {}));
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
  });
});
