import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../test/support/faces.ts';
import { createGalleryCalibrations } from '../../engine/gallery-calibration/index.ts';
import { crossScores } from '../../inference/gallery/cross-scores.ts';
import type { CommandRunner, Work } from '../command.ts';
import { createControl } from '../control/control.ts';
import type { RealmOptions } from '../realm.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { addSubjectImport } from './import.ts';

let engine: Engine;
let folder: string;
beforeEach(async () => {
  engine = await startEngine();
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await engine.stop();
});

test('an import ends with a measurement of all who were enrolled', async () => {
  const calibrations = createGalleryCalibrations({ ...engine, crossScores: async (one) => crossScores(one) });
  const door = await openControlAdmin(engine, { calibrations });
  const pictures = join(folder, 'pictures.csv');
  const lines = Array.from({ length: 40 }, (_, i) => {
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
  addSubjectImport(new Command(), runner);
  const answer = await work!(
    {
      options: { env: 'test', org: 'Acme' },
      data: folder,
      terminal: createTerminal(new PassThrough() as never, new PassThrough() as never),
      control: async () => createControl({ via: 'service', fetch: door.fetch, close: door.close }),
    },
    pictures,
  );
  expect(answer?.json).toMatchObject({ enrolled: 40, refused: 0 });
  expect(calibrations.list(engine.organization)).toMatchObject([
    { world: 'test', scorer: 'r', people: 40, compared: 40 },
  ]);
  await door.close();
});
