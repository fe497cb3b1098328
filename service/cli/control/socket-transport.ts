import { connect } from 'node:net';
import { createSocketFetch } from '../../../sdk/admin/socket-fetch.ts';
import { openSocketPath, type SocketPath } from '../../lib/machine/socket-path.ts';
import { Problem } from '../../lib/problem.ts';
import { ConnectionLost, type Transport } from './control.ts';

/** State of a control socket: a service answers, there is no file, or a killed service left the file. */
export async function probeSocket(path: string): Promise<'service' | 'absent' | 'stale'> {
  try {
    using reached = openSocketPath(path);
    await connected(reached);
    return 'service';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    if (code === 'ECONNREFUSED' || code === 'ENOTSOCK') return 'stale';
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      `${path} belongs to the account that runs the service. Run the command as that account.`,
      { cause: error },
    );
  }
}

function connected({ path }: SocketPath): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** HTTP over the control socket of a running service. */
export function createSocketTransport(socketPath: string): Transport {
  const reached = openSocketPath(socketPath);
  const socket = createSocketFetch(reached.path, stopped);
  return {
    via: 'service',
    async fetch(request) {
      try {
        return await socket.fetch(request);
      } catch (error) {
        const lost =
          error instanceof Problem && (await probeSocket(socketPath).catch(() => 'stale')) === 'service';
        throw lost ? connectionLost(error) : error;
      }
    },
    async close() {
      socket.close();
      reached[Symbol.dispose]();
    },
  };
}

const stopped = (error: NodeJS.ErrnoException) =>
  new Problem(
    'INTERNAL',
    `The service stopped while the command ran (${error.code}). Start it and run the command again.`,
    { cause: error },
  );

const connectionLost = ({ cause }: Problem) =>
  new ConnectionLost(
    'INTERNAL',
    `The connection to the service was lost (${(cause as NodeJS.ErrnoException).code}). The service runs, and goes on with what it had begun: see what has become of it, with "gatehouse work", "gatehouse receipt list" or "gatehouse audit tail", before you run the command again.`,
    { cause },
  );
