import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { SecretField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { type SetupState, setup } from '../../api/setup.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';

/** As the box asks for. */
const SHORTEST = 12;

function useEnds({ expiresAt }: SetupState): string | undefined {
  const t = useStrings(setupStrings);
  const format = useFormat();
  return expiresAt === undefined ? undefined : t('ends', { time: format.dateTime(Date.parse(expiresAt)) });
}

/** `token`: of the address that the terminal shows. */
export function TokenStep({ token, next }: { token: string; next(state: SetupState): void }) {
  const t = useStrings(setupStrings);
  const form = useForm({
    resolver: zodResolver(z.object({ token: z.string().trim().min(1, t('tokenMissing')) })),
    mode: 'onTouched',
    defaultValues: { token },
  });
  const claim = useMutation({
    mutationFn: (values: { token: string }) => setup.claim(values.token),
    onSuccess: next,
  });
  return (
    <SetupFrame step="token" title={t('tokenTitle')} lead={t('tokenLead')}>
      <Form
        form={form}
        onSubmit={(values) => claim.mutate(values)}
        failed={claim.error && <LoadFailed error={claim.error} title={t('tokenRefused')} />}
      >
        <SecretField control={form.control} name="token" label={t('token')} autoComplete="off" />
        <StepActions>
          <Button type="submit" kind="primary" busy={claim.isPending}>
            {t('continue')}
          </Button>
        </StepActions>
      </Form>
    </SetupFrame>
  );
}

export function OrganizationStep({ state, next }: { state: SetupState; next(state: SetupState): void }) {
  const t = useStrings(setupStrings);
  const { organization } = state;
  const kept = organization !== undefined && !organization.mayRename;
  const form = useForm({
    resolver: zodResolver(z.object({ name: z.string().trim().min(1, t('organizationMissing')) })),
    mode: 'onTouched',
    // The name that `npm start` gives is a placeholder.
    defaultValues: {
      name: organization && (kept || organization.name !== 'Default') ? organization.name : '',
    },
  });
  const save = useMutation({
    mutationFn: (values: { name: string }) => setup.organization(values.name),
    onSuccess: next,
  });
  return (
    <SetupFrame
      step="organization"
      title={t('organizationTitle')}
      lead={t(kept ? 'organizationKept' : 'organizationLead')}
      foot={useEnds(state)}
    >
      <Form
        form={form}
        onSubmit={(values) => save.mutate(values)}
        failed={save.error && <LoadFailed error={save.error} title={t('failed')} />}
      >
        <TextField
          control={form.control}
          name="name"
          label={t('organization')}
          autoComplete="organization"
          readOnly={kept}
          maxLength={120}
        />
        <StepActions>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t('continue')}
          </Button>
        </StepActions>
      </Form>
    </SetupFrame>
  );
}

export function OwnerStep({ state, made, back }: { state: SetupState; made(): Promise<void>; back(): void }) {
  const t = useStrings(setupStrings);
  const schema = z.object({
    name: z.string().trim().min(1, t('nameMissing')),
    email: z.string().trim().includes('@', t('emailMissing')),
    password: z.string().min(SHORTEST, t('passwordShort')),
  });
  const form = useForm({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: { name: '', email: '', password: '' },
  });
  const save = useMutation({
    async mutationFn(values: z.output<typeof schema>) {
      await setup.owner(values);
      await made();
    },
  });
  return (
    <SetupFrame step="owner" title={t('ownerTitle')} lead={t('ownerLead')} foot={useEnds(state)}>
      <Form
        form={form}
        onSubmit={(values) => save.mutate(values)}
        failed={save.error && <LoadFailed error={save.error} title={t('failed')} />}
      >
        <TextField control={form.control} name="name" label={t('name')} autoComplete="name" />
        <TextField
          control={form.control}
          name="email"
          label={t('email')}
          type="email"
          autoComplete="username"
          inputMode="email"
        />
        <SecretField
          control={form.control}
          name="password"
          label={t('password')}
          hint={t('passwordHint')}
          autoComplete="new-password"
        />
        <StepActions back={back}>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t('makeOwner')}
          </Button>
        </StepActions>
      </Form>
    </SetupFrame>
  );
}
