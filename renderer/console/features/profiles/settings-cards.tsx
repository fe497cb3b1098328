import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Control, useController, useWatch } from 'react-hook-form';
import { Note } from '../../../ui/feedback/note.tsx';
import {
  CheckboxField,
  NumberField,
  SelectField,
  TextAreaField,
  TextField,
} from '../../../ui/forms/fields.tsx';
import { Card, Columns, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { useWorld } from '../../session/session-query.ts';
import { upgradesQuery } from '../../template-upgrades.ts';
import { fieldStrings } from './field-strings.ts';
import { attemptLimits, type ProfileValues, qualityComponents } from './profile-values.ts';
import styles from './profiles.module.css';
import { checksQuery } from './queries.ts';

type Props = { control: Control<ProfileValues> };

export function AboutCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('about')}>
      <Stack>
        <TextField control={control} name="name" label={t('name')} maxLength={80} />
        <TextAreaField
          control={control}
          name="description"
          label={t('description')}
          maxLength={400}
          optional
          rows={2}
        />
      </Stack>
    </Card>
  );
}

export function ModelsCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  const { data } = useQuery(checksQuery);
  const chosen = useWatch({ control, name: 'models.padSet' });
  const scorer = useWatch({ control, name: 'models.scorer' });
  const sets = [
    ...new Set([...(data?.padSets.map(({ id }) => id) ?? []), ...(chosen === '' ? [] : [chosen])]),
  ];
  return (
    <Card title={t('modelsTitle')}>
      <Columns n={2} collapse>
        <SelectField
          control={control}
          name="models.detector"
          label={t('detector')}
          data={[
            { value: 'blazeface', label: 'BlazeFace' },
            { value: 'yunet', label: 'YuNet' },
          ]}
        />
        <SelectField
          control={control}
          name="models.scorer"
          label={t('scorer')}
          hint={scorer === 'a' ? t('scorerAHint') : undefined}
          data={[
            { value: 'best', label: t('scorerBest') },
            { value: 'r', label: t('scorerR') },
            { value: 'a', label: t('scorerA') },
          ]}
        />
        {scorer !== 'a' && (
          <TextField
            control={control}
            name="models.supersededUntil"
            label={t('supersededUntil')}
            hint={<SupersededHint />}
            type="date"
            optional
          />
        )}
        <SelectField
          control={control}
          name="models.pad"
          label={t('pad')}
          data={[
            { value: 'where-installed', label: t('padWhere') },
            { value: 'required', label: t('padRequired') },
          ]}
        />
        <SelectField
          control={control}
          name="models.padSet"
          label={t('padSet')}
          data={[{ value: '', label: t('padFirst') }, ...sets.map((id) => ({ value: id, label: id }))]}
        />
        <SelectField
          control={control}
          name="models.livenessScale"
          label={t('scale')}
          data={[
            { value: 'live', label: t('scaleLive') },
            { value: 'apcer5', label: t('scaleApcer') },
          ]}
        />
      </Columns>
    </Card>
  );
}

/** What the date does, and for how many people of this world as things are. */
function SupersededHint() {
  const t = useStrings(fieldStrings);
  const { data } = useQuery(upgradesQuery(useWorld()));
  const count = data === undefined ? 0 : data.provisional + data.waiting;
  return (
    <>
      {t('supersededHint')} {data && (count === 0 ? t('supersededNone') : t('supersededPeople', { count }))}{' '}
      {count > 0 && <Link to="/people/upgrades">{t('showPeople')}</Link>}
    </>
  );
}

/** Where the pictures come from, and what the checks Place and Hours allow. */
export function PlaceCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  const on = useWatch({ control, name: 'hours.on' });
  return (
    <Card title={t('placeTitle')}>
      <Stack>
        <SelectField
          control={control}
          name="capture"
          label={t('capture')}
          data={[
            { value: 'any', label: t('captureAny') },
            { value: 'kiosk', label: t('captureKiosk') },
          ]}
        />
        <p className="small muted">{t('captureHint')}</p>
        <TextField
          control={control}
          name="countries"
          label={t('countries')}
          hint={t('countriesHint')}
          optional
          autoComplete="off"
        />
        <CheckboxField control={control} name="hours.on" label={t('hoursOn')} />
        {on && (
          <>
            <Ticks
              control={control}
              name="hours.days"
              label={t('days')}
              options={[1, 2, 3, 4, 5, 6, 7].map((day) => [String(day), t(`day.${day}` as 'day.1')])}
            />
            <Columns n={3} collapse>
              <TextField control={control} name="hours.from" label={t('from')} type="time" />
              <TextField control={control} name="hours.to" label={t('to')} type="time" />
              <TextField control={control} name="hours.timeZone" label={t('timeZone')} optional />
            </Columns>
            <p className="small muted">
              {t('toHint')} {t('timeZoneHint')}
            </p>
          </>
        )}
      </Stack>
    </Card>
  );
}

