import { beforeEach, expect, test } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import type { ModelFile } from '../models/onnx-model.ts';
import { type AcceleratorDeps, createAccelerator } from './accelerator.ts';
import type { Launch } from './launch.ts';
import { netKey } from './messages.ts';
import type { NetVerdict } from './trial.ts';

const files = ['one', 'two'].map((id) => ({ entry: { id }, path: `/${id}.onnx` }) as ModelFile);
const accepted = (model: string): NetVerdict => ({ model, is: 'accepted' });
const all = files.map(({ entry }) => accepted(entry.id));
const adapter = 'AMD Radeon';

let launched: { task: Parameters<Launch>[0]; on: Parameters<Launch>[1]; isKilled: boolean; asked: number }[];
let moves: unknown[];
let logged: string[];
let timers: ReturnType<typeof createManualTimers>;
beforeEach(() => {
  launched = [];
  moves = [];
  logged = [];
  timers = createManualTimers();
});

/** Its processes are those of `launched`; the sockets are numbered. */
function started(more: Partial<AcceleratorDeps> = {}) {
  const line = (level: string) => (_fields: object, message: string) =>
    void logged.push(`${level}: ${message}`);
  const accelerator = createAccelerator({
    providers: ['auto'],
    workers: 4,
    hasGpu: () => true,
    longestTrial: 60_000,
    timer: timers,
    launch(task, on) {
      const one = { task, on, isKilled: false, asked: 0 };
      launched.push(one);
      return {
        socket: `${launched.length}`,
        ask() {
          one.asked++;
        },
        kill() {
          one.isKilled = true;
        },
      };
    },
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    moved: (address) => void moves.push(address),
    ...more,
  });
  accelerator.start(files);
  return accelerator;
}

test('the CPU alone asks for no process, and says nothing', async () => {
  const accelerator = started({ providers: ['cpu', 'webgpu'] });
  await accelerator.settled();
  expect(accelerator.state()).toEqual({ providersAsked: ['cpu', 'webgpu'], provider: 'cpu', nets: [] });
  expect([launched, moves, logged]).toEqual([[], [], []]);
});

test('without a GPU nothing is tried, which is no fault', async () => {
  const accelerator = started({ hasGpu: () => false });
  await accelerator.settled();
  expect(accelerator.state()).toMatchObject({
    provider: 'cpu',
    note: 'auto: there is no GPU',
    because: [{ asked: 'auto', code: 'no-gpu' }],
  });
  expect(accelerator.state()).not.toHaveProperty('fallback');
  expect(launched).toEqual([]);
  expect(logged).toEqual(['info: the CPU runs the nets: auto: there is no GPU']);
});

test('workers move to the device when the trial has succeeded, and not before', async () => {
  const accelerator = started();
  expect(launched[0]!.task).toMatchObject({
    provider: 'webgpu',
    isNamed: false,
    workers: 4,
    batch: 4,
    files,
  });
  expect(accelerator.state()).toMatchObject({
    provider: 'cpu',
    note: expect.stringContaining('being tried'),
  });
  expect(moves).toEqual([]);
  launched[0]!.on.news({ is: 'ready', adapter, verdicts: all });
  await accelerator.settled();
  expect(accelerator.state()).toEqual({
    providersAsked: ['auto'],
    provider: 'webgpu',
    adapter,
    nets: [
      { model: 'one', provider: 'webgpu' },
      { model: 'two', provider: 'webgpu' },
    ],
  });
  expect(moves).toEqual([{ socket: '1', nets: files.map(netKey) }]);
  expect(logged).toEqual(['info: nets run beside the CPU']);
  expect(timers.running()).toEqual([]);
});

test('nets that differ are a fault, nets that are slower are not; only the others move', async () => {
  const accelerator = started();
  const verdicts: NetVerdict[] = [
    { model: 'one', is: 'refused', reason: 'its answers differ' },
    accepted('two'),
    { model: 'three', is: 'slower', reason: 'it is slower there' },
  ];
  launched[0]!.on.news({ is: 'ready', adapter, verdicts });
  await accelerator.settled();
  expect(accelerator.state()).toMatchObject({
    fallback: 'webgpu: the CPU runs one (its answers differ)',
    note: 'webgpu: the CPU runs three (it is slower there)',
    nets: [
      { model: 'one', provider: 'cpu', reason: 'its answers differ', code: 'refused' },
      { model: 'two', provider: 'webgpu' },
      { model: 'three', provider: 'cpu', reason: 'it is slower there', code: 'slower' },
    ],
  });
  expect(moves).toEqual([{ socket: '1', nets: [netKey(files[1]!)] }]);
});

test.each([
  ['a software adapter', 'the adapter SwiftShader Device is software', [], false],
  ['no adapter', 'it cannot be opened: Failed to get a WebGPU adapter', [], false],
  ['a slower device', undefined, [{ model: 'one', is: 'slower', reason: 'it is slower there' }], false],
  [
    'a device that answers differently',
    undefined,
    [{ model: 'one', is: 'refused', reason: 'it differs' }],
    true,
  ],
] as const)('%s leaves the nets on the CPU', async (_what, reason, verdicts, isWrong) => {
  for (const [providers, isFault] of [
    [['auto'], isWrong],
    [['webgpu'], true],
  ] as const) {
    launched = [];
    const accelerator = started({ providers });
    launched[0]!.on.news({ is: 'refused', verdicts: [...verdicts], reason });
    await accelerator.settled();
    const { fallback, note, provider } = accelerator.state();
    const said = expect.stringContaining(reason ?? verdicts[0]!.reason);
    expect({ provider, fallback, note }).toEqual({
      provider: 'cpu',
      ...(isFault ? { fallback: said, note: undefined } : { fallback: undefined, note: said }),
    });
    expect(launched[0]!.isKilled).toBe(true);
  }
  expect(moves).toEqual([]);
});

