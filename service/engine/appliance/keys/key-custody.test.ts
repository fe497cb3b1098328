import { beforeEach, expect, test } from 'vitest';
import type { OrganizationId } from '../../../lib/id.ts';
import { createOwnLocks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { AuditLine } from '../../audit/index.ts';
import { createKeyCustody, type KeyCustodyDeps } from './key-custody.ts';

const actor = { is: 'operator' as const, name: 'ada' };
const org = 'org_a' as OrganizationId;
let steps: string[];
let lines: AuditLine[];
let kind: 'file' | 'passphrase';
let auditFails: boolean;
beforeEach(() => {
  steps = [];
  lines = [];
  kind = 'file';
  auditFails = false;
});

const replaced = { was: 'old', is: 'new' };
const did = <T>(what: string, result: T) => {
  steps.push(what);
  return Promise.resolve(result);
};

const custody = (over: Partial<KeyCustodyDeps['master']> = {}) =>
  createKeyCustody({
    master: {
      state: () => ({ id: 'old', kind, path: '/data/master.key' }),
      prove: async (passphrase) => {
        if (kind === 'passphrase' && passphrase !== 'right') throw new Problem('WRONG_PASSPHRASE', 'No.');
      },
      rotate: (passphrase) => did(`rotate ${passphrase}`, replaced),
      toPassphrase: (passphrase) => did(`passphrase ${passphrase}`, replaced),
      changePassphrase: (was, next) => did(`change ${was} ${next}`, undefined),
      toFile: (path) => did(`file ${path}`, replaced),
      ...over,
    },
    rotations: {
      start: () => did('organization', { generation: 2, total: 3 }),
      anywhere: async () => ({ is: 'none' as const }),
    },
    signing: {
      rotate: (purpose, until) => did(`sign ${purpose}${until === undefined ? '' : ` ${until}`}`, replaced),
      publicKeys: () => [],
    },
    clock: { now: () => 1000 },
    inTransaction: ((work) => work({} as Tx)) as InTransaction,
    locks: createOwnLocks(),
    audit: {
      async add(_, line) {
        if (auditFails) throw new Error('disk full');
        lines.push(line);
        steps.push(`audit ${line.action}${line.outcome === 'refused' ? ' refused' : ''}`);
      },
    },
  });

test('announced, done, recorded; no passphrase in the log', async () => {
  kind = 'passphrase';
  expect(await custody().rotateMaster('right', actor)).toEqual(replaced);
  expect(steps).toEqual(['audit master.rotate.begin', 'rotate right', 'audit master.rotate']);
  expect(lines.at(-1)).toEqual({
    actor,
    action: 'master.rotate',
    details: { kind: 'passphrase', was: 'old', is: 'new' },
  });
  expect(JSON.stringify(lines)).not.toContain('right');
});

test('without an audit line nothing is changed', async () => {
  auditFails = true;
  const all = custody();
  await expect(all.rotateMaster(undefined, actor)).rejects.toThrow('disk full');
  await expect(all.setPassphrase('x', actor)).rejects.toThrow('disk full');
  await expect(all.useFile(undefined, undefined, actor)).rejects.toThrow('disk full');
  await expect(all.rotateSigning('audit', actor)).rejects.toThrow('disk full');
  await expect(all.rotateOrganization(org, actor)).rejects.toThrow('disk full');
  expect(steps).toEqual([]);
});

test('a wrong passphrase rotates nothing and is recorded as refused', async () => {
  kind = 'passphrase';
  await expect(custody().rotateMaster('wrong', actor)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  await expect(custody().useFile('/stick', undefined, actor)).rejects.toMatchObject({
    code: 'WRONG_PASSPHRASE',
  });
  expect(steps).toEqual([
    'audit master.rotate.begin',
    'audit master.rotate refused',
    'audit master.use-file.begin',
    'audit master.use-file refused',
  ]);
  expect(lines[1]!.details).toEqual({ kind: 'passphrase', code: 'WRONG_PASSPHRASE' });
});

test('a passphrase is set where there is none, and changed where there is one', async () => {
  await custody().setPassphrase('first', actor);
  await expect(custody().changePassphrase('a', 'b', actor)).rejects.toMatchObject({ code: 'CONFLICT' });
  kind = 'passphrase';
  await expect(custody().setPassphrase('second', actor)).rejects.toMatchObject({ code: 'CONFLICT' });
  await custody().changePassphrase('a', 'b', actor);
  expect(steps.filter((one) => !one.startsWith('audit'))).toEqual(['passphrase first', 'change a b']);
});

test('one after the other', async () => {
  let running = 0;
  let most = 0;
  const slow = custody({
    async rotate() {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return replaced;
    },
  });
  await Promise.all([1, 2, 3].map(() => slow.rotateMaster(undefined, actor)));
  expect(most).toBe(1);
});

test('an organization’s rotation and an unsealing are recorded', async () => {
  expect(await custody().rotateOrganization(org, actor)).toEqual({ generation: 2, total: 3 });
  await custody().unsealed({ operator: 'bea', wrongTries: 2 });
  expect(lines).toEqual([
    { actor, action: 'organization.rotate-key.begin', organization: org, details: { id: org } },
    { actor: { is: 'operator', name: 'bea' }, action: 'master.unseal', details: { wrongTries: 2 } },
  ]);
});

test('tokens of persons run out after a rotation of their key, or end at once', async () => {
  await custody().rotateSigning('tokens', actor);
  await custody().rotateSigning('tokens', actor, { atOnce: true });
  await custody().rotateSigning('audit', actor);
  expect(steps.filter((step) => step.startsWith('sign '))).toEqual([
    `sign tokens ${1000 + 3_660_000}`,
    'sign tokens 1000',
    'sign audit',
  ]);
  expect(lines.at(-3)?.details).toMatchObject({ purpose: 'tokens', atOnce: true });
});
