import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../config.ts';
import { keepNodeId, nodeOfSettings } from './this-node.ts';

const databaseUrl = 'postgresql://db.example/gatehouse';
const keysDatabaseUrl = 'postgresql://db.example/gatehouse_keys';

function configOf(more: object) {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-node-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  mkdirSync(data, { recursive: true });
  return parseConfig({ data, databaseUrl, keysDatabaseUrl, ...more }, {});
}

test('a service is no node until its settings say so', () => {
  expect(nodeOfSettings(configOf({}))).toBeUndefined();
});

test('a directory is the same node at each start, by an id that is kept once it is held', () => {
  const config = configOf({ nodes: true, nodeName: 'vault-1', nodeAddress: '10.0.0.11' });
  const node = nodeOfSettings(config)!;
  expect(node).toMatchObject({ name: 'vault-1', address: 'https://10.0.0.11:7301' });
  expect(nodeOfSettings(config)?.id).not.toBe(node.id);
  keepNodeId(config.data, node);
  expect(readFileSync(join(config.data, 'node-id'), 'utf8')).toBe(`${node.id}\n`);
  expect(nodeOfSettings(config)?.id).toBe(node.id);
});

test('the address is that of the machine where it has one, and is asked for where it has several', () => {
  const config = configOf({ nodes: true, host: '0.0.0.0' });
  expect(nodeOfSettings(config, () => ['10.0.0.11'])?.address).toBe('https://10.0.0.11:7301');
  expect(() => nodeOfSettings(config, () => ['10.0.0.11', '192.168.1.2'])).toThrow(
    'several addresses (10.0.0.11, 192.168.1.2): say which with --node-address',
  );
});
