import { useEffect, useState } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './table.module.css';

/** True after so many milliseconds: what loads at once shows no skeleton. */
export function useLater(milliseconds: number): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return later;
}

/** Rows of the shape that is coming, after 150 ms. */
export function SkeletonRows({
  label,
  headers,
  rows = 6,
}: {
  label: string;
  headers: readonly string[];
  rows?: number;
}) {
  const t = useStrings(uiStrings);
  const later = useLater(150);
  return (
    <table className={styles.table} aria-label={`${label}, ${t('loading')}`} aria-busy="true">
      <thead>
        <tr>
          {headers.map((header) => (
            <th key={header} scope="col">
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row}>
            {headers.map((header, column) => (
              <td key={header}>
                {later && (
                  <span
                    className={styles.skeleton}
                    style={{ width: `${[72, 48, 32, 56][(row + column) % 4]}%` }}
                  />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One line that is coming, after 150 ms. */
export function SkeletonLine({ width = 120 }: { width?: number | string }) {
  const later = useLater(150);
  return later ? <span className={styles.skeleton} style={{ width }} /> : null;
}
