import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Timer } from '../../../lib/clock.ts';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Foundation } from '../../audit/index.ts';
import { createErasureNodeStore } from './erasure-node-store.ts';

/** Nodes that share the database: each keeps files and memory of its own, so no erasure is whole before each has cleared them. */
export interface ErasureNodes {
  /**
   * Asks all nodes, and waits a moment for those that run. Gives, by erasure, the running ones that have not cleared: one that does not run
   * clears before it serves again.
   */
  clearEverywhere(erasures: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Once, before this node serves: clears what was erased while it did not run. From then on it answers those that ask. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

interface ErasureNodesDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  /** Id of this node. */
  node: string;
  /** Data directory. */
  data: string;
  /** Brings what this node has in memory up to the database. */
  catchUp(): Promise<void>;
  timer?: Timer;
}

/** Milliseconds between two looks for what this node has to clear, and between two looks whether the others have. */
const LOOK_EVERY = 1_000;
const ASK_EVERY = 100;
/** Looks after which the receipt says who is waited for. */
const ASKED = 40;

export function createErasureNodes({
  node,
  db,
  data,
  catchUp,
  clock,
  log,
  timer,
}: ErasureNodesDeps): ErasureNodes {
  const store = createErasureNodeStore(db);
  const recurring = createRecurring({ log, timer });

  async function clearOpen(): Promise<void> {
    const open = await store.open(node);
    if (open.length === 0) return;
    await catchUp();
    for (const realm of new Map(open.map((one) => [`${one.organization} ${one.world}`, one])).values())
      await removeJournal(data, realm);
    await store.cleared(
      node,
      open.map(({ erasure }) => erasure),
      clock.now(),
    );
  }

  return {
    async clearEverywhere(erasures) {
      if (erasures.length === 0) return new Map();
      await store.ask(erasures, clock.now());
      await clearOpen();
      let waiting = await store.waiting(erasures);
      for (let asked = 0; waiting.length > 0 && asked < ASKED; asked++) {
        await pause(ASK_EVERY);
        waiting = await store.waiting(erasures);
      }
      const byErasure = Map.groupBy(waiting, ({ erasure }) => erasure);
      return new Map(
        [...byErasure].map(([erasure, of]) => [
          erasure,
          of.map(({ node: id, address }) => `${id} (${address})`),
        ]),
      );
    },
    async begin() {
      // A directory that was not known may hold journals of any person.
      if (await store.join(node, clock.now())) await removeAllJournals(data);
      await clearOpen();
      recurring.every('erasures asked by other nodes', LOOK_EVERY, clearOpen);
    },
    close: () => recurring.stop(),
  };
}

/** Journals of imports hold hashes over a person and a picture; imports go on without them by the pictures' marks. */
const folderIn = (data: string) => join(data, 'imports');

/** Of one organization and world. */
export async function removeJournal(
  data: string,
  { organization, world }: { organization: string; world: string },
): Promise<void> {
  await rm(join(folderIn(data), `${organization}-${world}.txt`), { force: true });
}

const removeAllJournals = (data: string): Promise<void> =>
  rm(folderIn(data), { recursive: true, force: true });
