import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { erasureReasons } from '../../engine/erasure/index.ts';
import { defined } from '../../lib/defined.ts';
import type { ErasureId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { SubjectParams } from './wire.ts';

const world = z.enum(['live', 'test']);
const EraseOne = z.strictObject({
  world,
  confirm: z.string().max(254).describe('the person once more, as the path names them'),
  reason: z.enum(erasureReasons).exclude(['restored', 'mass']).default('request'),
  prove: z.boolean().default(false).describe('search every file for what is left of the person'),
});
const EraseMany = z.strictObject({
  world,
  confirm: z.int().min(0).describe('how many people there are now'),
  after: z.string().max(64).optional(),
  limit: z.int().min(1).max(1000).default(100),
});
const ErasureParams = z.object({ erasure: z.string().max(64) });
const ErasureList = z.strictObject({
  pending: z.enum(['true', 'false']).default('false'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** A search of a large directory, or a page of people with copies of the key store on slow media. */
const patient = { handlerTimeout: 30 * 60_000 };

/** Erasing people, and the receipts of it. No API key reaches this: only whoever is at the box. */
export const erasureRoutes: FastifyPluginAsync<Pick<ControlDeps, 'organizations' | 'erasure'>> = async (
  app,
  { organizations, erasure },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.delete('/organizations/:organization/subjects/:subject', patient, async (http) => {
    const organization = await organizationOf(http.params);
    const { subject } = parse(SubjectParams, http.params);
    requireConfirmation(http.body, `{"world":"live","confirm":"${subject}"}`);
    const { world, confirm, reason, prove } = parse(EraseOne, http.body);
    if (confirm.toLowerCase() !== subject.toLowerCase()) {
      throw new Problem(
        'CONFIRMATION_REQUIRED',
        'Nobody was erased: confirm names another person than the path. Send the same in both.',
      );
    }
    return erasure.erase({ organization, world }, subject, {
      reason,
      prove,
      actor: operator(http),
      request: http.id,
    });
  });
  app.delete('/organizations/:organization/subjects', patient, async (http) => {
    const organization = await organizationOf(http.params);
    requireConfirmation(http.body, '{"world":"test","confirm":NUMBER OF PEOPLE THERE}');
    const { world, after, ...rest } = parse(EraseMany, http.body);
    return erasure.eraseMany(
      { organization, world },
      {
        ...rest,
        ...(after === undefined ? {} : { after: after as SubjectId }),
        actor: operator(http),
        request: http.id,
      },
    );
  });
  app.get('/organizations/:organization/erasures', async (http) => {
    const organization = await organizationOf(http.params);
    const { pending, limit } = parse(ErasureList, http.query);
    return { receipts: await erasure.receipts(organization, { pending: pending === 'true', limit }) };
  });
  app.get('/erasures/keys', async () => ({ keys: erasure.publicKeys() }));
  app.get('/erasures/:erasure', async (http) =>
    erasure.receipt(parse(ErasureParams, http.params).erasure as ErasureId),
  );
};

/** A call that says nothing of what it would destroy destroys nothing. */
function requireConfirmation(body: unknown, example: string): void {
  const given = defined((body ?? {}) as { confirm?: unknown });
  if (given.confirm !== undefined) return;
  throw new Problem('CONFIRMATION_REQUIRED', `Nobody was erased. Send JSON that confirms it: ${example}.`);
}
