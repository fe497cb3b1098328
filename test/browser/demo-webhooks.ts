import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Operate = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** One webhook whose receiver accepts, one whose receiver refuses. Gives the second. */
export async function addWebhooks(operate: Operate): Promise<string> {
  const add = async (description: string, status: number) => {
    const to = await startReceiver(status);
    await operate('POST', '/grants', { to, note: description });
    return (await operate('POST', '/webhooks', {
      family: 'identity',
      url: `http://${to}/gatehouse`,
      description,
    })) as { id: string };
  };
  await add('access control', 204);
  const { id } = await add('core-banking', 503);
  const { id: old } = (await operate('POST', '/grants', {
    to: '*.old.nordlys.example',
    note: 'until the move',
  })) as { id: string };
  await operate('DELETE', `/grants/${old}`);
  await operate('POST', `/webhooks/${id}/test`, {});
  return id;
}

/** Host and port of a receiver on this machine; it does not keep the process from ending. */
async function startReceiver(status: number): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
