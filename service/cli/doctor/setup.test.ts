import { expect, test } from 'vitest';
import { checkKeyStore } from './service.ts';

const stick = [{ place: '/media/stick' }];

test('keys in the data directory of people in PostgreSQL are reported, until there is a copy', () => {
  const data = '/srv/data';
  const databaseUrl = 'postgresql://ada:secret@db.example/people';
  const finding = checkKeyStore({ data, databaseUrl }, []);
  expect(finding).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('/srv/data/keys.db'),
    remedy: expect.stringContaining('--keys-database-url'),
  });
  expect(JSON.stringify(finding)).not.toContain('secret');
  expect(checkKeyStore({ data, databaseUrl }, stick)).toMatchObject({ state: 'ok' });
  expect(checkKeyStore({ data }, [])).toMatchObject({ state: 'ok', found: '/srv/data/keys.db' });
  expect(
    checkKeyStore({ data, databaseUrl, keysDatabaseUrl: 'postgresql://ada:secret@db.example/keys' }, []),
  ).toEqual({ what: 'key store', state: 'ok', found: 'a second database, PostgreSQL db.example:5432/keys' });
});
