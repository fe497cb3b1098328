import { connect, type Socket } from 'node:net';
import {
  type AcceleratorAddress,
  type NetAnswer,
  type Outputs,
  readMessages,
  sendMessage,
} from './messages.ts';

interface Link {
  address: AcceleratorAddress;
  socket: Socket;
  /** By the id of the request. */
  pending: Map<number, (outputs: Outputs | undefined) => void>;
}

/** `silent` is called with the socket's path when an answer did not come in time. */
export function createRemoteNets(silent: (socket: string) => void) {
  let link: Link | undefined;
  let lastId = 0;

  function open(address: AcceleratorAddress): Link {
    const socket = connect(address.socket);
    const made: Link = { address, socket, pending: new Map() };
    readMessages<NetAnswer>(socket, ({ id, outputs }) => made.pending.get(id)?.(outputs));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (link === made) link = undefined;
      for (const answer of made.pending.values()) answer(undefined);
    });
    return made;
  }

  return {
    /** Ends the connection to the one before; undefined: there is none any more. */
    move(address: AcceleratorAddress | undefined): void {
      if (address?.socket === link?.address.socket) return;
      link?.socket.destroy();
      link = address && open(address);
    },
    /**
     * The outputs for `count` pictures; undefined where the worker has to run the net itself: the accelerator does not have it, failed, ended, or did not
     * answer within so many milliseconds. The input may be changed as soon as this returns.
     */
    ask(
      net: string,
      input: Float32Array,
      count: number,
      size: readonly [number, number],
      within: number,
    ): Promise<Outputs | undefined> {
      const at = link?.address.nets.indexOf(net) ?? -1;
      if (!link || at < 0 || within <= 0) return Promise.resolve(undefined);
      const { address, socket, pending } = link;
      const id = ++lastId;
      const length = count * size[0] * size[1] * 3;
      sendMessage(socket, { id, net: at, input: input.subarray(0, length), count, size, within });
      return new Promise((resolve) => {
        const answer = (outputs: Outputs | undefined) => {
          clearTimeout(timer);
          pending.delete(id);
          resolve(outputs);
        };
        const timer = setTimeout(() => {
          silent(address.socket);
          answer(undefined);
        }, within);
        pending.set(id, answer);
      });
    },
  };
}
