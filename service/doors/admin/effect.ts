import { type ApprovalAction, type Guarded, isOfPerson, isOfWorld } from '../../engine/accounts/index.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';

/**
 * What a route does beyond reading settings and figures: it reads data of people, changes which person a name, an address or a
 * face stands for, weakens a protection, lets data or callers through the walls of the box, or destroys data.
 */
export type Effect =
  | 'none'
  | 'reads-personal'
  | 'changes-identity'
  | 'weakens-protection'
  | 'opens-the-box'
  | 'destroys';

interface Consequences {
  /** A second factor proven within the last minutes. Without it, a second factor of the account is enough. */
  fresh: boolean;
  /** What a second administrator confirms where the organization has four eyes. */
  approval: ApprovalAction | undefined;
  /** Whether the administrators of the organization get an alert. */
  alert: boolean;
}

/** What follows from an effect for an administrator. The engine writes the audit line of each change itself. */
export const consequences: Readonly<Record<Effect, Consequences>> = {
  none: { fresh: false, approval: undefined, alert: false },
  'reads-personal': { fresh: false, approval: undefined, alert: false },
  'changes-identity': { fresh: true, approval: 'subject.change', alert: true },
  'weakens-protection': { fresh: true, approval: 'protection.weaken', alert: true },
  'opens-the-box': { fresh: true, approval: undefined, alert: true },
  destroys: { fresh: true, approval: 'data.destroy', alert: true },
};

/** An action with the hash of what it is about, or one that no second administrator could confirm: the alert says so. */
export interface Asked {
  action: ApprovalAction;
  about?: string;
  alone?: boolean;
}

/** Fields of a declared route from which follows what a call of it needs. `Call` is what its handler gets. */
export interface Declared<Call> {
  effect: Effect;
  /** In the place of what the effect asks for: another action, or none; or what this call needs. */
  approval?: ApprovalAction | 'none' | ((call: Call) => Promise<ApprovalAction | Asked | undefined>);
  /** Work of every day, or on the caller's own account: no approval and no alert. */
  daily?: true;
  /** Whether a call has no effect, by what it sends: then no approval and no alert. */
  harmless?(call: Call): boolean | Promise<boolean>;
  /** Which calls an appliance owner without a second factor may make where `may.beforeFactor` says so; absent: all. */
  beforeFactor?(call: Call): boolean;
}

/** What a call needs beside the role of its caller, and what follows when it was done. */
export interface FollowUp {
  approval: Guarded | undefined;
  /** Whether the administrators get an alert. */
  alert: boolean;
  /** The organization that the call acts in; undefined where it acts in none. */
  organization: OrganizationId | undefined;
  /** The world that the call acts in; `live` where it acts in none. */
  world: World;
  operation: string;
  /** No second administrator could confirm it. */
  alone: boolean;
  /** Whether an account without a second factor may make the call. */
  beforeFactor: boolean;
}

export async function followUpOf<Call extends { params: unknown }>(
  { operationId, ...declared }: Declared<Call> & { operationId: string },
  call: Call,
): Promise<FollowUp> {
  const { organization, realm } = call as { organization?: OrganizationId; realm?: { world: World } };
  const world = realm?.world ?? 'live';
  const beforeFactor = declared.beforeFactor?.(call) ?? true;
  const about = { organization, world, operation: operationId, beforeFactor };
  if (declared.daily || (await declared.harmless?.(call)))
    return { ...about, approval: undefined, alert: false, alone: false };
  const { alert } = consequences[declared.effect];
  const asked = await actionOf(declared, call);
  const {
    action,
    about: hash,
    alone = false,
  }: Partial<Asked> = typeof asked === 'object' ? asked : defined({ action: asked });
  const approval =
    action === undefined || organization === undefined
      ? undefined
      : {
          organization,
          action,
          ...(isOfWorld(action) && { world }),
          ...(isOfPerson(action) && { subject: (call.params as { id: string }).id as SubjectId }),
          ...(hash !== undefined && { about: hash }),
        };
  return { ...about, approval, alert, alone };
}

async function actionOf<Call>(
  { effect, approval = consequences[effect].approval }: Declared<Call>,
  call: Call,
): Promise<ApprovalAction | Asked | undefined> {
  if (typeof approval === 'function') return approval(call);
  return approval === 'none' ? undefined : approval;
}
