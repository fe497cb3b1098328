import {
  createKeyCopyFolders,
  createKeyCustody,
  createNodeKeys,
  createTemplateRenewals,
} from '../engine/appliance/index.ts';
import { applianceIdentity } from '../engine/audit/index.ts';
import { createTemplatePages } from '../engine/people/index.ts';
import { createProbePages } from '../engine/verification/index.ts';
import { Problem } from '../lib/problem.ts';
import { createRecurring } from '../lib/recurring.ts';
import { createOrganizationRotations } from '../storage/keys/rotate-organization.ts';
import { createMasterCare } from '../storage/master/master-care.ts';
import { createNextMasterTaking } from '../storage/master/next-master.ts';
import { createNodeJoins } from '../storage/master/node-joins.ts';
import { dropNode } from '../storage/postgres/nodes.ts';
import { appliance } from './audit.ts';
import type { Foundation } from './foundation.ts';

export type KeyCare = Awaited<ReturnType<typeof createKeyCare>>;

/** Milliseconds between two looks for a machine that asks for the master key, while a token is open. */
const JOINS_EVERY = 1_000;

/** The keys, their rotation, their copies, and who has them. */
export async function createKeyCare({
  db,
  inTransaction,
  sealer,
  audit,
  clock,
  locks,
  log,
  vault: { keys, master, sources, organizations, link, signing, copies },
  ids,
  node,
  works,
  opened,
}: Foundation) {
  const rotations = createOrganizationRotations({
    keys,
    works,
    organizations,
    log,
    finished: (organization, details) =>
      inTransaction((tx) =>
        audit.add(tx, { actor: appliance, action: 'organization.rotate-key', organization, details }),
      ),
  });
  opened.defer(() => rotations.stop());
  const { state, prove, rotate, toPassphrase, changePassphrase, toFile } = createMasterCare({
    keys,
    master,
    sources,
    clock,
  });
  const proveSlowly = throttleTries(prove);
  const custody = createKeyCustody({
    master: {
      state,
      prove: proveSlowly,
      rotate,
      toPassphrase,
      changePassphrase: throttleTries(changePassphrase),
      toFile,
    },
    rotations,
    signing,
    inTransaction,
    locks,
    audit,
    clock,
  });
  const nodeKeys = createNodeKeys({
    prove: proveSlowly,
    joins: createNodeJoins({
      keys,
      master,
      appliance: await applianceIdentity(keys, ids),
      self: node?.id,
      clock,
      log,
    }),
    renewLink: async () => link?.renew(),
    drop: async (tx, id) => node && dropNode(tx, id),
    inTransaction,
    locks,
    audit,
  });
  if (keys.nodeKeys) {
    const looks = createRecurring({ log });
    opened.defer(() => looks.stop());
    looks.every('machines that join', JOINS_EVERY, nodeKeys.answer);
    const { joined } = sources;
    if (node && joined)
      looks.every(
        'a new master key',
        JOINS_EVERY,
        createNextMasterTaking({ keys: { nodeKeys: keys.nodeKeys, note: keys.note }, master, joined, log }),
      );
  }
  const keyCopyFolders = createKeyCopyFolders({ copies, inTransaction, audit });
  const renewals = createTemplateRenewals({
    transforms: sealer.transforms,
    pages: [
      createTemplatePages({ db, inTransaction, sealer }),
      createTemplatePages({ db, inTransaction, sealer }, 'provisional_template'),
      createProbePages({ db, inTransaction, sealer }),
    ],
    inTransaction,
    audit,
    log,
    works,
  });
  opened.defer(() => renewals.stop());
  return { rotations, custody, nodeKeys, keyCopyFolders, renewals };
}

/** Wrong tries that cost nothing: a person mistypes. */
const FREE = 2;
const LONGEST_MILLISECONDS = 60_000;

/**
 * One try at a time, and after a few wrong ones a pause that doubles, up to a minute: BURST_LIMIT_EXCEEDED until it is over. Kept in
 * memory; `now` only rises.
 */
export function throttleTries<Words extends unknown[]>(
  work: (...words: Words) => Promise<void>,
  now: () => number = () => performance.now(),
): (...words: Words) => Promise<void> {
  let wrong = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let trying = false;
  return async (...words) => {
    const wait = notBefore - now();
    if (trying || wait > 0) {
      const seconds = trying ? 1 : Math.ceil(wait / 1000);
      throw new Problem(
        'BURST_LIMIT_EXCEEDED',
        `${trying ? 'Another passphrase is being tried' : 'Too many wrong passphrases'}: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
        { retryAfterSeconds: seconds },
      );
    }
    trying = true;
    try {
      await work(...words);
      wrong = 0;
    } catch (error) {
      if (error instanceof Problem && error.code === 'WRONG_PASSPHRASE') {
        wrong += 1;
        if (wrong > FREE) notBefore = now() + Math.min(LONGEST_MILLISECONDS, 1000 * 2 ** (wrong - FREE - 1));
      }
      throw error;
    } finally {
      trying = false;
    }
  };
}
