import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type CallToolResult, Server } from '@modelcontextprotocol/server';
import { certificateFault } from '../../gatehouse/src/certificate.ts';
import manifest from '../package.json' with { type: 'json' };
import type { Settings } from './settings.ts';

const { version } = manifest;
/** Milliseconds: more than a call waits for a person. */
const PATIENCE = 60_000;

/** A server whose tools are those of the appliance. It connects at the first request, and anew after a failure. */
export function createBridge({ url, serviceToken }: Settings): Server {
  let connected: Promise<Client> | undefined;

  function connect(): Promise<Client> {
    connected ??= open().catch((error: unknown) => {
      connected = undefined;
      throw new Error(`${url.origin} could not be reached as a Gatehouse appliance: ${sentenceOf(error)}`);
    });
    return connected;
  }
  async function open(): Promise<Client> {
    const client = new Client({ name: 'gatehouse-mcp', version }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${serviceToken}` }, redirect: 'error' as const };
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit, fetch: fetchNamed }));
    return client;
  }
  async function ask<Reply>(work: (client: Client) => Promise<Reply>): Promise<Reply> {
    const client = await connect();
    try {
      return await work(client);
    } catch (error) {
      connected = undefined;
      await client.close().catch(() => undefined);
      throw error;
    }
  }

  const server = new Server({ name: 'gatehouse', version }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', ({ params }) => ask((client) => client.listTools(params)));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }): Promise<CallToolResult> => {
    try {
      const { name, arguments: given = {} } = params;
      const options = { timeout: PATIENCE, signal: mcpReq.signal };
      return await ask((client) => client.callTool({ name, arguments: given }, options));
    } catch (error) {
      return { content: [{ type: 'text', text: sentenceOf(error) }], isError: true };
    }
  });
  return server;
}

/** The transport hands on the message of an error, and not its cause. */
const fetchNamed: typeof fetch = (input, init) =>
  fetch(input, init).catch((cause: unknown) => {
    const { origin } = new URL(input instanceof Request ? input.url : input);
    throw new Error(certificateFault(origin, cause) ?? sentenceOf(cause), { cause });
  });

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
