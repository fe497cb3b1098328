import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Organizations } from '../../engine/accounts/index.ts';
import type { Person } from '../../engine/consent/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import { callerOf } from '../../http/authentication.ts';
import { accessListOf } from '../../http/route-access.ts';
import { invalidField } from '../../http/validation.ts';
import type { OrganizationId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';

/**
 * In what a route acts: the whole box, one organization, or one organization's live or test world. In
 * `appliance-or-organization` the operator may name an organization, and an administrator acts in their own.
 */
export type Within = 'appliance' | 'appliance-or-organization' | 'organization' | 'world';

export interface Realm {
  organization: OrganizationId;
  world: World;
}

interface Realms {
  appliance: object;
  'appliance-or-organization': { organization: OrganizationId | undefined };
  organization: { organization: OrganizationId };
  world: { organization: OrganizationId; realm: Realm };
}
/** Organization and world of a handler, by the scope of its route. */
export type RealmOf<W extends Within> = Realms[W];

const organization = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Id of the organization; needed on the control socket. A caller of the LAN acts in its own.');
const env = z
  .enum(['live', 'test'])
  .optional()
  .describe('World of real people or of trials; needed on the control socket. An API key acts in its own.');

/** The fields of the query that name the realm. */
export const realmQuery = {
  appliance: {},
  'appliance-or-organization': {
    organization: organization.describe(
      'Only lines of this organization; absent on the control socket: of the whole box. A caller of the LAN acts in its own.',
    ),
  },
  organization: { organization },
  world: { organization, env },
} as const;

export interface Named {
  organization?: string | undefined;
  env?: World | undefined;
}

/** Finds the realm of a request on one mount. Throws before anything is done in one that is not there or not the caller's. */
export type RealmFinder = {
  [W in Within]: (request: FastifyRequest, named: Named) => Promise<RealmOf<W>>;
};

/** The operator names the organization and the world. */
export function realmOfOperator(organizations: Pick<Organizations, 'get'>): RealmFinder {
  const find = async ({ organization }: Named) => {
    if (organization === undefined) throw invalidField('organization', 'It is missing.');
    return (await organizations.get(organization as OrganizationId)).id;
  };
  return {
    appliance: async () => ({}),
    'appliance-or-organization': async (_, named) => ({
      organization: named.organization === undefined ? undefined : await find(named),
    }),
    organization: async (_, named) => ({ organization: await find(named) }),
    async world(_, named) {
      if (named.env === undefined) throw invalidField('env', 'It is missing.');
      const organization = await find(named);
      return { organization, realm: { organization, world: named.env } };
    },
  };
}

/** Whether the caller acts on the whole appliance here, and so in any organization. */
function actsOnAppliance(request: FastifyRequest): boolean {
  const caller = callerOf(request);
  const list = accessListOf(request.routeOptions.config.access);
  return caller.is === 'administrator' && caller.applianceOwner && list?.applianceOwner === true;
}

function worldOfCaller(request: FastifyRequest, { env }: Named): World {
  const caller = callerOf(request);
  if (caller.is === 'administrator') {
    if (env === undefined) throw invalidField('env', 'It is missing.');
    return env;
  }
  if (env === undefined || env === caller.world) return caller.world;
  throw new Problem(
    'INSUFFICIENT_SCOPE',
    `A ${caller.world} key acts in the ${caller.world} world: leave "env" out.`,
  );
}

/**
 * A caller of the LAN acts in its own organization, an API key also in its own world. Naming them changes nothing. On a route of the
 * whole appliance its owner acts as the operator does, in the own organization where none is named.
 */
export function realmOfCaller(organizations: Pick<Organizations, 'get'>): RealmFinder {
  async function find(request: FastifyRequest, { organization: named }: Named): Promise<OrganizationId> {
    const { organization: own } = callerOf(request);
    if (named === undefined || named === own) return own;
    if (actsOnAppliance(request)) return (await organizations.get(named as OrganizationId)).id;
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      'A caller acts in its own organization: leave "organization" out.',
    );
  }
  return {
    appliance: async () => ({}),
    'appliance-or-organization': async (request, named) => ({
      organization:
        named.organization === undefined && actsOnAppliance(request) ? undefined : await find(request, named),
    }),
    organization: async (request, named) => ({ organization: await find(request, named) }),
    async world(request, named) {
      const organization = await find(request, named);
      return { organization, realm: { organization, world: worldOfCaller(request, named) } };
    },
  };
}

/** The person that a path names by id or e-mail address. Throws SUBJECT_NOT_FOUND. */
export const createPersonOf =
  (subjects: Pick<Subjects, 'get'>) =>
  async (realm: Realm, idOrEmail: string): Promise<Person> => ({
    ...realm,
    subject: (await subjects.get(realm, idOrEmail)).id,
  });
