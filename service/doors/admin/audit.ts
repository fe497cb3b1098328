import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  acceptable,
  type IntegrityCheckName,
  integrityChecks,
  type RecordIntegrity,
} from '../../engine/appliance/index.ts';
import type { AuditLog, ChainLine } from '../../engine/audit/index.ts';
import { pageOfShort, pageReply, shortListQuery } from '../../http/cursor.ts';
import { REQUEST_ID } from '../../http/server.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { actor, moment, time } from '../../lib/record-fields.ts';
import { coalesce, createOneAtATime } from '../../lib/turns.ts';
import { idOf } from './ids.ts';
import { listRoute, shortListRoute } from './lists.ts';
import { auditors, ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const seq = z.int().min(0);
const bound = moment().optional();
const node = z.string().regex(/^node_[a-z0-9_]{1,40}$/, 'It must be the id of a node.');
/** Where a page begins: in the only chain, or in each. */
const PageBegin = z.union([seq, z.array(z.tuple([z.union([z.literal(''), node]), seq]))]);

const filter = {
  action: z
    .string()
    .regex(/^[a-z-]{1,40}(\.[a-z-]{1,40}){1,2}$/, 'It must be an action such as subject.enroll.')
    .optional()
    .describe('Only this action'),
  // What is asked for is written into the log: an address must not get in there.
  subject: idOf('person').optional().describe('Only lines about this person'),
  actor: z
    .string()
    .regex(
      /^(administrator|appliance|key|kiosk|operator)(:[A-Za-z0-9_.\\/-]{1,120})?$/,
      'It must be an actor such as administrator:adm_01m7w3hb8hbf355he5zqwjztdk, or a kind alone: administrator, appliance, key, kiosk or operator.',
    )
    .optional()
    .describe('Only lines of this actor, or of this kind of actor'),
  request: z
    .string()
    .regex(REQUEST_ID, 'It must be the id of a request, as its reply has it in x-request-id.')
    .optional()
    .describe('Only lines of this request'),
  node: node.optional().describe('Only lines that this node wrote, where there are several'),
};

const FollowQuery = z.strictObject({
  ...filter,
  limit: z.coerce.number().int().min(1).max(10_000).default(50).describe('Maximum number of existing lines'),
});
const ExportQuery = z.strictObject({
  since: bound.describe('Only from this time on'),
  until: bound.describe('Only before this time'),
});

const line = {
  seq: 4711,
  time: '2026-11-20T12:00:00.000Z',
  actor: 'operator:ada',
  action: 'webhook.add',
  outcome: 'done',
  organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  target: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  request: 'req_01m7w3hb8hbf355he5zqwjztdk',
  details: { family: 'identity' },
};

const AuditLineReply = z
  .strictObject({
    seq: seq.describe('Sequence number: 1, 2, 3 and so on; of each node from 1'),
    time: time('When'),
    actor: actor.describe('Actor'),
    action: z.string().describe('Action'),
    outcome: z.string().describe('`done` or `refused`'),
    organization: z.string().optional().describe('Id of the organization'),
    target: z.string().optional().describe('Target'),
    request: z.string().optional().describe('Id of the request (`x-request-id`)'),
    details: z.unknown().describe('Details of the action'),
    subject: z.string().optional().describe('Person of the sealed details'),
    personal: z.literal('sealed').optional().describe('Whether the line has sealed personal details'),
    node: z.string().optional().describe('The node that wrote it, where there are several'),
  })
  .meta({ id: 'AuditLine', description: 'A line of the audit log.', examples: [line] });

const chain = { node: 'node_01m7w3hb8hbf355he5zqwjztdk', last: 4711 };
const ChainReply = z
  .strictObject({
    node: z.string().optional().describe('Id of the node; absent: the service from before there were nodes'),
    last: seq.describe('Number of its last line'),
  })
  .meta({ id: 'AuditChain', description: 'A chain of the log: that of one node.', examples: [chain] });

const ExportRecordReply = z.looseObject({ is: z.string().describe('Kind of record') }).meta({
  id: 'AuditExportRecord',
  description:
    'A record of an exported log: a header, lines, hashes of lines left out, checkpoints and a footer.',
  examples: [{ is: 'omitted', seq: 1, previousHash: '5f0c', hash: '91ab' }],
});

const report = {
  valid: true,
  lines: 4711,
  outside: 0,
  last: 4711,
  checkpoints: 12,
  uncovered: 3,
  restores: [],
};

const fault = {
  check: 'rows',
  table: 'destination_grant',
  id: 'grt_01m8ayd08hmch8q2av3cj8zzzz',
  organization: 'org_01m8ay6r06c205q2v4n9z7q4vd',
  says: 'The row grt_01m8ayd08hmch8q2av3cj8zzzz of destination_grant is not as the service wrote it, and is not used. Revoke it (gatehouse grant revoke grt_01m8ayd08hmch8q2av3cj8zzzz), or accept it: gatehouse audit accept destination_grant grt_01m8ayd08hmch8q2av3cj8zzzz',
} as const;
const Fault = z
  .strictObject({
    check: z.enum(Object.keys(integrityChecks) as [IntegrityCheckName]).describe('Check that found it'),
    table: z.string().describe('Table of the database or of the key store; of the check `file` the file'),
    id: z.string().optional().describe('Key of the row'),
    organization: z.string().optional().describe('Organization of the row'),
    says: z.string().describe('What is wrong, and what to do'),
  })
  .meta({
    id: 'IntegrityFault',
    description: 'Something that the service did not write as it is.',
    examples: [fault],
  });

const Pruned = z.strictObject({ through: seq.describe('Last line that was deleted'), at: time('When') });
const Damage = z.strictObject({
  node: z.string().optional().describe('Node in whose lines it is, where there are several'),
  seq: seq.describe('First damaged line'),
  is: z.string().describe('Kind of damage'),
  says: z.string().describe('Description of the damage'),
});

const Report = z
  .strictObject({
    valid: z
      .boolean()
      .describe('Whether no line was changed, removed, inserted or moved, and no node is silent'),
    lines: seq.describe('Existing lines'),
    outside: seq.describe('Lines older than the chain'),
    last: seq.describe('Number of the last line'),
    checkpoints: seq.describe('Checkpoints'),
    lastCheckpoint: z
      .strictObject({
        seq: seq.describe('Number of the signed line'),
        hash: z.string().describe('Hash of the signed line'),
        at: time('Time of the signature'),
        kind: z.string().describe('Reason of the checkpoint'),
        previous: seq.describe('Line of the previous checkpoint; 0 for none'),
        kid: z.string().describe('Id of the signing key'),
        signature: z.string().describe('Ed25519, base64url'),
      })
      .optional()
      .describe('The newest checkpoint'),
    uncovered: seq.describe('Lines after the last checkpoint, not yet signed'),
    pruned: Pruned.optional().describe('Lines that were deleted by term; with nodes, of each chain'),
    restores: z
      .array(
        z.strictObject({
          seq: seq.describe('Number of the line that records it'),
          at: time('When'),
          restoredTo: seq.describe('Last line of the backup'),
          before: seq.describe('Newest line known before the restore'),
        }),
      )
      .describe('Restored backups'),
    copies: z
      .array(
        z.strictObject({
          place: z.string().describe('Folder'),
          note: z
            .enum(['same', 'behind', 'ahead', 'forged', 'unreachable'])
            .describe('State of its note of the newest checkpoint, compared with that of the key store'),
          line: seq.optional().describe('Line of its note'),
        }),
      )
      .optional()
      .describe('Copies of the key store'),
    integrity: z
      .array(Fault)
      .describe(
        'Everything else that is signed or carries a MAC and is not as the service wrote it, at most 100 of each check; absent of an export',
      )
      .optional(),
    chains: z
      .array(
        z.strictObject({
          node: z
            .string()
            .optional()
            .describe('Id of the node; absent: the service from before there were nodes'),
          lines: seq.describe('Existing lines'),
          last: seq.describe('Number of the last line'),
          uncovered: seq.describe('Lines after the last checkpoint, not yet signed'),
          pruned: Pruned.optional().describe('Lines that were deleted by term'),
          damage: Damage.optional().describe('The first damage in it'),
        }),
      )
      .optional()
      .describe('Where there are nodes: the lines of each'),
    silent: z
      .array(
        z.strictObject({
          node: z.string().describe('Id of the node'),
          since: time('When it signed last'),
        }),
      )
      .optional()
      .describe(
        'With `chains`: nodes that signed nothing for half an hour while others did, and did not leave',
      ),
    damage: Damage.optional().describe('Kind of damage'),
  })
  .meta({ id: 'AuditReport', description: 'Report of a verification of the log.', examples: [report] });

const FaultsReply = z.strictObject({ items: z.array(Fault).describe('At most 100 of each check') }).meta({
  id: 'IntegrityFaults',
  description: 'What is signed or carries a MAC and is not as the service wrote it.',
  examples: [{ items: [fault] }],
});

const row = {
  table: z.enum(acceptable).describe('Table of the row'),
  id: z.string().max(128).describe('Key of the row'),
};
const seen = z.string().max(64).describe('Digest of what the row held when it was looked at');
const digest = '5b2c8e9f7a0d4c1b8e6f3a2d9c7b5e10';

const AlteredRowQuery = z.strictObject(row);
const AlteredRowReply = z
  .strictObject({
    ...row,
    sound: z.boolean().describe('Whether the service wrote it as it is'),
    seen,
    columns: z
      .record(z.string(), z.union([z.string(), z.number(), z.null()]))
      .describe(
        'Columns that the MAC covers, with their values, and damaged ones; bytes and damaged ones as their SHA-256',
      ),
  })
  .meta({
    id: 'ProtectedRow',
    description: 'What a row holds now.',
    examples: [
      {
        table: 'destination_grant',
        id: fault.id,
        sound: false,
        seen: digest,
        columns: { id: fault.id, organization: fault.organization, kind: 'name', value: 'hooks.example.org' },
      },
    ],
  });

const AcceptRequest = z.strictObject({ ...row, seen }).meta({
  id: 'AcceptedRow',
  description: 'A row that counts as written by the service from here on.',
  examples: [{ table: 'destination_grant', id: fault.id, seen: digest }],
});

const LostReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          node: z.string().optional().describe('Node whose lines they are; absent where there are none'),
          from: seq.optional().describe('The first; absent where it is not known'),
          through: seq.describe('The last'),
        }),
      )
      .describe('Lines that this machine had seen'),
  })
  .meta({
    id: 'LostLines',
    description: 'Lines of the audit log that are lost.',
    examples: [{ items: [{ node: 'node_1f0c9a2b', from: 46, through: 57 }] }],
  });

