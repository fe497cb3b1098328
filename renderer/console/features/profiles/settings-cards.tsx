import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Control, useWatch } from 'react-hook-form';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Card, Columns, Note } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { useWorld } from '../../data.ts';
import { upgradesQuery } from '../../queries.ts';
import { messageStrings } from '../../reasons/message-text.ts';
import { fieldStrings } from './field-strings.ts';
import { attemptLimits, type ProfileValues, qualityComponents } from './profile-values.ts';
import { checksQuery } from './queries.ts';

const Field = fieldsOf<ProfileValues>()(fieldStrings);

type Props = { control: Control<ProfileValues> };

export function AboutCard() {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('about')} gap={16}>
      <Field name="name" maxLength={80} />
      <Field name="description" as="lines" maxLength={400} optional rows={2} />
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
        <Field
          name="models.detector"
          options={[
            { value: 'blazeface', label: 'BlazeFace' },
            { value: 'yunet', label: 'YuNet' },
          ]}
        />
        <Field
          name="models.scorer"
          hint={scorer === 'a' ? t('scorerAHint') : undefined}
          options={['best', 'r', 'a']}
        />
        {scorer !== 'a' && (
          <Field name="models.supersededUntil" hint={<SupersededHint />} type="date" optional />
        )}
        <Field name="models.pad" options={['where-installed', 'required']} />
        <Field
          name="models.padSet"
          options={[{ value: '', label: t('padFirst') }, ...sets.map((id) => ({ value: id, label: id }))]}
        />
        <Field name="models.livenessScale" options={['live', 'apcer5']} />
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
    <Card title={t('placeTitle')} gap={16}>
      <Field name="capture" hint={null} options={['any', 'kiosk']} />
      <p className="small muted">{t('captureHint')}</p>
      <Field name="countries" optional autoComplete="off" />
      <Field name="hours.on" as="check" />
      {on && (
        <>
          <Field
            name="hours.days"
            as="beside"
            options={['1', '2', '3', '4', '5', '6', '7'].map((value) => ({
              value,
              label: t(`day.${value}` as 'day.1'),
            }))}
          />
          <Columns n={3} collapse>
            <Field name="hours.from" type="time" />
            <Field name="hours.to" hint={null} type="time" />
            <Field name="hours.timeZone" hint={null} optional />
          </Columns>
          <p className="small muted">
            {t('toHint')} {t('timeZoneHint')}
          </p>
        </>
      )}
    </Card>
  );
}

/** Live sessions: people who cannot move their head, suspect cameras, undecided evidence, and what the page collects beside the camera. */
export function LiveCard({ control }: Props) {
  const t = useStrings(fieldStrings);
  const chosen = useWatch({ control, name: 'challenge.withoutMotion' });
  const isKioskOnly = useWatch({ control, name: 'capture' }) === 'kiosk';
  return (
    <Card title={t('liveTitle')} gap={16}>
      {isKioskOnly && <Note title={t('liveAtKiosk')} />}
      <Field name="challenge.withoutMotion" options={['review', 'allow', 'refuse']} />
      <p className="small muted">{t(`motionHint.${chosen}` as 'motionHint.review')}</p>
      <Field name="challenge.suspectCamera" options={['record', 'review', 'refuse']} />
      <p className="small muted">{t('cameraHint')}</p>
      <Field name="challenge.undecided" hint={null} options={['refuse', 'review']} />
      <p className="small muted">{t('undecidedHint')}</p>
      <Field name="challenge.behavior" hint={null} options={['off', 'record']} />
      <p className="small muted">{t('behaviorHint')}</p>
    </Card>
  );
}

export function QualityCard() {
  const t = useStrings(fieldStrings);
  const messageOf = useStrings(messageStrings);
  return (
    <Card title={t('qualityTitle')}>
      <Field
        name="refuseQuality"
        as="beside"
        label={t('qualityHint')}
        options={qualityComponents.map((value) => ({ value, label: messageOf(`quality.${value}`) }))}
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

export function AttemptsCard() {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('attemptsTitle')} gap={16}>
      <p className="small muted">{t('attemptsHint')}</p>
      <Columns n={2} collapse>
        {attemptLimits.map((limit) => (
          <Field
            key={limit}
            name={`attempts.${limit}`}
            as="whole"
            label={t(limit)}
            hint={t('usually', { value: usual[limit] })}
          />
        ))}
      </Columns>
    </Card>
  );
}
