import type { FlowId, OrganizationId } from '../../../lib/id.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Actor, type AuditAction, describeActor, type Foundation } from '../../audit/index.ts';
import { type Profile, type Profiles, takesSource } from '../../matching/index.ts';
import {
  defaultTexts,
  type Flow,
  type FlowDefinition,
  type FlowLanguage,
  redirectProblems,
  textsOf,
  type WholeTexts,
} from './flow.ts';
import {
  deleteFlow,
  deleteFlowsOf,
  insertFlow,
  selectFlow,
  selectFlowBySlug,
  selectFlows,
  updateFlow,
} from './flow-store.ts';

/** What the page of a flow will show, with every text. */
export interface FlowPreview {
  product: FlowDefinition['product'];
  texts: Record<FlowLanguage, WholeTexts>;
  /** What stands where the flow says nothing. */
  builtIn: Record<FlowLanguage, WholeTexts>;
  redirects: FlowDefinition['redirects'];
  profile: { slug: string; name: string; checks: string[] };
}

/** Hosted flows that administrators save: a page of ours with a stable address, which leads a person through a verification. */
export interface Flows {
  /** The newest first. */
  page(organization: OrganizationId, page: { before?: FlowId; limit: number }): Promise<Flow[]>;
  /** Throws NOT_FOUND. */
  get(organization: OrganizationId, id: FlowId): Promise<Flow>;
  /** For the page: of any organization. */
  bySlug(slug: string): Promise<Flow | undefined>;
  /** Problems that prevent publishing the draft now, with the field. */
  problems(flow: Flow): Promise<ProblemDetail[]>;
  preview(flow: Flow): Promise<FlowPreview>;
  /** Throws INVALID_REQUEST, naming each field that is wrong. */
  create(organization: OrganizationId, definition: FlowDefinition, actor: Actor): Promise<Flow>;
  /** Changes the draft alone. */
  change(organization: OrganizationId, id: FlowId, definition: FlowDefinition, actor: Actor): Promise<Flow>;
  /** The draft is what visitors get from now on. Throws INVALID_REQUEST. */
  publish(organization: OrganizationId, id: FlowId, actor: Actor): Promise<Flow>;
  unpublish(organization: OrganizationId, id: FlowId, actor: Actor): Promise<Flow>;
  /** Throws CONFLICT for one that is published. */
  remove(organization: OrganizationId, id: FlowId, actor: Actor): Promise<void>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface FlowsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  organizations: Pick<Organizations, 'get'>;
  profiles: Pick<Profiles, 'get'>;
}

export function createFlows(deps: FlowsDeps): Flows {
  const { db, inTransaction, organizations, profiles } = deps;
  const profileOf: ProfileOf = (organization, { profile = 'default' }) => profiles.get(organization, profile);
  const problemsOf = createProblems(organizations, profileOf);

  return {
    page: (organization, page) => selectFlows(db, organization, page),
    get: (organization, id) => requireFlow(db, organization, id),
    bySlug: (slug) => selectFlowBySlug(db, slug),
    problems: ({ organization, draft, draftLost }) => problemsOf(organization, draft, draftLost),
    async preview({ organization, draft }) {
      const { slug, definition } = await profileOf(organization, draft);
      const checks = Object.entries(definition.checks).flatMap(([name, { enabled }]) =>
        enabled ? [name] : [],
      );
      return {
        product: draft.product,
        texts: textsOf(draft),
        builtIn: defaultTexts,
        redirects: draft.redirects,
        profile: { slug, name: definition.name, checks },
      };
    },
    ...createChanges(deps, problemsOf),
    forget: (organization) => inTransaction((tx) => deleteFlowsOf(tx, organization)),
  };
}

type ProfileOf = (organization: OrganizationId, definition: FlowDefinition) => Promise<Profile>;
type ProblemsOf = (
  organization: OrganizationId,
  definition: FlowDefinition,
  lost?: true,
) => Promise<ProblemDetail[]>;

async function requireFlow(from: Db | Tx, organization: OrganizationId, id: FlowId): Promise<Flow> {
  const flow = await selectFlow(from, organization, id);
  if (flow) return flow;
  throw new Problem('NOT_FOUND', `The organization has no flow with the id ${id}.`);
}