const VerificationReply = z
  .union([
    z.strictObject({ seen: seq.describe('Checked lines'), all: seq.describe('Total lines') }),
    z.strictObject({ report: Report }),
  ])
  .meta({
    id: 'AuditVerification',
    description: 'Progress of the verification; the last line is the report.',
    examples: [{ seen: 250, all: 4711 }, { report }],
  });

const AuditKeysQuery = z.strictObject(shortListQuery);
const AuditKeysReply = pageReply(
  z.strictObject({ kid: z.string().describe('Id of the key'), publicKey: z.string().describe('PEM') }),
  'All keys that signed the log',
  'AuditKeys',
  { appliance: z.string().describe('Id of the appliance, which is part of every signature') },
);

/** Sealed details stay sealed: `personal` says whether there are any. */
const fromAuditLine = ({
  seq,
  at,
  actor,
  action,
  organization,
  target,
  outcome,
  request,
  details,
  subject,
  personalSealed,
  chain: of,
}: ChainLine): z.output<typeof AuditLineReply> => ({
  seq,
  time: at,
  actor,
  action,
  outcome,
  organization: organization ?? undefined,
  target: target ?? undefined,
  request: request ?? undefined,
  details: readDetails(details),
  subject: subject ?? undefined,
  personal: personalSealed === null ? undefined : 'sealed',
  node: of === '' ? undefined : of,
});

