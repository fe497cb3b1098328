import type { Socket } from 'node:net';

const HEAD = 'HTTP/1.1 100';
/** Bytes of interim responses before the one that counts. */
const MOST = 16 * 1024;

/**
 * Takes `100 Continue` responses out of what is read from the socket: any number of them may come before a final response (RFC 9110,
 * 15.2), asked for or not, and undici takes one for a broken server. Other interim responses (103 and such) it skips itself.
 */
export function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket);
  /** What was sent when the last response began: more means another request, so another response. */
  let answered = -1;
  let held: Buffer | null = null;

  socket.read = () => {
    const chunk = read() as Buffer | null;
    if (chunk === null || socket.bytesWritten === answered) return chunk;
    held = held === null ? chunk : Buffer.concat([held, chunk]);
    for (let end = endOfContinue(held); end > 0; end = endOfContinue(held)) held = held.subarray(end);
    if (held.length === 0) held = null;
    if (held === null || (mayContinue(held) && held.length < MOST)) return null;
    const rest = held;
    held = null;
    answered = socket.bytesWritten;
    return rest;
  };
}

const headOf = (bytes: Buffer) => bytes.toString('latin1', 0, HEAD.length).replace('HTTP/1.0', 'HTTP/1.1');

/** Whether the bytes are such a response that has not ended, or the beginning of one. */
const mayContinue = (bytes: Buffer) => HEAD.startsWith(headOf(bytes));

/** Where the response ends that the bytes begin with; 0 where they do not begin with a whole one of status 100. */
function endOfContinue(bytes: Buffer): number {
  if (bytes.length < HEAD.length || !mayContinue(bytes)) return 0;
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? 0 : end + 4;
}
