import { expect, test, vi } from 'vitest';
import { createBehaviorReport } from './behavior.ts';
import type { LiveState } from './wire.ts';

const running = (attempt: number, index: number): LiveState => ({
  is: 'state',
  state: 'running',
  attempt,
  attemptsLeft: 2,
  step: { index, of: 4, name: 'blink', progress: 0, holdMs: 0, limitMs: 5000 },
});

function scene() {
  const collector = { start: vi.fn(), stop: vi.fn(), snapshot: vi.fn(() => ({ v: 1 })) };
  const { promise, resolve, reject } = Promise.withResolvers<typeof collector>();
  const load = vi.fn(() => promise);
  const api = { behavior: vi.fn(async () => undefined) };
  return {
    collector,
    load,
    api,
    reject,
    arrive: () => resolve(collector),
    report: createBehaviorReport({ load, api }),
  };
}

test('the collector is loaded once it is asked for, and listens then', async () => {
  const { report, load, collector, arrive } = scene();
  expect(load).not.toHaveBeenCalled();
  report.start();
  report.start();
  expect(load).toHaveBeenCalledTimes(1);
  arrive();
  await expect.poll(() => collector.start.mock.calls.length).toBe(1);
  report.stop();
  expect(collector.stop).toHaveBeenCalledTimes(1);
});

test('each step that is shown is reported once, and nothing before the collector is there', async () => {
  const { report, collector, api, arrive } = scene();
  report.start();
  report.report('token', running(1, 0));
  expect(api.behavior).not.toHaveBeenCalled();
  arrive();
  await expect.poll(() => collector.start.mock.calls.length).toBe(1);
  for (const live of [running(1, 0), running(1, 0), running(1, 1), running(2, 0)])
    report.report('token', live);
  report.report('token', { is: 'state', state: 'guiding', attempt: 2, attemptsLeft: 1 });
  expect(api.behavior).toHaveBeenCalledTimes(3);
  expect(api.behavior).toHaveBeenLastCalledWith('token', { v: 1 });
  report.stop();
  report.report('token', running(2, 1));
  expect(api.behavior).toHaveBeenCalledTimes(3);
});

test('a collector that arrives after the end does not listen', async () => {
  const { report, load, collector, arrive } = scene();
  report.start();
  report.stop();
  arrive();
  await load.mock.results[0]!.value;
  expect(collector.start).not.toHaveBeenCalled();
});

test('without the collector the check goes on', async () => {
  const { report, load, api, reject } = scene();
  report.start();
  reject(new Error('no network'));
  await (load.mock.results[0]!.value as Promise<unknown>).catch(() => undefined);
  report.report('token', running(1, 0));
  expect(api.behavior).not.toHaveBeenCalled();
});