/** A line that was changed in the database is still shown. */
function readDetails(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface AuditRouteDeps {
  auditLog: Pick<
    AuditLog,
    'page' | 'follow' | 'export' | 'verify' | 'acceptLoss' | 'appliance' | 'publicKeys' | 'chains'
  >;
  recordIntegrity: Pick<RecordIntegrity, 'check' | 'contentOf' | 'accept'>;
}

/** Poll interval for new lines, in milliseconds. */
const FOLLOW_PAUSE = 1_000;
const about = {
  tag: 'audit',
  within: 'appliance-or-organization',
  may: { operator: true, administrator: auditors, key: false },
  keyRefusal: 'No API key may read the audit log: on the box run "gatehouse audit".',
  refuses: ['NOT_FOUND', 'STORAGE_FULL'],
} as const;

async function* linesOf(pages: ReturnType<AuditLog['follow']>): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((line) => `${JSON.stringify(z.encode(AuditLineReply, fromAuditLine(line)))}\n`).join('');
  }
}

/** Each that begins is itself a line that all others read. */
const MOST_FOLLOWED = 16;

/** Throws OVERLOADED where too many of an organization are open. */
function createFollowed() {
  const open = new Map<string, number>();
  return async function* oneOf(organization: string, lines: AsyncIterable<string>): AsyncGenerator<string> {
    const others = open.get(organization) ?? 0;
    if (others >= MOST_FOLLOWED)
      throw new Problem(
        'OVERLOADED',
        `The audit log of this organization is followed ${MOST_FOLLOWED} times already: end one of them.`,
      );
    open.set(organization, others + 1);
    try {
      yield* lines;
    } finally {
      open.set(organization, open.get(organization)! - 1);
    }
  };
}

