import { afterEach, beforeEach, expect, test } from 'vitest';
import { operator, startEngine } from '../../test/support/engine.ts';
import { builtInProfiles } from '../engine/matching/index.ts';
import { createGalleries } from '../inference/gallery/galleries.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { createStatus, type StatusDeps } from './appliance-status.ts';

let engine: Awaited<ReturnType<typeof startEngine>>;
const galleries = createGalleries({ log: silentLog });
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const idle: ReturnType<StatusDeps['pictures']> = {
  workers: 2,
  busy: 0,
  waiting: 0,
  queueLimit: 64,
  provider: { providersAsked: ['cpu'], provider: 'cpu', nets: [] },
};

const readers = (more: Partial<StatusDeps> = {}) =>
  createStatus({
    data: '/',
    insecureHttp: false,
    clock: engine.clock,
    organizations: engine.organizations,
    subjects: engine.subjects,
    checks: engine.checks,
    calibrations: { list: () => [], galleries: () => [] },
    models: engine.models,
    galleries,
    pictures: () => idle,
    database: { dialect: 'sqlite', requireWriter() {} },
    keyCopyFolders: { list: async () => [] },
    custody: { master: () => ({ id: 'm', kind: 'file', path: '/keys/master.key' }) },
    backups: { facts: () => ({ troubles: [], scheduled: true, proven: true }) },
    retention: { waiting: async () => ({ sweeps: [] }) },
    freeBytes: async () => 2 ** 30,
    databaseBytes: async () => 4096,
    ...more,
  });
const status = async (more?: Partial<StatusDeps>) => {
  const { status: read, readiness } = readers(more);
  const whole = await read();
  expect(await readiness()).toEqual(whole.readiness);
  return whole;
};
const report = (more?: Partial<StatusDeps>) => readers(more).applianceReport();

test('room and certificate are reported; what cannot be read is left out', async () => {
  const certificate = () => ({ endsAt: 1_900_000_000_000, renewsItself: true });
  expect(await report({ certificate })).toMatchObject({
    room: { freeBytes: 2 ** 30, databaseBytes: 4096 },
    certificate: { endsAt: 1_900_000_000_000, renewsItself: true },
  });
  const failing = () => Promise.reject(new Error('away'));
  expect((await report({ databaseBytes: failing })).room).toEqual({ freeBytes: 2 ** 30 });
});

test('whether it is ready is found without what does not decide it', async () => {
  const unread = () => {
    throw new Error('not asked here');
  };
  const more = { keyCopyFolders: { list: unread }, retention: { waiting: unread }, nodes: unread };
  expect(await readers(more).readiness()).toEqual({ is: 'ready' });
});

test('a box that works is ready', async () => {
  expect(await status()).toMatchObject({
    readiness: { is: 'ready' },
    storage: { kind: 'sqlite', state: 'ok' },
  });
});

test('what needs attention is part of every status, without names and paths', async () => {
  const sweep = { organization: engine.organization, due: 9, people: 12, why: 'It would erase 9 people.' };
  const retention = { waiting: async () => ({ clock: 'The clock says 2021.', sweeps: [sweep] }) };
  const custody = { master: () => ({ id: 'm', kind: 'file' as const, path: '/srv/data/master.key' }) };
  const { attention } = await status({ retention, custody, data: '/srv/data' });
  expect(attention.map(({ urgency, code }) => `${urgency} ${code}`)).toEqual([
    'now LIVENESS_NOT_INSTALLED',
    'now CLOCK_DOUBTFUL',
    'soon LITTLE_ROOM',
    'soon MASTER_KEY_BESIDE_DATA',
    'soon NO_KEY_COPY',
    'soon SWEEP_WAITS',
  ]);
  expect(JSON.stringify(attention)).not.toMatch(/\/srv|org_/);
});

test('copies of the key store are counted, and those that are not up to date', async () => {
  const place = { place: '/stick', addedAt: 1 };
  const list = async () => [
    { ...place, state: 'current' as const },
    { ...place, state: 'unreachable' as const, since: 2, reason: 'away' },
  ];
  expect(await status({ keyCopyFolders: { list } })).toMatchObject({
    keyCopies: { places: 2, notCurrent: 1 },
  });
});

test('a full disk is reported before writes fail', async () => {
  const reason = expect.stringContaining('16 MiB are free');
  expect(await status({ freeBytes: async () => 2 ** 24 - 1 })).toMatchObject({
    readiness: { is: 'not-ready', reason },
    storage: { state: 'full', reason },
  });
});

test('a database whose lock was lost makes the box not ready, with the reason', async () => {
  const requireWriter = () => {
    throw new Problem('STORAGE_UNAVAILABLE', 'The lock is lost.');
  };
  expect(await status({ database: { dialect: 'postgres', requireWriter } })).toMatchObject({
    readiness: { is: 'not-ready', reason: 'The lock is lost.' },
    storage: { kind: 'postgresql', state: 'unavailable' },
  });
});

test('a database that hangs is reported without waiting for it', async () => {
  const organizations = { ...engine.organizations, list: () => new Promise<never>(() => {}) };
  expect(await status({ organizations, patience: 1 })).toMatchObject({
    readiness: { is: 'not-ready', reason: 'The database does not answer.' },
    storage: { state: 'unavailable' },
    people: [{ total: 0 }, { total: 0 }],
  });
});

test('organizations whose own profiles are lenient are counted, and not waited for', async () => {
  const [definition] = builtInProfiles.map((profile) => profile.definition);
  const { checks } = definition!;
  const lenient = { ...checks, liveness: { ...checks.liveness, hardFail: false } };
  for (const slug of ['kiosk', 'desk'])
    await engine.checks.setProfile(engine.organization, slug, { ...definition!, checks: lenient }, operator);
  expect((await status()).lenientOrganizations).toBe(1);
  const hangs = { ...engine.checks, lenientOrganizations: () => new Promise<never>(() => {}) };
  const found = await status({ checks: { ...hangs, pageProfiles: hangs.lenientOrganizations }, patience: 1 });
  expect([found.readiness, found.lenientOrganizations]).toEqual([{ is: 'ready' }, undefined]);
});

test.each([
  ['no detector', ['embedder'], 'No detector model is enabled'],
  ['no embedder', ['detector'], 'No embedder model is enabled'],
  ['neither', [], 'No detector and no embedder model is enabled'],
])('without what every profile needs the box is not ready: %s', async (_, roles, sentence) => {
  const installed = await engine.models.list();
  const list = async () => installed.map((model) => ({ ...model, enabled: roles.includes(model.role) }));
  const { readiness } = await status({ models: { ...engine.models, list } });
  expect(readiness).toEqual({
    is: 'not-ready',
    reason: `${sentence}, so no profile can run: “gatehouse models list” shows them.`,
  });
});

test('workers that cannot start make the box not ready, with the reason', async () => {
  const pictures = () => ({ ...idle, broken: 'a model is missing' });
  expect(await status({ pictures })).toMatchObject({
    readiness: { is: 'not-ready', reason: 'No picture can be judged: a model is missing' },
  });
});

test('the size of the database is read for operators alone: every caller of /health would pay for it', async () => {
  let asked = 0;
  const databaseBytes = async () => {
    asked++;
    return 4096;
  };
  await status({ databaseBytes });
  expect(asked).toBe(0);
  await report({ databaseBytes });
  expect(asked).toBe(1);
});
