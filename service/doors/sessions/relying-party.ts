import type { FastifyRequest } from 'fastify';
import type { KeyCaller, Role, SessionCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { callerOf } from '../../http/authentication.ts';
import type { OrganizationId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { PlaceQuery } from './wire.ts';

/** Administrators who do the daily work: they order sessions and read their results. */
export const operators: readonly Role[] = ['owner', 'administrator', 'operator'];
/** Operators, and administrators who only read. */
export const readers: readonly Role[] = [...operators, 'auditor'];

/** The caller that orders a session: an API key, or an administrator with an access token (POST /api/v1/auth/login). */
export interface RelyingParty extends Pick<KeyCaller, 'browser' | 'origins' | 'profiles'> {
  is: 'key' | 'administrator';
  organization: OrganizationId;
  world: World;
  /** Its requests are counted under this. */
  lineage: string;
  actor: Actor;
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
  const { env } = (request.query ?? {}) as PlaceQuery;
  switch (caller.is) {
    case 'session':
      return caller;
    case 'key': {
      if (env !== undefined && env !== caller.world)
        throw new Problem(
          'INSUFFICIENT_SCOPE',
          `A ${caller.world} key acts in the ${caller.world} world: leave "env" out.`,
        );
      return { ...caller, actor: { is: 'key', key: caller.key, request: request.id } };
    }
    case 'administrator': {
      const { administrator, organization } = caller;
      return {
        ...{ is: 'administrator', organization, world: env ?? 'live', lineage: administrator },
        actor: { is: 'administrator', administrator, request: request.id },
      };
    }
    case 'kiosk':
      throw new Error(`${request.routeOptions.url} admitted a kiosk`);
    default:
      return caller satisfies never;
  }
}
