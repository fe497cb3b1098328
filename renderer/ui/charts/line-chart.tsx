import type { ReactNode } from 'react';
import { ChartCard, type LegendEntry, type Numbers } from './chart-card.tsx';
import styles from './charts.module.css';
import { decades, labelStep, linear, logarithmic, type Scale, ticksUpTo } from './scale.ts';
import { useDrawing } from './use-drawing.ts';

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
  /** Under it nothing was measured: shaded, lines dashed. */
  measuredFrom: number;
  /** Where the setting stands. */
  at?: number;
  formatX(x: number): string;
  formatY(y: number): string;
  /** Said inside the shaded region, as "beyond what was measured". */
  beyondLabel: string;
}

const HEIGHT = 200;
const LINE_CHART_LEFT = 48;
const RIGHT = 8;
const BOTTOM = HEIGHT - 24;
/** Pixels of a digit of a label, about. */
const CHARACTER = 7;

/**
 * What rates cost, on a logarithmic x axis with the rarest at the right. A slider under it shares its x axis where it has its margins, 3 and .5 rem. `finding`: what it shows.
 */
export function LineChart({
  title,
  finding,
  numbers,
  above,
  foot,
  children,
  ...axes
}: Axes & {
  title: ReactNode;
  finding: string;
  numbers: Numbers;
  /** Over the drawing, and over the table that may stand in its place: the figure and its field. */
  above?: ReactNode;
  /** Under the card: on what the numbers rest. */
  foot?: ReactNode;
  /** Below the drawing: the slider. */
  children?: ReactNode;
}) {
  const legend = axes.lines.map(({ label, main }): LegendEntry => ({ label, fill: main ? 'line' : 'thin' }));
  return (
    <ChartCard title={title} legend={legend} numbers={numbers} above={above} foot={foot}>
      <Drawing finding={finding} {...axes} />
      {children}
    </ChartCard>
  );
}

function Drawing({ finding, ...axes }: Axes & { finding: string }) {
  const { ref, width, svg } = useDrawing(HEIGHT);
  const { lines, at, formatX, formatY } = axes;
  const points = lines.flatMap((line) => line.points);
  const rates = points.map((point) => point.x);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const x = logarithmic(least, most, width - RIGHT, LINE_CHART_LEFT);
  const allTicks = ticksUpTo(Math.max(...points.map(({ y, high }) => high ?? y)), 4);
  const yTicks = allTicks.filter((tick) => tick <= 1);
  const y = linear(0, Math.min(1, allTicks.at(-1) ?? 1), BOTTOM, 8);
  const xTicks = decades(least, most);
  // The label at an end is moved inwards by half of its width.
  const room = 1.5 * CHARACTER * Math.max(...xTicks.map((tick) => formatX(tick).length));
  const every = labelStep(xTicks.length, width - LINE_CHART_LEFT - RIGHT, room);
  return (
    <div ref={ref}>
      <svg {...svg} className={styles.chart} aria-label={finding}>
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
        <Unmeasured axes={axes} x={x} least={least} />
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

function Unmeasured({
  axes: { measuredFrom, beyondLabel },
  x,
  least,
}: {
  axes: Axes;
  x: Scale;
  least: number;
}) {
  if (measuredFrom <= least) return null;
  // The wrong way round while the width is not known yet.
  const [left = 0, right = 0] = [x(measuredFrom), x(least)].sort((a, b) => a - b);
  return (
    <g>
      <rect className={styles.unmeasured} x={left} y={8} width={right - left} height={BOTTOM - 8} />
      {right - left > 140 && (
        <text x={right - 6} y={BOTTOM - 8} textAnchor="end">
          {beyondLabel}
        </text>
      )}
    </g>
  );
}

function DrawnLine({ line: { points, main }, axes, x, y }: { line: Line; axes: Axes; x: Scale; y: Scale }) {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const first = sorted.findIndex((point) => point.x >= axes.measuredFrom);
  const measured = first < 0 ? [] : sorted.slice(first);
  const path = (part: readonly LinePoint[]) => part.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
  const name = main ? styles.line : styles.thin;
  return (
    <g>
      {first > 0 && (
        <polyline className={`${name} ${styles.beyond}`} points={path(sorted.slice(0, first + 1))} />
      )}
      <polyline className={name} points={path(measured)} />
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
