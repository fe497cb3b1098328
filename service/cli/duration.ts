import { UsageError } from './failure.ts';

const minutes = { m: 1, h: 60, d: 1440 } as const;

/** `90m`, `24h`, `7d` in minutes. */
export function readMinutes(flag: string, text: string): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount === undefined || Number(amount) === 0)
    throw new UsageError(`${flag}: "${text}" is no duration; write 90m, 24h or 7d.`);
  return Number(amount) * minutes[unit as keyof typeof minutes];
}

/** As `readMinutes` reads it. */
export function describeMinutes(amount: number): string {
  if (amount % 1440 === 0) return `${amount / 1440}d`;
  return amount % 60 === 0 ? `${amount / 60}h` : `${amount}m`;
}
