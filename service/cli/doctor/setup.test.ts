import { expect, test } from 'vitest';
import { keyStoreAdvice } from '../../data-directory/database-location.ts';
import { describeKeyCopies } from './box.ts';
import { checkKeyStore } from './service.ts';

test('where the keys lie is said; those in the data directory of people in PostgreSQL have their remedy until there is a copy', () => {
  const data = '/srv/data';
  const databaseUrl = 'postgresql://ada:secret@db.example/people';
  const advice = keyStoreAdvice({ data, databaseUrl });
  expect(describeKeyCopies([], advice).found).toMatch(/^none\. .*\/srv\/data\/keys\.db.*--keys-database-url/);
  expect(describeKeyCopies([], advice).found).not.toContain('secret');
  expect(describeKeyCopies([{ place: '/media/stick', state: 'current' }], advice).found).toBe('/media/stick');
  expect(checkKeyStore({ data })).toMatchObject({ state: 'ok', found: '/srv/data/keys.db' });
  expect(checkKeyStore({ data, keysDatabaseUrl: 'postgresql://ada:secret@db.example/keys' })).toEqual({
    what: 'key store',
    state: 'ok',
    found: 'a second database, PostgreSQL db.example:5432/keys',
  });
});
