import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type CallToolResult, Server } from '@modelcontextprotocol/server';
import { certificateFault } from '../../gatehouse/src/certificate.ts';
import manifest from '../package.json' with { type: 'json' };
import type { Settings } from './settings.ts';

const { version } = manifest;
/** Milliseconds: more than a call waits for a person. */
const PATIENCE = 60_000;
/** Bytes of one answer of the appliance, and much more than any has. */
const MOST = 1024 * 1024;

/** A server whose tools are those of the appliance. It connects at the first request, and anew after a failure. */
export function createBridge({ url, serviceToken }: Settings, patience = PATIENCE): Server {
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
    await client.connect(
      new StreamableHTTPClientTransport(url, { requestInit, fetch: fetchWithin(patience) }),
    );
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
      const options = { timeout: patience, signal: mcpReq.signal };
      return await ask((client) => client.callTool({ name, arguments: given }, options));
    } catch (error) {
      return { content: [{ type: 'text', text: sentenceOf(error) }], isError: true };
    }
  });
  return server;
}

/** An answer has a time and a size. The transport hands on the message of an error, and not its cause. */
const fetchWithin =
  (patience: number): typeof fetch =>
  async (input, init) => {
    const signals = [AbortSignal.timeout(patience), ...(init?.signal ? [init.signal] : [])];
    try {
      return bounded(await fetch(input, { ...init, signal: AbortSignal.any(signals) }));
    } catch (cause) {
      const { origin } = new URL(input instanceof Request ? input.url : input);
      throw new Error(certificateFault(origin, cause) ?? sentenceOf(cause), { cause });
    }
  };

function bounded(response: Response): Response {
  let read = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, to) {
      read += chunk.length;
      if (read > MOST) throw new Error(`The answer has more than ${MOST} bytes.`);
      to.enqueue(chunk);
    },
  });
  return response.body ? new Response(response.body.pipeThrough(count), response) : response;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
