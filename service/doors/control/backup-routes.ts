import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { BackupPlan, BackupRun, Backups, KeyCopy } from '../../engine/backups/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';

const path = z.string().min(1).max(4096);
const NewBackup = z.strictObject({
  folder: path,
  keysTo: path.optional(),
  withModels: z.boolean().default(false),
});
const NewPlan = z.strictObject({
  folder: path,
  everyMinutes: z.int().min(5).max(525_600),
  keep: z.int().min(1).max(10_000),
});
const PlanQuery = z.strictObject({ folder: path });
const Verified = z.strictObject({ path });

/** A large database on a slow disk takes as long as it takes. */
const lasting = { handlerTimeout: 2 ** 31 - 1 };

/** Backups of the whole box. */
export const backupRoutes: FastifyPluginAsync<{ backups: Backups }> = async (app, { backups }) => {
  app.get('/backups', async () => {
    const { plans, runs, keys, ...rest } = await backups.list();
    return { plans: plans.map(fromPlan), runs: runs.map(fromRun), keys: keys.map(fromKeyCopy), ...rest };
  });
  app.post('/backups', lasting, async (request, reply) => {
    const order = parse(NewBackup, request.body);
    const { run, keys, advice } = await backups.create(defined(order), operator(request));
    return reply.code(201).send({ ...fromRun(run), keys: keys.map(fromKeyCopy), advice });
  });
  app.put('/backups/plan', async (request) =>
    fromPlan(await backups.schedule(parse(NewPlan, request.body), operator(request))),
  );
  app.delete('/backups/plan', async (request, reply) => {
    await backups.unschedule(parse(PlanQuery, request.query).folder, operator(request));
    return reply.code(204).send();
  });
  app.post('/backups/verified', async (request) => ({
    known: await backups.verified(parse(Verified, request.body).path, operator(request)),
  }));
};

const fromPlan = ({ setAt, ...rest }: BackupPlan) => ({ ...rest, setAt: time(setAt) });

/** The rest of what is known of a place is `GET /keystore/places`'s. */
const fromKeyCopy = ({ place, state, reason }: KeyCopy) => ({
  place,
  state,
  ...(reason === undefined ? {} : { reason }),
});

const fromRun = ({ startedAt, finishedAt, verifiedAt, ...rest }: BackupRun) => ({
  ...rest,
  startedAt: time(startedAt),
  ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
  ...(verifiedAt === undefined ? {} : { verifiedAt: time(verifiedAt) }),
});
