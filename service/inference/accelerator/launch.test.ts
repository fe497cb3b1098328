import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { manifestFile } from '../../../test/support/measured-pipeline.ts';
import { openModelLibrary } from '../models/model-library.ts';
import { openOnnxModel } from '../models/onnx-model.ts';
import type { AcceleratorMessage } from './accelerator-process.ts';
import { type Launched, launchProcess } from './launch.ts';
import { netKey } from './messages.ts';
import { createRemoteNets } from './remote-nets.ts';
import { fixedInput } from './trial.ts';

/** Starts a process that tries the iris net, on a provider that every machine has. */
async function started(provider: 'cpu' | 'cuda', isNamed = true) {
  const library = await openModelLibrary({
    manifest: manifestFile,
    built: fileURLToPath(new URL('../../../models/built', import.meta.url)),
    imported: '/nowhere',
  });
  const file = library.catalog().files.find(({ entry }) => entry.id === 'iris')!;
  const ended = Promise.withResolvers<string>();
  let launched: Launched | undefined;
  const later: AcceleratorMessage[] = [];
  const first = await new Promise<AcceleratorMessage>((resolve) => {
    const task = { provider, isNamed, files: [file], batch: 2, workers: 1 };
    const news = (one: AcceleratorMessage) => {
      resolve(one);
      later.push(one);
    };
    launched = launchProcess(task, { news, ended: ended.resolve });
  });
  return { file, first, later, launched: launched!, ended: ended.promise };
}

test('a process tries the nets and runs them for its workers, until it is killed', async () => {
  const { file, first, later, launched, ended } = await started('cpu');
  expect(first).toMatchObject({ is: 'ready', verdicts: [{ model: 'iris', is: 'accepted' }] });
  const local = await openOnnxModel(file);
  const input = fixedInput(file.entry, 3);
  const remote = createRemoteNets(() => expect.unreachable());
  remote.move({ socket: launched.socket, nets: [netKey(file)] });
  const { size } = file.entry.input;
  const ask = (part: Float32Array, count: number) => remote.ask(netKey(file), part, count, size, 600_000);
  const third = input.length / 3;
  // One that is too short fails alone, and the process stays.
  const [one, failed, two] = await Promise.all([
    ask(input.subarray(0, third), 1),
    ask(input.subarray(0, third - 1), 1),
    ask(input.subarray(third), 2),
  ]);
  expect(failed).toBeUndefined();
  const expected = (await local.run(input, 3)).contour!;
  expect([...one!.contour!, ...two!.contour!]).toEqual([...expected]);
  launched.ask();
  await expect.poll(() => later.at(-1)).toEqual({ is: 'alive' });
  launched.kill();
  expect(await ended).toBe('its process ended with SIGKILL');
  expect(await ask(input, 3)).toBeUndefined();
  await local.release();
});

test('what the runtime does not have is refused by its name, a device that does not say its name too', async () => {
  const named = await started('cuda');
  expect(named.first).toMatchObject({
    is: 'refused',
    reason: expect.stringMatching(/^it cannot be opened: /),
  });
  await named.ended;
  const unnamed = await started('cpu', false);
  expect(unnamed.first).toMatchObject({
    is: 'refused',
    reason: process.platform === 'darwin' ? undefined : 'the adapter does not say what it is',
  });
  await unnamed.ended;
});

test('a process ends with its reason also where its folder was removed meanwhile', async () => {
  const { launched, ended } = await started('cpu');
  rmSync(dirname(launched.socket), { recursive: true });
  launched.kill();
  expect(await ended).toBe('its process ended with SIGKILL');
});
