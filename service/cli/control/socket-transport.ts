import { connect } from 'node:net';
import { createSocketFetch } from '../../../sdk/admin/socket-fetch.ts';
import { Problem } from '../../lib/problem.ts';
import type { Transport } from './control.ts';

/** State of a control socket: a service answers, there is no file, or a killed service left the file. */
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
  const socket = createSocketFetch(socketPath, stopped);
  return {
    via: 'service',
    fetch: socket.fetch,
    async close() {
      socket.close();
    },
  };
}

const stopped = (error: NodeJS.ErrnoException) =>
  new Problem(
    'INTERNAL',
    `The service stopped while the command ran (${error.code}). Start it and run the command again.`,
    { cause: error },
  );
