import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { personWindow } from '../support/behavior-windows.ts';
import { fullSize } from './size.ts';

const ROUNDS = fullSize ? 10 : 1;
const CALLERS = 12;

let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

let asked = 0;

/** Verifies new users until the service is gone; adds the tokens that were answered, with their users. */
async function verifyUntilGone(service: Service, key: string, answered: Map<string, string>): Promise<void> {
  const post = async (userId: string) => {
    const answer = await fetch(`${service.url}/api/v1/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({
        userId,
        sessionData: personWindow({ sid: userId.padEnd(20, '0'), upMs: asked }),
      }),
    });
    if (answer.status !== 200) throw new Error(await answer.text());
    answered.set(((await answer.json()) as { token: string }).token, userId);
  };
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      try {
        for (;;) await post(`user_${++asked}`);
      } catch (error) {
        // The connection broke. An answer that is no verdict is a failure.
        if (!(error instanceof TypeError)) throw error;
      }
    }),
  );
}

test('a service that is killed has every verdict that it answered', async () => {
  const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Killed');
  const { key } = await cli.json<{ key: string }>('key', 'create', '--scopes', 'behavior', '--env', 'test');
  expect(keys.test).not.toBe(key);
  await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
  let service = await cli.serve('--workers', '1', '--log-level', 'error');
  for (let round = 0; round < ROUNDS; round++) {
    const answered = new Map<string, string>();
    const asking = verifyUntilGone(service, key, answered);
    await Promise.race([expect.poll(() => answered.size).toBeGreaterThan(10), asking]);
    await pause(100 + 130 * round);
    await service.end('SIGKILL');
    await asking;
    service = await cli.serve('--workers', '1', '--log-level', 'error');
    for (const [token, userId] of answered) {
      const check = await fetch(`${service.url}/api/v1/tokens/verify`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ token, userId }),
      });
      expect([userId, await check.json()]).toMatchObject([userId, { valid: true, kind: 'behavior' }]);
    }
  }
  await service.end();
});
