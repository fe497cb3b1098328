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
import { rowsOfCsv } from './rows-of-csv.ts';
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

const ID: CsvField = { field: 'id', heading: 'id' };

/** The file, and with `ids` of these rows alone. */
async function csvOf(source: ListSource, columns: readonly CsvField[], ids: readonly string[] | undefined) {
  const read = (fields: readonly CsvField[]) => send(new Request(csvAddress(source, fields)));
  if (!ids) return (await read(columns)).blob();
  return rowsOfCsv(await (await read([ID, ...columns])).text(), new Set(ids));
}

interface CsvProps {
  source: ListSource;
  columns: readonly CsvField[];
  /** Of the rows that the page shows, where it leaves out some of the list. */
  ids?: readonly string[] | undefined;
}

/** Saves exactly what the list is filtered to, with the columns in the words of the page. */
export function CsvButton({ source, columns, ids }: CsvProps) {
  const t = useStrings(listStrings);
  const name = `${source.path.split('/').at(-1)}-${new Date().toISOString().slice(0, 10)}.csv`;
  const save = useMutation({
    mutationFn: () => csvOf(source, columns, ids),
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
