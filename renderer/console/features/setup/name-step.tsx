import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Choice } from '../../../ui/forms/choice.tsx';
import { CheckboxField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { CertificateChoice } from './certificate-choice.tsx';
import { NameMoved } from './name-moved.tsx';
import { nameStrings } from './name-strings.ts';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

/** The name of the box first; where it serves HTTPS, whose certificate it shows. */
export function NameStep({ organization }: StepProps) {
  const t = useStrings(nameStrings);
  const steps = useSavedStep('name');
  const [moved, setMoved] = useState<Schemas['BoxNamed']>();
  const [renaming, setRenaming] = useState(false);
  const name = useQuery({
    queryKey: ['box-name'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/box-name', { signal })),
  });
  const certificate = useQuery({
    queryKey: ['certificate'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/certificate', { signal })),
  });
  const frame = { step: 'name', saved: organization.setupSteps ?? {} } as const;
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
        frame={frame}
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
  return useForm({
    resolver: zodResolver(
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
    ),
    mode: 'onTouched',
    defaultValues: { hostName: name.hostName ?? '', network: name.network || name.hostName === undefined },
  });
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
  const set = useMutation({
    mutationFn: ({ hostName, network }: { hostName: string; network: boolean }) =>
      replyOf(
        admin.PUT('/api/admin/box-name', {
          body: where === 'here' ? { hostName: null, network: false } : { hostName, network },
        }),
      ),
    onSuccess: (now) => (now.waits || now.restarting ? moved(now) : finish()),
  });
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
              <Card>
                <Stack>
                  <TextField
                    control={form.control}
                    name="hostName"
                    label={t('hostName')}
                    hint={t('hostNameHint')}
                    autoCapitalize="none"
                    spellCheck={false}
                    maxLength={253}
                  />
                  <CheckboxField
                    control={form.control}
                    name="network"
                    label={t('network')}
                    hint={t('networkHint')}
                  />
                </Stack>
              </Card>
            ),
          },
        ]}
      />
      <StepActions back={back} later={later}>
        <Button type="submit" kind="primary" busy={set.isPending || save.isPending}>
          {shared('continue')}
        </Button>
      </StepActions>
    </Form>
  );
}
