import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Badge, Button } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Row, Stack, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { AskedOperation, OperationForm, Refused, useOperation } from '../../operations.ts';
import { isGoodPin } from './is-good-pin.ts';
import { securityStrings } from './strings.ts';

const Field = fieldsOf<{ pin: string }>()(securityStrings);

const queryKey = ['operator-pin'];

/** The PIN with which the reader signs in at a kiosk. Each change asks for a fresh second factor. */
export function OwnPin() {
  const t = useStrings(securityStrings);
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get('/api/admin/operator-pin', {}, signal),
  });
  return (
    <Card
      title={t('pin')}
      actions={
        data && (data.set ? <Badge kind="ok">{t('pinIsSet')}</Badge> : <Badge>{t('pinIsNotSet')}</Badge>)
      }
    >
      <Refused of={{ error, refetch }} />
      {data && <PinForm isSet={data.set} />}
    </Card>
  );
}

function PinForm({ isSet }: { isSet: boolean }) {
  const t = useStrings(securityStrings);
  const form = useCheckedForm(z.object({ pin: z.string().refine(isGoodPin, t('pinWrong')) }), { pin: '' });
  const set = useOperation((body: { pin: string }) => api.put('/api/admin/operator-pin', {}, body), {
    refresh: ['operator-pin'],
    done: () => {
      form.reset();
      toast(t(isSet ? 'pinChanged' : 'pinSet'), isSet ? { text: t('shiftsEnded') } : {});
    },
  });
  return (
    <OperationForm form={form} operation={set}>
      <Stack>
        <p className="small muted">{t('pinText')}</p>
        <Field
          name="pin"
          as="secret"
          label={t('newPin')}
          inputMode="numeric"
          autoComplete="off"
          maxLength={12}
        />
        <Row>
          <Button type="submit" busy={set.isPending}>
            {t(isSet ? 'changePin' : 'setPin')}
          </Button>
          {isSet && (
            <AskedOperation
              button={{ kind: 'dangerQuiet' }}
              run={() => api.delete('/api/admin/operator-pin')}
              toast={[t('pinRemoved'), t('shiftsEnded')]}
              refresh={['operator-pin']}
              danger
              title={t('removePinTitle')}
              confirmLabel={t('removePin')}
              cancelLabel={t('keepPin')}
            >
              {t('removePinText')}
            </AskedOperation>
          )}
        </Row>
      </Stack>
    </OperationForm>
  );
}
