/** A table and its columns, as SQLite names them. */
export interface KeptTable {
  name: string;
  columns: readonly string[];
}

/** For `select … from`: every table with its columns, as JSON in `columns`. */
export const keptTables = `select s.name as name, json_group_array(c.name) as columns
  from sqlite_schema s join pragma_table_info(s.name) c where s.type = 'table' group by s.name order by s.name`;

/**
 * One query for the rows of these tables, in SQLite's notation of their values (`row`), sorted. A query for each table took most of
 * the time of the tests that ask before and after every request.
 */
export function everyRow(
  tables: readonly KeptTable[],
  where: (table: KeptTable) => string = () => '',
): string {
  return `${tables
    .map((table) => {
      const values = table.columns.map((column) => `quote("${column}")`);
      return `select '${table.name} ' || ${values.join(" || ',' || ")} as row from "${table.name}" ${where(table)}`;
    })
    .join(' union all ')} order by row`;
}
