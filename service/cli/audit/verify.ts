import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Schemas, streamOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import type { Answer } from '../command.ts';
import { UsageError } from '../failure.ts';
import type { Asked } from '../operation-command.ts';
import { createProgress } from '../terminal/progress.ts';
import { type Cell, count, facts, jsonLines, oneLine } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Report = Schemas['AuditReport'];

/** Sentences about the note of a copy of the key store. */
const copyNotes = {
  same: 'notes the same checkpoint',
  behind: 'notes an older checkpoint; it is brought up to date when it can be written',
  ahead: 'notes a NEWER checkpoint',
  forged: 'its note was changed',
  unreachable: 'cannot be read',
};

export async function verifyLog(
  { file, publicKey }: { file?: string | undefined; publicKey?: string | undefined },
  { control, terminal }: Asked<undefined>,
): Promise<Answer> {
  if (file !== undefined) return verifyFile(file, publicKey);
  if (publicKey !== undefined) {
    throw new UsageError('--public-key goes with --file: the running log knows its own keys.');
  }
  const open = await control();
  const progress = await createProgress(terminal, 'lines');
  let started = false;
  let report: Report | undefined;
  const bytes = streamOf(open.admin.GET('/api/admin/audit/verification', { parseAs: 'stream' }));
  for await (const step of jsonLines<Schemas['AuditVerification']>(bytes)) {
    if ('report' in step) report = step.report;
    else if (started) progress.reach(step.seen);
    else {
      progress.start(step.all);
      started = true;
    }
  }
  if (started) progress.stop();
  if (!report) throw new Error('The verification ended without a report.');
  return answer('The audit log', report, report);
}

async function verifyFile(path: string, publicKey: string | undefined): Promise<Answer> {
  const file = userPath(path);
  const { readPublicKeys, verifyExport } = await import('../../engine/audit/index.ts');
  const pinned = publicKey === undefined ? [] : readPublicKeys(await readFile(userPath(publicKey), 'utf8'));
  const report = await verifyExport(() => createReadStream(file), { pinned });
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  const { lastCheckpoint, pruned, restores, chains, silent, ...rest } = report;
  const shown = {
    ...rest,
    ...(lastCheckpoint && { lastCheckpoint: { ...lastCheckpoint, at: time(lastCheckpoint.at) } }),
    ...(pruned && { pruned: { ...pruned, at: time(pruned.at) } }),
    restores: restores.map((restore) => ({ ...restore, at: time(restore.at) })),
    ...defined({
      chains: chains?.map(({ pruned: gone, ...chain }) => ({
        ...chain,
        ...defined({ pruned: gone && { ...gone, at: time(gone.at) } }),
      })),
      silent: silent?.map(({ node, since }) => ({ node, since: time(since) })),
    }),
  };
  const { signedBy, exportedAt, appliance, omitted, damage } = report;
  const believed =
    signedBy &&
    (signedBy.key === 'pinned'
      ? `${signedBy.kid}, a key that you gave`
      : `${signedBy.kid}, a key from the file itself, which does not prove the origin. Give the key of the box with --public-key`);
  return answer(`The export ${path}`, shown, { file, ...shown }, [
    ['appliance', appliance],
    ['exported', exportedAt === undefined ? undefined : time(exportedAt)],
    ['signed by', believed],
    ['left out', omitted > 0 ? `${count(omitted, 'line', 'lines')}; their hashes are there` : undefined],
    ['line of the file', damage?.fileLine],
  ]);
}

function answer(
  what: string,
  report: Report,
  json: unknown,
  more: readonly (readonly [string, Cell])[] = [],
): Answer {
  const { damage, lines, outside, lastCheckpoint, uncovered, pruned, restores, integrity = [] } = report;
  const { chains = [], silent = [] } = report;
  const verdict = damage
    ? `${what} is DAMAGED${placeOf(damage)} (${damage.is}).\n${oneLine(damage.says)}`
    : `${what} is whole: ${count(lines, 'line', 'lines')}${chains.length > 1 ? ` in ${count(chains.length, 'chain', 'chains')}` : ''}.`;
  const details = facts([
    ...more,
    ['last line', chains.length > 0 ? undefined : report.last],
    ...chains.map((chain) => [chain.node ?? 'before nodes', ofChain(chain)] as const),
    [
      'last checkpoint',
      lastCheckpoint
        ? `line ${lastCheckpoint.seq}, ${lastCheckpoint.at} (${lastCheckpoint.kind}), key ${lastCheckpoint.kid}`
        : 'none yet',
    ],
    ['checkpoints', report.checkpoints],
    ['not signed yet', uncovered > 0 ? count(uncovered, 'line', 'lines') : undefined],
    ['pruned', pruned ? `up to line ${pruned.through}, ${pruned.at}` : undefined],
    ['from before the chain', outside > 0 ? count(outside, 'line', 'lines') : undefined],
    ...(report.copies ?? []).map(
      ({ place, note, line }) =>
        [
          'key store copy',
          `${place}: ${copyNotes[note]}${line === undefined ? '' : ` (line ${line})`}`,
        ] as const,
    ),
    ...(integrity.length === 0 && report.integrity
      ? [['signatures and MACs', 'keys, signed lists, receipts and protected rows are as written'] as const]
      : []),
    ...restores.map(
      (restore) =>
        [
          'restored',
          `${restore.at}, line ${restore.seq}: back to line ${restore.restoredTo}; ${reached(restore)}`,
        ] as const,
    ),
  ]);
  const silence = silent
    .map(
      ({ node, since }) =>
        `\nSILENT: ${node} signed nothing since ${since}, while others did, and did not leave. Restart it, or find out what became of it.`,
    )
    .join('');
  const faults = integrity.map(({ says }) => `\nNOT AS WRITTEN: ${oneLine(says)}`).join('');
  const bad = damage !== undefined || integrity.length > 0 || silent.length > 0;
  return {
    json,
    text: `${verdict}\n${details}${silence}${faults}`,
    ...(bad ? { exitCode: 1 as const } : {}),
  };
}

const placeOf = ({ seq, node }: { seq: number; node?: string | undefined }): string =>
  `${seq > 0 ? ` at line ${seq}` : ''}${node === undefined ? '' : ` of ${node}`}`;

function ofChain({ last, uncovered, pruned, damage }: NonNullable<Report['chains']>[number]): string {
  const parts = [
    `up to line ${last}`,
    pruned && `pruned up to line ${pruned.through}`,
    uncovered > 0 ? `${count(uncovered, 'line', 'lines')} not signed yet` : undefined,
    damage && `DAMAGED at line ${damage.seq} (${damage.is}): ${oneLine(damage.says)}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The key store notes checkpoints, not lines: the note may be older than the backup itself. */
function reached({ before, restoredTo }: { before: number; restoredTo: number }): string {
  if (before > restoredTo) return `the log had reached line ${before}`;
  return 'no later line was known when it was restored';
}
