import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Choice, Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Note } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, read, type Schemas } from '../../data.ts';
import { FormCommand, LoadFailed, useOperation } from '../../operations.ts';
import { CertificateChoice } from './certificate-choice.tsx';
import { nameStrings } from './name-strings.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const Field = fieldsOf<{ hostName: string; network: boolean }>()(nameStrings);

/** The name of the box first; where it serves HTTPS, whose certificate it shows. */
export function NameStep({ organization }: StepProps) {
  const t = useStrings(nameStrings);
  const steps = useSavedStep('name', organization);
  const [moved, setMoved] = useState<Schemas['BoxNamed']>();
  const [renaming, setRenaming] = useState(false);
  const name = useQuery(read('/api/admin/box-name'));
  const certificate = useQuery(read('/api/admin/certificate'));
  const { frame } = steps;
  const error = name.error ?? certificate.error;
  if (moved) return <NameMoved frame={frame} moved={moved} />;
  if (error)
    return (
      <SetupFrame {...frame} title={t('nameTitle')} lead={t('nameLead')}>
        <LoadFailed
          error={error}
          retry={() => {
            void name.refetch();
            void certificate.refetch();
          }}
        />
      </SetupFrame>
    );
  if (!name.data || !certificate.data)
    return <SetupFrame {...frame} title={t('nameTitle')} lead={t('nameLead')} />;
  if (name.data.waits && !renaming)
    return (
      <NameMoved frame={frame} moved={{ ...name.data, restarting: false }} rename={() => setRenaming(true)} />
    );
  if (certificate.data.https && !renaming)
    return (
      <CertificateChoice
        certificate={certificate.data}
        name={name.data}
        read={() => void certificate.refetch()}
        rename={() => setRenaming(true)}
        steps={steps}
      />
    );
  return (
    <SetupFrame {...frame} title={t('nameTitle')} lead={t('nameLead')}>
      <NameForm name={name.data} steps={steps} moved={setMoved} />
    </SetupFrame>
  );
}

function useNameForm(name: Schemas['BoxName'], where: 'here' | 'named') {
  const t = useStrings(nameStrings);
  return useCheckedForm(
    z.object({
      hostName:
        where === 'here'
          ? z.string()
          : z
              .string()
              .trim()
              .toLowerCase()
              .regex(
                /^(?!.*\.\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
                t('hostNameWrong'),
              ),
      network: z.boolean(),
    }),
    { hostName: name.hostName ?? '', network: name.network || name.hostName === undefined },
  );
}

function NameForm({
  name,
  steps: { save, finish, later, back },
  moved,
}: {
  name: Schemas['BoxName'];
  steps: ReturnType<typeof useSavedStep>;
  moved(now: Schemas['BoxNamed']): void;
}) {
  const t = useStrings(nameStrings);
  const shared = useStrings(setupStrings);
  const [where, setWhere] = useState<'here' | 'named'>(
    name.hostName !== undefined || name.network ? 'named' : 'here',
  );
  const form = useNameForm(name, where);
  const set = useOperation(
    ({ hostName, network }: { hostName: string; network: boolean }) =>
      api.put(
        '/api/admin/box-name',
        {},
        where === 'here' ? { hostName: null, network: false } : { hostName, network },
      ),
    { done: (now) => (now.waits || now.restarting ? moved(now) : finish()) },
  );
  const error = set.error ?? save.error;
  return (
    <Form
      form={form}
      onSubmit={(values) => set.mutate(values)}
      failed={error && <LoadFailed error={error} title={shared('failed')} />}
    >
      {name.fixed.length > 0 && <Note title={t('nameFixed')}>{t('nameFixedText')}</Note>}
      <Choice
        legend={shared('step-name')}
        value={where}
        choose={setWhere}
        options={[
          { value: 'here', label: t('onlyHere'), hint: t('onlyHereHint') },
          {
            value: 'named',
            label: t('byName'),
            hint: t('byNameHint'),
            more: (
              <Card gap={16}>
                <Field name="hostName" autoCapitalize="none" spellCheck={false} maxLength={253} />
                <Field name="network" as="check" />
              </Card>
            ),
          },
        ]}
      />
      <FormCommand form={form} run={set.run} />
      <StepActions back={back} later={later}>
        <Button type="submit" kind="primary" busy={set.isPending || save.isPending}>
          {shared('continue')}
        </Button>
      </StepActions>
    </Form>
  );
}

/** The box is somewhere else now: where, and what the name needs. The reader signs in there, and the assistant goes on. */
function NameMoved({
  frame,
  moved: { url = '', hostName, network, addresses, restarting },
  rename,
}: {
  frame: ReturnType<typeof useSavedStep>['frame'];
  moved: Schemas['BoxNamed'];
  /** Absent while the service starts anew. */
  rename?: () => void;
}) {
  const t = useStrings(nameStrings);
  const code = (inside: ReactNode) => <code>{inside}</code>;
  const address = url === '' ? '' : new URL('/console/setup', url).href;
  const secure = address.startsWith('https:');
  return (
    <SetupFrame {...frame} title={t('movedTitle')} lead={t(restarting ? 'movedRestarting' : 'movedByHand')}>
      {!restarting && (
        <Note kind="warn" title={t('restartTitle')}>
          {t.rich('restartText', { code })}
        </Note>
      )}
      <Card title={t('movedSteps')} gap={16}>
        <ol className={styles.ordered}>
          {hostName !== undefined && (
            <li>
              {t.rich('movedDns', {
                code,
                name: hostName,
                addresses: (network && addresses.join(', ')) || '127.0.0.1',
              })}
            </li>
          )}
          {address !== '' && (
            <li>
              {t('movedOpen')} <a href={address}>{address}</a>
            </li>
          )}
          {secure && <li>{t('movedWarning')}</li>}
          <li>{t('movedSignIn')}</li>
        </ol>
      </Card>
      {address !== '' && (
        <StepActions back={rename}>
          <Button kind="primary" onClick={() => location.assign(address)}>
            {t('movedGo')}
          </Button>
        </StepActions>
      )}
    </SetupFrame>
  );
}
