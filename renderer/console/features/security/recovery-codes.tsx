import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { CopyOnce } from '../../../ui/code/copy-once.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { auth } from '../../api/auth.ts';
import { LoadFailed } from '../../load-failed.tsx';
import styles from './security.module.css';
import { securityStrings } from './strings.ts';

/** New codes in place of earlier ones; `show` gets them, this once. */
export function NewRecoveryCodes({ show }: { show(codes: readonly string[]): void }) {
  const t = useStrings(securityStrings);
  const [asking, setAsking] = useState(false);
  const make = useMutation({ mutationFn: () => auth.newRecoveryCodes(), onSuccess: show });
  return (
    <Card title={t('codes')}>
      <Stack>
        <p className="muted">{t('codesLead')}</p>
        <Row>
          <Button onClick={() => setAsking(true)}>{t('makeCodes')}</Button>
        </Row>
      </Stack>
      <ConfirmDialog
        opened={asking}
        title={t('makeCodesTitle')}
        confirmLabel={t('makeCodes')}
        busy={make.isPending}
        failed={make.error && <LoadFailed error={make.error} title={t('noCodes')} />}
        onConfirm={() => make.mutate()}
        onCancel={() => setAsking(false)}
      >
        {t('makeCodesText')}
      </ConfirmDialog>
    </Card>
  );
}

export function RecoveryCodes({ codes, done }: { codes: readonly string[]; done(): void }) {
  const t = useStrings(securityStrings);
  return (
    <Card>
      <div className={styles.codes}>
        <CopyOnce
          label={t('codes')}
          secret={codes.join('\n')}
          warning={t('codesWarning')}
          doneLabel={t('codesDone')}
          done={done}
        />
      </div>
    </Card>
  );
}
