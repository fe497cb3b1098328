import type { OutgoingMail } from '../../outgoing/outgoing.ts';
import type { Alert } from './alert.ts';

/** The mail server of the settings smtpUrl, smtpFrom and smtpCa. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the start. */
  secure: boolean;
  user?: string;
  password?: string;
  /** PEM. */
  ca?: string;
  from: string;
}

/** What a rule that mails needs, and how to give it. */
export const NO_MAIL_SERVER =
  'No mail server is set: give smtpUrl and smtpFrom in gatehouse.json (or GATEHOUSE_SMTP_URL and GATEHOUSE_SMTP_FROM), then start the service again.';

type Text = Pick<OutgoingMail, 'subject' | 'text'>;

const NAME_LENGTH = 80;

/**
 * The name of a rule in a mail: quoted, and without anything that a mail program makes a link of. A key may name a rule, and
 * must not use the box to send links.
 */
export function quotedName(name: string): string {
  const words = name.normalize('NFKC').split(/\s+/);
  const plain = words.map((word) =>
    looksLikeLink(word) ? '[link removed]' : word.replaceAll(/["“”]/g, "'"),
  );
  return `"${plain.join(' ').slice(0, NAME_LENGTH)}"`;
}

/** A scheme, a path, an address, or a dot (also the ideographic one) between two letters or digits. */
const looksLikeLink = (word: string): boolean => /[/\\@]|\p{L}:\S|[\p{L}\p{N}][.。]+[\p{L}\p{N}]/u.test(word);

/** Fixed texts with ids and figures; everything else is on the box. */
export function mailOf(alert: Alert): Text {
  const where = `--org ${alert.organization}${alert.world === 'test' ? ' --env test' : ''}`;
  const lines = [
    `The rule ${quotedName(alert.name)} fired: ${alert.metric} is at ${figure(alert.value)}; its threshold is ${figure(alert.threshold)}.`,
    '',
    ...(alert.about === undefined ? [] : [`about         ${alert.about}`]),
    `alert         ${alert.id}`,
    `rule          ${alert.rule}`,
    `organization  ${alert.organization}, ${alert.world} world`,
    `time          ${new Date(alert.firedAt).toISOString()}`,
    '',
    `See it:          gatehouse alert list ${where}`,
    `Acknowledge it:  gatehouse alert ack ${alert.id} ${where}`,
    '',
  ];
  return { subject: `Gatehouse alert: ${quotedName(alert.name)}`, text: lines.join('\n') };
}

export const testMailOf = (organization: string): Text => ({
  subject: 'Gatehouse: test of alerts by mail',
  text: `Alerts of the organization ${organization} can reach this address.\n`,
});

const figure = (value: number) => String(Math.round(value * 1000) / 1000);
