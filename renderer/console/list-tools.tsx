import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Button } from '../ui/controls/button.tsx';
import { ExactTime } from '../ui/controls/relative-time.tsx';
import { toast } from '../ui/layout/toasts.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { CsvField } from '../ui/tables/column.ts';
import { send } from './api/send.ts';
import { ShowCommand } from './command/show-command.tsx';
import { listStrings } from './list-strings.ts';
import styles from './list-tools.module.css';
import { saveFile } from './save-file.ts';
import type { ListSource, LiveList } from './use-list.ts';

/** The address of a list with its filters, from its first page on. */
function addressOf({ path, parameters }: ListSource, ending = ''): URL {
  const { limit: _, cursor: __, ...filters } = parameters;
  const own = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name])));
  const url = new URL(own + ending, location.origin);
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && !path.includes(`{${name}}`)) url.searchParams.set(name, String(value));
  return url;
}

/** How the list is asked for elsewhere. */
export const ListCommand = ({ source }: { source: ListSource }) => (
  <ShowCommand find={async () => ({ method: 'GET', url: addressOf(source) })} />
);

/** All of its pages, with these columns. */
function csvAddress(source: ListSource, columns: readonly CsvField[]): URL {
  const url = addressOf(source, '.csv');
  const heads = columns.map(({ field, heading }) => [field, heading]);
  url.searchParams.set('columns', new URLSearchParams(heads).toString());
  return url;
}

/** Saves exactly what the list is filtered to, with the columns in the words of the page. */
export function CsvButton({ source, columns }: { source: ListSource; columns: readonly CsvField[] }) {
  const t = useStrings(listStrings);
  const name = `${source.path.split('/').at(-1)}-${new Date().toISOString().slice(0, 10)}.csv`;
  const save = useMutation({
    mutationFn: async () => (await send(new Request(csvAddress(source, columns)))).blob(),
    onSuccess: (file) => saveFile(name, file, 'text/csv'),
    onError: (error) => toast(t('csvFailed'), { text: error.message }),
  });
  return (
    <Button small kind="quiet" busy={save.isPending} onClick={() => save.mutate()} icon={IconDownload}>
      {t('csv')}
    </Button>
  );
}

/** Whether new rows come by themselves, of when the rows are, and the way to stop them. */
export function LiveSwitch({ live }: { live: LiveList }) {
  const t = useStrings(listStrings);
  const { paused, lost, at, toggle } = live;
  const state = paused ? 'paused' : lost ? 'lost' : 'live';
  return (
    <span className={styles.live} data-state={state}>
      <span role="status">
        {state === 'live' ? t('live') : t.rich(state, { time: <ExactTime at={at} /> })}
      </span>
      <Button small onClick={toggle} icon={paused ? IconPlayerPlay : IconPlayerPause}>
        {paused ? t('resume') : t('pause')}
      </Button>
    </span>
  );
}