function createChanges(
  { db, inTransaction, organizations, audit, ids, clock }: FlowsDeps,
  problemsOf: ProblemsOf,
): Pick<Flows, 'create' | 'change' | 'publish' | 'unpublish' | 'remove'> {
  async function requireValid(...made: Parameters<ProblemsOf>): Promise<void> {
    const details = await problemsOf(...made);
    if (details.length > 0)
      throw new Problem('INVALID_REQUEST', `The flow is not valid: ${details[0]!.message}`, { details });
  }

  /** Writes what `decide` makes of the flow, and its line in the log. */
  const alter = (
    organization: OrganizationId,
    id: FlowId,
    actor: Actor,
    action: AuditAction,
    decide: (flow: Flow, made: { at: number; by: string }) => Flow,
  ): Promise<Flow> =>
    inTransaction(async (tx) => {
      const made = { at: clock.now(), by: describeActor(actor) };
      const after = decide(await requireFlow(tx, organization, id), made);
      await updateFlow(tx, after);
      const details = { slug: after.slug, name: after.draft.name, product: after.draft.product };
      await audit.add(tx, { actor, action, organization, target: id, details });
      return after;
    });

  return {
    async create(organization, definition, actor) {
      refuseErased(await organizations.get(organization));
      await requireValid(organization, definition);
      const id = ids.next('flow');
      const made = { at: clock.now(), by: describeActor(actor) };
      const flow: Flow = {
        id,
        organization,
        slug: slugOf(definition.name, id),
        draft: definition,
        createdAt: made.at,
        createdBy: made.by,
        changedAt: made.at,
        changedBy: made.by,
      };
      await inTransaction(async (tx) => {
        await insertFlow(tx, flow);
        const details = { slug: flow.slug, name: definition.name, product: definition.product };
        await audit.add(tx, { actor, action: 'flow.create', organization, target: id, details });
      });
      return flow;
    },
    async change(organization, id, definition, actor) {
      await requireFlow(db, organization, id);
      await requireValid(organization, definition);
      return alter(organization, id, actor, 'flow.change', ({ draftLost: _, ...flow }, { at, by }) => ({
        ...flow,
        draft: definition,
        changedAt: at,
        changedBy: by,
      }));
    },
    async publish(organization, id, actor) {
      const { draft, draftLost } = await requireFlow(db, organization, id);
      await requireValid(organization, draft, draftLost);
      return alter(organization, id, actor, 'flow.publish', (flow, made) => ({
        ...flow,
        published: { definition: flow.draft, ...made },
      }));
    },
    unpublish: (organization, id, actor) =>
      alter(organization, id, actor, 'flow.unpublish', ({ published: _, ...flow }) => flow),
    remove: (organization, id, actor) =>
      inTransaction(async (tx) => {
        const { published, slug } = await requireFlow(tx, organization, id);
        if (published) throw new Problem('CONFLICT', 'The flow is published: unpublish it first.');
        await deleteFlow(tx, id);
        await audit.add(tx, { actor, action: 'flow.remove', organization, target: id, details: { slug } });
      }),
  };
}

/** What the schema cannot say: whether the profile is there, and where the organization lets a flow lead. */
function createProblems(organizations: FlowsDeps['organizations'], profileOf: ProfileOf): ProblemsOf {
  return async function problemsOf(organization, definition, lost) {
    const { redirectTargets = [], allowedProfiles } = await organizations.get(organization);
    const details: ProblemDetail[] = [];
    if (lost)
      details.push({
        path: 'name',
        message: 'What was stored of this draft cannot be read: fill it in again and save it.',
      });
    if (definition.minimumAge !== undefined && definition.product !== 'verifyage')
      details.push({ path: 'minimumAge', message: 'Only verifyage takes an age.' });
    details.push(...redirectProblems(definition.redirects, redirectTargets));
    const profile = await profileOf(organization, definition).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      details.push({ path: 'profile', message: error.message });
    });
    if (profile && allowedProfiles && !allowedProfiles.includes(profile.slug))
      details.push({
        path: 'profile',
        message: `The organization does not allow the profile ${profile.slug}.`,
      });
    if (profile && !takesSource(profile, 'browser'))
      details.push({
        path: 'profile',
        message: `The profile ${profile.slug} takes pictures of a kiosk only: choose another one for a flow.`,
      });
    return details;
  };
}

/**
 * Words of the name and the random end of the id: unique on the box, and independent of other organizations.
 */
function slugOf(name: string, id: FlowId): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return [words, id.slice(-10)].filter((part) => part !== '').join('-');
}