test('a trial that crashes is a fault, and the next provider is tried', async () => {
  const accelerator = started({ providers: ['cuda', 'webgpu', 'cpu'] });
  launched[0]!.on.ended('its process ended with SIGSEGV');
  await expect.poll(() => launched.length).toBe(2);
  launched[1]!.on.news({ is: 'refused', verdicts: [], reason: 'no adapter' });
  await accelerator.settled();
  expect(launched.map(({ task }) => [task.provider, task.isNamed])).toEqual([
    ['cuda', true],
    ['webgpu', true],
  ]);
  expect(accelerator.state()).toMatchObject({
    fallback: 'cuda: its process ended with SIGSEGV; webgpu: no adapter',
    because: [
      { asked: 'cuda', code: 'failed', said: 'its process ended with SIGSEGV' },
      { asked: 'webgpu', code: 'unusable', said: 'no adapter' },
    ],
  });
});

test('a trial that hangs is ended', async () => {
  const accelerator = started();
  expect(timers.running()).toEqual([60_000]);
  timers.expire();
  await accelerator.settled();
  expect(launched[0]!.isKilled).toBe(true);
  expect(accelerator.state().fallback).toBe('auto: its trial took longer than 60 s');
  // What it says afterwards changes nothing.
  launched[0]!.on.news({ is: 'ready', adapter, verdicts: all });
  expect([accelerator.state().provider, moves]).toEqual(['cpu', []]);
});

test.each([
  [
    'the device is lost',
    (on: Parameters<Launch>[1]) => on.news({ is: 'lost', reason: 'mapping failed' }),
    'mapping failed',
  ],
  [
    'the process crashes',
    (on: Parameters<Launch>[1]) => on.ended('its process ended with SIGSEGV'),
    'SIGSEGV',
  ],
])('when %s mid-run the workers move back, once', async (_what, lose, reason) => {
  const accelerator = started();
  launched[0]!.on.news({ is: 'ready', adapter, verdicts: all });
  await accelerator.settled();
  lose(launched[0]!.on);
  launched[0]!.on.ended('its process ended with SIGKILL');
  expect(accelerator.state()).toMatchObject({
    provider: 'cpu',
    adapter,
    nets: [
      { provider: 'cpu', code: 'lost' },
      { provider: 'cpu', code: 'lost' },
    ],
    because: [{ code: 'lost', said: expect.stringMatching(reason) }],
    fallback: expect.stringMatching(`^webgpu: the device was lost: .*${reason}`),
  });
  expect(moves).toEqual([expect.anything(), undefined]);
  expect(logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
  expect(launched[0]!.isKilled).toBe(true);
});

test('a device that does not answer a worker in time is asked once, and lost if it does not answer', async () => {
  const accelerator = started();
  const [one] = launched;
  one!.on.news({ is: 'ready', adapter, verdicts: all });
  await accelerator.settled();
  accelerator.silent('0');
  expect([one!.asked, timers.running()]).toEqual([0, []]);
  for (let i = 0; i < 2; i++) accelerator.silent('1');
  expect([one!.asked, timers.running()]).toEqual([1, [10_000]]);
  one!.on.news({ is: 'alive' });
  expect([accelerator.state().provider, timers.running()]).toEqual(['webgpu', []]);
  accelerator.silent('1');
  timers.expire();
  expect([one!.asked, one!.isKilled]).toEqual([2, true]);
  expect(accelerator.state()).toMatchObject({
    provider: 'cpu',
    fallback: 'webgpu: the device was lost: it did not answer for 10 s',
  });
});

test('a run that fails on a device that works is logged, and changes nothing', async () => {
  const accelerator = started();
  launched[0]!.on.news({ is: 'ready', adapter, verdicts: all });
  await accelerator.settled();
  launched[0]!.on.news({ is: 'failed', reason: 'too large' });
  expect(accelerator.state().provider).toBe('webgpu');
  expect(logged.at(-1)).toMatch(/^warn: a run .* failed/);
});

test('other nets are tried anew, in a process of their own; the same ones are not', async () => {
  const accelerator = started();
  launched[0]!.on.news({ is: 'ready', adapter, verdicts: all });
  await accelerator.settled();
  accelerator.start([...files]);
  expect(launched).toHaveLength(1);
  accelerator.start(files.slice(1));
  expect(launched[0]!.isKilled).toBe(true);
  expect([moves.at(-1), accelerator.state().provider]).toEqual([undefined, 'cpu']);
  launched[1]!.on.news({ is: 'ready', adapter, verdicts: [accepted('two')] });
  await accelerator.settled();
  expect(moves.at(-1)).toEqual({ socket: '2', nets: [netKey(files[1]!)] });
});

test('closed during a trial, it ends the process and tries nothing more', async () => {
  const accelerator = started({ providers: ['cuda', 'webgpu'] });
  accelerator.close();
  launched[0]!.on.ended('its process ended with SIGKILL');
  await accelerator.settled();
  expect([launched.length, launched[0]!.isKilled, moves]).toEqual([1, true, []]);
});

test('where a process cannot be started, the next provider is tried', async () => {
  const accelerator = started({
    providers: ['cuda', 'webgpu'],
    launch() {
      throw new Error('ENOSPC: no space left on device');
    },
  });
  await accelerator.settled();
  expect(accelerator.state()).toMatchObject({
    provider: 'cpu',
    fallback: ['cuda', 'webgpu']
      .map((name) => `${name}: its process cannot be started: ENOSPC: no space left on device`)
      .join('; '),
  });
});
