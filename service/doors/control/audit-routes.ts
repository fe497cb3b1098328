import { PassThrough, Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../engine/audit/index.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { fromAuditLine, fromChainReport } from './audit-translate.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';

const organization = z.string().max(64).optional();
const time = z.iso.datetime({ offset: true }).optional();
const AuditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  organization,
  action: z
    .string()
    .regex(/^[a-z-]{1,40}(\.[a-z-]{1,40}){1,2}$/, 'It must be an action such as subject.enroll.')
    .optional(),
  // What is asked for is written into the log: an address must not get in there.
  subject: z
    .string()
    .regex(/^sub_[0-9a-z]{26}$/, 'It must be the id of a person, as `subject show` tells it.')
    .optional(),
});
const ExportQuery = z.strictObject({ organization, since: time, until: time });

/** Milliseconds between two looks for new lines. */
const FOLLOW_PAUSE = 1_000;
/** These answers last as long as the log is long, or as somebody follows it: the most a timer holds. */
const lasting = { handlerTimeout: 2 ** 31 - 1 };

/** The audit log: reading, following, exporting and verifying it. Larger answers are JSON Lines, written as they are made. */
export const auditRoutes: FastifyPluginAsync<Pick<ControlDeps, 'auditLog' | 'organizations'>> = async (
  app,
  { auditLog, organizations },
) => {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort());

  /** What the query asks for, in the engine's words; NOT_FOUND for a made-up organization. */
  async function toFilter<Query extends { organization?: string | undefined }>({
    organization: named,
    ...rest
  }: Query) {
    const known = named === undefined ? undefined : await organizations.get(named as OrganizationId);
    return { ...defined(rest), ...(known && { organization: known.id }) };
  }

  app.get('/audit', async (http) => {
    const filter = await toFilter(parse(AuditQuery, http.query));
    const lines = await auditLog.read(filter, { actor: operator(http) });
    return { lines: lines.map(fromAuditLine) };
  });
  app.get('/audit/follow', lasting, async (http, reply) => {
    const filter = await toFilter(parse(AuditQuery, http.query));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, stopping.signal]);
    const pages = auditLog.follow(filter, {
      actor: operator(http),
      signal,
      pause: () => wait(FOLLOW_PAUSE, undefined, { signal }).catch(() => {}),
    });
    return reply.type('application/jsonl').send(await stream(linesOf(pages)));
  });
  app.get('/audit/export', lasting, async (http, reply) => {
    const { since, until, ...rest } = parse(ExportQuery, http.query);
    const filter = {
      ...(await toFilter(rest)),
      ...(since === undefined ? {} : { since: Date.parse(since) }),
      ...(until === undefined ? {} : { until: Date.parse(until) }),
    };
    const bytes = auditLog.export(filter, { actor: operator(http) });
    return reply.type('application/jsonl').send(await stream(bytes));
  });
  app.get('/audit/verification', lasting, async (_, reply) =>
    reply.type('application/jsonl').send(await stream(verification(auditLog))),
  );
  app.get('/audit/keys', async () => ({ appliance: auditLog.appliance, keys: auditLog.publicKeys() }));
};

/** As a stream whose first piece is there already: what refuses does so before the answer begins. */
async function stream(pieces: AsyncIterable<Uint8Array | string>): Promise<Readable> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const readable = Readable.from(
    (async function* () {
      if (!first.done) yield Buffer.from(first.value);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        yield Buffer.from(next.value);
      }
    })(),
    { objectMode: false },
  );
  // Also when nobody has begun to read it.
  readable.once('close', () => void iterator.return?.());
  return readable;
}

async function* linesOf(pages: ReturnType<AuditLog['follow']>): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((line) => `${JSON.stringify(fromAuditLine(line))}\n`).join('');
  }
}

/** `{"seen":…,"all":…}` now and then, and the report as the last line. */
function verification(auditLog: AuditLog): PassThrough {
  const lines = new PassThrough();
  auditLog.verify({ progress: (seen, all) => void lines.write(`${JSON.stringify({ seen, all })}\n`) }).then(
    (report) => lines.end(`${JSON.stringify({ report: fromChainReport(report) })}\n`),
    (error: Error) => lines.destroy(error),
  );
  return lines;
}
