import { useState } from 'react';
import type { ImportOutcome } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { Button, ButtonLink, Figure } from '../../../ui/controls/index.ts';
import { Card, Note, Row, Stack, TypedNameDialog } from '../../../ui/layout/index.ts';
import type { Refusal } from '../../../ui/refusal.ts';
import { Said, type Words } from '../../../ui/said.tsx';
import { useFormat, useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { managers, saveFile, useSession, useWorld } from '../../data.ts';
import { LoadFailed, Refused, useOperation } from '../../operations.ts';
import { useMessageText } from '../../reasons/message-text.ts';
import { useCodeWords, useRefusalWords } from '../../reasons/refusal-words.tsx';
import styles from './import.module.css';
import { groupRefusals, likelyScans, type RefusalGroup } from './refusals.ts';
import { toReport } from './report.ts';
import { type Added, countBack, type Ended, takeBack } from './send-pictures.ts';
import { importStrings } from './strings.ts';

/** What became of each picture: first what can be done, then why pictures were refused. `again`: sends these once more. */
export function ImportReport({
  ended,
  next,
  again,
}: {
  ended: Ended;
  next(): void;
  again(outcomes: readonly ImportOutcome[], change?: 'as-scans'): void;
}) {
  const t = useStrings(importStrings);
  const { user } = useSession();
  const { outcomes, added, error } = ended;
  const isManager = managers.includes(user.role);
  const scans = isManager ? likelyScans(outcomes) : [];
  const notKnown = outcomes.filter(({ outcome }) => outcome === 'not-known');
  return (
    <Stack gap={24}>
      {error !== undefined && <LoadFailed error={error} title={t('broken')} />}
      <Summary outcomes={outcomes} broken={error !== undefined} />
      {notKnown.length > 0 && (
        <Note
          kind="warn"
          title={t('notKnownTitle', { count: notKnown.length })}
          action={<Button onClick={() => again(notKnown)}>{t('findOut')}</Button>}
        >
          {t('notKnownText')}
        </Note>
      )}
      {scans.length > 0 && (
        <Note
          kind="warn"
          title={t('scansTitle', { count: scans.length })}
          action={
            <Button onClick={() => again(scans, 'as-scans')}>
              {t('scansAgain', { count: scans.length })}
            </Button>
          }
        >
          {t('scansText')}
        </Note>
      )}
      <Row>
        <Button
          kind="primary"
          onClick={() => saveFile('import.csv', toReport(outcomes), 'text/csv;charset=utf-8')}
        >
          {t('report')}
        </Button>
        <ButtonLink to="/people">{t('toPeople')}</ButtonLink>
        <Button onClick={next}>{t('next')}</Button>
        {added.length > 0 && isManager && notKnown.length === 0 && <UndoImport added={added} />}
      </Row>
      <Refusals outcomes={outcomes} />
    </Stack>
  );
}

function Summary({ outcomes, broken }: { outcomes: readonly ImportOutcome[]; broken: boolean }) {
  const t = useStrings(importStrings);
  const format = useFormat();
  const count = (kind: ImportOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === kind).length;
  const [enrolled, skipped, refused, notTried, notKnown] = [
    count('enrolled'),
    count('skipped'),
    count('refused'),
    count('not-tried'),
    count('not-known'),
  ];
  const title =
    enrolled > 0
      ? t('finished', { count: enrolled })
      : skipped > 0 && refused === 0
        ? t('nothingNew')
        : t('noneEnrolled');
  return (
    <>
      {!broken && (enrolled > 0 || notKnown === 0) && (
        <Note kind={refused === 0 ? 'ok' : enrolled > 0 ? 'warn' : 'bad'} title={title} />
      )}
      {notTried > 0 && (
        <Note kind="warn" title={t('stopped')}>
          {t('again')}
        </Note>
      )}
      <Card>
        <Row gap={32}>
          <Figure label={t('enrolled')} value={format.count(enrolled)} />
          <Figure label={t('skipped')} value={format.count(skipped)} />
          <Figure label={t('refused')} value={format.count(refused)} />
          {notKnown > 0 && <Figure label={t('notKnown')} value={format.count(notKnown)} />}
          {notTried > 0 && <Figure label={t('notTried')} value={format.count(notTried)} />}
        </Row>
      </Card>
    </>
  );
}

/** Of so few files the list is open. */
const FEW = 5;
/** Files that are listed of one reason; the report has all. */
const SHOWN = 100;

/** Why pictures were refused; the advice on a picture has a code of its own. */
function useImportWords(): (group: RefusalGroup) => Words {
  const t = useStrings(importStrings);
  const { language } = useLanguage();
  const wordsOf = useCodeWords();
  const messageOf = useMessageText();
  return ({ code, reason, advice }) => {
    const words =
      code === 'FILE_UNREADABLE' && language !== 'en'
        ? { text: t('fileUnreadable'), own: reason }
        : wordsOf(code, reason);
    const said = advice === undefined || language === 'en' ? undefined : messageOf(advice);
    return said === undefined ? words : { text: `${words.text} ${said}` };
  };
}

function Refusals({ outcomes }: { outcomes: readonly ImportOutcome[] }) {
  const t = useStrings(importStrings);
  const wordsOf = useImportWords();
  const groups = groupRefusals(outcomes).map((group) => ({ ...group, ...wordsOf(group) }));
  if (groups.length === 0) return null;
  return (
    <Card title={t('refusals')}>
      {groups.map(({ key, text, own, code, refused }) => (
        <details key={key} className={styles.group} open={refused.length <= FEW}>
          <summary>
            <b>{t('ofReason', { count: refused.length })}</b>{' '}
            <Said
              text={
                <>
                  {text} <code className="faint">{code}</code>
                </>
              }
              own={own}
            />
          </summary>
          <ul className={styles.files} aria-label={text}>
            {refused.slice(0, SHOWN).map(({ file, person }, at) => (
              <li key={`${at} ${file}`}>
                {file} <span className="small muted">{person}</span>
              </li>
            ))}
          </ul>
          {refused.length > SHOWN && (
            <p className="small muted">{t('more', { count: refused.length - SHOWN })}</p>
          )}
        </details>
      ))}
    </Card>
  );
}

/** Grade 3: the number is typed, a fresh second factor is asked for, and what the import added is destroyed. */
function UndoImport({ added }: { added: readonly Added[] }) {
  const t = useStrings(importStrings);
  const env = useWorld();
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState(0);
  const { people, pictures } = countBack(added);
  const total = people + pictures;
  const undo = useOperation(() => takeBack(env, added, setDone), {
    settled: 'all',
    done: () => setAsked(false),
  });
  if (undo.data) return <Undone failed={undo.data.failed} />;
  return (
    <>
      <Button kind="dangerQuiet" onClick={() => setAsked(true)}>
        {t('undo')}
      </Button>
      <TypedNameDialog
        opened={asked}
        title={t('undoTitle')}
        name={String(total)}
        confirmLabel={t('undoConfirm')}
        cancelLabel={t('keep')}
        busy={undo.isPending}
        failed={<Refused of={undo} />}
        gone={[
          ...(people > 0 ? [t('undoPeople', { count: people })] : []),
          ...(pictures > 0 ? [t('undoPictures', { count: pictures })] : []),
        ]}
        stays={[t('staysBefore'), ...(people > 0 ? [t('staysReceipts')] : [])]}
        onConfirm={() => undo.mutate()}
        onCancel={() => setAsked(false)}
      >
        <p>{t('undoText')}</p>
        {undo.isPending && <p role="status">{t('undoing', { done: String(done), total: String(total) })}</p>}
      </TypedNameDialog>
    </>
  );
}

function Undone({ failed }: { failed: readonly Refusal[] }) {
  const t = useStrings(importStrings);
  const { text: reason, own } = useRefusalWords()(failed[0]);
  if (failed.length === 0) return <Note kind="ok" title={t('undone')} />;
  return (
    <Note kind="warn" title={t('undone')}>
      <Said text={t('notUndone', { count: failed.length, reason })} own={own} />
    </Note>
  );
}
