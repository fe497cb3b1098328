import { Card } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import styles from './behavior.module.css';
import { behaviorStrings } from './strings.ts';

/** Every field of a window with its value, by its name on the wire. */
export function MeasuredTable({ features }: { features: Record<string, unknown> }) {
  const t = useStrings(behaviorStrings);
  return (
    <Card title={t('measured')} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={styles.measured} tabIndex={0} aria-label={t('measured')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('field')}</th>
              <th scope="col">{t('value')}</th>
            </tr>
          </thead>
          <tbody>
            {rowsOf(features).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td className="num">
                  {value === null ? <span className="muted">{t('notMeasured')}</span> : String(value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

const rowsOf = (value: object, before = ''): (readonly [string, unknown])[] =>
  Object.entries(value).flatMap(([name, inside]) =>
    typeof inside === 'object' && inside !== null
      ? rowsOf(inside, `${before}${name}.`)
      : [[before + name, inside] as const],
  );
