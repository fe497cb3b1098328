/** Drawn figures. */

export { NumberTable } from './chart-card.tsx';
export { LineChart, type LinePoint } from './line-chart.tsx';
export { RankedBars } from './ranked-bars.tsx';
export { ShareBars } from './share-bars.tsx';
export { type StackedColumn, StackedColumns } from './stacked-columns.tsx';
export { Strip } from './strip.tsx';