/** Exports at a time: each reads the chain of the whole box. A second of an organization begins while fewer than `beforeSecond` run in all. */
const MOST_EXPORTED = { perOrganization: 2, all: 8, beforeSecond: 4 };

/** Throws OVERLOADED where too many exports of an organization run, or too many in all. */
function createExporting() {
  const running = new Map<string, number>();
  let all = 0;
  return async function* exporting(
    organization: string,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const own = running.get(organization) ?? 0;
    if (own >= MOST_EXPORTED.perOrganization) throw tooManyExports(organization);
    if (all >= (own === 0 ? MOST_EXPORTED.all : MOST_EXPORTED.beforeSecond)) throw tooManyExports();
    running.set(organization, own + 1);
    all++;
    try {
      yield* pieces;
    } finally {
      all--;
      running.set(organization, running.get(organization)! - 1);
    }
  };
}

function tooManyExports(organization?: string): Problem {
  const log = organization === '' ? 'the whole audit log' : 'the audit log of this organization';
  return new Problem(
    'OVERLOADED',
    organization === undefined
      ? 'Too many exports of the audit log are running on this box: try again in a minute.'
      : `${MOST_EXPORTED.perOrganization} exports of ${log} are running: wait until one has ended, or end one of them.`,
    { retryAfterSeconds: 10 },
  );
}

/** One at a time: all who ask while one runs share the next. Each gets lines of its progress, and the report. */
function createVerification(
  verify: (options: { progress(seen: number, all: number): void }) => Promise<z.output<typeof Report>>,
): () => PassThrough {
  const oneAtATime = createOneAtATime();
  let next: PassThrough[] | undefined;
  return () => {
    const lines = new PassThrough();
    if (next) {
      next.push(lines);
      return lines;
    }
    const asked = [lines];
    next = asked;
    const write = (line: object) => {
      for (const one of asked) one.write(`${JSON.stringify(line)}\n`);
    };
    oneAtATime(() => {
      next = undefined;
      return verify({ progress: (seen, all) => write({ seen, all }) });
    }).then(
      (report) => {
        write(z.encode(VerificationReply, { report }));
        for (const one of asked) one.end();
      },
      (error: Error) => {
        for (const one of asked) one.destroy(error);
      },
    );
    return lines;
  };
}

