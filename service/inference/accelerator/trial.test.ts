import { expect, test } from 'vitest';
import { fakeNet } from '../../../test/support/fake-net.ts';
import type { ModelFile, OpenModel, Provider } from '../models/onnx-model.ts';
import { messageOf, type TrialSettings, tryNets } from './trial.ts';

type Made = (provider: Provider) => ReturnType<typeof fakeNet>;

const settings: TrialSettings = { provider: 'webgpu', isNamed: false, batch: 8, workers: 2 };

/** Tries nets whose runs take `times` on a clock of their own, in milliseconds a picture. */
async function trial(
  nets: Record<string, Made>,
  {
    times = { own: 1, cpu: 10 },
    refuses,
    ...more
  }: Partial<TrialSettings> & { times?: { own: number; cpu: number }; refuses?: string } = {},
) {
  let now = 0;
  const opened: ReturnType<typeof fakeNet>[] = [];
  const outcome = await tryNets(
    Object.keys(nets).map((id) => ({ entry: { id }, path: id }) as ModelFile),
    { ...settings, ...more },
    {
      async open({ entry: { id } }, provider): Promise<OpenModel> {
        const net = nets[id]!(provider);
        opened.push(net);
        return {
          ...net,
          async run(input, count, size) {
            const answer = await net.run(input, count, size);
            now += count * (provider === 'cpu' ? times.cpu : times.own);
            return answer;
          },
        };
      },
      refuseDevice: () => refuses,
      now: () => now,
    },
  );
  return { ...outcome, opened };
}

test('a net that agrees and is faster is accepted; the one of the CPU is released', async () => {
  const { verdicts, accepted, refused, opened } = await trial({ one: () => fakeNet('one') });
  expect(verdicts).toEqual([{ model: 'one', is: 'accepted' }]);
  expect(accepted).toHaveLength(1);
  expect(refused).toBeUndefined();
  expect(opened.map((net) => net.isReleased())).toEqual([false, true]);
  // One by one, in a batch, and three times as long as it takes.
  expect(opened[0]!.runs).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 8, 8, 8, 8]);
});

test('a net that takes one picture is tried with one picture at a time', async () => {
  const { verdicts, opened } = await trial({ one: () => fakeNet('one', { batch: false }) });
  expect(verdicts).toEqual([{ model: 'one', is: 'accepted' }]);
  expect(Math.max(...opened[0]!.runs)).toBe(1);
});

test('a net that answers something else stays on the CPU, and the others do not', async () => {
  const { verdicts, accepted, opened } = await trial({
    wrong: (provider) => fakeNet('wrong', { off: provider === 'cpu' ? 0 : 0.01 }),
    right: () => fakeNet('right'),
  });
  expect(verdicts).toEqual([
    {
      model: 'wrong',
      is: 'refused',
      reason: 'its answers differ from those of the CPU: live by 0.010 (at most 0.002)',
    },
    { model: 'right', is: 'accepted' },
  ]);
  expect(accepted.map(({ model }) => model.entry.id)).toEqual(['right']);
  expect(opened[0]!.isReleased()).toBe(true);
});

test('pictures that a batch mixes up are noticed', async () => {
  const mixed = fakeNet('mixed');
  const { verdicts } = await trial({
    mixed: (provider) =>
      provider === 'cpu'
        ? fakeNet('mixed')
        : fakeNet('mixed', {
            run: async (...call) => ({ live: (await mixed.run(...call)).live!.toReversed() }),
          }),
  });
  expect(verdicts).toMatchObject([{ is: 'refused', reason: expect.stringContaining('differ') }]);
});

test('times count by the picture: of a batch on the device, of all workers together on the CPU', async () => {
  const slower = { times: { own: 6, cpu: 10 } };
  expect(await trial({ one: () => fakeNet('one') }, slower)).toMatchObject({
    accepted: [],
    verdicts: [{ is: 'slower', reason: 'it is slower there: 6.0 ms a picture, against 5.0 ms' }],
  });
  expect(await trial({ one: () => fakeNet('one') }, { ...slower, workers: 1 })).toMatchObject({
    verdicts: [{ is: 'accepted' }],
  });
  expect(await trial({ one: () => fakeNet('one') }, { ...slower, isNamed: true })).toMatchObject({
    verdicts: [{ is: 'accepted' }],
  });
});

test('a device that is refused is not tried any further', async () => {
  const { opened, ...outcome } = await trial(
    { one: () => fakeNet('one'), two: () => fakeNet('two') },
    { refuses: 'the adapter is software' },
  );
  expect(outcome).toEqual({ verdicts: [], accepted: [], refused: 'the adapter is software' });
  expect(opened).toHaveLength(1);
});

test('nets that cannot be opened or run stay on the CPU; where none opens, the first says why', async () => {
  const broken =
    (message: string): Made =>
    (provider) => {
      if (provider === 'cpu') return fakeNet('broken');
      throw new Error(message);
    };
  const noAdapter = broken(
    '/src/context.cc:136 Initialize() status was false. Failed to get a WebGPU adapter.\n',
  );
  expect(await trial({ one: noAdapter, two: broken('never said') })).toMatchObject({
    accepted: [],
    refused: 'it cannot be opened: Failed to get a WebGPU adapter',
  });
  const failing = fakeNet('failing', { run: () => Promise.reject(new Error('No kernel.')) });
  const { verdicts, refused } = await trial({
    one: broken('No operator.'),
    two: (provider) => (provider === 'cpu' ? fakeNet('two') : failing),
    three: () => fakeNet('three'),
  });
  expect(verdicts).toEqual([
    { model: 'one', is: 'refused', reason: 'it cannot be opened: No operator' },
    { model: 'two', is: 'refused', reason: 'it cannot be run: No kernel' },
    { model: 'three', is: 'accepted' },
  ]);
  expect(refused).toBeUndefined();
});

test('messages lose the place in the sources of the runtime', () => {
  expect(messageOf(new Error('plain'))).toBe('plain');
  expect(messageOf('text')).toBe('text');
});
