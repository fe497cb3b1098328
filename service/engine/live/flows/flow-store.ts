import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { FlowId, OrganizationId } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Flow, FlowDefinition } from './flow.ts';

type Row = Selectable<Schema['flow']>;

export async function insertFlow(tx: Tx, flow: Flow): Promise<void> {
  await tx.insertInto('flow').values(toRow(flow)).execute();
}

export async function updateFlow(tx: Tx, flow: Flow): Promise<void> {
  const { id, definition, ...row } = toRow(flow);
  const set = { ...row, ...(!flow.draftLost && { definition }) };
  await tx.updateTable('flow').set(set).where('id', '=', id).execute();
}

export async function deleteFlow(tx: Tx, id: FlowId): Promise<void> {
  await tx.deleteFrom('flow').where('id', '=', id).execute();
}

export async function deleteFlowsOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('flow').where('organization', '=', organization).execute();
}

export async function selectFlow(
  from: Db | Tx,
  organization: OrganizationId,
  id: string,
): Promise<Flow | undefined> {
  const row = await from
    .selectFrom('flow')
    .selectAll()
    .where('organization', '=', organization)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function selectFlowBySlug(db: Db, slug: string): Promise<Flow | undefined> {
  const row = await db.selectFrom('flow').selectAll().where('slug', '=', slug).executeTakeFirst();
  return row && fromRow(row);
}

/** The newest first, older than `before`. */
export async function selectFlows(
  db: Db,
  organization: OrganizationId,
  { before, limit }: { before?: string; limit: number },
): Promise<Flow[]> {
  const rows = await db
    .selectFrom('flow')
    .selectAll()
    .where('organization', '=', organization)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

const toRow = (flow: Flow): Row => ({
  id: flow.id,
  organization: flow.organization,
  slug: flow.slug,
  definition: JSON.stringify(flow.draft),
  published: flow.published ? JSON.stringify(flow.published.definition) : null,
  published_at: flow.published?.at ?? null,
  published_by: flow.published?.by ?? null,
  created_at: flow.createdAt,
  created_by: flow.createdBy,
  changed_at: flow.changedAt,
  changed_by: flow.changedBy,
});

const definitionIn = (text: string | null) => FlowDefinition.safeParse(parseJson(text ?? 'null')).data;

/** Damaged definitions are not published, and the draft begins anew. */
function fromRow(row: Row): Flow {
  const [draft, published] = [definitionIn(row.definition), definitionIn(row.published)];
  return {
    id: row.id as FlowId,
    organization: row.organization as OrganizationId,
    slug: row.slug,
    draft: draft ?? published ?? FlowDefinition.parse({ name: row.slug, product: 'verifyhuman' }),
    ...(!draft && { draftLost: true }),
    ...(published && { published: { definition: published, at: row.published_at!, by: row.published_by! } }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}
