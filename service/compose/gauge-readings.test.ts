import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate } from '../../test/support/certificate.ts';
import { type Engine, operator, startEngine } from '../../test/support/engine.ts';
import type { Waiting } from '../engine/people/index.ts';
import { createGaugeReadings } from './outbound.ts';

let data: string;
let engine: Engine;
let waiting: Waiting = { sweeps: [] };
const box = {
  backups: { warnings: () => [] },
  retention: { waiting: async () => waiting },
  recordIntegrity: { found: () => [] },
  nodes: async () => ({ silent: 1, drained: 1, lagging: 0, standbysGone: 0 }),
};
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-gauges-'));
  engine = await startEngine();
});
afterEach(async () => {
  await engine.stop();
  rmSync(data, { recursive: true, force: true });
});

test('attack detection is missing without its model, and where nothing rests on it', async () => {
  const readings = createGaugeReadings({ ...engine, ...box, config: { data, tlsCert: undefined } });
  expect(await readings.padMissing(engine.organization)).toBe(true);
  await engine.installPad();
  expect(await readings.padMissing(engine.organization)).toBe(false);
  await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
  expect(await readings.padMissing(engine.organization)).toBe(true);
});

test('a certificate is counted in whole days, also after its end; without one there is no reading', async () => {
  expect(
    createGaugeReadings({ ...engine, ...box, config: { data, tlsCert: undefined } }).certificateDays,
  ).toBeUndefined();
  const tlsCert = join(data, 'cert.pem');
  writeFileSync(tlsCert, certificate);
  const at = (time: string) =>
    createGaugeReadings({
      ...engine,
      ...box,
      config: { data, tlsCert },
      clock: { now: () => Date.parse(time) },
    }).certificateDays!();
  expect(at('2126-10-26T09:00:00Z')).toBe(1);
  expect(at('2126-10-29T09:20:36Z')).toBe(-2);
});

test('of a certificate that is served its own end counts, whatever lies in the file by now', () => {
  const certificate = { end: () => Date.parse('2026-11-30T12:00:00Z') };
  const clock = { now: () => Date.parse('2026-11-20T12:00:01Z') };
  const tlsCert = join(data, 'gone.pem');
  const { certificateDays } = createGaugeReadings({
    ...engine,
    ...box,
    config: { data, tlsCert },
    certificate,
    clock,
  });
  expect(certificateDays!()).toBe(9);
});

test('the disk has room', async () => {
  expect(
    await createGaugeReadings({ ...engine, ...box, config: { data, tlsCert: undefined } }).diskFree(),
  ).toBeGreaterThan(1);
});

test('a waiting sweep counts for its organization; a doubted clock counts for every organization', async () => {
  const readings = createGaugeReadings({ ...engine, ...box, config: { data, tlsCert: undefined } });
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  expect(await readings.sweepWaiting(other)).toBeUndefined();
  waiting = { sweeps: [{ organization: other, due: 3, people: 9, why: 'It would erase 3 people at once.' }] };
  expect(await readings.sweepWaiting(other)).toBe('It would erase 3 people at once.');
  expect(await readings.sweepWaiting(engine.organization)).toBeUndefined();
  waiting = { clock: 'The clock says 2021.', sweeps: [] };
  expect(await readings.sweepWaiting(engine.organization)).toBe('The clock says 2021.');
});

test('of nodes, what is urgent', async () => {
  const readings = createGaugeReadings({ ...engine, ...box, config: { data, tlsCert: undefined } });
  expect(await readings.nodeTroubles()).toEqual([
    'Nodes that are gone and did not leave: 1. What they had in work begins again at the others.',
  ]);
});
