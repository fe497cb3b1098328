import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSiteverifyDoor, type SiteverifyDeps } from '../../../service/doors/siteverify/index.ts';
import { Answer } from '../../../service/doors/siteverify/wire.ts';
import type { Redemption } from '../../../service/engine/behavior/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { Problem, type ProblemCode } from '../../../service/lib/problem.ts';
import { recordedAccess, recordedKeys } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

interface Recording {
  name: string;
  request: RecordedRequest;
  engine: {
    found?: Redemption;
    refuse?: { code: ProblemCode; message: string; retryAfterSeconds?: number };
  };
  response: RecordedResponse;
  /** What the engine was asked; [] where it must not be. */
  asked: unknown[];
}

const here = import.meta.dirname;
const recordings = readdirSync(here)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording);

async function open({ found, refuse }: Recording['engine'] = {}) {
  const asked: unknown[] = [];
  const access = recordedAccess();
  const deps: SiteverifyDeps = {
    access,
    limits: {
      async admit() {
        if (!refuse) return { limits: [], answered() {} };
        const { code, message, ...extra } = refuse;
        throw new Problem(code, message, extra);
      },
    },
    verdicts: {
      async redeem(
        { organization, world, lineage }: { organization: string; world: string; lineage?: string },
        token: string,
        within: number,
      ) {
        asked.push({ organization, world, lineage, token, within });
        return found ?? { valid: false, reason: 'unknown' };
      },
    },
  };
  const app = createServer({ access, log: silentLog, ids: createIds(systemClock) });
  await app.register(createSiteverifyDoor(deps));
  return { app, asked };
}

describe('siteverify, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const box = await open(engine);
    const headers = { 'x-request-id': 'req-recorded', ...request.headers };
    const answer = await send(box.app, { ...request, headers }, Object.keys(response.headers ?? {}));
    await box.app.close();
    expect(answer).toEqual(response);
    expect(box.asked).toEqual(asked);
    Answer.parse(answer.body);
  });
});

test('the key is held to scope, origin, address and limits as in every call, and not metered', async () => {
  const asked: unknown[] = [];
  const access = recordedAccess();
  const app = createServer({ access, log: silentLog, ids: createIds(systemClock) });
  await app.register(
    createSiteverifyDoor({
      access: {
        authenticate: (credential) => {
          asked.push(credential);
          return access.authenticate(credential);
        },
      },
      limits: {
        admit: async ({ lineage }, how) => {
          asked.push({ lineage, ...how });
          return { limits: [], answered: (problem) => void asked.push(problem) };
        },
      },
      verdicts: { redeem: async () => ({ valid: false, reason: 'unknown' }) },
    }),
  );
  const { behavior: secret } = recordedKeys;
  await app.inject({
    method: 'POST',
    url: '/siteverify',
    remoteAddress: '192.0.2.9',
    headers: { origin: 'https://app.example.com' },
    payload: { secret, response: 'x' },
  });
  await app.close();
  expect(asked).toEqual([
    { credential: secret, scope: 'behavior', origin: 'https://app.example.com', address: '192.0.2.9' },
    { lineage: 'key_behavior', metered: false },
    null,
  ]);
});

const paths = [
  '/siteverify',
  '/turnstile/v0/siteverify',
  '/recaptcha/api/siteverify',
  '/recaptcha/v3/api/siteverify',
];

test('a hostile body never succeeds, is no fault of the box, and is answered with codes', async () => {
  const box = await open();
  const secret = recordedKeys.behavior;
  const types = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    'multipart/form-data',
    'text/plain',
  );
  const bodies = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc
      .record({ secret: fc.oneof(fc.constant(secret), fc.anything()), response: fc.anything() })
      .map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary' }).map((text) => `secret=${secret}&response=${text}`),
    fc
      .string({ unit: 'binary' })
      .map((text) => `--b\r\nContent-Disposition: form-data; name="secret"\r\n\r\n${text}\r\n--b--`),
    fc.constant(`response=${'x'.repeat(20_000)}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), types, bodies, async (url, type, payload) => {
      const { statusCode, body } = await box.app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': type },
        payload: payload ?? '',
      });
      const answer = Answer.parse(JSON.parse(body));
      expect([statusCode, answer.success]).toEqual([200, false]);
      expect(answer['error-codes']).not.toContain('internal-error');
      expect(answer['error-codes']).not.toEqual([]);
    }),
    { numRuns: 400 },
  );
  await box.app.close();
});
