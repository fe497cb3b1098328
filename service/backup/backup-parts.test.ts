import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelEntry } from '../../test/support/engine.ts';
import { backupSettings, importedModels } from './backup-parts.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-parts-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const settings = () => {
  const part = backupSettings(data);
  return 'bytes' in part ? JSON.parse(Buffer.from(part.bytes).toString()) : undefined;
};

test('settings keep everything but who may open the databases', () => {
  expect(settings()).toEqual({});
  const secret = 'postgresql://gate:s%40cret@db.example:5433/gatehouse?password=again';
  writeFileSync(
    join(data, 'gatehouse.json'),
    JSON.stringify({ port: 7301, databaseUrl: secret, keysDatabaseUrl: secret }),
  );
  const plain = 'postgresql://db.example:5433/gatehouse';
  expect(settings()).toEqual({ port: 7301, databaseUrl: plain, keysDatabaseUrl: plain });
});

test('settings leave out what a machine is among nodes', () => {
  const ofNode = { nodes: true, nodeName: 'gate-1', nodeAddress: '10.0.0.11:7301' };
  writeFileSync(join(data, 'gatehouse.json'), JSON.stringify({ port: 7301, ...ofNode }));
  expect(settings()).toEqual({ port: 7301 });
});

test('imported models are in every backup: listed always, and their files where they are there', () => {
  expect(importedModels(data)).toEqual({ list: [], parts: [] });
  mkdirSync(join(data, 'models'));
  const [here, gone] = ['here', 'gone'].map((id) => modelEntry(id, 'pad', { origin: 'imported' }));
  const manifest = { version: 1, models: [here, gone], scorers: [], padSets: [] };
  writeFileSync(join(data, 'models', 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(data, 'models', 'here.onnx'), 'weights');
  const withFiles = importedModels(data);
  expect(withFiles.list.map(({ included }) => included)).toEqual([true, false]);
  expect(withFiles.parts.map(({ name }) => name)).toEqual(['models/manifest.json', 'models/here.onnx']);
});
