import { SegmentedControl } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Card } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './charts.module.css';

export interface LegendEntry {
  label: string;
  fill: 'ok' | 'warn' | 'bad' | 'line' | 'thin';
  total?: string;
}

/** The numbers of a chart as rows, the first column being the heading of each. */
export interface Numbers {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A card with a chart: heading, legend with totals, and the switch to the same numbers as a table. */
export function ChartCard({
  title,
  legend = [],
  numbers,
  above,
  foot,
  children,
}: {
  title: ReactNode;
  legend?: readonly LegendEntry[];
  numbers: Numbers;
  /** Shown with the chart and with the table. */
  above?: ReactNode;
  /** The same, below: on what the numbers rest. */
  foot?: ReactNode;
  children: ReactNode;
}) {
  const t = useStrings(uiStrings);
  const [shown, setShown] = useState('chart');
  return (
    <Card
      title={title}
      foot={foot}
      actions={
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={t('showAs')}
          value={shown}
          onChange={setShown}
          data={[
            { value: 'chart', label: t('chart') },
            { value: 'table', label: t('table') },
          ]}
        />
      }
    >
      {above !== undefined && <div className={styles.above}>{above}</div>}
      {shown === 'chart' ? (
        <>
          {legend.length > 0 && (
            <ul className={styles.legend}>
              {legend.map(({ label, fill, total }) => (
                <li key={label}>
                  <i className={styles.key} data-fill={fill} />
                  {label} {total !== undefined && <b>{total}</b>}
                </li>
              ))}
            </ul>
          )}
          {children}
        </>
      ) : (
        <NumberTable numbers={numbers} />
      )}
    </Card>
  );
}

/** Figures as rows. It scrolls where they are many; `words`: it is shown whole, its cells are texts. */
export const NumberTable = ({
  numbers: { head, rows },
  words = false,
}: {
  numbers: Numbers;
  words?: boolean;
}) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
  <div className={styles.scroll} tabIndex={0} data-words={words || undefined}>
    <table className={styles.numbers}>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...rest]) => (
          <tr key={[first, ...rest].join(' ')}>
            <th scope="row">{first}</th>
            {rest.map((text, index) => (
              // A date or an interval stays on one line.
              <td key={head[index + 1]} className={text.length <= 16 ? 'nowrap' : undefined}>
                {text.replaceAll(' %', '\u00a0%')}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
