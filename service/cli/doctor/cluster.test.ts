import { expect, test } from 'vitest';
import type { ServerFacts } from '../../storage/postgres/check-postgres.ts';
import { checkClocks, checkServer, checkVersions } from './cluster.ts';

const node = (name: string, more: object = {}) => ({
  id: `node_${name}`,
  name,
  state: 'running' as const,
  version: '0.2.0',
  clockAheadMilliseconds: 3,
  ...more,
});
const facts: ServerFacts = {
  version: '15.8',
  isStandby: false,
  connections: 147,
  synchronousCommit: 'on',
  synchronousStandbys: '*',
  standbys: [{ name: 'db-2', sync: 'sync', behind: 0 }],
};
const asked = { where: 'PostgreSQL db:5432/gatehouse', databases: 2, nodes: 3 };
const states = (more: Partial<ServerFacts>) =>
  checkServer({ ...facts, ...more }, asked).map(({ what, state, found }) => `${state} ${what}: ${found}`);

test('two versions are named with their nodes', () => {
  expect(checkVersions([node('a'), node('b')])).toMatchObject({ state: 'ok', found: '0.2.0: a, b' });
  expect(checkVersions([node('a'), node('b', { version: '0.3.0' })])).toMatchObject({
    state: 'warn',
    found: '0.2.0: a; 0.3.0: b',
  });
});

test('a clock that will soon be refused is named', () => {
  expect(checkClocks([node('a'), node('b', { clockAheadMilliseconds: -12 })])).toMatchObject({
    state: 'ok',
    found: 'apart from that of the database server: a 3 ms, b 12 ms',
  });
  expect(checkClocks([node('a'), node('b', { clockAheadMilliseconds: -1_500 })])).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('far from that of the database server: b'),
  });
});

test('a server with a synchronous standby and connections for all nodes is well', () => {
  expect(states({})).toEqual([
    'ok database server: PostgreSQL db:5432/gatehouse: PostgreSQL 15.8, 147 connections; 3 nodes use up to 108',
    'ok commits: synchronous_commit is on',
    'ok standby: db-2 is sync, 0 bytes behind',
  ]);
});

test.each<[string, Partial<ServerFacts>, string]>([
  ['a standby', { isStandby: true }, 'fail database server: .*leads to a standby'],
  ['few connections', { connections: 97 }, 'warn database server: .*97 connections; 3 nodes use up to 108'],
  ['commits that do not wait', { synchronousCommit: 'off' }, 'fail commits: .*lost at any crash'],
  ['no standby', { standbys: [] }, 'warn standby: no standby streams'],
  ['a standby that no commit waits for', { synchronousStandbys: '' }, 'warn standby: db-2 .*no commit waits'],
  [
    'a standby of which the role sees nothing',
    { standbys: [{ name: null, sync: null, behind: null }] },
    'ok standby: one streams .the role may not read more',
  ],
])('%s is found', (_, more, found) => {
  expect(states(more).some((line) => new RegExp(found).test(line))).toBe(true);
});
