import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { findIntegrityFaults, type IntegrityFault } from '../engine/appliance/index.ts';
import { applianceIdentity, verifyChain } from '../engine/audit/index.ts';
import { createSubjectStore } from '../engine/people/subjects/subject-store.ts';
import { createGalleries, type Galleries } from '../inference/gallery/galleries.ts';
import type { Clock } from '../lib/clock.ts';
import { createIds, type SubjectId, type TemplateId } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import {
  describeDamage,
  everySubject,
  findDamage,
  organizationIds,
  templateFiles,
} from '../storage/backup-check.ts';
import { type Database, openDatabase } from '../storage/connection.ts';
import { openIntegrity } from '../storage/keys/integrity.ts';
import type { KeyStore } from '../storage/keys/key-store.ts';
import { openOrganizationKeys } from '../storage/keys/organization-keys.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import { LAST_01 } from '../storage/migrations/0001-baseline.ts';
import type { Sealer } from '../storage/sealing/sealed.ts';
import { untransformed } from '../storage/sealing/template-transform.ts';
import type { LaidOutBackup } from './open-backup.ts';

/** What was found in a backup. It can be restored when `problems` is empty. */
export interface Examination extends OwnTemplates {
  schema: string;
  organizations: number;
  people: { there: number; erased: number; keyMissing: number };
  audit: { lines: number; checkpoints: number; unsigned: number; valid: boolean };
  /** Organizations with people's keys that the older database does not know. */
  lostOrganizations: string[];
  problems: string[];
  /** Rows and receipts that the service did not write as they are, a sentence each. They are restored, and not used. */
  altered: string[];
}

interface ExamineDeps {
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
  const damage = await findDamage(path);
  const problems =
    damage.length === 0
      ? []
      : [
          `The database is damaged: ${describeDamage(damage)}. “gatehouse doctor” looks at the one that it was made of, and says how to repair it.`,
        ];
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
    const faults = Object.groupBy(await findFaults(database, backup), ({ check }) =>
      // A writer of the database must not be able to make every backup one that is refused.
      check === 'rows' || check === 'receipts' || check === 'json' ? 'altered' : 'keys',
    );
    problems.push(...(faults.keys ?? []).map(({ says }) => says));
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
      altered: (faults.altered ?? []).map(({ says }) => says),
    };
  } finally {
    await database.close();
  }
}

/** Each thing that is signed or carries a MAC and is not as the service wrote it. */
async function findFaults(
  { db }: Pick<Database, 'db'>,
  {
    keys,
    sealer,
    master,
    signing,
    facts,
  }: Pick<LaidOutBackup, 'keys' | 'sealer' | 'master' | 'signing' | 'facts'>,
): Promise<IntegrityFault[]> {
  const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const integrity = await openIntegrity({ keys, master, organizations });
  // One without any key.
  if (!integrity) return [];
  return findIntegrityFaults({
    db,
    sealer,
    keys,
    master,
    integrity,
    organizations,
    signing: { ...signing, verify: verifySignature },
    unprotected: facts.schema === LAST_01,
  });
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

interface OwnTemplates {
  /** Provisional ones included. */
  templates: { there: number; opened: number; erased: number; damaged: number };
  /** People searched for by one of their own templates among all people of their organization. */
  match: { asked: number; found: number };
}

/** People asked for at most, of each model file. */
const ASKED = 200;
/** Two cosines of equal vectors, summed in another order, differ by less. */
const ROUNDING = 1e-5;
/** Candidates of the first search; more only where that many score as high as the nearest. */
const CANDIDATES = 16;

/**
 * Opens every template into galleries, as a start does; then looks for owners by a template of their own. Galleries of one
 * model file are in memory at a time.
 */
export async function findOwnTemplates(
  { db }: Pick<Database, 'db'>,
  sealer: Sealer,
  { log, progress = () => {} }: { log: Log; progress?: (what: string, done: number, of: number) => void },
): Promise<OwnTemplates> {
  const store = createSubjectStore({ db, sealer });
  const files = await templateFiles(db);
  const there = files.reduce((sum, file) => sum + file.templates, 0);
  const templates = { there, opened: 0, erased: 0, damaged: 0 };
  const match = { asked: 0, found: 0 };
  const damaged = () => {
    templates.damaged += 1;
  };
  for (const { embedder, sha256, templates: rows } of files) {
    const galleries = createGalleries({ log });
    try {
      const owners = new Map<string, SubjectId>();
      const probes: { gallery: string; subject: SubjectId; vector: Float32Array }[] = [];
      const every = Math.max(1, Math.ceil(rows / ASKED));
      const pages = store.everyTemplate({ [embedder]: sha256 }, () => untransformed, damaged);
      for await (const page of pages) {
        for (const { row, vector } of page) {
          const gallery = `${row.organization}/${row.world}/${embedder}/${sha256}`;
          galleries.put(gallery, row.id as TemplateId, vector);
          owners.set(row.id, row.subject as SubjectId);
          if (templates.opened % every === 0)
            probes.push({ gallery, subject: row.subject as SubjectId, vector: vector.slice() });
          templates.opened += 1;
        }
        progress('opening templates', templates.opened, there);
      }
      for (const { gallery, subject, vector } of probes) {
        match.asked += 1;
        if (await isFound(galleries, { gallery, subject, vector, owners })) match.found += 1;
      }
    } finally {
      await galleries.close();
    }
  }
  for await (const page of store.everyProvisional(damaged)) {
    templates.there += page.there;
    templates.opened += page.opened;
  }
  templates.erased = templates.there - templates.opened - templates.damaged;
  return { templates, match };
}

/**
 * Whether a template of `subject` scores as high as the nearest of the gallery. Not whether it is the nearest: one picture may
 * be enrolled under two addresses, and then either may come first.
 */
async function isFound(
  galleries: Pick<Galleries, 'search'>,
  {
    gallery,
    subject,
    vector,
    owners,
  }: { gallery: string; subject: SubjectId; vector: Float32Array; owners: ReadonlyMap<string, SubjectId> },
): Promise<boolean> {
  for (let count = CANDIDATES; ; count *= CANDIDATES) {
    const candidates = await galleries.search(gallery, vector, count);
    const highest = candidates[0]?.similarity ?? Number.NaN;
    const level = candidates.filter(({ similarity }) => similarity >= highest - ROUNDING);
    if (level.some(({ template }) => owners.get(template) === subject)) return true;
    if (level.length < count) return false;
  }
}
