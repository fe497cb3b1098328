import { Day } from '../../../ui/badges/relative-time.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { DataTable, TwoLines } from '../../../ui/tables/data-table.tsx';
import type { Schemas } from '../../api/admin.ts';
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

/** What was measured, on which data, when. */
export function Measurements({ label, items }: { label: string; items: readonly Measurement[] }) {
  const t = useStrings(modelStrings);
  const figure = useFigure();
  const columns: Column<Measurement>[] = [
    {
      id: 'metric',
      header: t('measured'),
      cell: ({ metric, note }) => <TwoLines second={note}>{metric}</TwoLines>,
    },
    { id: 'value', header: t('figure'), number: true, cell: figure },
    { id: 'data', header: t('data'), priority: 2, cell: ({ data }) => <span className="small">{data}</span> },
    { id: 'date', header: t('date'), priority: 3, cell: ({ date }) => <Day at={date} /> },
  ];
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={items}
      rowId={({ metric, data, note }) => `${metric} ${data} ${note}`}
      secondLine={({ data }) => data}
    />
  );
}
