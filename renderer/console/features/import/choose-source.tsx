import { useRef, useState } from 'react';
import { ListFault } from '../../../../sdk/admin/bulk-import/picture-list.ts';
import { ZipFault } from '../../../../sdk/admin/bulk-import/zip.ts';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { type PictureList, readSource, SourceFault } from './source.ts';
import { importStrings } from './strings.ts';

/** A folder, a ZIP file, or a CSV file with its pictures. */
export function ChooseSource({ chosen }: { chosen(list: PictureList): void }) {
  const t = useStrings(importStrings);
  const [state, setState] = useState<{ is: 'waiting' | 'reading' } | { is: 'failed'; error: unknown }>({
    is: 'waiting',
  });
  async function read(files: readonly File[]) {
    if (files.length === 0) return;
    setState({ is: 'reading' });
    try {
      chosen(await readSource(files));
    } catch (error) {
      setState({ is: 'failed', error });
    }
  }
  const common = { busy: state.is === 'reading', chosen: (files: readonly File[]) => void read(files) };
  return (
    <Stack>
      {state.is === 'failed' && <WhyNot error={state.error} />}
      <Card title={t('source')}>
        <Stack>
          <p className="muted">{t('hintFolder')}</p>
          <Row>
            <Chooser {...common} label={t('folder')} kind="primary" folder />
            <Chooser {...common} label={t('zip')} accept=".zip,application/zip" />
          </Row>
          <p className="muted">{t('hintTable')}</p>
          <Row>
            <Chooser
              {...common}
              label={t('table')}
              accept=".csv,text/csv,image/*,.heic,.heif,.avif"
              multiple
            />
          </Row>
          {state.is === 'reading' && <p role="status">{t('reading')}</p>}
        </Stack>
      </Card>
    </Stack>
  );
}

function Chooser({
  label,
  kind,
  accept,
  multiple = false,
  folder = false,
  busy,
  chosen,
}: {
  label: string;
  kind?: 'primary';
  accept?: string;
  multiple?: boolean;
  folder?: boolean;
  busy: boolean;
  chosen(files: readonly File[]): void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={(element) => {
          input.current = element;
          if (element) element.webkitdirectory = folder;
        }}
        type="file"
        hidden
        multiple={multiple || folder}
        {...(accept !== undefined && { accept })}
        aria-label={label}
        onChange={({ target }) => {
          chosen([...(target.files ?? [])]);
          // The same one can be chosen again.
          target.value = '';
        }}
      />
      <Button {...(kind && { kind })} disabled={busy} onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}

function WhyNot({ error }: { error: unknown }) {
  const [title, text] = useWords(error);
  return (
    <Note kind="bad" title={title}>
      {text}
    </Note>
  );
}

function useWords(error: unknown): [title: string, text: string] {
  const t = useStrings(importStrings);
  if (error instanceof ListFault) {
    const { fault } = error;
    if (fault.is === 'no-columns') return [t('noColumns'), t('noColumnsText', { found: fault.found })];
    const line = String(fault.line);
    return [t(fault.is === 'no-person' ? 'noPerson' : 'noFile', { line }), t('lineText')];
  }
  if (error instanceof ZipFault)
    return error.fault === 'too-many' ? [t('tooMany'), t('tooManyText')] : [t('noZip'), t('noZipText')];
  if (!(error instanceof SourceFault)) return [t('notRead'), t('notReadText')];
  switch (error.is) {
    case 'no-pictures':
      return [t('noPictures'), t('noPicturesText')];
    case 'several-tables':
      return [t('severalTables'), t('severalTablesText')];
    default:
      return [t('tooMany'), t('tooManyText')];
  }
}
