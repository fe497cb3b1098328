import type { ReactNode } from 'react';
import { Card } from '../layout/layout.tsx';
import { useFormat } from '../strings/use-format.ts';
import styles from './charts.module.css';

export interface RankedBar {
  key: string;
  /** A link where the rows behind the number can be seen. */
  label: ReactNode;
  value: number;
}

/** Which reasons, how often: a table with bars, the largest first, the figure at the right. `label` names it for a screen reader. */
export function RankedBars({ label, bars }: { label: string; bars: readonly RankedBar[] }) {
  const format = useFormat();
  const ranked = [...bars].sort((a, b) => b.value - a.value);
  const most = Math.max(1, ...ranked.map(({ value }) => value));
  return (
    <table className={styles.ranked} aria-label={label}>
      <tbody>
        {ranked.map(({ key, label: name, value }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td className={styles.bar} aria-hidden="true">
              <i style={{ width: `${(value / most) * 100}%` }} />
            </td>
            <td>{format.count(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Up or down over a day: one block for each hour, the oldest first. `sentence` says it in words, beside or above it too. */
export const Strip = ({
  states,
  sentence,
}: {
  states: readonly ('ok' | 'warn' | 'bad' | 'none')[];
  sentence: string;
}) => (
  <div className={styles.strip} role="img" aria-label={sentence}>
    {states.map((state, index) => (
      <i key={`${index} ${state}`} data-state={state} />
    ))}
  </div>
);

interface ShareBar {
  label: string;
  /** Of 1; with the ends of its 95 % interval. */
  value: number;
  from: number;
  to: number;
}

/** Shares from 0 to 100 %, each with a line from one end of its interval to the other; a dashed line where the goal is. */
export function ShareBars({
  title,
  goal,
  bars,
}: {
  title: ReactNode;
  goal: { value: number; label: string } | undefined;
  bars: readonly ShareBar[];
}) {
  const format = useFormat();
  const at = (share: number) => `${share * 100}%`;
  return (
    <Card title={title}>
      <table className={styles.shares}>
        <tbody>
          {bars.map(({ label, value, from, to }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td className={styles.track} aria-hidden="true">
                <div>
                  <i className={styles.share} style={{ width: at(value) }} />
                  <i className={styles.interval} style={{ left: at(from), width: at(to - from) }} />
                  {goal && <i className={styles.goal} style={{ left: at(goal.value) }} />}
                </div>
              </td>
              <td>
                {format.percent(value)}{' '}
                <span className="muted">
                  {format.percent(from).replace(/\s?%$/, '')}–{format.percent(to)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {goal && <p className="small muted">{goal.label}</p>}
    </Card>
  );
}
