import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../test/support/faces.ts';
import { createGalleryCalibrations } from '../../engine/matching/index.ts';
import { crossScores } from '../../inference/gallery/cross-scores.ts';
import type { CommandRunner, RealmOptions, Work } from '../command.ts';
import { type Control, createControl } from '../control/control.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { importSubjects } from './import.ts';

let engine: Engine;
let folder: string;
beforeEach(async () => {
  engine = await startEngine();
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await engine.stop();
});

test('an import ends with a measurement of all who were enrolled', async () => {
  const calibrations = createGalleryCalibrations({ ...engine, crossScores: async (one) => crossScores(one) });
  const door = await openControlAdmin(engine, { calibrations });
  const answer = await importOf(40, createControl({ via: 'service', fetch: door.fetch, close: door.close }));
  expect(answer?.json).toMatchObject({ enrolled: 40, refused: 0 });
  expect(calibrations.list(engine.organization)).toMatchObject([
    { world: 'test', scorer: 'r', people: 40, compared: 40 },
  ]);
  await door.close();
});

test.each(['own process', 'service'] as const)(
  'a second Ctrl-C ends the measurement at once over %s, and the report says so',
  async (via) => {
    const door = await openControlAdmin(engine, {});
    const signals = vi.spyOn(process, 'on').mockReturnThis();
    const now = vi.spyOn(performance, 'now');
    const interrupt = () => signals.mock.calls.find(([name]) => name === 'SIGINT')![1]();
    const answer = await importOf(
      3,
      createControl({
        via,
        close: door.close,
        async fetch(request) {
          if (!request.url.includes('/calibrations')) return door.fetch(request);
          now.mockReturnValue(5_000);
          interrupt();
          now.mockReturnValue(7_000);
          interrupt();
          // A measurement that never ends, and ignores the signal.
          return new Promise(() => {});
        },
      }),
    );
    expect(answer).toMatchObject({
      json: { enrolled: 3, notTried: 0, interrupted: true, ownGallery: 'not-measured' },
      exitCode: 130,
    });
    expect(answer?.text).toMatch(/enrolled +3\n/);
    expect(answer?.text).toMatch(/own gallery +not measured yet.*org calibrate/);
    await door.close();
  },
);

/** Imports so many people with one picture each. */
async function importOf(people: number, open: Control) {
  const pictures = join(folder, 'pictures.csv');
  const lines = Array.from({ length: people }, (_, i) => {
    const name = `p${i}.jpg`;
    writeFileSync(
      join(folder, name),
      engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': direction(name) } })),
    );
    return `p${i}@example.com,${name}`;
  });
  writeFileSync(pictures, `email,file\n${lines.join('\n')}\n`);
  let work: Work<RealmOptions> | undefined;
  const runner: CommandRunner = {
    exitCode: 0,
    run(command, given) {
      work = given as Work<RealmOptions>;
      return command;
    },
  };
  importSubjects(new Command(), runner, 'import');
  return work!(
    {
      options: { env: 'test', org: 'Acme' },
      data: folder,
      terminal: createTerminal(new PassThrough() as never, new PassThrough() as never),
      control: async () => open,
    },
    pictures,
  );
}
