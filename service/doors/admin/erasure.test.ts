import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import type { Erasure } from '../../engine/people/index.ts';
import { Problem } from '../../lib/problem.ts';
import { erasureRoutes } from './erasure.ts';

const receipt = (id: string) => ({
  format: 'gatehouse-erasure-receipt/1',
  appliance: 'apl_1',
  erasure: id,
  organization: 'org_1',
  world: 'live',
  subject: 'sub_1',
  reason: 'request',
  actor: 'operator:ada',
  requestedAt: '2026-11-20T12:00:00.000Z',
  state: 'pending',
  waitingFor: ['/mnt/keys'],
  copies: [{ place: '/mnt/keys', state: 'unreachable' }],
  ledger: { seq: 1, hash: 'h' },
  publicKey: 'PEM',
  kid: 'k',
  signature: 's',
});
const idOf = (n: number) => `ers_${'0'.repeat(25)}${n}`;
const many = { erased: ['sub_1'], held: [], pending: [], left: 2, next: 'sub_1' };

let engine: Engine;
let control: ControlAdmin;
let asked: unknown[];

beforeEach(async () => {
  asked = [];
  const record =
    (name: string, answer: unknown) =>
    async (...args: unknown[]) => {
      asked.push([name, ...args]);
      return answer;
    };
  const erasure = {
    erase: record('erase', receipt(idOf(1))),
    eraseMany: async (...args: [unknown, { confirm?: number }]) => {
      if (args[1].confirm === undefined)
        throw new Problem('CONFIRMATION_REQUIRED', 'No person was erased. Send confirm.');
      asked.push(['eraseMany', ...args]);
      return many;
    },
    receipt: record('receipt', receipt(idOf(1))),
    receipts: record('receipts', [receipt(idOf(3)), receipt(idOf(2)), receipt(idOf(1))]),
  } as unknown as Erasure;
  engine = await startEngine();
  control = await openControlAdmin(engine, { erasure }, [erasureRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const who = {
  actor: { is: 'operator', name: 'ada', request: expect.any(String) },
  request: expect.any(String),
};

test.each([
  ['all people', '/subjects/erase?env=live', undefined],
  ['all people, with an empty body', '/subjects/erase?env=live', {}],
  ['one person', '/subjects/sub_1/erase?env=live', undefined],
  ['one person, with an empty body', '/subjects/sub_1/erase?env=live', {}],
  ['one person, confirming another', '/subjects/sub_1/erase?env=live', { confirm: 'sub_2' }],
])('a call that does not confirm what it destroys destroys nothing: %s', async (_, url, body) => {
  expect(await control.call('POST', url, body)).toMatchObject({
    status: 400,
    body: {
      code: 'CONFIRMATION_REQUIRED',
      error: expect.stringMatching(/^No person was erased.*confirm/),
    },
  });
  expect(asked).toEqual([]);
});

test.each([
  ['no world', '/subjects/erase', { confirm: 3 }],
  ['a word in the place of the number', '/subjects/erase?env=live', { confirm: 'all' }],
  ['a reason of its own', '/subjects/sub_1/erase?env=live', { confirm: 'sub_1', reason: 'ada@example.com' }],
  ['the reason of restores', '/subjects/sub_1/erase?env=live', { confirm: 'sub_1', reason: 'restored' }],
  ['an unknown field', '/subjects/erase?env=live', { confirm: 3, force: true }],
])('what is spelled wrongly destroys nothing: %s', async (_, url, body) => {
  expect((await control.call('POST', url, body)).body).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(asked).toEqual([]);
});

test('orders reach the engine with the operator as actor', async () => {
  const { organization } = engine;
  const one = await control.call('POST', '/subjects/Ada%40example.com/erase?env=live', {
    confirm: 'ada@example.com',
    reason: 'consent-withdrawn',
    prove: true,
  });
  expect(one).toEqual({ status: 200, body: receipt(idOf(1)) });
  const some = await control.call('POST', '/subjects/erase?env=test', {
    confirm: 3,
    after: 'sub_1',
    limit: 2,
  });
  expect(some).toEqual({ status: 200, body: many });
  expect(asked).toEqual([
    [
      'erase',
      { organization, world: 'live' },
      'Ada@example.com',
      { reason: 'consent-withdrawn', prove: true, ...who },
    ],
    ['eraseMany', { organization, world: 'test' }, { confirm: 3, after: 'sub_1', limit: 2, ...who }],
  ]);
});

test('receipts come whole as they were signed, page by page', async () => {
  const page = await control.call('GET', '/erasures?pending=true&limit=2');
  expect(page.body.items).toEqual([receipt(idOf(3)), receipt(idOf(2))]);
  await control.call('GET', `/erasures?limit=2&cursor=${page.body.next}`);
  expect((await control.call('GET', `/erasures/${idOf(1)}`)).body).toEqual(receipt(idOf(1)));
  expect(asked).toEqual([
    ['receipts', engine.organization, { pending: true, limit: 3 }],
    ['receipts', engine.organization, { before: idOf(2), limit: 3 }],
    ['receipt', idOf(1)],
  ]);
});
