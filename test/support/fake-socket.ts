import { EventEmitter } from 'node:events';
import type { WebSocket } from '@fastify/websocket';

/** The server's end of a WebSocket that is open, and what was done with it. */
export function fakeSocket() {
  const done: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    ping: () => void done.push('ping'),
    send: () => void done.push('send'),
    close: (code: number) => void done.push(`close ${code}`),
    terminate: () => void done.push('terminate'),
  });
  return { socket, done, webSocket: socket as unknown as WebSocket };
}
