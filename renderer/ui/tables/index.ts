/** Lists. */

export { ActionMenu, DataTable, TwoLines } from './data-table.tsx';
export type { Column, RowAction } from './declared.ts';
export { type Columns, type Filters, useColumns, useFilters } from './declared.ts';
export {
  type Filter,
  type FilterValues,
  OfferingField,
  type SearchFieldProps,
  SetChip,
} from './filter-bar.tsx';
