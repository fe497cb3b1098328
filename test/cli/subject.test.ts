import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';
import { portrait } from './portraits.ts';

let cli: Cli;
const inTest = ['--env', 'test'];
const file = (name: string) => join(cli.data, name);

beforeAll(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Acme');
  writeFileSync(file('ada.jpg'), await portrait('ada'));
  writeFileSync(file('ada2.jpg'), await portrait('ada', 60));
  writeFileSync(file('bea.jpg'), await portrait('bea'));
});
afterAll(() => cli?.clean());

test('people are found and changed, and a picture is removed', async () => {
  const enroll = (email: string, picture: string, ...words: string[]) =>
    cli.json<{ userId: string }>('subject', 'enroll', '--email', email, ...words, ...inTest, file(picture));
  const { userId: ada } = await enroll('ada@example.com', 'ada.jpg', '--name', 'Ada Byron');
  await enroll('ada@example.com', 'ada2.jpg');
  const { userId: bea } = await enroll('bea@example.org', 'bea.jpg');
  const find = async (text: string, ...words: string[]) =>
    (await cli.json<{ items: { id: string }[] }>('subject', 'find', text, ...inTest, ...words)).items.map(
      ({ id }) => id,
    );

  expect(await find('byron')).toEqual([ada]);
  expect(await find('@EXAMPLE')).toEqual([bea, ada]);
  expect(await find('@example', '--limit', '1')).toEqual([bea]);
  expect(await find(bea)).toEqual([bea]);
  const none = await cli.run('subject', 'find', 'byron');
  expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('No person in the live world')]);

  expect(
    await cli.json(
      ...(['subject', 'change', 'ada@example.com', ...inTest] as [string, ...string[]]),
      ...['--email', 'ada.lovelace@example.com', '--name', 'Ada Lovelace'],
    ),
  ).toMatchObject({ id: ada, email: 'ada.lovelace@example.com', name: 'Ada Lovelace', enrollments: 2 });
  expect(await find('byron')).toEqual([]);
  const taken = await cli.run('subject', 'change', ada, ...inTest, '--email', 'bea@example.org');
  expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('has this address already')]);
  const unnamed = await cli.json('subject', 'change', ada, ...inTest, '--no-name');
  expect(unnamed).not.toHaveProperty('name');
  const nothing = await cli.run('subject', 'change', ada, ...inTest);
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('Nothing to change')]);
  expect(
    await cli.json('verify', '--email', 'ada.lovelace@example.com', ...inTest, file('ada2.jpg')),
  ).toMatchObject({ verified: true, userId: ada });

  const inList = (...words: string[]) =>
    cli.json<{ items: { id: string }[] }>('verification', 'list', ...inTest, ...words);
  const { items: verifications } = await inList();
  expect(verifications).toMatchObject([{ decision: 'verified', person: ada, kind: '1:1' }]);
  expect(await inList('--person', ada, '--since', '2026-01-01', '--limit', '1')).toEqual({
    items: verifications,
  });
  expect(await inList('--decision', 'unverified')).toEqual({ items: [] });
  expect((await cli.run('verification', 'list', ...inTest, '--reason', 'SLEEPY')).code).toBe(2);
  const shown = await cli.run('verification', 'show', verifications[0]!.id, ...inTest);
  expect(shown.stdout).toContain('ada.lovelace@example.com');
  expect(shown.stdout).toMatch(/faceQuality +pass/);

  const { pictures } = await cli.json<{ pictures: { id: string; confirmed: boolean }[] }>(
    ...(['subject', 'show', ada, ...inTest] as [string, ...string[]]),
  );
  expect(pictures.map(({ confirmed }) => confirmed)).toEqual([true, false]);
  const [first, second] = pictures.map(({ id }) => id) as [string, string];
  const remove = (picture: string, ...words: string[]) =>
    cli.run('subject', 'remove-picture', ada, picture, ...inTest, ...words);
  const unconfirmed = await remove(second);
  expect([unconfirmed.code, unconfirmed.stderr]).toEqual([2, expect.stringContaining(`--confirm ${second}`)]);
  const only = await remove(first, '--confirm', first);
  expect([only.code, only.stderr]).toEqual([1, expect.stringContaining('only confirmed picture')]);
  const removed = await remove(second, '--confirm', second, '--json');
  expect(JSON.parse(removed.stdout)).toEqual({ items: [expect.objectContaining({ id: first })] });
  expect(await cli.json('subject', 'show', ada, ...inTest)).toMatchObject({ enrollments: 1 });
  const { items } = await cli.json<{ items: { id: string }[] }>('subject', 'list', ...inTest);
  expect(items.map(({ id }) => id)).toEqual([bea, ada]);
});

test('worlds are spelled --env; the older --test is still taken, and both at odds are not', async () => {
  expect(await cli.json('subject', 'list', '--test')).toEqual(await cli.json('subject', 'list', ...inTest));
  for (const words of [
    ['--test', '--env', 'live'],
    ['--env', 'prod'],
  ]) {
    const refused = await cli.run('subject', 'list', ...words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--env')]);
  }
  expect((await cli.run('subject', 'list', '--help')).stdout).not.toContain('--test');
});
