import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Actor } from '../../engine/audit/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import type { AccessList } from '../../http/route-access.ts';
import { defined } from '../../lib/defined.ts';
import type { ProblemCode } from '../../lib/problem.ts';
import { actorOfCaller, operatorOf } from './actor.ts';
import type { MayCall } from './may-call.ts';
import { type PlaceFinder, placeOfCaller, placeOfOperator } from './place.ts';

/** Fields of a declared route that a mount needs. */
interface Declared {
  may: MayCall;
  keyRefusal?: string;
  refuses?: readonly ProblemCode[];
  idempotent: boolean;
}

/** Where the administrative routes are registered, and what that means for each request. */
export interface AdminMount {
  /** Undefined where no caller of this mount may call the route. */
  configOf(route: Declared): FastifyContextConfig | undefined;
  place: PlaceFinder;
  actorOf(request: FastifyRequest): Actor;
}

/** The control socket: who can open it is the operator, so no credential is asked for. */
export function controlMount(organizations: Pick<Organizations, 'get'>): AdminMount {
  return {
    configOf: ({ may, refuses = [] }) => (may.operator ? { refuses } : undefined),
    place: placeOfOperator(organizations),
    actorOf: operatorOf,
  };
}

/** The LAN: API keys, and signed-in administrators. */
export const networkMount = (organizations: Pick<Organizations, 'get'>): AdminMount => ({
  configOf: ({ may, keyRefusal, refuses = [], idempotent }) => {
    const access = accessOf(may);
    return access && { refuses, idempotent, access: { ...access, ...defined({ keyRefusal }) } };
  },
  place: placeOfCaller(organizations),
  actorOf: actorOfCaller,
});

/** Undefined where only the operator may call. */
function accessOf({
  key,
  administrator,
  applianceOwner,
  fresh,
  beforeFactor,
}: MayCall): AccessList | undefined {
  if (key === false && administrator.length === 0 && !applianceOwner) return undefined;
  return {
    ...(key === false ? {} : { key }),
    administrator,
    ...defined({ applianceOwner, fresh, beforeFactor }),
  };
}

/** Every route, for the OpenAPI document of all of them; it serves no request. */
export const documentMount: AdminMount = {
  ...networkMount({ get: () => Promise.reject(new Error('The document serves no request.')) }),
  configOf: ({ may, refuses = [], idempotent }) => {
    const access = accessOf(may);
    return { refuses, idempotent: idempotent && access !== undefined, access: access ?? 'public' };
  },
};
