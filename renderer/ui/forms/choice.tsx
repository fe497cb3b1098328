import { type ReactNode, useId } from 'react';
import styles from './choice.module.css';

export interface Option<Value extends string> {
  value: Value;
  label: ReactNode;
  hint?: ReactNode;
  /** Below it, while it is chosen. */
  more?: ReactNode;
}

/** One of a few that differ in more than a word. The browser's own radio buttons: arrow keys work. */
export function Choice<Value extends string>({
  legend,
  value,
  choose,
  options,
}: {
  /** For screen readers, where the page says it already. */
  legend: string;
  value: Value;
  choose(value: NoInfer<Value>): void;
  options: readonly Option<NoInfer<Value>>[];
}) {
  const id = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className="sr">{legend}</legend>
      {options.map((one) => (
        <div key={one.value} style={{ display: 'contents' }}>
          <label className={styles.choice}>
            <input
              type="radio"
              name={id}
              value={one.value}
              checked={value === one.value}
              onChange={() => choose(one.value)}
              aria-describedby={one.hint === undefined ? undefined : `${id}-${one.value}`}
            />
            <b>{one.label}</b>
            {one.hint !== undefined && (
              <span className={styles.hint} id={`${id}-${one.value}`}>
                {one.hint}
              </span>
            )}
          </label>
          {value === one.value && one.more !== undefined && <div className={styles.more}>{one.more}</div>}
        </div>
      ))}
    </fieldset>
  );
}