/** The audit log. Reading, following and exporting it is itself written to the log. */
export const auditRoutes = (
  { auditLog, recordIntegrity }: AuditRouteDeps,
  oneOf = createFollowed(),
  exporting = createExporting(),
  wholeBox = createVerification(async (options) => {
    const report = await auditLog.verify(options);
    const integrity = await recordIntegrity.check();
    return { ...report, valid: report.valid && integrity.length === 0, integrity };
  }),
  logAlone = createVerification(async (options) => {
    const { copies: _, ...ofLog } = await auditLog.verify(options);
    return ofLog;
  }),
): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/audit',
    operationId: 'listAuditLines',
    effect: 'reads-personal',
    summary: 'Read the audit log',
    description: 'Actions with their actor and outcome. Reading the log is recorded too.',
    item: AuditLineReply,
    items: 'Lines, the newest first',
    page: 'AuditPage',
    filter: {
      ...filter,
      since: bound.describe('Only from this time on'),
      until: bound.describe('Only before this time'),
    },
    key: PageBegin,
    async rows({ organization, query: { limit }, who }, part) {
      const { lines, next } = await auditLog.page({ organization, ...part, limit }, { actor: who });
      return { items: lines.map(fromAuditLine), next };
    },
  }),
  shortListRoute({
    ...about,
    url: '/audit/chains',
    operationId: 'listAuditChains',
    effect: 'none',
    summary: 'List the chains of the audit log',
    description: 'One for each node that ever wrote to it; one in all where there are no nodes.',
    item: ChainReply,
    items: 'Chains, by id of the node',
    page: 'AuditChains',
    keyOf: ({ node: of }) => of ?? '',
    rows: () => auditLog.chains(),
  }),
  route('GET /audit/follow', {
    ...about,
    operationId: 'followAuditLog',
    effect: 'reads-personal',
    summary: 'Follow the audit log',
    description: 'The newest lines in order of time, then each line when it is written.',
    query: FollowQuery,
    refuses: ['OVERLOADED'],
    stream: true,
    reply: AuditLineReply,
    handle({ organization, query: { limit, ...filter }, who, signal }) {
      const pause = () => wait(FOLLOW_PAUSE, undefined, { signal }).catch(() => {});
      const wanted = { organization, ...filter, limit };
      return oneOf(organization ?? '', linesOf(auditLog.follow(wanted, { actor: who, signal, pause })));
    },
  }),
  route('GET /audit/export', {
    ...about,
    operationId: 'exportAuditLog',
    effect: 'reads-personal',
    may: { ...about.may, fresh: true },
    summary: 'Export the audit log',
    description:
      'A signed export that can be verified anywhere with the public key. Lines that are left out are replaced by their hashes. At most two of an organization run at a time.',
    query: ExportQuery,
    refuses: [...about.refuses, 'OVERLOADED'],
    stream: true,
    reply: ExportRecordReply,
    handle: ({ organization, query, who }) =>
      exporting(organization ?? '', auditLog.export({ organization, ...query }, { actor: who })),
  }),
  route('GET /audit/verification', {
    ...about,
    within: 'appliance',
    may: ofAppliance,
    operationId: 'verifyAuditLog',
    effect: 'none',
    summary: 'Verify the audit log',
    description:
      'Checks every line, every checkpoint, the notes of the key store and its copies, and everything else that is signed or carries a MAC.',
    stream: true,
    reply: VerificationReply,
    handle: wholeBox,
  }),
  route('GET /audit/chain', {
    ...about,
    operationId: 'verifyAuditChain',
    effect: 'none',
    summary: 'Verify that the audit log is whole',
    description:
      'Checks every line and every checkpoint of the log of the box, as its auditors may: without copies of the key store and without what else carries a MAC.',
    stream: true,
    reply: VerificationReply,
    handle: logAlone,
  }),
  route('GET /audit/integrity-faults', {
    ...about,
    within: 'appliance',
    may: ofAppliance,
    operationId: 'listIntegrityFaults',
    effect: 'none',
    summary: 'Check signatures and MACs',
    description:
      'Looks at keys, signed lists, receipts and rows with a MAC, and lists what the service did not write as it is. Takes longer with many people; other requests are answered meanwhile.',
    lasting: true,
    reply: FaultsReply,
    handle: coalesce(async () => ({ items: await recordIntegrity.check() })),
  }),
  route('GET /audit/keys', {
    ...about,
    within: 'appliance',
    operationId: 'listAuditKeys',
    effect: 'none',
    summary: 'List the public keys of the audit log',
    description: 'Keep these keys outside the box: they verify its exports.',
    query: AuditKeysQuery,
    reply: AuditKeysReply,
    handle: ({ query }) => ({
      appliance: auditLog.appliance,
      ...pageOfShort(auditLog.publicKeys(), query, ({ kid }) => kid),
    }),
  }),
  route('GET /audit/protected-row', {
    ...about,
    within: 'appliance',
    may: ofAppliance,
    operationId: 'getProtectedRow',
    effect: 'none',
    summary: 'Look at a row that was altered or is damaged',
    description:
      'What its MAC covers, also where another program wrote that, and which of its JSON cannot be read.',
    query: AlteredRowQuery,
    reply: AlteredRowReply,
    async handle({ query: { table, id } }) {
      const { columns, digest, sound } = await recordIntegrity.contentOf(table, id);
      return { table, id, sound, seen: digest, columns };
    },
  }),
  route('POST /audit/accepted-rows', {
    ...about,
    within: 'appliance',
    may: { ...ofAppliance, fresh: true },
    operationId: 'acceptAlteredRow',
    effect: 'opens-the-box',
    summary: 'Accept a row that was altered or is damaged',
    description:
      'The row counts as written by the service from here on, as it is; what it held in damaged JSON is given up. Refused where it is not as it was looked at. The audit log records it.',
    refuses: [...about.refuses, 'CONFLICT'],
    body: AcceptRequest,
    reply: AcceptRequest,
    async handle({ body, who }) {
      await recordIntegrity.accept(body, who);
      return body;
    },
  }),
  route('POST /audit/accepted-losses', {
    ...about,
    within: 'appliance',
    may: { ...ofAppliance, fresh: true },
    operationId: 'acceptLostLines',
    effect: 'opens-the-box',
    summary: 'Accept that lines of the audit log are lost',
    description:
      'Where an older database took over from the one that this machine had seen, and nothing newer is left. A signed line says what is lost and who accepted it; the log is signed again from there on. Refused where nothing is lost.',
    refuses: [...about.refuses, 'CONFLICT'],
    reply: LostReply,
    async handle({ who }) {
      const lost = await auditLog.acceptLoss({ actor: who });
      return {
        items: lost.map(({ chain, ...lines }) => ({
          ...(chain !== '' && { node: chain }),
          ...defined(lines),
        })),
      };
    },
  }),
];
