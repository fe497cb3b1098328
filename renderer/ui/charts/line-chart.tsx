import { useElementSize } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ChartCard, type LegendEntry, type Numbers } from './chart-card.tsx';
import styles from './charts.module.css';
import { decades, linear, logarithmic, type Scale, ticksUpTo } from './scale.ts';

export interface LinePoint {
  x: number;
  y: number;
  /** Ends of the 95 % interval. */
  low?: number;
  high?: number;
}
export interface Line {
  label: string;
  /** The one in use; the others are thin and grey. */
  main?: boolean;
  points: readonly LinePoint[];
}

interface Axes {
  lines: readonly Line[];
  /** x from a power of ten to another. */
  logX?: boolean;
  /** Beyond it nothing was measured: shaded, lines dashed. On a logarithmic x of rates the unmeasured side is the smaller one. */
  measuredFrom?: number;
  measuredTo?: number;
  /** Largest x at the left, as for false-match rates that get rarer to the right. */
  reversed?: boolean;
  /** Where the setting stands. */
  at?: number;
  /** The largest value that y can have: the axis ends there at the latest. */
  mostY?: number;
  formatX(x: number): string;
  formatY(y: number): string;
  /** Said inside the shaded region, as "beyond what was measured". */
  beyondLabel?: string;
}

const HEIGHT = 200;
export const LINE_CHART_LEFT = 48;
const RIGHT = 8;
const BOTTOM = HEIGHT - 24;

/**
 * What a rate costs. A slider under it shares its x axis where it is given `LINE_CHART_LEFT` and 8 px as margins. `finding`: what it shows.
 */
export function LineChart({
  title,
  finding,
  numbers,
  legend,
  above,
  foot,
  children,
  ...axes
}: Axes & {
  title: ReactNode;
  finding: string;
  numbers: Numbers;
  legend?: readonly LegendEntry[];
  /** Over the drawing, and over the table that may stand in its place: the figure and its field. */
  above?: ReactNode;
  /** Under the card: on what the numbers rest. */
  foot?: ReactNode;
  /** Below the drawing: the slider. */
  children?: ReactNode;
}) {
  const entries =
    legend ?? axes.lines.map(({ label, main }): LegendEntry => ({ label, fill: main ? 'line' : 'thin' }));
  return (
    <ChartCard title={title} legend={entries} numbers={numbers} above={above} foot={foot}>
      <Drawing finding={finding} {...axes} />
      {children}
    </ChartCard>
  );
}

function Drawing({ finding, ...axes }: Axes & { finding: string }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const {
    lines,
    logX = false,
    reversed = false,
    at,
    mostY = Number.POSITIVE_INFINITY,
    formatX,
    formatY,
  } = axes;
  const points = lines.flatMap((line) => line.points);
  const xs = points.map(({ x }) => x);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const [start, end] = reversed ? [width - RIGHT, LINE_CHART_LEFT] : [LINE_CHART_LEFT, width - RIGHT];
  const x = logX ? logarithmic(least, most, start, end) : linear(least, most, start, end);
  const allTicks = ticksUpTo(Math.max(...points.map(({ y, high }) => high ?? y)), 4);
  const yTicks = allTicks.filter((tick) => tick <= mostY);
  const y = linear(0, Math.min(mostY, allTicks.at(-1) ?? 1), BOTTOM, 8);
  const xTicks = logX
    ? decades(least, most)
    : ticksUpTo(most, width < 480 ? 3 : 6).filter((tick) => tick >= least);
  const every = xTicks.length > 4 ? (width < 320 ? 3 : width < 480 ? 2 : 1) : 1;
  return (
    <div ref={ref}>
      <svg
        className={styles.chart}
        height={HEIGHT}
        viewBox={`0 0 ${Math.max(1, width)} ${HEIGHT}`}
        role="img"
        aria-label={finding}
      >
        {yTicks.map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LINE_CHART_LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LINE_CHART_LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {formatY(tick)}
            </text>
          </g>
        ))}
        {xTicks.map((tick, index) =>
          index % every === 0 ? (
            <text key={tick} x={x(tick)} y={HEIGHT - 6} textAnchor={anchorAt(x(tick), width)}>
              {formatX(tick)}
            </text>
          ) : null,
        )}
        <Unmeasured axes={axes} x={x} least={least} most={most} />
        {lines.map((line) => (
          <DrawnLine key={line.label} line={line} axes={axes} x={x} y={y} />
        ))}
        {at !== undefined && <Marker at={at} line={lines.find(({ main }) => main)} x={x} y={y} />}
      </svg>
    </div>
  );
}

/** Labels at the ends stay inside of the drawing. */
const anchorAt = (at: number, width: number) =>
  at < LINE_CHART_LEFT + 8 ? 'start' : at > width - RIGHT - 24 ? 'end' : 'middle';

function Unmeasured({ axes, x, least, most }: { axes: Axes; x: Scale; least: number; most: number }) {
  const { measuredFrom = least, measuredTo = most, beyondLabel } = axes;
  const regions = [
    [least, measuredFrom],
    [measuredTo, most],
  ].filter(([from = 0, to = 0]) => to > from);
  return regions.map(([from = 0, to = 0]) => {
    const [left, right] = [x(from), x(to)].sort((a, b) => a - b) as [number, number];
    return (
      <g key={from}>
        <rect className={styles.unmeasured} x={left} y={8} width={right - left} height={BOTTOM - 8} />
        {beyondLabel !== undefined && right - left > 140 && (
          <text x={right - 6} y={BOTTOM - 8} textAnchor="end">
            {beyondLabel}
          </text>
        )}
      </g>
    );
  });
}

const isMeasured = ({ measuredFrom, measuredTo }: Axes, { x }: LinePoint): boolean =>
  x >= (measuredFrom ?? Number.NEGATIVE_INFINITY) && x <= (measuredTo ?? Number.POSITIVE_INFINITY);

function DrawnLine({ line: { points, main }, axes, x, y }: { line: Line; axes: Axes; x: Scale; y: Scale }) {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const measured = sorted.filter((point) => isMeasured(axes, point));
  const first = sorted.findIndex((point) => isMeasured(axes, point));
  const last = sorted.findLastIndex((point) => isMeasured(axes, point));
  const path = (part: readonly LinePoint[]) => part.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
  const name = main ? styles.line : styles.thin;
  const beyond = `${name} ${styles.beyond}`;
  return (
    <g>
      {first > 0 && <polyline className={beyond} points={path(sorted.slice(0, first + 1))} />}
      <polyline className={name} points={path(measured)} />
      {last >= 0 && last < sorted.length - 1 && (
        <polyline className={beyond} points={path(sorted.slice(last))} />
      )}
      {measured.map(({ x: at, low, high }) =>
        low === undefined || high === undefined ? null : (
          <line key={at} className={styles.whisker} x1={x(at)} x2={x(at)} y1={y(low)} y2={y(high)} />
        ),
      )}
    </g>
  );
}

function Marker({ at, line, x, y }: { at: number; line: Line | undefined; x: Scale; y: Scale }) {
  const sorted = [...(line?.points ?? [])].sort((a, b) => Math.abs(a.x - at) - Math.abs(b.x - at));
  const nearest = sorted[0];
  return (
    <g>
      <line className={styles.marker} x1={x(at)} x2={x(at)} y1={8} y2={BOTTOM} />
      {nearest && <circle className={styles.point} cx={x(at)} cy={y(nearest.y)} r={5} />}
    </g>
  );
}
