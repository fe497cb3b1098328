import { afterEach, expect, test, vi } from 'vitest';
import type { ImportEntry } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { toReport } from './report.ts';
import type { Ended } from './send-pictures.ts';

vi.stubGlobal('location', { origin: 'http://box' });
const { entriesOf, sendPictures, takeBack, together } = await import('./send-pictures.ts');

const EARLIER = '2026-01-01T08:00:00.000Z';
const NOW = '2026-01-01T09:00:00.000Z';

interface Kept {
  id: string;
  email: string;
  createdAt: string;
  pictures: { id: string; mark: string; createdAt: string }[];
}

/** Enrolls as the box does. `loses`: which answers do not arrive. */
function createBox(loses: (email: string) => boolean) {
  const people: Kept[] = [];
  let ids = 0;
  const enroll = ({ email, mark }: { email: string; mark: string }, at = NOW) => {
    const known = people.find((one) => one.email === email);
    const person = known ?? { id: `sub_${++ids}`, email, createdAt: at, pictures: [] };
    if (!known) people.push(person);
    const repeated = person.pictures.find((one) => one.mark === mark);
    const picture = repeated ?? { id: `pic_${++ids}`, mark, createdAt: at };
    if (!repeated) person.pictures.push(picture);
    return {
      userId: person.id,
      picture: picture.id,
      created: !known,
      ...(repeated && { repeated: true }),
    };
  };
  const box = { people, enroll, loses };
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    const [, id, what, picture] = /\/subjects\/(\w+)(?:\/(\w+)(?:\/(\w+))?)?$/.exec(pathname) ?? [];
    const person = people.find((one) => one.id === id);
    if (pathname.endsWith('/overview')) return Response.json({ at: NOW });
    if (pathname.endsWith('/subjects')) {
      const order = JSON.parse(String((await request.formData()).get('request')));
      const reply = enroll(order);
      if (box.loses(order.email)) throw new TypeError('Failed to fetch');
      return Response.json(reply, { status: 201 });
    }
    if (what === 'erase') people.splice(people.indexOf(person!), 1);
    if (what === 'pictures') person!.pictures = person!.pictures.filter((one) => one.id !== picture);
    return Response.json(person ?? {});
  });
  return box;
}

const entryOf = (person: string): ImportEntry => ({
  label: `${person}.jpg`,
  person,
  read: async () => new TextEncoder().encode(person),
});
const markOf = async (person: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(person))).toString('hex');
const run = (entries: readonly ImportEntry[], sent?: Ended['sent']) =>
  sendPictures('test', entries, {
    domain: '',
    common: {},
    sent,
    stop: new AbortController().signal,
    progress: () => undefined,
  });
const outcomesOf = ({ outcomes }: Ended) => outcomes.map(({ person, outcome }) => `${person} ${outcome}`);

afterEach(() => vi.unstubAllGlobals());

test('what was sent and not answered is not known; found out, it is of this import, and taken back with it', async () => {
  const entries = ['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org', 'e@x.org', 'f@x.org'].map(entryOf);
  const box = createBox((email) => email !== 'a@x.org');
  // Known before the import: with this picture, and with another one.
  box.enroll({ email: 'b@x.org', mark: await markOf('b@x.org') }, EARLIER);
  box.enroll({ email: 'c@x.org', mark: 'another' }, EARLIER);
  const broken = await run(entries);
  expect(broken.error).toMatchObject({ code: 'NO_ANSWER' });
  const lost = broken.outcomes.filter(({ outcome }) => outcome === 'not-known');
  expect(lost.map(({ person }) => person)).toEqual(expect.arrayContaining(['b@x.org', 'c@x.org', 'd@x.org']));
  expect(toReport(broken.outcomes)).toContain('d@x.org.jpg,d@x.org,not-known,');

  box.loses = () => false;
  const whole = together(broken, await run(entriesOf(entries, lost), broken.sent));
  expect(whole.error).toBeUndefined();
  expect(outcomesOf(whole).slice(0, 4)).toEqual([
    'a@x.org enrolled',
    'b@x.org skipped',
    'c@x.org enrolled',
    'd@x.org enrolled',
  ]);
  await takeBack('test', whole.added, () => undefined);
  expect(
    box.people.map(({ email, pictures }) => [email, pictures.map(({ createdAt }) => createdAt)]),
  ).toEqual([
    ['b@x.org', [EARLIER]],
    ['c@x.org', [EARLIER]],
  ]);
});

test('as long as the box does not answer, nothing else becomes of them', async () => {
  const entries = [entryOf('a@x.org')];
  createBox(() => true);
  const broken = await run(entries);
  const again = together(broken, await run(entriesOf(entries, broken.outcomes), broken.sent));
  expect(outcomesOf(again)).toEqual(['a@x.org not-known']);
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
  const other = { ...broken.sent };
  delete other.since;
  expect(outcomesOf(together(again, await run(entries, other)))).toEqual(['a@x.org not-known']);
});

test('a picture that took the box too long is sent again, and is of this import', async () => {
  const box = createBox(() => false);
  const answer = globalThis.fetch;
  let first = true;
  vi.stubGlobal('fetch', async (request: Request) => {
    const reply = await answer(request);
    if (!first || !request.url.includes('/subjects?')) return reply;
    first = false;
    return Response.json({ code: 'TIMEOUT', error: 'The request exceeded the time limit.' }, { status: 503 });
  });
  const ended = await run([entryOf('a@x.org')]);
  expect(outcomesOf(ended)).toEqual(['a@x.org enrolled']);
  expect(ended.added).toMatchObject([{ person: box.people[0]!.id, created: true }]);
});
