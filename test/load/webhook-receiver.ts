import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Sent to the parent: first the port, then the counts on request. Times are of `performance.timeOrigin` plus `now`. */
export interface ReceiverMessage {
  port: number;
  received: number;
  firstAt: number;
  lastAt: number;
}

const now = () => performance.timeOrigin + performance.now();
const seen: ReceiverMessage = { port: 0, received: 0, firstAt: 0, lastAt: 0 };
const server = createServer((request, reply) => {
  request.resume().on('end', () => {
    reply.writeHead(200).end();
    seen.received += 1;
    seen.lastAt = now();
    if (seen.received === 1) seen.firstAt = seen.lastAt;
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  seen.port = (server.address() as AddressInfo).port;
  process.send?.(seen);
});
process.on('message', () => process.send?.(seen));
process.on('disconnect', () => process.exit(0));
