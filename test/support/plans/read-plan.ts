/** How a statement reads one table. */
export interface TableRead {
  table: string;
  /** Columns of the index that are compared with a value; none: the whole table, or the whole index. */
  by: string[];
  /** The plan's own words. */
  detail: string;
}

export interface Plan {
  reads: TableRead[];
  /** It ends at a `limit`, in the order in which an index gives the rows. */
  paged: boolean;
}

const STEP = /^(SCAN|SEARCH) (\S+)(.*)$/;
/** What a plan calls rows of the statement itself. */
const OWN_ROWS = /CONSTANT|VALUES CLAUSE|VIRTUAL TABLE/;

/** Of the lines of SQLite's `explain query plan`. Names of subqueries stay as they are: they are no tables. */
export function readSqlitePlan(sql: string, details: readonly string[]): Plan {
  const tables = aliases(sql);
  const reads = details.flatMap((detail): TableRead[] => {
    const [, kind, name, rest] = STEP.exec(detail) ?? [];
    if (kind === undefined || OWN_ROWS.test(detail)) return [];
    const terms = kind === 'SCAN' ? '' : (/\((.*)\)$/.exec(rest!)?.[1] ?? 'rowid=?');
    const by = [...terms.matchAll(/(\w+|<expr>)(?=[=<>)])/g)].map(([column]) => column!);
    return [{ table: tables.get(name!) ?? name!, by: terms.includes('ANY(') ? [] : by, detail }];
  });
  return { reads, paged: isPaged(sql) && !details.some((detail) => /TEMP B-TREE FOR ORDER BY/.test(detail)) };
}

/** A node of PostgreSQL's `explain (format json)`. */
export interface PostgresPlan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Filter?: string;
  Plans?: PostgresPlan[];
}

/** Of PostgreSQL's `explain (format json)`. */
export function readPostgresPlan(sql: string, root: PostgresPlan): Plan {
  const reads: TableRead[] = [];
  let sorted = false;
  // `limited`: by a limit alone, in the order of the index, and without a filter it reads as many rows as it gives.
  const visit = (node: PostgresPlan, above: string | undefined, limited: boolean): void => {
    const kind = node['Node Type'];
    const table = node['Relation Name'] ?? above;
    sorted ||= kind === 'Sort';
    const bounded = limited && /^Index/.test(kind) && node.Filter === undefined;
    if (table !== undefined && /Scan$/.test(kind) && kind !== 'Bitmap Heap Scan' && !bounded) {
      const condition = node['Index Cond'] ?? '';
      const compared = condition.matchAll(/(?:"?(\w+)"?\)?(?:::\w+)?|\)\)) (?:=|<|>|~)/g);
      const by = [...compared].map(([, column = '<expr>']) => column);
      const detail = [kind, table, node['Index Name'], condition].filter(Boolean).join(' ');
      reads.push({ table, by: kind === 'Tid Scan' ? ['rowid'] : by, detail });
    }
    // The index of a bitmap scan does not name the table.
    const below = /^Bitmap/.test(kind) ? table : undefined;
    const still = kind === 'Limit' || (limited && /^(?:Result|Append)$/.test(kind));
    for (const part of node.Plans ?? []) visit(part, below, still);
  };
  visit(root, undefined, false);
  return { reads, paged: isPaged(sql) && !sorted };
}

const isPaged = (sql: string) => /\border by\b[^()]*\blimit (?:\?|\$\d+|\d+)\s*$/i.test(sql);

function aliases(sql: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, table, alias] of sql.matchAll(/"?(\w+)"? as "?(\w+)"?/g)) found.set(alias!, table!);
  return found;
}