/** Several of a few. */
function Ticks({
  control,
  name,
  label,
  options,
}: Props & {
  name: 'hours.days' | 'refuseQuality';
  label: string;
  options: readonly (readonly [value: string, label: string])[];
}) {
  const { field, fieldState } = useController({ control, name });
  return (
    <Checkbox.Group
      label={label}
      value={field.value}
      onChange={field.onChange}
      error={fieldState.error?.message}
    >
      <div className={styles.ticks}>
        {options.map(([value, text], index) => (
          <Checkbox
            key={value}
            value={value}
            label={text}
            onBlur={field.onBlur}
            {...(index === 0 && { ref: field.ref })}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}

/** Live sessions: people who cannot move their head, suspect cameras, undecided evidence, and what the page collects beside the camera. */
export function LiveCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  const chosen = useWatch({ control, name: 'challenge.withoutMotion' });
  const isKioskOnly = useWatch({ control, name: 'capture' }) === 'kiosk';
  return (
    <Card title={t('liveTitle')}>
      <Stack>
        {isKioskOnly && <Note title={t('liveAtKiosk')} />}
        <SelectField
          control={control}
          name="challenge.withoutMotion"
          label={t('withoutMotion')}
          data={[
            { value: 'review', label: t('motionReview') },
            { value: 'allow', label: t('motionAllow') },
            { value: 'refuse', label: t('motionRefuse') },
          ]}
        />
        <p className="small muted">{t(`motionHint.${chosen}` as 'motionHint.review')}</p>
        <SelectField
          control={control}
          name="challenge.suspectCamera"
          label={t('suspectCamera')}
          data={[
            { value: 'record', label: t('cameraRecord') },
            { value: 'review', label: t('cameraReview') },
            { value: 'refuse', label: t('cameraRefuse') },
          ]}
        />
        <p className="small muted">{t('cameraHint')}</p>
        <SelectField
          control={control}
          name="challenge.undecided"
          label={t('undecided')}
          data={[
            { value: 'refuse', label: t('undecidedRefuse') },
            { value: 'review', label: t('undecidedReview') },
          ]}
        />
        <p className="small muted">{t('undecidedHint')}</p>
        <SelectField
          control={control}
          name="challenge.behavior"
          label={t('pageBehavior')}
          data={[
            { value: 'off', label: t('behaviorOff') },
            { value: 'record', label: t('behaviorRecord') },
          ]}
        />
        <p className="small muted">{t('behaviorHint')}</p>
      </Stack>
    </Card>
  );
}

export function QualityCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('qualityTitle')}>
      <Ticks
        control={control}
        name="refuseQuality"
        label={t('qualityHint')}
        options={qualityComponents.map((name) => [name, t(`quality.${name}`)])}
      />
    </Card>
  );
}

/** The figures of NIST SP 800-63B, which hold where a profile says nothing. */
const usual = {
  failuresBeforeDelay: 5,
  failuresBeforeDelayWithPad: 10,
  delaySeconds: 30,
  failuresBeforeDisabled: 50,
  failuresBeforeDisabledWithPad: 50,
} as const;

export function AttemptsCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('attemptsTitle')}>
      <Stack>
        <p className="small muted">{t('attemptsHint')}</p>
        <Columns n={2} collapse>
          {attemptLimits.map((limit) => (
            <NumberField
              key={limit}
              control={control}
              name={`attempts.${limit}`}
              label={t(limit)}
              hint={t('usually', { value: usual[limit] })}
              allowDecimal={false}
              allowNegative={false}
              grouped
            />
          ))}
        </Columns>
      </Stack>
    </Card>
  );
}
