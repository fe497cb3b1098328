import { useQuery } from '@tanstack/react-query';
import { Button, LinkButton } from '../../../ui/controls/index.ts';
import { Card, Note } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import type { FilterValues } from '../../../ui/tables/index.ts';
import { read } from '../../data.ts';
import { Refused } from '../../operations.ts';
import type { JobState } from './job-words.ts';
import styles from './jobs.module.css';
import { jobStrings } from './strings.ts';

const columns = ['leased', 'waiting', 'delayed', 'dead', 'done'] as const satisfies JobState[];

/** How many jobs there are of each kind and state, each a way to the list; kinds without a job are left out. */
export function JobCounts({ show, isShown }: { show(filters: FilterValues): void; isShown: boolean }) {
  const t = useStrings(jobStrings);
  const format = useFormat();
  const { data, error, refetch } = useQuery({ ...read('/api/admin/jobs/counts'), refetchInterval: 10_000 });
  if (error) return <Refused of={{ error, refetch }} />;
  const present = data?.items.filter((item) => columns.some((state) => item[state] > 0)) ?? [];
  const dead = present.reduce((sum, item) => sum + item.dead, 0);
  if (present.length === 0) return null;
  return (
    <>
      {dead > 0 && !isShown && (
        <Note
          kind="warn"
          title={t('failedNote', { count: dead })}
          action={
            <Button small onClick={() => show({ state: 'dead', kind: undefined })}>
              {t('failedShow')}
            </Button>
          }
        >
          {t('failedText')}
        </Note>
      )}
      <Card title={t('counts')} flush>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <div className={styles.scroll} tabIndex={0}>
          <table className={`rows ${styles.counts}`}>
            <thead>
              <tr>
                <th scope="col">{t('kind')}</th>
                {columns.map((state) => (
                  <th key={state} scope="col">
                    {t(state)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {present.map((item) => (
                <tr key={item.kind}>
                  <th scope="row">
                    <LinkButton onClick={() => show({ kind: item.kind, state: undefined })}>
                      {t(item.kind)}
                    </LinkButton>
                  </th>
                  {columns.map((state) => (
                    <td key={state} data-bad={(state === 'dead' && item.dead > 0) || undefined}>
                      {item[state] === 0 ? (
                        <span className="muted">0</span>
                      ) : (
                        <LinkButton
                          aria-label={`${t(item.kind)}, ${t(state)}: ${format.count(item[state])}`}
                          onClick={() => show({ kind: item.kind, state })}
                        >
                          {format.count(item[state])}
                        </LinkButton>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </>
  );
}
