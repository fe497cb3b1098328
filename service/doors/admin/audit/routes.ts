import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { AuditLog } from '../../../engine/audit/index.ts';
import type { RecordIntegrity } from '../../../engine/integrity/index.ts';
import { pageOfShort, toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { auditors, ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromAuditLine, fromChainReport } from './translate.ts';
import {
  AcceptOrder,
  AlteredRowQuery,
  AlteredRowReply,
  AuditKeysQuery,
  AuditKeysReply,
  AuditLineReply,
  AuditPage,
  AuditQuery,
  ExportQuery,
  ExportRecordReply,
  FaultsReply,
  FollowQuery,
  VerificationReply,
} from './wire.ts';

export interface AuditRouteDeps {
  auditLog: Pick<AuditLog, 'page' | 'follow' | 'export' | 'verify' | 'appliance' | 'publicKeys'>;
  recordIntegrity: Pick<RecordIntegrity, 'check' | 'look' | 'accept'>;
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

/** The audit log. Reading, following and exporting it is itself written to the log. */
export const auditRoutes = (deps: AuditRouteDeps): AdminRoute[] => [
  ...readingRoutes(deps),
  ...verifyingRoutes(deps),
  ...protectedRowRoutes(deps),
];

const readingRoutes = ({ auditLog }: AuditRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/audit',
    operationId: 'listAuditLines',
    effect: 'reads-personal',
    summary: 'Read the audit log',
    description: 'Actions with their actor and outcome. Reading the log is recorded too.',
    query: AuditQuery,
    reply: AuditPage,
    async handle({ organization, query: { limit, cursor, since, until, ...filter }, who }) {
      const times = { since: momentOf(since), until: momentOf(until) };
      const found = await auditLog.page(
        { ...defined({ organization, before: cursor, ...times, ...filter }), limit },
        { actor: who },
      );
      return toPage(found.map(fromAuditLine), limit, ({ seq }) => seq);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/audit/follow',
    operationId: 'followAuditLog',
    effect: 'reads-personal',
    summary: 'Follow the audit log',
    description: 'The newest lines in order of time, then each line when it is written.',
    query: FollowQuery,
    stream: true,
    reply: AuditLineReply,
    handle({ organization, query: { limit, ...filter }, who, signal }) {
      const pause = () => wait(FOLLOW_PAUSE, undefined, { signal }).catch(() => {});
      const wanted = { ...defined({ organization, ...filter }), limit };
      return linesOf(auditLog.follow(wanted, { actor: who, signal, pause }));
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/audit/export',
    operationId: 'exportAuditLog',
    effect: 'reads-personal',
    may: { ...about.may, fresh: true },
    summary: 'Export the audit log',
    description:
      'A signed export that can be verified anywhere with the public key. Lines that are left out are replaced by their hashes.',
    query: ExportQuery,
    stream: true,
    reply: ExportRecordReply,
    handle({ organization, query: { since, until }, who }) {
      const filter = {
        organization,
        since: momentOf(since),
        until: momentOf(until),
      };
      return auditLog.export(defined(filter), { actor: who });
    },
  }),
];

const verifyingRoutes = ({ auditLog, recordIntegrity }: AuditRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'appliance',
    may: ofAppliance,
    method: 'GET',
    url: '/audit/verification',
    operationId: 'verifyAuditLog',
    effect: 'none',
    summary: 'Verify the audit log',
    description:
      'Checks every line, every checkpoint, the notes of the key store and its copies, and everything else that is signed or carries a MAC.',
    stream: true,
    reply: VerificationReply,
    handle: () => verification({ auditLog, recordIntegrity }),
  }),
  route({
    ...about,
    within: 'appliance',
    may: ofAppliance,
    method: 'GET',
    url: '/audit/integrity-faults',
    operationId: 'listIntegrityFaults',
    effect: 'none',
    summary: 'Check signatures and MACs',
    description:
      'Looks at keys, signed lists, receipts and rows with a MAC, and lists what the service did not write as it is. Takes longer with many people; other requests are answered meanwhile.',
    lasting: true,
    reply: FaultsReply,
    handle: async () => ({ items: await recordIntegrity.check() }),
  }),
  route({
    ...about,
    within: 'appliance',
    method: 'GET',
    url: '/audit/keys',
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
];

const protectedRowRoutes = ({ recordIntegrity }: AuditRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'appliance',
    may: ofAppliance,
    method: 'GET',
    url: '/audit/protected-row',
    operationId: 'getProtectedRow',
    effect: 'none',
    summary: 'Look at a row with a MAC',
    description: 'What it holds now, also where another program wrote that.',
    query: AlteredRowQuery,
    reply: AlteredRowReply,
    async handle({ query: { table, id } }) {
      const { columns, digest, sound } = await recordIntegrity.look(table, id);
      return { table, id, sound, seen: digest, columns };
    },
  }),
  route({
    ...about,
    within: 'appliance',
    may: { ...ofAppliance, fresh: true },
    method: 'POST',
    url: '/audit/accepted-rows',
    operationId: 'acceptAlteredRow',
    effect: 'opens-the-box',
    summary: 'Accept a row that another program wrote',
    description:
      'The row counts as written by the service from here on, as it is. Refused where it is not as it was looked at. The audit log records it.',
    refuses: [...about.refuses, 'CONFLICT'],
    body: AcceptOrder,
    reply: AcceptOrder,
    async handle({ body, who }) {
      await recordIntegrity.accept(body, who);
      return body;
    },
  }),
];

const momentOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

async function* linesOf(pages: ReturnType<AuditLog['follow']>): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((line) => `${JSON.stringify(fromAuditLine(line))}\n`).join('');
  }
}

function verification({
  auditLog,
  recordIntegrity,
}: Pick<AuditRouteDeps, 'auditLog' | 'recordIntegrity'>): PassThrough {
  const lines = new PassThrough();
  const work = async () => {
    const report = fromChainReport(
      await auditLog.verify({
        progress: (seen, all) => void lines.write(`${JSON.stringify({ seen, all })}\n`),
      }),
    );
    const integrity = await recordIntegrity.check();
    return { ...report, valid: report.valid && integrity.length === 0, integrity };
  };
  work().then(
    (report) => lines.end(`${JSON.stringify({ report })}\n`),
    (error: Error) => lines.destroy(error),
  );
  return lines;
}
