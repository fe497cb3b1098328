import { type Kysely, sql } from 'kysely';

/** Rows that each table is assumed to have. */
const ROWS = 1_000_000;
/** And those that an index of some rows has. */
const PARTIAL = 10_000;
/** Values of one person, session or event that are assumed to share what an index begins with. */
const OF_ONE = 10;
/** Columns with few values among many rows: an index that is searched by these alone reads a large part of the table. */
const FEW_VALUES = [
  ...[
    'organization',
    'world',
    'kind',
    'state',
    'status',
    'outcome',
    'leaving',
    'embedder',
    'embedder_sha256',
  ],
  ...['lineage', 'scope', 'epoch', 'endpoint', 'profile', 'relayed_at', 'decided_by'],
];

/**
 * What SQLite's planner assumes of the tables, in the place of an `analyze` that would read them: the same on every box, so that a query has
 * the plan with which it was tested. Without it an index is chosen by the number of its columns that are compared, whatever they hold: the
 * picture of one person was looked for among all pictures of the organization.
 *
 * Call it in the transaction that has changed the schema.
 */
// biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
export async function writePlannerFigures(tx: Kysely<any>): Promise<void> {
  await sql`analyze sqlite_schema`.execute(tx);
  await sql`delete from sqlite_stat1`.execute(tx);
  const few = sql.join(FEW_VALUES);
  await sql`
    with columns as (
      select t.name as tbl, i.name as idx, i."unique" as one, c.seqno + 1 as place,
        case when i.partial then ${PARTIAL} else ${ROWS} end as rows,
        count(*) over (partition by t.name, i.name) as places,
        sum(c.name not in (${few}) or c.name is null) over (partition by t.name, i.name order by c.seqno) as selective
      from sqlite_schema t join pragma_index_list(t.name) i join pragma_index_info(i.name) c
      where t.type = 'table' and t.name not like 'sqlite_%'
    )
    insert into sqlite_stat1 (tbl, idx, stat)
    select tbl, idx, cast(max(rows) as integer) || ' ' || group_concat(
      cast(case
        when one and place = places then 1
        when selective > 0 then max(2, ${OF_ONE} - selective)
        else rows / (1 + 2 * place)
      end as integer), ' ' order by place)
    from columns group by tbl, idx`.execute(tx);
  // Read again, for this connection too.
  await sql`analyze sqlite_schema`.execute(tx);
}
