import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { listen } from '../../../../test/support/listener.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { createOutgoing } from '../../../outgoing/create-outgoing.ts';
import { ruleOf } from './destination.ts';
import { createDestinations } from './destination-rules.ts';
import { parseGrant } from './grants.ts';

const organization = 'org_1' as OrganizationId;

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A receiver on that loopback address, and the hosts it was asked for. */
async function receiver(address: string, port = 0) {
  const hosts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.end(address);
  });
  const listener = await listen(server, address, port);
  stops.push(listener.stop);
  return { ...listener, hosts };
}

/** Names whose addresses change each time they are asked for, and real connections. */
async function start(answers: string[][]) {
  const granted = await receiver('127.0.0.1');
  const { port } = granted;
  const inside = await receiver('127.0.0.2', port);
  const outgoing = createOutgoing({ lookup: () => Promise.reject(new Error('not asked when it dials')) });
  stops.push(() => outgoing.close());
  const destinations = createDestinations({
    grants: { active: async () => [parseGrant(`127.0.0.1:${port}`)] },
    outgoing: { resolve: async () => answers.shift() ?? [] },
    own: () => ({ machine: [], ports: [], elsewhere: [] }),
  });
  const deliver = async (text: string) => {
    const { url, addresses } = await destinations.check(organization, text);
    const replies: string[] = [];
    for (const address of addresses) {
      const order = { url, address, headers: {}, body: new Uint8Array(), timeout: 15_000, keep: 100 };
      replies.push((await outgoing.post(order)).body);
    }
    return replies;
  };
  return { port, granted, inside, deliver };
}

test('the checked address is dialled, though the name has another one by then', async () => {
  const { port, granted, inside, deliver } = await start([['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']]);
  const url = `http://rebinding.example.test:${port}/`;
  expect(await deliver(url)).toEqual(['127.0.0.1']);
  await expect(deliver(url)).rejects.toSatisfy((error) => ruleOf(error) === 'loopback-not-granted');
  expect(await deliver(url)).toEqual(['127.0.0.1']);
  expect(granted.hosts).toEqual([`rebinding.example.test:${port}`, `rebinding.example.test:${port}`]);
  expect(inside.connections()).toBe(0);
});

test('of a name with one address that is granted and one that is not, neither is dialled', async () => {
  const { port, granted, inside, deliver } = await start([
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', '127.0.0.1'],
    ['127.0.0.1', '169.254.169.254'],
  ]);
  for (let i = 0; i < 3; i++) await expect(deliver(`http://mixed.example.test:${port}/`)).rejects.toThrow();
  expect([granted.connections(), inside.connections()]).toEqual([0, 0]);
});

test('an IPv4-mapped address is dialled as the IPv4 address that was checked', async () => {
  const { port, granted, deliver } = await start([['::ffff:127.0.0.1']]);
  expect(await deliver(`http://mapped.example.test:${port}/`)).toEqual(['127.0.0.1']);
  expect(await deliver(`http://[::ffff:127.0.0.1]:${port}/`)).toEqual(['127.0.0.1']);
  expect(granted.hosts).toHaveLength(2);
});
