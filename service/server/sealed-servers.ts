import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { throttleTries } from '../compose/key-care.ts';
import { createSealedControlDoor, type SealState } from '../doors/admin/index.ts';
import { LET_IN } from '../http/listening/connections.ts';
import { createServer } from '../http/server.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { createWaitingDoors, type WaitingDoorsDeps } from './waiting-doors.ts';

/** How long `failed` waits for the unsealing operator to read that the start failed. */
const READ_MILLISECONDS = 2_000;

type Server = ReturnType<typeof createServer>;

/** Both listeners of a service whose master key is not open yet; later they hand every request to the real servers. */
export interface SealedServers {
  url: string;
  /** Resolves when the right passphrase was given, with who gave it; rejects when `until` is aborted. */
  opened(open: (passphrase: string) => Promise<void>, until: AbortSignal): Promise<Unsealing>;
  /** From now on these answer. The listening sockets stay open: no request is lost. */
  handOver(servers: { doors: Server; control: Server }): Promise<void>;
  /** Answers those who wait with why it did not open; resolves when they know, or soon after. Close the servers next. */
  failed(error: unknown): Promise<void>;
  /** Lets running requests end. */
  close(): Promise<void>;
}

export interface Unsealing {
  operator: string;
  wrongTries: number;
}

/** The service was stopped before it was unsealed. */
class StoppedWhileSealed extends Error {
  override name = 'StoppedWhileSealed';
}

export interface SealedServersDeps extends Omit<WaitingDoorsDeps, 'stage'> {
  listenControl(server: Server): Promise<unknown>;
  listenDoors(server: Server): Promise<string>;
}

export async function createSealedServers(deps: SealedServersDeps): Promise<SealedServers> {
  const { ids, log, connections } = deps;
  const changes = new EventEmitter();
  let state: SealState = { is: 'sealed' };
  const become = (next: SealState) => {
    state = next;
    changes.emit('changed');
  };
  let tryOpen: ((passphrase: string, operator: string) => Promise<void>) | undefined;

  await using closing = new AsyncDisposableStack();
  const control = createServer({ ids, log, connections: connections.control });
  closing.defer(() => control.close());
  await control.register(
    createSealedControlDoor({
      state() {
        if (state.is === 'failed') changes.emit('read');
        return state;
      },
      async changed(milliseconds) {
        if (state.is !== 'failed') await within(changes, 'changed', milliseconds);
      },
      async open(passphrase, operator) {
        if (state.is !== 'sealed' || !tryOpen) {
          throw new Problem('CONFLICT', 'The passphrase was given already: the service is opening.');
        }
        await tryOpen(passphrase, operator);
      },
    }),
  );
  const doors = await createWaitingDoors({
    ...deps,
    stage: () => (state.is === 'opening' ? 'starting' : 'sealed'),
  });
  closing.defer(() => doors.close());
  await deps.listenControl(control);
  const url = await deps.listenDoors(doors);
  const everything = closing.move();

  return {
    url,
    opened: (open, until) =>
      new Promise((resolve, reject) => {
        const stop = () => reject(new StoppedWhileSealed('The service was stopped before it was unsealed.'));
        if (until.aborted) stop();
        until.addEventListener('abort', stop, { once: true });
        const countedOpen = countWrongTries(open, log);
        tryOpen = async (passphrase, operator) => {
          const wrongTries = await countedOpen(passphrase, operator);
          until.removeEventListener('abort', stop);
          become({ is: 'opening' });
          resolve({ operator, wrongTries });
        };
      }),
    async handOver(servers) {
      await Promise.all([servers.control.ready(), servers.doors.ready()]);
      handRequests(control, servers.control);
      handRequests(doors, servers.doors);
      changes.emit('changed');
    },
    async failed(error) {
      const read = within(changes, 'read', READ_MILLISECONDS);
      become({ is: 'failed', reason: error instanceof Problem ? error.message : 'The log says why.' });
      await read;
    },
    close: () => everything.disposeAsync(),
  };
}

/** Resolves with how many wrong passphrases were tried before the right one. Tries are throttled. */
function countWrongTries(open: (passphrase: string) => Promise<void>, log: Log) {
  const throttled = throttleTries(open);
  let wrongTries = 0;
  return async (passphrase: string, operator: string): Promise<number> => {
    try {
      await throttled(passphrase);
    } catch (error) {
      if (error instanceof Problem && error.code === 'WRONG_PASSPHRASE') {
        wrongTries += 1;
        log.warn({ operator, wrongTries }, 'a wrong passphrase was tried');
      }
      throw error;
    }
    return wrongTries;
  };
}

/** Until the event, or until so much time is over. */
const within = (emitter: EventEmitter, event: string, milliseconds: number) =>
  once(emitter, event, { signal: AbortSignal.timeout(milliseconds) }).catch(() => {});

/** The server that listens keeps its limits and its connections, and counts them; `to` never listens itself. */
function handRequests(from: Server, to: Server): void {
  from.server.removeListener('request', from.routing);
  from.server.on('request', (request, response) => to.routing(request, response));
  // WebSockets: which requests are some, who takes them, and that their caller was let in.
  Object.assign(from.server, { shouldUpgradeCallback: (to.server as WithUpgrades).shouldUpgradeCallback });
  from.server.on('upgrade', (...given) => void to.server.emit('upgrade', ...given));
  to.server.on(LET_IN, (...given) => void from.server.emit(LET_IN, ...given));
}

/** Node's types lack it. */
type WithUpgrades = Server['server'] & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };
