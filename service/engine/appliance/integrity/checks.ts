import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { describeDamage, fileRemedy, findDamageInUse } from '../../../storage/backup-check.ts';
import { CHECKPOINT_NOTE, openNote } from '../../../storage/keys/checkpoint-note.ts';
import { type Integrity, ROWS_NOTES, rowsMac } from '../../../storage/keys/integrity.ts';
import { isCount, type KeyStore } from '../../../storage/keys/key-store.ts';
import type { OrganizationKeys } from '../../../storage/keys/organization-keys.ts';
import {
  isSound,
  type ProtectedName,
  protectedNames,
  rowsAfter,
  specOf,
} from '../../../storage/keys/protected-tables.ts';
import { signingKeyFaults } from '../../../storage/keys/signing-keys.ts';
import { readableVaultNotes } from '../../../storage/keys/vault.ts';
import {
  damagedKey,
  lookupBound,
  organizationBound,
  PUT_BACK,
  secretBound,
} from '../../../storage/keys/wrapped-key.ts';
import type { MasterKey } from '../../../storage/master/master-key.ts';
import { isReadableRecord, MASTER_NOTE } from '../../../storage/master/master-key-provider.ts';
import {
  columnsAfter,
  damagedIn,
  type Fits,
  type JsonTable,
  jsonAfter,
  jsonTables,
} from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import type { Db } from '../../../storage/transaction.ts';
import { LimitSettings } from '../../accounts/index.ts';
import {
  ConsentRecord,
  damagedHolds,
  purposes,
  StoredConsentStatus,
  WithdrawalRecord,
} from '../../consent/index.ts';
import { damagedEndpoints } from '../../events/index.ts';
import { FlowDefinition, StoredResult, StoredTerms } from '../../live/index.ts';
import { CaptureSource, checkNames, HoldsFor } from '../../matching/index.ts';
import {
  createLedger,
  damagedPeople,
  isReceiptSigned,
  type LedgerDeps,
  pageOfReceipts,
  readableSweepNotes,
  StoredReport,
} from '../../people/index.ts';
import { assurances, outcomes } from '../../verification/index.ts';
import { alertMetrics } from '../alerts/alert.ts';
import { StoredSettings } from '../alerts/rule-store.ts';
import { BackupPlan, BackupRun } from '../backups/backup.ts';

/** One thing that the service did not write as it is. */
export interface IntegrityFault {
  check: IntegrityCheckName;
  /** Table of the record or the key store; of the check `file` the name of the file. */
  table: string;
  /** Key of the row; absent where the fault is of no single row. */
  id?: string;
  organization?: OrganizationId;
  /** In words for the operator, with what to do. */
  says: string;
}

export interface IntegrityChecksDeps {
  db: Db;
  sealer: Pick<Sealer, 'openMany' | 'openInThreads' | 'sealOwn' | 'openOwn'>;
  keys: KeyStore;
  master: MasterKey;
  integrity: Integrity;
  organizations: Pick<OrganizationKeys, 'unwrapPerson'>;
  signing: LedgerDeps['signing'];
  /** The record is of the last 0.1 and was not started since: its rows of `adopted: 2` have no MAC yet, such as those of a backup. */
  unprotected?: boolean;
  /** SQLite files of the data directory; none of a backup, whose file is looked at before it is opened. */
  files?: readonly string[];
  /** Ends the look at the files. */
  signal?: AbortSignal | undefined;
  /** Only rows that stay, and deliveries that wait: what the running service looks at every few minutes. */
  standing?: boolean;
}

type Check = (deps: IntegrityChecksDeps) => AsyncGenerator<Omit<IntegrityFault, 'check'>>;

/** Rows judged before others get a turn: each takes some hundredths of a millisecond. */
const PAGE = 200;

/**
 * Everything that is signed or carries a MAC, but for the chain of the audit log and its checkpoints, which `verifyChain` walks; that
 * the rest of the JSON can be read; and, first, that the files are whole, without which the others do not see every row. The test of a backup, `doctor` and `audit verify` run this list.
 */
export const integrityChecks = {
  file: checkFiles,
  rows: checkRows,
  json: checkJson,
  words: checkWords,
  sealed: checkSealed,
  receipts: checkReceipts,
  'erasure-list': checkErasureList,
  'wrapped-keys': checkWrappedKeys,
  'public-keys': checkPublicKeys,
  notes: checkNotes,
} as const satisfies Record<string, Check>;
export type IntegrityCheckName = keyof typeof integrityChecks;

/** Runs the checks named, all unless given; gives way to other work between pages. At most `most` faults of each. */
export async function findIntegrityFaults(
  deps: IntegrityChecksDeps,
  names: readonly IntegrityCheckName[] = Object.keys(integrityChecks) as IntegrityCheckName[],
  most = 100,
): Promise<IntegrityFault[]> {
  const faults: IntegrityFault[] = [];
  for (const check of names) {
    let found = 0;
    try {
      for await (const fault of integrityChecks[check](deps)) {
        faults.push({ check, ...fault });
        if (++found === most) break;
      }
    } catch (error) {
      // What cannot be read of a damaged file: the file is named already.
      if (!faults.some((fault) => fault.check === 'file')) throw error;
    }
  }
  return faults;
}

async function* checkFiles({ files = [], signal }: IntegrityChecksDeps) {
  for (const path of files) {
    const damage = await findDamageInUse(path, signal);
    const table = basename(path);
    if (damage.length > 0)
      yield { table, says: `${table} is damaged: ${describeDamage(damage)}. ${fileRemedy(path)}` };
  }
}

async function* checkRows(deps: IntegrityChecksDeps) {
  const names = deps.standing ? protectedNames.filter((name) => !specOf(name).passing) : protectedNames;
  for (const name of names) yield* checkTable(deps, name);
}

async function* checkTable(
  {
    db,
    integrity,
    unprotected = false,
    standing: waiting = false,
  }: Pick<IntegrityChecksDeps, 'db' | 'integrity' | 'unprotected' | 'standing'>,
  name: ProtectedName,
) {
  const { key, adopted } = specOf(name);
  if (adopted === 2 && unprotected) return;
  for (let after = ''; ; await turn()) {
    const rows = await rowsAfter(db, name, after, { limit: PAGE, waiting });
    for (const row of rows) {
      if (isSound(integrity, name, row) || isDeliveryWithout(name, row)) continue;
      const id = String(row[key]);
      const organization = name === 'organization' ? id : row.organization;
      yield {
        table: name,
        id,
        ...(typeof organization === 'string' && { organization: organization as OrganizationId }),
        says: `The row ${id} of ${name} is not as the service wrote it, and is not used. ${remedyOf(name, id, row)}`,
      };
    }
    if (rows.length < PAGE) return;
    after = String(rows.at(-1)![key]);
  }
}

/** Mails have no MAC: what they say is made from their alert. Nor has a delivery that had ended before the first start of this release. */
const isDeliveryWithout = (
  name: ProtectedName,
  { mac, state, kind }: { mac: string | null; state?: unknown; kind?: unknown },
) => name === 'delivery' && mac === null && (kind === 'mail' || (state !== 'waiting' && state !== 'failed'));

/** What an operator does about an altered row. */
const remedies: { [Name in ProtectedName]?: (id: string, at: string) => string } = {
  organization: (id) => `Look at its settings; if they are right: gatehouse audit accept organization ${id}`,
  profile: (id, at) =>
    `Set the profile again (gatehouse profile set${at}), or accept it: gatehouse audit accept profile ${id}`,
  model_import: (id) =>
    `Import the model again (gatehouse models import), or delete the row from the database (delete from model_import where id = '${id}').`,
  model_setting: (id) => `Set it again: gatehouse models enable ${id}, or gatehouse models disable ${id}`,
  behavior_layer: (id) =>
    `Choose the layer of the behavior score again: gatehouse behavior layer --org ${id} --use LAYER`,
  destination_grant: (id, at) =>
    `Revoke it (gatehouse grant revoke ${id}${at}), or accept it: gatehouse audit accept destination_grant ${id}`,
  webhook_endpoint: (id, at) =>
    `Remove it (gatehouse webhook remove ${id}${at}), or accept it: gatehouse audit accept webhook_endpoint ${id}`,
  approval: () => 'Ask for the confirmation again.',
  erasure: (id) =>
    `No one is erased by it, but it hides the person: delete it from the database (delete from erasure where id = '${id}').`,
  delivery: () => 'It is not sent: send the event again with gatehouse webhook replay.',
  api_key: (id, at) => `Revoke it: gatehouse key revoke ${id}${at}`,
  administrator: (id) => `Reset the account: gatehouse admin reset ${id}`,
  kiosk: (id, at) => `Revoke it, and pair the device again: gatehouse kiosk revoke ${id}${at}`,
};

/** Commands of one organization take no world but that of webhooks. */
const remedyOf = (name: ProtectedName, id: string, row: object): string =>
  remedies[name]?.(id, flagsOf(name === 'webhook_endpoint' ? row : { ...row, world: undefined })) ??
  'Find out who writes to the database; the person or program concerned begins again.';

const words = z.array(z.string());
const texts = z.record(z.string(), z.string());

/** What the readers of columns of JSON take, where it is more than JSON: a bit that flips in a word is noticed by no parser. */
const jsonShapes: Readonly<Record<string, z.ZodType>> = {
  'alert.notified': texts,
  // The second: of a removed rule about a person who was erased.
  'alert_rule.definition': z.union([StoredSettings, z.strictObject({})]),
  'api_key.limits': LimitSettings,
  'backup_drill.problems': words,
  'behavior_verdict.notes': words,
  'consent.purposes': z.array(z.enum(purposes)),
  'erasure.copies': z.array(z.looseObject({ place: z.string(), state: z.string() })),
  'flow.definition': FlowDefinition,
  'flow.published': FlowDefinition,
  'organization.limits': LimitSettings,
  'organization.setup_steps': texts,
  'outbox.payload': z.looseObject({}),
  'passkey.transports': words,
  'relying_order.terms': StoredTerms,
  'relying_order.result': StoredResult,
  'retention_sweep.report': StoredReport,
  'subject.key_enrollments': z.array(z.number()),
  'subject.withheld': StoredConsentStatus,
  'verification.checks': z.array(z.looseObject({ check: z.string() })),
  'verification.models': texts,
  'verification.timing': z.record(z.string(), z.number()),
};

export const fits: Fits = (column, value) => jsonShapes[column]?.safeParse(value).success !== false;

/** Tables with few rows, each of which many requests need. */
const standingJson: readonly JsonTable[] = ['alert_rule', 'api_key', 'organization'];

async function* checkJson({ db, standing = false }: IntegrityChecksDeps) {
  for (const table of standing ? standingJson : jsonTables) yield* checkJsonOf(db, table);
}

async function* checkJsonOf(db: Db, table: JsonTable) {
  for (let after = ''; ; await turn()) {
    const rows = await jsonAfter(db, table, after, PAGE);
    for (const { id, organization, texts } of rows) {
      for (const column of Object.keys(damagedIn(table, texts, fits))) {
        const remedy = jsonRemedies[`${table}.${column}`]?.(id, organization) ?? lostIn(table, id);
        yield {
          table,
          id,
          ...(organization !== undefined && { organization: organization as OrganizationId }),
          says: `The row ${id} of ${table} is damaged: its ${column} cannot be read. ${remedy}`,
        };
      }
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

const lostIn = (table: JsonTable, id: string) =>
  `What it held is lost, and the others go on. Where it is needed, restore a backup from before; else accept the loss: gatehouse audit accept ${table} ${id}`;

/** What an operator does about a column that cannot be read. */
const jsonRemedies: Readonly<Record<string, (id: string, organization?: string) => string>> = {
  'alert_rule.definition': (id, organization) =>
    `It counts nothing: change the rule (gatehouse alert rule change ${id} --org ${organization}), or remove it.`,
  'api_key.limits': (id, organization) =>
    `The key has no limits of its own: set them again (gatehouse limits set --org ${organization} --key ${id}).`,
  'consent.purposes': (id, organization) =>
    `It allows no use, and what the person was asked for is not known: let them consent again (gatehouse consent record PERSON --org ${organization} --consent …), then accept the loss: gatehouse audit accept consent ${id}`,
  'flow.definition': (id) =>
    `The draft begins anew: write it again. Or accept the loss: gatehouse audit accept flow ${id}`,
  'flow.published': () => 'Its page is not published: publish it again.',
  'organization.limits': (id) =>
    `The defaults apply: set its limits again (gatehouse limits set --org ${id}).`,
  'subject.withheld': (id, organization) =>
    `The person is not used: record their consent again (gatehouse consent record ${id} --org ${organization} --consent …; --env test for a test person), or a withdrawal.`,
};

const world = z.enum(['live', 'test']);
const organization = z.string();

/** Columns of words and figures that no MAC covers, as their readers take them; the key of the row before them. */
const wordColumns = {
  alert: ['id', { organization, world, metric: z.enum(alertMetrics) }],
  alert_rule: ['id', { organization, world, metric: z.enum(alertMetrics) }],
  backup_plan: ['folder', { every_minutes: BackupPlan.shape.everyMinutes, keep: BackupPlan.shape.keep }],
  backup_run: [
    'id',
    { outcome: BackupRun.shape.outcome.exclude(['unproven']), origin: BackupRun.shape.origin },
  ],
  consent: ['id', { organization, recorded_through: ConsentRecord.shape.through }],
  consent_withdrawal: [
    'id',
    {
      organization,
      purpose: WithdrawalRecord.shape.purpose,
      recorded_through: WithdrawalRecord.shape.through,
    },
  ],
  delivery_attempt: ['id', { number: z.int().min(1) }],
  template: ['id', { organization, quality: z.number().min(0).max(1) }],
  verification: [
    'id',
    {
      organization,
      world,
      kind: z.enum(['1:1', '1:N']),
      assurance: z.enum(assurances),
      outcome: z.enum(outcomes),
      decided_by: z.enum(['', ...checkNames]),
      holds_for: HoldsFor.nullable(),
      capture_source: CaptureSource.nullable(),
    },
  ],
} as const satisfies Partial<Record<keyof Schema, readonly [string, z.ZodRawShape]>>;

/** What an operator does about such a row, where there is a command. */
const wordRemedies: Readonly<Record<string, (id: string, at: string) => string>> = {
  alert_rule: (id, at) => `remove the rule (gatehouse alert rule remove ${id}${at})`,
  backup_plan: (folder) => `set the plan of ${folder} again (gatehouse backup schedule FOLDER)`,
};

async function* checkWords({ db }: IntegrityChecksDeps) {
  for (const [table, [key, shape]] of Object.entries(wordColumns)) {
    const schema = z.object(shape);
    for (let after = ''; ; await turn()) {
      const rows = await columnsAfter(db, table as keyof Schema, [key, ...Object.keys(shape)], after, PAGE);
      for (const row of rows)
        for (const { path, message } of schema.safeParse(row).error?.issues ?? [])
          yield wrongWord(table, key, row, String(path[0]), message);
      if (rows.length < PAGE) break;
      after = String(rows.at(-1)![key]);
    }
  }
}

function wrongWord(table: string, key: string, row: Record<string, unknown>, column: string, why: string) {
  const id = String(row[key]);
  const value = JSON.stringify(row[column]).slice(0, 80);
  const own = wordRemedies[table]?.(id, flagsOf(row));
  return {
    table,
    id,
    ...(typeof row.organization === 'string' && { organization: row.organization as OrganizationId }),
    says: `The row ${id} of ${table} is damaged: its ${column} is ${value} (${why}), and it is missing in lists. ${own === undefined ? 'P' : `${own[0]!.toUpperCase()}${own.slice(1)}, or p`}ut the column right in the database (update ${table} set ${column} = … where ${key} = '${id}'), or restore a backup from before.`,
  };
}

/** The options of a command about a row: where it belongs to. */
const flagsOf = ({ organization, world }: { organization?: unknown; world?: unknown }): string =>
  `${typeof organization === 'string' ? ` --org ${organization}` : ''}${world === 'test' ? ' --env test' : ''}`;

const changes: Readonly<Record<string, string>> = {
  'subject.email': '--email ADDRESS',
  'subject.name': '--name NAME',
  'subject.birth-date': '--birth-date YYYY-MM-DD',
};

/** What lists and decisions open; what passes, or is searched alone, says itself that it is damaged where it is read. */
async function* checkSealed({ db, sealer, integrity }: IntegrityChecksDeps) {
  for await (const { id, organization, world, field } of damagedPeople({ db, sealer }))
    yield {
      table: 'subject',
      id,
      organization,
      says: `The sealed ${field} of ${id} is damaged and cannot be read. Set it again: gatehouse subject change ${id} ${changes[field]} --org ${organization} --env ${world}`,
    };
  for await (const { id, organization, subject } of damagedHolds(db, sealer))
    yield {
      table: 'legal_hold',
      id,
      organization: organization as OrganizationId,
      says: `The reason of the legal hold ${id} on ${subject} is damaged and cannot be read; the hold is in force. Place another one, and release this.`,
    };
  for (const { id, organization, world } of await damagedEndpoints(db, { sealer, integrity }))
    yield {
      table: 'webhook_endpoint',
      id,
      organization: organization as OrganizationId,
      says: `The headers or the secret of the webhook ${id} are damaged: nothing is sent to it. Give its headers again (gatehouse webhook change ${id}${flagsOf({ organization, world })}), renew its secret without an overlap, or remove it (gatehouse webhook remove ${id}${flagsOf({ organization, world })}).`,
    };
}

async function* checkReceipts({ db, signing }: IntegrityChecksDeps) {
  for (let after = ''; ; await turn()) {
    const rows = await pageOfReceipts(db, after, PAGE);
    for (const row of rows) {
      if (isReceiptSigned(row, signing)) continue;
      const { id, organization } = row;
      yield {
        table: 'erasure',
        id,
        organization,
        says: `The receipt of the erasure ${id} is not as it was signed: it was changed in the database. Use a copy that was exported before, or a backup.`,
      };
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

async function* checkErasureList({ keys, signing }: IntegrityChecksDeps) {
  try {
    await createLedger({ keys, signing }).entries();
  } catch (error) {
    yield { table: 'erasure_ledger', says: (error as Error).message };
  }
}

const UNTIL_THEN = `${PUT_BACK} The next start is refused otherwise.`;

async function* checkWrappedKeys({ keys, master, organizations }: IntegrityChecksDeps) {
  const damaged = (table: string, id: string, organization?: string) => ({
    table,
    id,
    ...(organization !== undefined && { organization: organization as OrganizationId }),
    says: `A key in the key store (${table} ${id}) was changed and does not open. ${UNTIL_THEN}`,
  });
  for (const row of await keys.organizations()) {
    const { organization, generation } = row;
    const key = await master.unwrap(row.wrapped, organizationBound(organization, generation));
    const lookup = await master.unwrap(row.lookupWrapped, lookupBound(organization));
    if (!key || !lookup || row.master !== master.id)
      yield damaged('organization_key', organization, organization);
    key?.fill(0);
    lookup?.fill(0);
  }
  for (const { name, wrapped, master: by } of await keys.secrets()) {
    const secret = await master.unwrap(wrapped, secretBound(name));
    if (!secret || by !== master.id) yield damaged('appliance_secret', name);
    secret?.fill(0);
  }
  yield* checkPersons({ keys, organizations });
}

async function* checkPersons({ keys, organizations }: Pick<IntegrityChecksDeps, 'keys' | 'organizations'>) {
  for (let after: string | undefined; ; await turn()) {
    const ids = (await keys.rows('person_key', after === undefined ? undefined : [after], PAGE)).map(
      ([subject]) => subject as SubjectId,
    );
    const closed = (await keys.persons(ids)).filter((row) => !opens(organizations, row));
    // A rotation may have wrapped a key again since it was read.
    const again = closed.length === 0 ? [] : await keys.persons(closed.map(({ subject }) => subject));
    for (const row of again) {
      if (opens(organizations, row)) continue;
      const { subject: id, organization } = row;
      yield { table: 'person_key', id, organization, says: damagedKey(id).message };
    }
    if (ids.length < PAGE) return;
    after = ids.at(-1);
  }
}

function opens(
  organizations: Pick<OrganizationKeys, 'unwrapPerson'>,
  row: Parameters<OrganizationKeys['unwrapPerson']>[0],
): boolean {
  const key = organizations.unwrapPerson(row);
  key?.fill(0);
  return key !== undefined;
}

async function* checkPublicKeys({ keys, master }: IntegrityChecksDeps) {
  for (const says of await signingKeyFaults(keys, master))
    yield { table: 'appliance_secret', says: `${says} ${UNTIL_THEN}` };
}

/** Notes with neither MAC nor signature. */
const readableNotes = {
  ...readableSweepNotes,
  ...readableVaultNotes,
  [MASTER_NOTE]: isReadableRecord,
  'backup.sequence': isCount,
};

/** What an operator does about a note that cannot be read, where no copy is needed. */
const noteRemedies: Readonly<Record<string, string>> = {
  'retention.last-sweep':
    'Nothing is deleted until the clock is confirmed, which writes it anew: gatehouse retention confirm --today YYYY-MM-DD',
  'retention.waiting': 'The next daily sweep finds again what waits for a confirmation, and writes it anew.',
  'backup.sequence': 'The next backup writes it anew.',
  [MASTER_NOTE]: `It says which master keys were replaced, and where a key is kept that lies elsewhere. ${PUT_BACK} Or replace the master key, which writes it anew: gatehouse master rotate`,
};

async function* checkNotes({ keys, integrity }: IntegrityChecksDeps) {
  const { identity } = await keys.state();
  const changed = (id: string) => ({
    table: 'note',
    id,
    says: `The note ${id} of the key store is not as the service wrote it. ${noteRemedies[id] ?? PUT_BACK}`,
  });
  for (const [id, isReadable] of Object.entries(readableNotes)) {
    const note = await keys.note(id);
    if (note !== undefined && !isReadable(note)) yield changed(id);
  }
  if (openNote(integrity, identity, await keys.note(CHECKPOINT_NOTE)).is === 'forged')
    yield changed(CHECKPOINT_NOTE);
  for (const which of [1, 2] as const) {
    const note = await keys.note(ROWS_NOTES[which]);
    if (note && note !== rowsMac(integrity, identity, which)) yield changed(ROWS_NOTES[which]);
  }
}
