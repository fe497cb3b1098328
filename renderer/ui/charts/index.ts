/** Drawn figures. */

export { RankedBars, ShareBars, Strip } from './bars.tsx';
export { NumberTable } from './chart-card.tsx';
export { LineChart, type LinePoint } from './line-chart.tsx';
export { type StackedColumn, StackedColumns } from './stacked-columns.tsx';
