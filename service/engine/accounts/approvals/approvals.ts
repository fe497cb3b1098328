import { defined } from '../../../lib/defined.ts';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Actor, AuditAction, Foundation } from '../../audit/index.ts';
import type { Administrators } from '../administrators/administrators.ts';
import type { Organization } from '../organizations/organization.ts';
import type { Organizations } from '../organizations/organizations.ts';
import {
  type Approval,
  type ApprovalQuery,
  countRunning,
  deleteApprovals,
  deleteEnded,
  insertApproval,
  isAlwaysAsked,
  selectApproval,
  selectApprovals,
  selectRunning,
  stateOf,
  updateDecision,
} from './approval-store.ts';

/** The action and its person. */
export type Guarded = Pick<Approval, 'organization' | 'action' | 'world' | 'subject' | 'about'>;

export interface Approvals {
  /**
   * Runs `work`, unless a second administrator has to confirm it and has not: then APPROVAL_REQUIRED. A confirmation is for the
   * administrator who asked, for this action on this person, and ends 24 hours after it was asked for, or once who gave it could not give it
   * any more. The operator of the box needs none, and an API key gets none.
   */
  guard<T>(what: Guarded, who: Actor, work: () => Promise<T>): Promise<T>;
  /** Asks the other administrators. The request that is there already is given again. Throws CONFLICT where the account has too many. */
  request(what: Guarded, who: Actor): Promise<Approval>;
  /** The newest first. */
  page(organization: OrganizationId, page: ApprovalQuery): Promise<Approval[]>;
  /**
   * Throws NOT_FOUND, and CONFLICT for one that is decided or has ended, for one's own, and for an account whose passkeys are all younger
   * than a day before the request: who can make or reset an account could confirm with it otherwise.
   */
  decide(
    organization: OrganizationId,
    id: string,
    decision: 'confirmed' | 'declined',
    who: Actor,
  ): Promise<Approval>;
  /** Throws CONFLICT where fewer than two administrators could agree. Switching it off asks for a confirmation itself. */
  setRequired(organization: OrganizationId, required: boolean, who: Actor): Promise<Organization>;
  /** Whether another account than this one could confirm: an owner or administrator with a passkey. */
  hasAnother(organization: OrganizationId, than: AdministratorId): Promise<boolean>;
  state(approval: Approval): ReturnType<typeof stateOf>;
  forgetOrganization(organization: OrganizationId): Promise<void>;
}

export interface ApprovalsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  organizations: Pick<Organizations, 'get' | 'set'>;
  administrators: Pick<Administrators, 'list' | 'listPasskeys'>;
  integrity: RowIntegrity;
}

const HOUR = 3_600_000;
const LIFETIME = 24 * HOUR;
/** A passkey of the second administrator is older than the request by so much. */
const FACTOR_AGE = 24 * HOUR;
const KEPT = 90 * 24 * HOUR;
/** Of one account: among more of them the others would not be seen. */
const MOST_RUNNING = 50;
const TOO_MANY = `${MOST_RUNNING} approvals that you asked for wait: let them be decided first.`;

export function createApprovals(deps: ApprovalsDeps): Approvals {
  const { db, inTransaction, audit, organizations, clock, integrity } = deps;

  const hasAnother = async (organization: OrganizationId, than: AdministratorId) =>
    (await whoCouldConfirm(deps, organization)).some(({ id }) => id !== than);

  async function guard<T>(what: Guarded, who: Actor, work: () => Promise<T>): Promise<T> {
    if (who.is !== 'administrator' && who.is !== 'key') return work();
    const { fourEyes = false } = await organizations.get(what.organization);
    if (!fourEyes && !isAlwaysAsked(what.action)) return work();
    if (who.is === 'key') throw new Problem('APPROVAL_REQUIRED', NOT_BY_KEY);
    const requestedBy = who.administrator as AdministratorId;
    const stands = await standing(deps, what.organization);
    const running = await selectRunning(db, integrity, { ...what, requestedBy }, clock.now());
    const found = running.filter(stands);
    const confirmed = found.find(({ decision }) => decision === 'confirmed');
    if (!confirmed) {
      if (what.action === 'subject.rebind' && !(await hasAnother(what.organization, requestedBy)))
        throw new Problem('CONFLICT', NO_OTHER);
      throw missing(what, found[0]);
    }
    await inTransaction((tx) =>
      audit.add(tx, { ...lineOf(who, 'approval.use', confirmed), details: { action: what.action } }),
    );
    return work();
  }

  return {
    guard,
    hasAnother,
    async request(what, who) {
      const stands = await standing(deps, what.organization);
      return inTransaction((tx) => request({ ...deps, stands }, tx, what, who));
    },
    page: (organization, page) => selectApprovals(db, integrity, organization, page, clock.now()),
    decide: (organization, id, decision, who) => decide(deps, { organization, id, decision }, who),
    async setRequired(organization, required, who) {
      const set = () => organizations.set(organization, { fourEyes: required }, who);
      if (!required) return guard({ organization, action: 'four-eyes.off' }, who, set);
      await requireTwo(deps, organization);
      return set();
    },
    state: (approval) => stateOf(approval, clock.now()),
    forgetOrganization: (organization) => inTransaction((tx) => deleteApprovals(tx, organization)),
  };
}

