import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { applianceIdentity, verifyChain } from '../engine/audit/index.ts';
import { findIntegrityFaults } from '../engine/integrity/index.ts';
import type { Clock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { everySubject, findDamage, organizationIds } from '../storage/backup-check.ts';
import { type Database, openDatabase } from '../storage/connection.ts';
import { openIntegrity } from '../storage/keys/integrity.ts';
import type { KeyStore } from '../storage/keys/key-store.ts';
import { openOrganizationKeys } from '../storage/keys/organization-keys.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import { LAST_01 } from '../storage/migrations/0001-baseline.ts';
import { findOwnTemplates, type OwnTemplates } from './find-own-templates.ts';
import type { LaidOutBackup } from './open-backup.ts';

/** What was found in a backup. It is good when `problems` is empty. */
export interface Examination extends OwnTemplates {
  schema: string;
  organizations: number;
  people: { there: number; erased: number; keyMissing: number };
  audit: { lines: number; checkpoints: number; unsigned: number; valid: boolean };
  /** Organizations with people's keys that the older database does not know. */
  lostOrganizations: string[];
  problems: string[];
}

export interface ExamineDeps {
  clock: Clock;
  log: Log;
  progress?: (what: string, done?: number, of?: number) => void;
}

/**
 * Looks whether what was laid out in `folder` would serve: the database is whole and opens with its keys, the audit chain is
 * valid, templates open and find their owners. Brings the copy to the newest schema; reaches nothing outside the folder.
 */
export async function examineBackup(
  folder: string,
  backup: Pick<LaidOutBackup, 'keys' | 'sealer' | 'signing' | 'master' | 'facts'>,
  { clock, log, progress = () => {} }: ExamineDeps,
): Promise<Examination> {
  const path = join(folder, 'gatehouse.db');
  progress('checking the database');
  const problems = (await findDamage(path)).map((what) => `The database is damaged: ${what}.`);
  const database = await openDatabase({ kind: 'sqlite', path }, { clock, log });
  try {
    const { db } = database;
    progress('checking the audit chain');
    const chain = await verifyChain({
      db,
      keys: backup.signing.publicKeys().filter(({ purpose }) => purpose === 'audit'),
      appliance: await applianceIdentity(backup.keys, createIds(clock)),
      note: 'not-compared',
    });
    if (!chain.valid)
      problems.push(`The audit chain is not valid: ${chain.damage?.says ?? 'it is damaged.'}`);
    progress('checking signatures and MACs');
    problems.push(...(await findFaults(database, backup)));
    const organizations = await organizationIds(db);
    const people = await countPeople(database, backup.keys);
    if (people.keyMissing > 0) {
      problems.push(
        `${people.keyMissing} people have no key in the key store and were not erased: it is not complete.`,
      );
    }
    const { templates, match } = await findOwnTemplates(database, backup.sealer, { log, progress });
    if (templates.damaged > 0)
      problems.push(
        `${templates.damaged} templates do not open: the file was changed, or the organization's templates were renewed since (org renew-templates); then only backups made after that serve.`,
      );
    if (match.found < match.asked) {
      problems.push(
        `${match.asked - match.found} of ${match.asked} people were not found by their own template: another person's scores higher.`,
      );
    }
    const known = new Set(organizations);
    return {
      schema: database.version,
      organizations: organizations.length,
      people,
      templates,
      match,
      audit: {
        lines: chain.lines,
        checkpoints: chain.checkpoints,
        unsigned: chain.uncovered,
        valid: chain.valid,
      },
      lostOrganizations: (await backup.keys.peopledOrganizations()).filter((id) => !known.has(id)),
      problems,
    };
  } finally {
    await database.close();
  }
}

/** A sentence for each thing that is signed or carries a MAC and is not as the service wrote it. */
async function findFaults(
  { db }: Pick<Database, 'db'>,
  { keys, master, signing, facts }: Pick<LaidOutBackup, 'keys' | 'master' | 'signing' | 'facts'>,
): Promise<string[]> {
  const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const integrity = await openIntegrity({ keys, master, organizations });
  // One without any key.
  if (!integrity) return [];
  const faults = await findIntegrityFaults({
    db,
    keys,
    master,
    integrity,
    organizations,
    signing: { ...signing, verify: verifySignature },
    unprotected: facts.schema === LAST_01,
  });
  return faults.map(({ says }) => says);
}

async function countPeople({ db }: Pick<Database, 'db'>, keys: KeyStore): Promise<Examination['people']> {
  const erasedOnes = new Set(
    (await keys.erasureLedger()).map(({ entry }) => (JSON.parse(entry) as { subject: string }).subject),
  );
  const counted = { there: 0, erased: 0, keyMissing: 0 };
  for await (const page of everySubject(db)) {
    const held = new Set((await keys.persons(page)).map(({ subject }) => subject));
    for (const subject of page) {
      counted.there += 1;
      if (held.has(subject)) continue;
      if (erasedOnes.has(subject)) counted.erased += 1;
      else counted.keyMissing += 1;
    }
    await turn();
  }
  return counted;
}
