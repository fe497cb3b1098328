import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { SubjectParams, SubjectQuery } from './wire.ts';

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
const Export = z.strictObject({
  world: SubjectQuery.shape.world,
  withTemplates: flag,
  withInternal: flag,
});

/** Many years of verifications and log lines. */
const patient = { handlerTimeout: 10 * 60_000 };

/** Everything held about one person. No API key reaches this: only whoever is at the box. */
export const exportRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'subjectRecords'>> = async (
  app,
  { organizations, subjectRecords },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.get('/organizations/:organization/subjects/:subject/export', patient, async (http) => {
    const organization = await organizationOf(http.params);
    const { world, ...what } = parse(Export, http.query);
    return subjectRecords.read(
      { organization, world },
      {
        person: parse(SubjectParams, http.params).subject,
        ...what,
        actor: operator(http),
        request: http.id,
      },
    );
  });
};
