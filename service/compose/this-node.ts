import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Config, ConfigError } from '../config.ts';
import { nodeUrl, ownNodeAddress, parseNodeAddress } from '../http/listening/node-address.ts';
import { writeDurably } from '../lib/durable-file.ts';
import { machineInterfaces } from '../lib/machine/network-interfaces.ts';
import { productVersion } from '../lib/version.ts';
import { joinedNode } from '../storage/master/joined-master.ts';
import type { Node } from '../storage/postgres/nodes.ts';

/** As its data directory is called among the nodes, where it did not join with a token. */
const fileOf = (data: string) => join(data, 'node-id');

/**
 * The node that the settings make of this service; undefined where it has its databases for itself. Throws ConfigError where only the operator
 * knows by which address of the machine the others reach it.
 */
export function nodeOfSettings(config: Config, addresses = addressesOfMachine): Node | undefined {
  if (!config.nodes) return undefined;
  const { data, nodeAddress, nodeName, host } = config;
  return {
    id: joinedNode(data) ?? readId(data) ?? `node_${randomBytes(16).toString('hex')}`,
    name: nodeName ?? hostname(),
    version: productVersion(),
    address: nodeUrl(
      nodeAddress === undefined ? soleAddress(host, addresses()) : parseNodeAddress(nodeAddress)!,
    ),
  };
}

function soleAddress(host: string, addresses: readonly string[]) {
  const own = ownNodeAddress(host, addresses);
  if (own) return own;
  throw new ConfigError(
    `The other nodes have to reach this one, and the machine has ${addresses.length === 0 ? 'no address beyond loopback' : `several addresses (${addresses.join(', ')})`}: say which with --node-address, GATEHOUSE_NODE_ADDRESS or "nodeAddress" in gatehouse.json, such as "${addresses[0] ?? '10.0.0.11'}:7301".`,
  );
}

/** Once the directory is held: its next start is the same node. */
export function keepNodeId(data: string, { id }: Node): void {
  if (joinedNode(data) === undefined && readId(data) !== id) writeDurably(fileOf(data), `${id}\n`);
}

function readId(data: string): string | undefined {
  const text = existsSync(fileOf(data)) ? readFileSync(fileOf(data), 'utf8').trim() : '';
  return /^node_[0-9a-z]+$/.test(text) ? text : undefined;
}

/** IPv4, which every network of nodes has; of one with IPv6 alone the settings name the address. */
const addressesOfMachine = (): string[] =>
  machineInterfaces()
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
