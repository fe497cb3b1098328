import type { McpServer, Transport } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import type { OrganizationId } from '../../lib/id.ts';
import { createEventStreams } from './event-streams.ts';

const server = { connect: async () => {} } as unknown as McpServer;
const callerOf = (organization: string, lineage: string, world: 'live' | 'test' = 'live') => ({
  organization: organization as OrganizationId,
  lineage,
  world,
});

test('an organization that has all streams gives its newest to another; within its share it keeps them', async () => {
  const streams = createEventStreams({ random: (into) => void crypto.getRandomValues(into) });
  const open = (caller: ReturnType<typeof callerOf>) => streams.open(caller, '/mcp/messages', server);
  const ended: number[] = [];
  for (let one = 0; one < 64; one++) {
    const stream = await open(callerOf('b', `key ${one % 8}`));
    stream.resume();
    stream.once('end', () => ended.push(one));
  }
  await expect(open(callerOf('b', 'key 9'))).resolves.toMatchObject({ destroyed: false });
  await expect(open(callerOf('b', 'key 1'))).rejects.toMatchObject({ code: 'OVERLOADED' });
  await expect(open(callerOf('a', 'key'))).resolves.toMatchObject({ destroyed: false });
  await expect.poll(() => ended.length).toBe(2);
  await expect(open(callerOf('a', 'trial', 'test'))).rejects.toMatchObject({ code: 'OVERLOADED' });
  streams.closeAll();
  await expect(open(callerOf('b', 'key 1'))).resolves.toMatchObject({ destroyed: false });
  streams.closeAll();
});

test('a message of the other world reaches no stream of the same administrator', async () => {
  const streams = createEventStreams({ random: (into) => void crypto.getRandomValues(into) });
  const starting = { connect: (transport: Transport) => transport.start() } as unknown as McpServer;
  const stream = await streams.open(callerOf('a', 'adm_1'), '/mcp/messages', starting);
  const id = /sessionId=(\S+)/.exec(String(stream.read()))?.[1];
  await expect(streams.post(callerOf('a', 'adm_1', 'test'), id!, {})).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(streams.post(callerOf('a', 'adm_1'), id!, {})).resolves.toBeUndefined();
  streams.closeAll();
});

test('a stream whose client does not read its answers ends, and another one goes on', async () => {
  const streams = createEventStreams({ random: (into) => void crypto.getRandomValues(into) });
  const transports: Transport[] = [];
  const echoing = {
    async connect(transport: Transport) {
      transports.push(transport);
      await transport.start();
    },
  } as unknown as McpServer;
  const unread = await streams.open(callerOf('a', 'key 1'), '/mcp/messages', echoing);
  const read = await streams.open(callerOf('a', 'key 2'), '/mcp/messages', echoing);
  read.resume();
  const answer = { jsonrpc: '2.0', id: 'x'.repeat(60_000), result: {} } as const;
  for (let sent = 0; sent < 20; sent++) {
    for (const transport of transports) await transport.send(answer);
    await new Promise(setImmediate);
  }
  expect([unread.destroyed, read.destroyed]).toEqual([true, false]);
  const id = transports[0]!.sessionId!;
  await expect(streams.post(callerOf('a', 'key 1'), id, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  streams.closeAll();
});
