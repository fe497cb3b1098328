import { IconFileUpload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { Badge, Button } from '../../../ui/controls/index.ts';
import { AskBeforeLeaving, DropZone } from '../../../ui/forms/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { Refused, RunButton, useOperation } from '../../operations.ts';
import { useModelWords } from '../../reasons/model-text.ts';
import { RefusalWords } from '../../reasons/refusal-words.tsx';
import { DryRunView } from './dry-run-view.tsx';
import { type ModelFile, readModelFiles } from './model-files.ts';
import styles from './models.module.css';
import { dryRun } from './models-query.ts';
import { modelStrings } from './strings.ts';

type Staged = Schemas['StagedModel'];
type Progress =
  | { is: 'waiting' }
  | { is: 'looking' }
  | { is: 'ready'; staged: Staged }
  | { is: 'refused'; why: string | Refusal }
  | { is: 'builtIn'; staged: Staged }
  | { is: 'importing'; staged: Staged }
  | { is: 'imported'; staged: Staged };
interface Dropped {
  key: string;
  name: string;
  bytes: number;
  progress: Progress;
}

async function examine(
  one: ModelFile,
  say: (wrong: 'json' | 'lonely' | 'kind') => string,
): Promise<Progress> {
  if ('wrong' in one) return { is: 'refused', why: say(one.wrong) };
  try {
    const staged = await api.post(
      '/api/admin/models/files',
      {},
      { request: { name: one.file.name, entry: one.entry }, file: one.file },
    );
    return { is: staged.model.origin === 'built' ? 'builtIn' : 'ready', staged };
  } catch (error) {
    if (error instanceof Refusal && error.status >= 400 && error.status < 500 && error.status !== 403)
      return { is: 'refused', why: error };
    throw error;
  }
}

/** Takes files of models, has each read and tried, shows what their import would change, and imports them. */
export function DropModels() {
  const t = useStrings(modelStrings);
  const { files, look, put } = useDropped();
  const ready = files.flatMap(({ key, progress }) =>
    progress.is === 'ready' ? [{ key, staged: progress.staged }] : [],
  );
  return (
    <Card title={t('import')} gap={16}>
      <TakeModels take={(chosen) => look.mutate(chosen)} busy={look.isPending} />
      {files.length > 0 && (
        <ul className={styles.files} aria-live="polite">
          {files.map((file) => (
            <FileLine key={file.key} file={file} />
          ))}
        </ul>
      )}
      <Refused of={look} title={t('notLooked')} />
      <AskBeforeLeaving when={ready.length > 0} title={t('leaveTitle')} text={t('leaveText')} />
      {ready.length > 0 && !look.isPending && <ImportStaged ready={ready} put={put} />}
    </Card>
  );
}

function useDropped() {
  const t = useStrings(modelStrings);
  const [files, setFiles] = useState<Dropped[]>([]);
  const put = (key: string, progress: Progress) =>
    setFiles((now) => now.map((one) => (one.key === key ? { ...one, progress } : one)));
  const look = useOperation(async (chosen: readonly File[]) => {
    const found = (await readModelFiles(chosen)).map((one, index) => ({
      one,
      key: `${Date.now()} ${index}`,
    }));
    const shown = found.map(
      ({ one: { file }, key }): Dropped => ({
        key,
        name: file.name,
        bytes: file.size,
        progress: { is: 'waiting' },
      }),
    );
    const names = new Set(shown.map(({ name }) => name));
    setFiles((now) => [...now.filter(({ name }) => !names.has(name)), ...shown]);
    for (const { one, key } of found) {
      put(key, { is: 'looking' });
      try {
        put(key, await examine(one, (wrong) => t(`wrong-${wrong}`)));
      } catch (error) {
        put(key, { is: 'refused', why: t('notLooked') });
        throw error;
      }
    }
  });
  return { files, look, put };
}

function TakeModels({ take, busy }: { take(files: readonly File[]): void; busy: boolean }) {
  const t = useStrings(modelStrings);
  const input = useRef<HTMLInputElement>(null);
  return (
    <DropZone drop={take} busy={busy}>
      <IconFileUpload size={24} stroke={1.75} aria-hidden="true" />
      <p>{t('drop')}</p>
      <p className="small muted">{t('dropHint')}</p>
      <Button busy={busy} onClick={() => input.current?.click()}>
        {t('choose')}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept=".onnx,.tflite,.tgz,.json,.pth,.xml,.bin"
        aria-label={t('choose')}
        onChange={({ target }) => {
          if (target.files && target.files.length > 0) take([...target.files]);
          target.value = '';
        }}
      />
    </DropZone>
  );
}

function FileLine({ file: { name, bytes, progress } }: { file: Dropped }) {
  const t = useStrings(modelStrings);
  const format = useFormat();
  const wordsOf = useModelWords();
  const staged = 'staged' in progress ? progress.staged : undefined;
  const kinds = {
    waiting: 'plain',
    looking: 'info',
    ready: 'ok',
    builtIn: 'ok',
    refused: 'bad',
    importing: 'info',
    imported: 'ok',
  } as const;
  return (
    <li>
      <Row between>
        <span>
          <code style={{ overflowWrap: 'anywhere' }}>{name}</code>{' '}
          <span className="muted">{format.bytes(bytes)}</span>
        </span>
        <Badge kind={kinds[progress.is]}>{t(progress.is)}</Badge>
      </Row>
      {staged && (
        <p className="small muted">
          {progress.is === 'builtIn'
            ? t('nothingToImport', { name: wordsOf(staged.model.name) })
            : t('holds', {
                name: wordsOf(staged.model.name),
                role: t(staged.model.role),
                licence: wordsOf(staged.model.licence),
              })}
        </p>
      )}
      {progress.is === 'refused' && (
        <div className="small">
          {typeof progress.why === 'string' ? progress.why : <RefusalWords error={progress.why} />}
        </div>
      )}
    </li>
  );
}

function ImportStaged({
  ready,
  put,
}: {
  ready: readonly { key: string; staged: Staged }[];
  put(key: string, progress: Progress): void;
}) {
  const t = useStrings(modelStrings);
  const run = useOperation(() =>
    dryRun(ready.map(({ staged }) => ({ change: 'import', staged: staged.id }))),
  );
  const all = useOperation(
    async () => {
      for (const { key, staged } of ready) {
        put(key, { is: 'importing', staged });
        try {
          await api.post('/api/admin/models/files/{file}/import', { file: staged.id });
        } catch (error) {
          put(key, { is: 'refused', why: error instanceof Refusal ? error : t('notImported') });
          throw error;
        }
        put(key, { is: 'imported', staged });
      }
    },
    { toast: t('importDone'), settled: 'all' },
  );
  return (
    <Stack gap={12}>
      {run.data && (
        <>
          <h3>{t('wouldChange')}</h3>
          <DryRunView run={run.data} />
        </>
      )}
      <Refused of={run} title={t('notTried')} />
      <Refused of={all} title={t('notImported')} />
      <Row>
        {run.data ? (
          <RunButton of={all} kind="primary">
            {t('importNow', { count: ready.length })}
          </RunButton>
        ) : (
          <RunButton of={run} kind="primary">
            {t('showChanges')}
          </RunButton>
        )}
      </Row>
    </Stack>
  );
}
