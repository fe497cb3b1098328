import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Approvals, Organizations, Role } from '../../engine/accounts/index.ts';
import { type Alerts, createWorks, type Works } from '../../engine/appliance/index.ts';
import type { Actor, AuditLog } from '../../engine/audit/index.ts';
import { callerOf } from '../../http/authentication.ts';
import type { AccessList } from '../../http/route-access.ts';
import { requireFactor } from '../../http/sign-in/administrator-sessions.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, World } from '../../lib/id.ts';
import type { ProblemCode } from '../../lib/problem.ts';
import type { Effect, FollowUp } from './effect.ts';
import type { MayCall } from './may-call.ts';
import { type RealmFinder, realmOfCaller, realmOfOperator } from './realm.ts';

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
  realm: RealmFinder;
  actorOf(request: FastifyRequest): Actor;
  /** Whether the caller may act on the whole box. */
  isForBox(request: FastifyRequest): boolean;
  /** Whether the caller is the operator of the box, or an administrator with one of these roles. */
  isOf(request: FastifyRequest, roles: readonly Role[]): boolean;
  /** Runs `work`, once a second administrator has confirmed it where that is asked for; alerts the administrators of it. */
  perform<T>(request: FastifyRequest, followUp: FollowUp, work: () => Promise<T>): Promise<T>;
  works: Pick<Works, 'follow'>;
  /** Before the first byte of the CSV of a list with data of people: in the audit log. */
  noteExport(list: string, call: Exporting, effect: Effect): Promise<void>;
}

interface Exporting {
  who: Actor;
  request: string;
  organization?: OrganizationId | undefined;
  realm?: { world: World };
}

const noteExportIn =
  (auditLog: Pick<AuditLog, 'record'> | undefined): AdminMount['noteExport'] =>
  async (list, { who, request, organization, realm }, effect) => {
    if (effect !== 'reads-personal') return;
    const details = { list, ...defined({ world: realm?.world }) };
    const about = { actor: who, request, action: 'list.export', details } as const;
    await auditLog?.record({ ...about, ...defined({ organization }) });
  };

/** The control socket: who can open it is the operator, so no credential is asked for. */
export function controlMount(
  organizations: Pick<Organizations, 'get'>,
  works: AdminMount['works'] = createWorks(systemClock),
  auditLog?: Pick<AuditLog, 'record'>,
): AdminMount {
  return {
    works,
    noteExport: noteExportIn(auditLog),
    configOf: ({ may, refuses = [] }) => (may.operator ? { refuses } : undefined),
    realm: realmOfOperator(organizations),
    actorOf: operatorOf,
    isForBox: () => true,
    isOf: () => true,
    perform: (_, __, work) => work(),
  };
}

/** The LAN: API keys, and signed-in administrators. */
export const networkMount = ({
  organizations,
  approvals,
  alerts,
  works = createWorks(systemClock),
  auditLog,
}: {
  organizations: Pick<Organizations, 'get'>;
  approvals: Pick<Approvals, 'guard'>;
  alerts: Pick<Alerts, 'noteChange'>;
  works?: AdminMount['works'];
  auditLog?: Pick<AuditLog, 'record'>;
}): AdminMount => ({
  works,
  noteExport: noteExportIn(auditLog),
  configOf: ({ may, keyRefusal, refuses = [], idempotent }) => {
    const access = accessOf(may);
    return access && { refuses, idempotent, access: { ...access, ...defined({ keyRefusal }) } };
  },
  realm: realmOfCaller(organizations),
  actorOf: actorOfCaller,
  isForBox(request) {
    const caller = callerOf(request);
    return caller.is === 'administrator' && caller.applianceOwner;
  },
  isOf(request, roles) {
    const caller = callerOf(request);
    return caller.is === 'administrator' && roles.includes(caller.role);
  },
  async perform(request, { approval, alert, alone, organization, world, operation, beforeFactor }, work) {
    const caller = callerOf(request);
    if (caller.is === 'administrator' && !beforeFactor) requireFactor(caller);
    const who = actorOfCaller(request);
    const answer = await (approval ? approvals.guard(approval, who, work) : work());
    const realm = { organization: organization ?? caller.organization, world };
    if (alert) await alerts.noteChange(realm, operation, who, { alone });
    return answer;
  },
});

/** Undefined where only the operator may call. */
function accessOf({
  key,
  administrator,
  applianceOwner,
  fresh,
  factor,
  beforeFactor,
}: MayCall): AccessList | undefined {
  if (key === false && administrator.length === 0 && !applianceOwner) return undefined;
  return {
    ...(key === false ? {} : { key }),
    administrator,
    ...defined({ applianceOwner, fresh, factor, beforeFactor }),
  };
}

const refuse = () => Promise.reject(new Error('The document serves no request.'));
const noneHere = { get: refuse, guard: refuse, noteChange: refuse };

/** Every route, for the OpenAPI document of all of them; it serves no request. */
export const documentMount: AdminMount = {
  ...networkMount({ organizations: noneHere, approvals: noneHere, alerts: noneHere }),
  configOf: ({ may, refuses = [], idempotent }) => {
    const access = accessOf(may);
    return { refuses, idempotent: idempotent && access !== undefined, access: access ?? 'public' };
  },
};

/**
 * The person at the box, by the name of their account as the CLI gives it. The socket's mode decides who may call; the name is
 * for the audit log.
 */
function operatorOf(request: FastifyRequest): Actor {
  const name = request.headers['x-gatehouse-operator'];
  return {
    is: 'operator',
    name: typeof name === 'string' && name !== '' ? name.slice(0, 64) : 'unknown',
    request: request.id,
  };
}

/** The caller of the LAN. */
function actorOfCaller(request: FastifyRequest): Actor {
  const caller = callerOf(request);
  switch (caller.is) {
    case 'key':
      return { is: 'key', key: caller.key, request: request.id };
    case 'administrator':
      return { is: 'administrator', administrator: caller.administrator, request: request.id };
    case 'kiosk':
    case 'session':
      throw new Error(`${request.routeOptions.url} let the page of a ${caller.is} administer`);
    default:
      return caller satisfies never;
  }
}
