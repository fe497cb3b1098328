import { IconPhotoUp } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { ListFault } from '../../../../sdk/admin/bulk-import/picture-list.ts';
import { ZipFault } from '../../../../sdk/admin/bulk-import/zip.ts';
import { Button } from '../../../ui/controls/index.ts';
import { DropZone } from '../../../ui/forms/index.ts';
import { Card, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { saveFile } from '../../data.ts';
import styles from './import.module.css';
import { type PictureList, readSource, SourceFault, UnknownEncoding } from './source.ts';
import { importStrings } from './strings.ts';

/** As the import reads it. */
const SAMPLE = [
  'email,name,file',
  'ada@example.org,Ada Lind,ada.jpg',
  'bea@example.org,Bea Holm,pictures/bea.jpg',
  '',
].join('\r\n');

/** A folder, a ZIP file, or a CSV file with its pictures. */
export function ChooseSource({ chosen }: { chosen(list: PictureList): void }) {
  const t = useStrings(importStrings);
  const [state, setState] = useState<
    { is: 'waiting' | 'reading' } | { is: 'failed'; error: unknown; files: readonly File[] }
  >({ is: 'waiting' });
  async function read(files: readonly File[], encoding?: string) {
    if (files.length === 0) return;
    setState({ is: 'reading' });
    try {
      chosen(await readSource(files, encoding));
    } catch (error) {
      setState({ is: 'failed', error, files });
    }
  }
  const common = { busy: state.is === 'reading', chosen: (files: readonly File[]) => void read(files) };
  return (
    <Stack>
      {state.is === 'failed' &&
        (state.error instanceof UnknownEncoding ? (
          <WhichEncoding
            readings={state.error.readings}
            chosen={(encoding) => void read(state.files, encoding)}
          />
        ) : (
          <WhyNot error={state.error} />
        ))}
      <Card title={t('source')} gap={16}>
        <DropZone drop={(files) => void read(files)} busy={common.busy}>
          <IconPhotoUp size={24} stroke={1.75} aria-hidden="true" />
          <p>{t('drop')}</p>
        </DropZone>
        <p className="muted">{t('hintFolder')}</p>
        <Row>
          <Chooser {...common} label={t('folder')} kind="primary" folder />
          <Chooser {...common} label={t('zip')} accept=".zip,application/zip" />
        </Row>
        <p className="muted">{t('hintTable')}</p>
        <Row>
          <Chooser {...common} label={t('table')} accept=".csv,text/csv,image/*,.heic,.heif,.avif" multiple />
          <Button kind="quiet" onClick={() => saveFile('people.csv', SAMPLE, 'text/csv;charset=utf-8')}>
            {t('sample')}
          </Button>
        </Row>
        {state.is === 'reading' && <p role="status">{t('reading')}</p>}
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

/** A line of the file in each encoding: the one whose letters are right is chosen. */
function WhichEncoding({
  readings,
  chosen,
}: {
  readings: UnknownEncoding['readings'];
  chosen(encoding: string): void;
}) {
  const t = useStrings(importStrings);
  return (
    <Note kind="bad" title={t('noEncoding')}>
      <Stack>
        <p>{t('noEncodingText')}</p>
        {readings.map(({ encoding, line }) => (
          <Row key={encoding}>
            <Button onClick={() => chosen(encoding)}>{t('readAs', { encoding })}</Button>
            <span>{line}</span>
          </Row>
        ))}
      </Stack>
    </Note>
  );
}

/** Lines of a CSV file that are named. */
const NAMED = 50;

function WhyNot({ error }: { error: unknown }) {
  const t = useStrings(importStrings);
  const [title, text] = useWords(error);
  const lines = error instanceof ListFault ? error.all.filter((one) => 'line' in one) : [];
  if (lines.length < 2)
    return (
      <Note kind="bad" title={title}>
        {text}
      </Note>
    );
  return (
    <Note kind="bad" title={t('lineFaults', { count: lines.length })}>
      <ul className={styles.lines}>
        {lines.slice(0, NAMED).map(({ is, line }) => (
          <li key={`${line} ${is}`}>{t(lineFaults[is], { line: String(line) })}</li>
        ))}
      </ul>
      {lines.length > NAMED && <p>{t('andMore', { count: lines.length - NAMED })}</p>}
      <p>{t('linesText')}</p>
    </Note>
  );
}

const lineFaults = {
  'no-person': 'noPerson',
  'no-file': 'noFile',
  'open-quote': 'openQuote',
  'stray-quote': 'strayQuote',
  'too-many-fields': 'tooManyFields',
  'lost-letters': 'lostLetters',
  'control-character': 'controlCharacter',
} as const;

function useWords(error: unknown): [title: string, text: string] {
  const t = useStrings(importStrings);
  if (error instanceof ListFault) {
    const { fault } = error;
    if (fault.is === 'no-columns') return [t('noColumns'), t('noColumnsText', { found: fault.found })];
    if (fault.is === 'same-columns') return [t('sameColumns'), t('sameColumnsText', { found: fault.found })];
    if (fault.is === 'workbook') return [t('workbook'), t('workbookText')];
    if (fault.is === 'no-encoding' || fault.is === 'wrong-encoding')
      return [t('wrongEncoding'), t('wrongEncodingText')];
    const line = String(fault.line);
    return [t(lineFaults[fault.is], { line }), t('lineText')];
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
