import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import type { ModelFile } from '../models/onnx-model.ts';
import type { Outputs } from './batches.ts';

/** Where an accelerator listens, and the keys of the nets that it runs: a worker asks by the place in this list. */
export interface AcceleratorAddress {
  socket: string;
  nets: readonly string[];
}

/** A new entry for the same bytes is another net: it may be read differently. */
export const netKey = ({ entry }: ModelFile): string => JSON.stringify(entry);

export interface NetRequest {
  id: number;
  net: number;
  input: Float32Array;
  count: number;
  size: readonly [number, number];
  /** Milliseconds for which the worker waits. */
  within: number;
}

/** Without `outputs` the worker runs the net itself. */
export interface NetAnswer {
  id: number;
  outputs?: Outputs;
}

const HEAD = 4;

/** The length of the message in four bytes, then V8's serialization, which copies. */
export function sendMessage(socket: Socket, message: NetRequest | NetAnswer): void {
  const body = serialize(message);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(body.length);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}

/** `isWithin` says whether a message has begun to arrive and is not complete. */
export function readMessages<Message>(
  socket: Socket,
  received: (message: Message) => void,
): { isWithin(): boolean } {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted: number | undefined;
  socket.on('data', (part: Buffer) => {
    parts.push(part);
    held += part.length;
    for (;;) {
      if (held < (wanted ?? HEAD)) return;
      let bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      if (wanted === undefined) {
        wanted = bytes.readUInt32LE();
        bytes = bytes.subarray(HEAD);
        parts = [bytes];
        held = bytes.length;
        continue;
      }
      const body = bytes.subarray(0, wanted);
      bytes = bytes.subarray(wanted);
      parts = bytes.length > 0 ? [bytes] : [];
      held = bytes.length;
      wanted = undefined;
      received(deserialize(body) as Message);
    }
  });
  return { isWithin: () => held > 0 || wanted !== undefined };
}
