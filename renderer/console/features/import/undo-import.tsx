import { useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Note, TypedNameDialog } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { useWorld } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { type Added, countBack, takeBack } from './send-pictures.ts';
import { importStrings } from './strings.ts';

/** Grade 3: the number is typed, a fresh second factor is asked for, and what the import added is destroyed. */
export function UndoImport({ added }: { added: readonly Added[] }) {
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

function Undone({ failed }: { failed: readonly string[] }) {
  const t = useStrings(importStrings);
  const [reason = ''] = failed;
  return (
    <Note kind={failed.length > 0 ? 'warn' : 'ok'} title={t('undone')}>
      {failed.length > 0 ? t('notUndone', { count: failed.length, reason }) : undefined}
    </Note>
  );
}
