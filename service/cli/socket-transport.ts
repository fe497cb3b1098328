import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { Problem } from '../lib/problem.ts';
import type { Transport } from './control.ts';

/** Who answers at a control socket: a service, nobody (no file), or nobody any more (a killed service left the file). */
export function probeSocket(path: string): Promise<'service' | 'absent' | 'stale'> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('service');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') resolve('absent');
      else if (error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK') resolve('stale');
      else if (error.code === 'EACCES' || error.code === 'EPERM') {
        reject(
          new Problem(
            'INSUFFICIENT_SCOPE',
            `${path} belongs to the account that runs the service. Run the command as that account.`,
            { cause: error },
          ),
        );
      } else reject(error);
    });
  });
}

/** HTTP over the control socket of a running service. */
export function createSocketTransport(socketPath: string): Transport {
  const agent = new Agent({ keepAlive: true });
  return {
    via: 'service',
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const call = request({ socketPath, agent, method, path, headers }, (response) =>
          resolve({ status: response.statusCode ?? 0, body: whole(response) }),
        );
        call.on('error', (error) => reject(stopped(error)));
        call.setHeader('content-length', body?.byteLength ?? 0);
        call.end(body);
      }),
    async close() {
      agent.destroy();
    },
  };
}

async function* whole(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw stopped(error as NodeJS.ErrnoException);
  }
}

const stopped = (error: NodeJS.ErrnoException) =>
  new Problem(
    'INTERNAL',
    `The service stopped while the command ran (${error.code}). Start it and run the command again.`,
    { cause: error },
  );
