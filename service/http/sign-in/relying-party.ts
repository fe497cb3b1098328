import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { KeyCaller, Role, Scope, SessionCaller } from '../../engine/accounts/index.ts';
import type { AdministratorId, KeyId, OrganizationId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { callerOf } from '../authentication.ts';
import { type AccessList, accessListOf } from '../route-access.ts';

/** Administrators who do the daily work: they order checks of people and read their results. */
const operators: readonly Role[] = ['owner', 'administrator', 'operator'];
/** Operators, and administrators who only read. */
const readers: readonly Role[] = [...operators, 'auditor'];

/** A password alone reaches no person by these doors either. */
const tokens = { tokenOnly: true, factor: true } as const;
/** An API key with the scope, or the access token of an administrator who does the daily work. */
export const ordering = (key: Scope) =>
  ({ key, administrator: operators, ...tokens }) as const satisfies AccessList;
/** An API key with the scope, or the access token of an administrator who may read. */
export const reading = (key: Scope) =>
  ({ key, administrator: readers, ...tokens }) as const satisfies AccessList;

/** Where an administrator acts. */
export const WorldQuery = z.object({
  env: z
    .enum(['live', 'test'])
    .optional()
    .describe('For an administrator: the world; `live` if absent. An API key acts in its own'),
});
export type WorldQuery = z.output<typeof WorldQuery>;

/** Where a relying party acts. */
export const toRealm = ({ organization, world }: Pick<RelyingParty, 'organization' | 'world'>) => ({
  organization,
  world,
});

type Who =
  | { is: 'key'; key: KeyId; request?: string }
  | { is: 'administrator'; administrator: AdministratorId; request?: string };

/** The program that asks for a person: it has an API key, or the access token of an administrator (POST /api/auth/login). */
export interface RelyingParty extends Pick<KeyCaller, 'browser' | 'origins' | 'profiles'> {
  is: Who['is'];
  organization: OrganizationId;
  world: World;
  /** Its requests are counted under this, and what it orders belongs to it. */
  lineage: string;
  /** Without the request. */
  who: Who;
  /** With the request. */
  actor: Who;
}

/** A key acts in its own world; an administrator in the live one, unless the address names the other. */
export function relyingParty(request: FastifyRequest): RelyingParty {
  const party = partyOf(request);
  if (party.is !== 'session') return party;
  throw new Error(`${request.routeOptions.url} admitted the page of a session`);
}

/** The same, or the capability of the session's own browser. */
export function partyOf(request: FastifyRequest): RelyingParty | SessionCaller {
  const caller = callerOf(request);
  const { env } = (request.query ?? {}) as WorldQuery;
  switch (caller.is) {
    case 'session':
      return caller;
    case 'key': {
      if (env !== undefined && env !== caller.world)
        throw new Problem(
          'INSUFFICIENT_SCOPE',
          `A ${caller.world} key acts in the ${caller.world} world: leave "env" out.`,
        );
      return { ...caller, ...actorOf({ is: 'key', key: caller.key }, request) };
    }
    case 'administrator': {
      const { administrator, organization } = caller;
      return {
        is: 'administrator',
        organization,
        world: env ?? 'live',
        lineage: administrator,
        ...actorOf({ is: 'administrator', administrator }, request),
      };
    }
    case 'kiosk':
      throw new Error(`${request.routeOptions.url} admitted a kiosk`);
    default:
      return caller satisfies never;
  }
}

const actorOf = (who: Who, { id: request }: FastifyRequest) => ({ who, actor: { ...who, request } });

/** A caller whose requests are counted. */
export type CountedCaller = Pick<KeyCaller, 'organization' | 'world' | 'lineage'>;

/**
 * The caller that a request counts for: an API key, and where an access token takes its place, the administrator, in the world that the address
 * names. Undefined for all others: their routes have limits of their own.
 */
export function countedCaller({ caller, query, routeOptions }: FastifyRequest): CountedCaller | undefined {
  if (caller?.is === 'key') return caller;
  if (caller?.is !== 'administrator' || !accessListOf(routeOptions.config.access)?.tokenOnly)
    return undefined;
  const { env } = (query ?? {}) as { env?: unknown };
  const { organization, administrator: lineage } = caller;
  return { organization, lineage, world: env === 'test' ? 'test' : 'live' };
}