/** Without those that an account confirmed which is disabled, removed or has another role by now. */
async function standing(
  deps: ApprovalsDeps,
  organization: OrganizationId,
): Promise<(approval: Approval) => boolean> {
  const able = (await whoCouldConfirm(deps, organization)).map(({ id }) => id);
  return ({ decision, decidedBy }) => decision !== 'confirmed' || able.includes(decidedBy!);
}

async function request(
  { audit, ids, clock, integrity, stands }: ApprovalsDeps & { stands(approval: Approval): boolean },
  tx: Tx,
  what: Guarded,
  who: Actor,
): Promise<Approval> {
  const requestedBy = administratorOf(who);
  const now = clock.now();
  const running = await selectRunning(tx, integrity, { ...what, requestedBy }, now);
  const asked = running.filter(stands).find(({ decision }) => decision !== 'declined');
  if (asked) return asked;
  if ((await countRunning(tx, { ...what, requestedBy }, now)) >= MOST_RUNNING)
    throw new Problem('CONFLICT', TOO_MANY);
  const approval: Approval = {
    ...what,
    id: ids.next('approval'),
    requestedBy,
    requestedAt: now,
    expiresAt: now + LIFETIME,
  };
  await deleteEnded(tx, what.organization, now - KEPT);
  await insertApproval(tx, integrity, approval);
  const { action, world, subject } = what;
  await audit.add(tx, { ...lineOf(who, 'approval.request', approval), details: { action, world, subject } });
  return approval;
}

async function decide(
  { db, inTransaction, audit, administrators, clock, integrity }: ApprovalsDeps,
  {
    organization,
    id,
    decision,
  }: { organization: OrganizationId; id: string; decision: 'confirmed' | 'declined' },
  who: Actor,
): Promise<Approval> {
  const by = administratorOf(who);
  const approval = await selectApproval(db, integrity, organization, id);
  if (!approval) throw new Problem('NOT_FOUND', `No request has the id ${id}.`);
  if (decision === 'confirmed') {
    if (approval.requestedBy === by)
      throw new Problem('CONFLICT', 'Another administrator has to confirm what you asked for.');
    const passkeys = await administrators.listPasskeys(by);
    if (!passkeys.some(({ createdAt }) => createdAt <= approval.requestedAt - FACTOR_AGE))
      throw new Problem(
        'CONFLICT',
        'Your account had no passkey a day before this was asked for: an older account has to confirm it.',
      );
  }
  return inTransaction(async (tx) => {
    const at = clock.now();
    if (!(await updateDecision(tx, integrity, approval, { decision, by, at })))
      throw new Problem('CONFLICT', 'The request was decided already, or has ended after 24 hours.');
    const action = decision === 'confirmed' ? 'approval.confirm' : 'approval.decline';
    const details = { action: approval.action, requestedBy: approval.requestedBy };
    await audit.add(tx, { ...lineOf(who, action, approval), details });
    return { ...approval, decision, decidedBy: by, decidedAt: at };
  });
}

const whoCouldConfirm = async (
  { administrators }: Pick<ApprovalsDeps, 'administrators'>,
  organization: OrganizationId,
) =>
  (await administrators.list(organization)).filter(
    ({ role, passkeys, disabledAt }) =>
      (role === 'owner' || role === 'administrator') && passkeys > 0 && disabledAt === undefined,
  );

/** Throws CONFLICT where fewer than two could ask and confirm. */
async function requireTwo(
  { administrators }: Pick<ApprovalsDeps, 'administrators'>,
  organization: OrganizationId,
): Promise<void> {
  const able = await whoCouldConfirm({ administrators }, organization);
  if (able.length >= 2) return;
  throw new Problem(
    'CONFLICT',
    `Two administrators have to agree, and ${able.length === 1 ? 'one account' : 'no account'} with the role owner or administrator has a passkey: add another first.`,
  );
}

const lineOf = (actor: Actor, action: AuditAction, { organization, id }: Approval) => ({
  actor,
  action,
  organization,
  target: id,
});

function administratorOf(who: Actor): AdministratorId {
  if (who.is === 'administrator') return who.administrator as AdministratorId;
  throw new Problem(
    'CONFLICT',
    'Administrators ask each other in the console; the operator of the box needs no confirmation.',
  );
}

const NO_OTHER =
  'Nothing was done: another person has this address, or had it within the last 90 days, and no second administrator with a passkey could confirm that it becomes this person’s. Wait until the 90 days are over, add a second administrator, or let the operator of the box change it (gatehouse subject change).';

const NOT_BY_KEY =
  'Nothing was done: this organization has four eyes, and what takes two administrators no API key does. Let an administrator do it in the console.';

function missing({ action, world, subject, about }: Guarded, open: Approval | undefined): Problem {
  const extra = { approval: { action, ...defined({ env: world, person: subject, about }) } };
  const ends = open && new Date(open.expiresAt).toISOString();
  if (open?.decision === 'declined')
    return new Problem(
      'APPROVAL_REQUIRED',
      'Nothing was done: another administrator declined it. Ask again, or talk to them.',
      extra,
    );
  return new Problem(
    'APPROVAL_REQUIRED',
    open
      ? `Nothing was done: a second administrator has to confirm it first. The request ${open.id} waits until ${ends}.`
      : 'Nothing was done: this takes two administrators. Ask for a confirmation, let a second administrator give it, then try again.',
    extra,
  );
}
