import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Moment } from '../strings/format.ts';
import { useFormat } from '../strings/use-format.ts';

/** "3 min ago" up to seven days, then the date; the absolute time with seconds and zone on hover, on focus and in print. */
export function RelativeTime({ at }: { at: Moment }) {
  const format = useFormat();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Tooltip label={format.absolute(at)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the absolute time must be reachable by keyboard */}
      <time dateTime={new Date(at).toISOString()} tabIndex={0} className="nowrap">
        {format.relative(at, now)}
      </time>
    </Tooltip>
  );
}

/** Absolute, with seconds: for logs and deliveries. */
export function ExactTime({ at }: { at: Moment }) {
  return <Time at={at} text={useFormat().dateTime(at)} />;
}

/** The day alone. */
export function Day({ at }: { at: Moment }) {
  return <Time at={at} text={useFormat().date(at)} />;
}

/** On one line. */
function Time({ at, text }: { at: Moment; text: string }) {
  const format = useFormat();
  return (
    <time dateTime={new Date(at).toISOString()} title={format.absolute(at)} className="nowrap">
      {text}
    </time>
  );
}
