import { createHash } from 'node:crypto';

const style = `
:root { color-scheme: light dark }
body { margin: 0; background: light-dark(#f5f5f2, #101416); color: light-dark(#1b2023, #e9edee); font: 16px/24px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; -webkit-text-size-adjust: 100% }
main { max-width: 42rem; margin: 0 auto; padding: 48px 16px }
h1 { font-size: 28px; line-height: 34px; letter-spacing: -.011em; margin: 0 0 12px; text-wrap: balance; overflow-wrap: anywhere }
h2 { font-size: 20px; line-height: 28px; margin: 24px 0 8px }
p, li, pre { margin: 0 0 12px; overflow-wrap: anywhere }
ul { padding-left: 20px }
small { color: light-dark(#465055, #b7c0c4) }
.staff { margin-top: 32px; padding-top: 16px; border-top: 1px solid light-dark(#e1e2dd, #2b3337); color: light-dark(#465055, #b7c0c4); font-size: 14px }
code, pre { font: 14px/22px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace }
pre { padding: 8px 12px; border: 1px solid light-dark(#e1e2dd, #2b3337); border-radius: 6px; background: light-dark(#fafaf8, #141a1c); white-space: pre-wrap }
h1 code { font: inherit }
a { color: light-dark(#0e5569, #7cc4d8); text-underline-offset: 3px }
:focus-visible { outline: 2px solid light-dark(#0e5569, #7cc4d8); outline-offset: 2px; border-radius: 4px }
`;

/** The page has no script, no picture and no form. */
export const plainPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];
interface Text {
  title: string;
  /** For the person who opened the page, often a customer; HTML. */
  lines: readonly string[];
  /** For the people who run the box; HTML. */
  staff?: string;
}

const texts = {
  sealed: {
    en: {
      title: 'This page is not available yet',
      lines: [
        'The service behind it is switched on, and an operator has to open it first. Try again in a few minutes.',
        'If you followed a link: it stays as it is, and nothing of you was lost. You can also ask for another way where you received it.',
      ],
      staff:
        'For the operator: Gatehouse is sealed, because its master key is protected by a passphrase. On the box run <code>gatehouse unseal</code>.',
    },
    de: {
      title: 'Diese Seite ist noch nicht verfügbar',
      lines: [
        'Der Dienst dahinter läuft, muss aber erst von Hand geöffnet werden. Versuchen Sie es in einigen Minuten noch einmal.',
        'Wenn Sie einem Link gefolgt sind: Er bleibt gültig wie zuvor, und von Ihnen ging nichts verloren. Sie können auch dort nach einem anderen Weg fragen, wo Sie ihn erhalten haben.',
      ],
      staff:
        'Für die Betreuung: Gatehouse ist versiegelt, weil eine Passphrase den Hauptschlüssel schützt. Am Gerät <code>gatehouse unseal</code> ausführen.',
    },
  },
  starting: {
    en: {
      title: 'One moment: Gatehouse is starting',
      lines: ['This takes less than a minute as a rule. This page loads again by itself.'],
    },
    de: {
      title: 'Einen Moment: Gatehouse startet',
      lines: ['Das dauert in der Regel weniger als eine Minute. Diese Seite lädt von selbst neu.'],
    },
  },
  plain: {
    en: {
      title: 'This address begins with https://',
      lines: ['It was opened with http://, which is not encrypted. Nothing was done.'],
    },
    de: {
      title: 'Diese Adresse beginnt mit https://',
      lines: ['Sie wurde mit http:// geöffnet, also unverschlüsselt. Es ist nichts geschehen.'],
    },
  },
  jobs: {
    en: {
      title: 'This page is opened from the console',
      lines: [
        'It shows the jobs of the whole appliance. Sign in to the <a href="/console/jobs">console</a> as an appliance owner and choose <b>Jobs</b>. Without the console: on the machine that runs Gatehouse, run <code>gatehouse jobs open</code> and open the link it prints. Either way works once, within five minutes, and gives this browser half an hour.',
        'Just opened the link? <a href="/jobs/">Go on to the jobs</a>.',
      ],
    },
    de: {
      title: 'Diese Seite öffnen Sie aus der Konsole',
      lines: [
        'Sie zeigt die Aufträge des ganzen Geräts. Melden Sie sich in der <a href="/console/jobs">Konsole</a> als Geräte-Inhaber an und wählen Sie <b>Aufträge</b>. Ohne die Konsole: Führen Sie auf dem Rechner, auf dem Gatehouse läuft, <code>gatehouse jobs open</code> aus und öffnen Sie den Link, den der Befehl ausgibt. Beides gilt einmal, fünf Minuten lang, und öffnet diesem Browser die Seite für eine halbe Stunde.',
        'Haben Sie den Link gerade geöffnet? <a href="/jobs/">Weiter zu den Aufträgen</a>.',
      ],
    },
  },
} as const satisfies Record<string, Record<Language, Text>>;
export type PlainPage = keyof typeof texts;

/** The first of our languages in `Accept-Language`, which browsers write in the order of preference. */
export const languageAsked = (header: string | undefined): Language =>
  (header ?? '')
    .split(',')
    .map((part) => part.trim().slice(0, 2).toLowerCase())
    .find((one): one is Language => languages.some((known) => known === one)) ?? 'en';

/** A page for a browser that asked for something else. `to`: a link to go on with. */
export function plainPage(of: PlainPage, acceptLanguage: string | undefined, to?: string): string {
  const language = languageAsked(acceptLanguage);
  const { title, lines, staff }: Text = texts[of][language];
  const link = to === undefined ? [] : [`<a href="${escapeHtml(to)}">${escapeHtml(to)}</a>`];
  return plainDocument({
    title,
    language,
    body:
      [...lines, ...link].map((line) => `<p>${line}</p>`).join('\n') +
      (staff === undefined ? '' : `\n<p class="staff">${staff}</p>`),
    ...(of === 'starting' && { again: 3 }),
  });
}

/** A whole page. `heading` and `body`: HTML; `again`: seconds after which it loads anew. */
export const plainDocument = ({
  title,
  body,
  heading = escapeHtml(title),
  language = 'en',
  again,
}: {
  title: string;
  body: string;
  heading?: string;
  language?: Language;
  again?: number;
}): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">${again === undefined ? '' : `\n<meta http-equiv="refresh" content="${again}">`}
<title>${escapeHtml(title)} · Gatehouse</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
${body}
</main>
</body>
</html>
`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => entities[one]!);
