import { expect, test } from 'vitest';
import { HumanPassError, type HumanPassResult, type VerifyOptions } from './humanpass.ts';
import { createRuns, type RunState } from './humanpass-runs.ts';

const result: HumanPassResult = { sessionId: 'sess_1', token: 'hp_1', decision: 'approved', expiresAt: null };

/** A client whose verification ends when the test ends it, or with its signal. */
function openClient() {
  const ends: ((how: HumanPassResult | Error) => void)[] = [];
  const client = {
    verify: ({ signal }: VerifyOptions = {}) =>
      new Promise<HumanPassResult>((resolve, reject) => {
        const aborted = () => reject(new HumanPassError('ABORTED', 'The verification was aborted.'));
        if (signal?.aborted) aborted();
        signal?.addEventListener('abort', aborted);
        ends.push((how) => (how instanceof Error ? reject(how) : resolve(how)));
      }),
  };
  const shown: string[] = [];
  const runs = createRuns(({ state, error }: RunState) => shown.push([state, error?.code].join(' ').trim()));
  return { client, ends, shown, runs };
}

test('a verification is shown from its beginning to its result', async () => {
  const { client, ends, shown, runs } = openClient();
  const running = runs.verify(client, {});
  ends[0]!(result);
  expect(await running).toBe(result);
  expect(shown).toEqual(['running', 'done']);
});

test('one that the caller aborts has failed, also where the signal was aborted before', async () => {
  const { client, shown, runs } = openClient();
  const signal = new AbortController();
  const running = runs.verify(client, { signal: signal.signal });
  signal.abort();
  expect(await running).toBeUndefined();
  expect(await runs.verify(client, { signal: signal.signal })).toBeUndefined();
  expect(shown).toEqual(['running', 'failed ABORTED', 'running', 'failed ABORTED']);
});

test('an error of another kind is shown, and thrown', async () => {
  const { client, ends, shown, runs } = openClient();
  const running = runs.verify(client, {});
  const wrong = new TypeError('Converting circular structure to JSON');
  ends[0]!(wrong);
  await expect(running).rejects.toBe(wrong);
  expect(shown).toEqual(['running', 'failed INVALID_ARGUMENT']);
});

test('a new one ends the one before, which says nothing more; a component that goes says nothing', async () => {
  const { client, ends, shown, runs } = openClient();
  const first = runs.verify(client, {});
  const second = runs.verify(client, {});
  expect(await first).toBeUndefined();
  ends[1]!(result);
  await second;
  expect(shown).toEqual(['running', 'running', 'done']);
  const third = runs.verify(client, {});
  runs.end();
  expect(await third).toBeUndefined();
  expect(shown).toEqual(['running', 'running', 'done', 'running']);
});
