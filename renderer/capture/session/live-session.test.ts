import { expect, test } from 'vitest';
import type { LiveApi } from './api.ts';
import type { OpenerMessage } from './ending.ts';
import { createMemory } from './link.ts';
import { createLiveSession } from './live-session.ts';
import type { Description } from './wire.ts';

const description: Description = {
  ...{ state: 'ready', flow: 'api', organization: { name: 'Nordlys Bank' }, steps: 4, test: false },
  pathChoices: { flash: true, motion: true },
  consent: {
    version: 'gatehouse-live-1-none',
    text: { en: [], de: [] },
    ...{ retention: { en: '', de: '' }, withdraw: { en: '', de: '' } },
  },
  openerOrigins: ['https://shop.example'],
};

/** One page that another page opened; what it says to that page. */
function openPage(answers: Partial<LiveApi>) {
  const kept = new Map<string, string>();
  const said: Omit<OpenerMessage, 'source'>[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error('not asked here');
  };
  const session = createLiveSession({
    api: {
      ...{ begin: refuse, handover: refuse, accept: refuse, state: refuse, frames: refuse },
      ...{ finalize: refuse, deny: refuse, describe: async () => description },
      ...answers,
    },
    link: { kind: 'session', token: 'capability' },
    memory: createMemory(() => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    })),
    connect: () => {
      throw new Error('not asked here');
    },
    post: (_, message) => said.push(message),
  });
  return { session, said };
}

test('a person who ends the check before it began: the page that waits learns which session it was', async () => {
  const { session, said } = openPage({ deny: async () => ({ reference: 'sess_1' }) });
  await session.load();
  await session.leave();
  expect(session.view().stage.is).toBe('left');
  expect(said).toEqual([{ type: 'ready' }, { type: 'cancel', sessionId: 'sess_1' }]);
});

test('a check that was decided before the page opened: so it is with its result', async () => {
  const result = { passed: false, decision: 'rejected' as const, reference: 'sess_1' };
  const { session, said } = openPage({ describe: async () => ({ ...description, state: 'ended', result }) });
  await session.load();
  expect(said.at(-1)).toMatchObject({ type: 'result', sessionId: 'sess_1', decision: 'rejected' });
});
