import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Hold } from '../../engine/consent/index.ts';
import { lineOfText } from '../../http/text-fields.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { SubjectPage, SubjectParams, SubjectQuery } from './wire.ts';

const { world } = SubjectQuery.shape;
const NewHold = z.strictObject({ world, reason: lineOfText(500) });
const Release = z.strictObject({ world, hold: z.string().max(64).optional() });

/** Legal holds: people whom nothing erases. */
export const holdRoutes: FastifyPluginAsync<
  Pick<ControlDeps, 'organizations' | 'subjects' | 'holds'>
> = async (app, { organizations, subjects, holds }) => {
  const organizationOf = createOrganizationOf(organizations);
  async function personOf(params: unknown, inWorld: z.output<typeof world>) {
    const organization = await organizationOf(params);
    const { id } = await subjects.get({ organization, world: inWorld }, parse(SubjectParams, params).subject);
    return { organization, world: inWorld, subject: id };
  }

  app.post('/organizations/:organization/subjects/:subject/holds', async (http, reply) => {
    const { world, reason } = parse(NewHold, http.body);
    const person = await personOf(http.params, world);
    const hold = await holds.place(person, reason, operator(http), http.id);
    return reply.code(201).send({ hold, userId: person.subject });
  });
  app.post('/organizations/:organization/subjects/:subject/holds/release', async (http) => {
    const { world, hold } = parse(Release, http.body);
    const person = await personOf(http.params, world);
    return {
      released: await holds.release(person, hold, operator(http), http.id),
      userId: person.subject,
    };
  });
  app.get('/organizations/:organization/holds', async (http) => {
    const organization = await organizationOf(http.params);
    const { world, limit, after } = parse(SubjectPage, http.query);
    const page = await holds.list(
      { organization, world },
      { limit, ...(after === undefined ? {} : { after }) },
      operator(http),
      http.id,
    );
    return { ...page, holds: page.holds.map(fromHold) };
  });
};

const fromHold = ({ id, subject, placedAt, placedBy, reason }: Hold) => ({
  id,
  userId: subject,
  placedAt: time(placedAt),
  placedBy,
  ...(reason === undefined ? {} : { reason }),
});
