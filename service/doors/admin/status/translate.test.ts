import { expect, test } from 'vitest';
import { fromReports } from './translate.ts';
import { StatusReply } from './wire.ts';

const box = {
  readiness: { is: 'not-ready' as const, reason: 'The database cannot be used.' },
  people: [{ world: 'live' as const, total: 3, largest: 2 }],
  safeGallery: [{ rate: 0.01, holdsFor: 'every-group' as const, people: 636 }],
  matchOnlyOrganizations: 1,
  models: [
    { id: 'a', enabled: true },
    { id: 'b', enabled: false },
  ],
  pad: { is: 'missing' as const, remedy: 'Switch them on.' },
  damagedModels: ['yunet'],
  inference: {
    workers: 2,
    busy: 1,
    queued: 0,
    queueLimit: 64,
    provider: { providersAsked: ['webgpu'], provider: 'cpu', fallback: 'It was lost.', nets: [] },
  },
  storage: { kind: 'sqlite' as const, state: 'full' as const, reason: 'Full.' },
  room: { freeBytes: 12, databaseBytes: 34 },
  certificate: { endsAt: 0, renewsItself: true },
  backupWarnings: ['No backup was made for 3 days.'],
  attention: [{ code: 'STORAGE_FULL', urgency: 'now' as const, sentence: 'Full.', remedy: 'Free space.' }],
};

test('without a running service there is no service report, and no other state is shown', () => {
  expect(StatusReply.parse(fromReports(box, undefined))).toEqual({
    ready: false,
    reason: 'The database cannot be used.',
    people: [{ env: 'live', total: 3, largest: 2 }],
    safeGallery: [{ rate: 0.01, holdsFor: 'every-group' as const, people: 636 }],
    matchOnlyOrganizations: 1,
    liveness: { installed: false, remedy: 'Switch them on.' },
    models: { installed: 2, enabled: 1, damaged: ['yunet'] },
    inference: {
      workers: 2,
      busy: 1,
      queued: 0,
      providersAsked: ['webgpu'],
      provider: 'cpu',
      fallback: 'It was lost.',
      nets: [],
    },
    storage: { kind: 'sqlite', state: 'full', reason: 'Full.', freeBytes: 12, databaseBytes: 34 },
    certificate: { endsAt: '1970-01-01T00:00:00.000Z', renewsItself: true },
    backups: { warnings: ['No backup was made for 3 days.'] },
    attention: [{ code: 'STORAGE_FULL', urgency: 'now', sentence: 'Full.', remedy: 'Free space.' }],
  });
});

test('a running service is reported with ISO times', () => {
  const service = {
    version: '1.0.0',
    process: 7,
    startedAt: 0,
    url: 'https://127.0.0.1:7300',
    insecureHttp: false,
    certificate: { subject: 'box', endsAt: 1000 },
    settings: { port: '7300' },
  };
  expect(StatusReply.parse(fromReports({ ...box, readiness: { is: 'ready' } }, service))).toMatchObject({
    ready: true,
    service: {
      startedAt: '1970-01-01T00:00:00.000Z',
      certificate: { subject: 'box', endsAt: '1970-01-01T00:00:01.000Z' },
      settings: { port: '7300' },
    },
  });
});
