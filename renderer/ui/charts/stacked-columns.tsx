import { type ReactNode, useId } from 'react';
import { useFormat } from '../strings/use-format.ts';
import { ChartCard } from './chart-card.tsx';
import styles from './charts.module.css';
import { labelStep, linear, ticksUpTo } from './scale.ts';
import { useDrawing } from './use-drawing.ts';

export interface Stack {
  label: string;
  /** `warn` is hatched: it differs by more than its color. */
  fill: 'ok' | 'warn' | 'bad';
}
export interface StackedColumn {
  /** Under the column, as `13`. */
  tick: string;
  /** In the table, as `20 Nov, 13:00`. */
  label: string;
  /** One for each stack, from the base up. */
  values: readonly number[];
}

const HEIGHT = 180;
const LEFT = 40;
const GAP = 1.5;

/** How many in each interval, by kind: stacked columns, the first stack at the base. `finding`: what it shows, in one sentence. */
export function StackedColumns({
  title,
  finding,
  firstColumn,
  stacks,
  columns,
}: {
  title: ReactNode;
  finding: string;
  /** Head of the first column of the table, as "Hour". */
  firstColumn: string;
  stacks: readonly Stack[];
  columns: readonly StackedColumn[];
}) {
  const format = useFormat();
  const sum = (index: number) => columns.reduce((total, { values }) => total + (values[index] ?? 0), 0);
  return (
    <ChartCard
      title={title}
      legend={stacks.map(({ label, fill }, index) => ({ label, fill, total: format.count(sum(index)) }))}
      numbers={{
        head: [firstColumn, ...stacks.map(({ label }) => label)],
        rows: columns.map(({ label, values }) => [label, ...values.map(format.count)]),
      }}
    >
      <Drawing finding={finding} stacks={stacks} columns={columns} />
    </ChartCard>
  );
}

function Drawing({
  finding,
  stacks,
  columns,
}: {
  finding: string;
  stacks: readonly Stack[];
  columns: readonly StackedColumn[];
}) {
  const hatch = useId();
  const format = useFormat();
  const { ref, width, svg } = useDrawing(HEIGHT);
  const most = Math.max(1, ...columns.map(({ values }) => values.reduce((total, value) => total + value, 0)));
  const ticks = ticksUpTo(most, 4);
  const y = linear(0, ticks.at(-1) ?? 1, HEIGHT - 24, 8);
  const each = (width - LEFT) / Math.max(1, columns.length);
  const step = labelStep(columns.length, width - LEFT, 56);
  return (
    <div ref={ref}>
      <svg {...svg} className={styles.chart} aria-label={finding}>
        <pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2.4" height="4" style={{ fill: 'var(--c-warn)' }} />
        </pattern>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {format.count(tick)}
            </text>
          </g>
        ))}
        {columns.map(({ tick, label, values }, index) => (
          <g key={label}>
            {values.map((value, at) => {
              const below = values.slice(0, at).reduce((total, one) => total + one, 0);
              const top = y(below + value);
              const height = y(below) - top - (at > 0 ? GAP : 0);
              const fill = stacks[at]?.fill;
              if (value === 0) return null;
              return (
                <rect
                  key={stacks[at]?.label}
                  x={LEFT + index * each + each * 0.14}
                  y={top}
                  width={Math.max(1, each * 0.72)}
                  height={Math.max(1, height)}
                  className={fill === 'warn' ? undefined : fill && styles[fill]}
                  fill={fill === 'warn' ? `url(#${hatch})` : undefined}
                />
              );
            })}
            {index % step === 0 && (
              <text x={LEFT + index * each + each / 2} y={HEIGHT - 6} textAnchor="middle">
                {tick}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}
