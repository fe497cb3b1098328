/** Lists. */

export type { Column, RowAction } from './column.ts';
export { DataTable, TwoLines } from './data-table.tsx';
export { type Columns, type Filters, useColumns, useFilters } from './declared.ts';
export type { Filter, FilterValues } from './filter-bar.tsx';
