import { Day } from '../../../ui/controls/index.ts';
import { useFormat } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import type { Schemas } from '../../data.ts';
import { ModelWords } from '../../reasons/model-text.ts';
import { modelStrings } from './strings.ts';

type Measurement = Schemas['ModelMeasurement'];

/** A measured figure as it is read: areas as they are, everything else in percent, with its interval. */
export function useFigure(): (measurement: Pick<Measurement, 'metric' | 'value' | 'interval'>) => string {
  const format = useFormat();
  return ({ metric, value, interval }) => {
    const one = (figure: number) => (/\bAUC\b/.test(metric) ? format.score(figure) : format.percent(figure));
    return interval === undefined
      ? one(value)
      : `${one(value)}, ${one(interval.from).replace(/\s?%$/, '')}–${one(interval.to)}`;
  };
}

/** `context`: how a figure is written. */
const measurementColumns: Columns<Measurement, typeof modelStrings, ReturnType<typeof useFigure>> = [
  {
    id: 'metric',
    header: 'measured',
    cell: ({ metric, note }) => (
      <TwoLines second={note && <ModelWords of={note} />}>
        <ModelWords of={metric} />
      </TwoLines>
    ),
  },
  { id: 'value', header: 'figure', number: true, cell: (one, { context: figure }) => figure(one) },
  {
    id: 'data',
    priority: 2,
    cell: ({ data }) => (
      <span className="small">
        <ModelWords of={data} />
      </span>
    ),
  },
  { id: 'date', priority: 3, cell: ({ date }) => <Day at={date} /> },
];

/** What was measured, on which data, when. */
export function Measurements({ label, items }: { label: string; items: readonly Measurement[] }) {
  return (
    <DataTable
      label={label}
      columns={useColumns(measurementColumns, modelStrings, useFigure())}
      rows={items}
      rowId={({ metric, data, note }) => `${metric} ${data} ${note}`}
      secondLine={({ data }) => <ModelWords of={data} />}
    />
  );
}
