import { formatDate, type Moment, useFormat, useLanguage } from '../../../ui/strings/index.ts';

/** The time of day; of another day than today with its date before it. */
export function clockOf(at: Moment, now: number, locale: string, withSeconds = false): string {
  const moment = new Date(at);
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(withSeconds && { second: '2-digit' }),
  }).format(moment);
  const isToday = moment.toDateString() === new Date(now).toDateString();
  return isToday ? time : `${formatDate(at, locale)}, ${time}`;
}

export function useClock(): (at: Moment) => string {
  const { locale } = useLanguage();
  return (at) => clockOf(at, Date.now(), locale);
}

/** To the second, for rows of a log: short on the day itself. */
export function ClockTime({ at }: { at: Moment }) {
  const { locale } = useLanguage();
  const format = useFormat();
  return (
    <time dateTime={new Date(at).toISOString()} title={format.absolute(at)} className="num">
      {clockOf(at, Date.now(), locale, true)}
    </time>
  );
}
