import { expect, test } from 'vitest';
import { createNodeList, type NodeListDeps } from './node-list.ts';

const NOW = Date.UTC(2026, 10, 27);
const operator = { is: 'operator', name: 'ada' } as const;

const alone = (more: Partial<NodeListDeps> = {}) =>
  createNodeList({
    nodes: undefined,
    keys: {
      list: async () => [],
      remove: () => Promise.reject(new Error('No node has a key.')),
      renewLink: () => Promise.reject(new Error('There are no nodes.')),
    },
    auditLog: {
      nodes: () => Promise.reject(new Error('A service alone reads no log.')),
      record: () => Promise.reject(new Error('Nothing is written.')),
    },
    recurring: { held: async () => [{ work: 'retention', run: 'r' }] },
    position: { behind: async () => 0 },
    serving: { report: () => ({ url: 'https://box', startedAt: NOW - 60_000 }) },
    version: '0.2.0',
    schema: { knows: '0001-baseline', read: async () => '0002-more', isOlder: (one, other) => one < other },
    clock: { now: () => NOW },
    ...more,
  });

test('a service alone is one entry without an id', async () => {
  const program = { version: '0.2.0', schema: '0001-baseline', isOutdated: true };
  const entry = { state: 'running', isThis: true, ...program, lastSignAt: NOW, leases: ['retention'] };
  expect(await alone().list()).toEqual([{ ...entry, address: 'https://box', since: NOW - 60_000 }]);
  expect(await alone({ serving: { report: () => undefined } }).list()).toEqual([entry]);
  expect(alone().shared).toBe(false);
});

test('a service alone is never silent, and has none to remove', async () => {
  expect(await alone().troubles()).toEqual({ silent: 0, drained: 0, lagging: 0, standbysGone: 0 });
  await expect(alone().drain('node_a', operator)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(alone().remove('node_a', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a machine that joined and does not run is listed by its name, and removed with its key', async () => {
  const removed: string[] = [];
  const keys = {
    list: async () => [{ id: 'node_b', name: 'vault-2', joinedAt: NOW, running: false }],
    remove: async (id: string) => void removed.push(id),
    renewLink: () => Promise.reject(new Error('A removal does it.')),
  };
  const [, joined] = await alone({ keys }).list();
  expect(joined).toEqual({ id: 'node_b', name: 'vault-2', state: 'stopped', isThis: false, leases: [] });
  await alone({ keys }).remove('node_b', operator);
  expect(removed).toEqual(['node_b']);
});
