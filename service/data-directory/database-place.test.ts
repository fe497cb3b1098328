import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError } from '../config.ts';
import { databasePlace, keyStoreAdvice, keyStorePlace } from './database-place.ts';

const url = 'postgresql://ada:secret@db.example/gatehouse';
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-place-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const place = (databaseUrl?: string) =>
  databasePlace({ data, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
const put = (name: string) => writeFileSync(join(data, name), '');

test('a new directory takes either; one with its file or its URL keeps it', () => {
  const sqlite = { kind: 'sqlite', path: join(data, 'gatehouse.db') };
  const postgres = { kind: 'postgres', url };
  expect([place(), place(url)]).toEqual([sqlite, postgres]);
  put('keys.db');
  expect(place(url)).toEqual(postgres);
  put('gatehouse.db');
  expect(place()).toEqual(sqlite);
});

test('a URL for a directory with gatehouse.db is refused, naming both and no password', () => {
  put('gatehouse.db');
  expect(() => place(url)).toThrow(ConfigError);
  expect(() => place(url)).toThrow(/gatehouse\.db \(SQLite\), but .* PostgreSQL db\.example:5432\/gatehouse/);
  expect(() => place(url)).not.toThrow(/secret/);
});

test('keys without any database are refused, and no file is made', () => {
  put('keys.db');
  expect(() => place()).toThrow(ConfigError);
  expect(() => place()).toThrow('gatehouse.json');
  expect(readdirSync(data)).toEqual(['keys.db']);
});

test('the key store lies where its keys are: a URL beside keys.db is refused', () => {
  const sqlite = { kind: 'sqlite', path: join(data, 'keys.db') };
  expect(keyStorePlace({ data })).toEqual(sqlite);
  expect(keyStorePlace({ data, keysDatabaseUrl: url })).toEqual({ kind: 'postgres', url });
  put('keys.db');
  expect(keyStorePlace({ data })).toEqual(sqlite);
  const refused = () => keyStorePlace({ data, keysDatabaseUrl: url });
  expect(refused).toThrow(ConfigError);
  expect(refused).toThrow(/keys\.db \(SQLite\), but .* PostgreSQL db\.example:5432\/gatehouse/);
  expect(refused).not.toThrow(/secret/);
});

test('a move of the keys that was cut short is to be completed first', () => {
  mkdirSync(join(data, 'keys-before-move'));
  expect(keyStorePlace({ data }).kind).toBe('sqlite');
  put('keys-before-move/gatehouse-keys.db');
  expect(() => keyStorePlace({ data })).toThrow(
    /cut short: nothing is lost, and the same command completes it/,
  );
  expect(keyStorePlace({ data, keysDatabaseUrl: url }).kind).toBe('postgres');
});

test('advice is given only for people in PostgreSQL and keys in the data directory', () => {
  expect(keyStoreAdvice({ data })).toBe(undefined);
  expect(keyStoreAdvice({ data, databaseUrl: url, keysDatabaseUrl: `${url}_keys` })).toBe(undefined);
  const advice = keyStoreAdvice({ data, databaseUrl: url });
  expect(advice).toContain(`PostgreSQL db.example:5432/gatehouse, their keys in ${join(data, 'keys.db')}`);
  expect(advice).not.toContain('secret');
});
