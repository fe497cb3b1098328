import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError } from '../config.ts';
import { databaseLocation, keyStoreAdvice, keyStoreLocation } from './database-location.ts';

const url = 'postgresql://ada:secret@db.example/gatehouse';
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-place-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const location = (databaseUrl?: string) =>
  databaseLocation({ data, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
const put = (name: string) => writeFileSync(join(data, name), '');

test('a new directory takes either; one with its file or its URL keeps it', () => {
  const sqlite = { kind: 'sqlite', path: join(data, 'gatehouse.db') };
  const postgres = { kind: 'postgres', url };
  expect([location(), location(url)]).toEqual([sqlite, postgres]);
  put('keys.db');
  expect(location(url)).toEqual(postgres);
  put('gatehouse.db');
  expect(location()).toEqual(sqlite);
});

test('a URL for a directory with gatehouse.db is refused, naming both and no password', () => {
  put('gatehouse.db');
  expect(() => location(url)).toThrow(ConfigError);
  expect(() => location(url)).toThrow(
    /gatehouse\.db \(SQLite\), but .* PostgreSQL db\.example:5432\/gatehouse/,
  );
  expect(() => location(url)).not.toThrow(/secret/);
});

test('keys without any database are refused, and no file is made', () => {
  put('keys.db');
  expect(() => location()).toThrow(ConfigError);
  expect(() => location()).toThrow('gatehouse.json');
  expect(readdirSync(data)).toEqual(['keys.db']);
});

test('the key store lies where its keys are: a URL beside keys.db is refused', () => {
  const sqlite = { kind: 'sqlite', path: join(data, 'keys.db') };
  expect(keyStoreLocation({ data })).toEqual(sqlite);
  expect(keyStoreLocation({ data, keysDatabaseUrl: url })).toEqual({ kind: 'postgres', url });
  put('keys.db');
  expect(keyStoreLocation({ data })).toEqual(sqlite);
  const refused = () => keyStoreLocation({ data, keysDatabaseUrl: url });
  expect(refused).toThrow(ConfigError);
  expect(refused).toThrow(/keys\.db \(SQLite\), but .* PostgreSQL db\.example:5432\/gatehouse/);
  expect(refused).not.toThrow(/secret/);
});

test('a move of the keys that was cut short is to be completed first', () => {
  mkdirSync(join(data, 'keys-before-move'));
  expect(keyStoreLocation({ data }).kind).toBe('sqlite');
  put('keys-before-move/gatehouse-keys.db');
  expect(() => keyStoreLocation({ data })).toThrow(
    /cut short: nothing is lost, and the same command completes it/,
  );
  expect(keyStoreLocation({ data, keysDatabaseUrl: url }).kind).toBe('postgres');
});

test('advice is given only for people in PostgreSQL and keys in the data directory', () => {
  expect(keyStoreAdvice({ data })).toBe(undefined);
  expect(keyStoreAdvice({ data, databaseUrl: url, keysDatabaseUrl: `${url}_keys` })).toBe(undefined);
  const advice = keyStoreAdvice({ data, databaseUrl: url });
  expect(advice).toContain(`PostgreSQL db.example:5432/gatehouse, their keys in ${join(data, 'keys.db')}`);
  expect(advice).not.toContain('secret');
});
